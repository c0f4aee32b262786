"""What leads an administrator from an empty portal to the first request. Each step is done when its rows are there.

Home shows it with `{% include "portal/_first_run.html" %}` and `first_run.steps(user)` under the name `first_run`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils.translation import gettext as _

from portal import registry
from portal.models import AuditEvent, Organization, User


@dataclass(frozen=True)
class FirstStep:
    """One thing to do: its words, the button that leads there, and whether it is done."""

    title: str
    words: str
    button: str
    address: str
    is_done: bool
    is_next: bool = False


def steps(user: User) -> list[FirstStep]:
    """What is to be done first, in order; nothing for who administers nothing, and nothing once there is a request."""
    if not user.is_staff or not user.has_perm("portal.add_organization") or registry.has_first_request():
        return []
    organization = Organization.objects.visible_to(user).order_by("created_at").first()
    found = [_organization(organization), _connection(organization), _people(user), _request(organization)]
    following = next(step for step in found if not step.is_done)
    return [replace(step, is_next=step is following) for step in found]


def _organization(organization: Organization | None) -> FirstStep:
    return FirstStep(
        _("Add your organization"),
        _("Its IMS organization id, and the client id and secret of a project in Adobe Developer Console."),
        _("Add an organization"),
        reverse("admin:portal_organization_add"),
        organization is not None,
    )


def _connection(organization: Organization | None) -> FirstStep:
    return FirstStep(
        _("Test the connection to Adobe"),
        _(
            "Five short steps, from the address to the list of privacy jobs; each that fails says what to do. "
            "Nothing changes at Adobe."
        ),
        _("Open the organization"),
        reverse("admin:portal_organization_change", args=[organization.pk]) if organization else "",
        organization is not None and _is_tested(organization),
    )


def _is_tested(organization: Organization) -> bool:
    """Whether a test of this organization's connection has passed. Before the first request the trail is short."""
    return AuditEvent.objects.filter(
        action="organization.tested", organization_id=str(organization.pk), details__ok=True
    ).exists()


def _people(user: User) -> FirstStep:
    colleagues = User.objects.filter(is_active=True, is_integration=False, organizations__isnull=False).exclude(pk=user.pk)
    return FirstStep(
        _("Let your colleagues in"),
        _("A user for each, with a group (Viewer, Officer or Administrator) and the organization they work for."),
        _("Add a user"),
        reverse("admin:portal_user_add"),
        colleagues.exists(),
    )


def _request(organization: Organization | None) -> FirstStep:
    return FirstStep(
        _("Make the first request"),
        _(
            "Upload a file or build it on screen. You see what would be sent, and nothing goes to Adobe before somebody "
            "confirms it."
        ),
        _("Make a request"),
        registry.first_request_address() if organization else "",
        False,
    )
