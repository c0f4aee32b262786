"""What every page needs: navigation, the person's organizations, holds, and which environment this is."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from portal import registry
from portal.models import Organization
from portal.notices import views as notices
from portal.search import finding

_ORGANIZATIONS = "organizations_of_request"


def organizations_of(request: HttpRequest) -> list[Organization]:
    """The organizations that the person sees, by name: asked for once in a request."""
    found: list[Organization] | None = getattr(request, _ORGANIZATIONS, None)
    if found is None:
        found = list(Organization.objects.visible_to(request.user))
        setattr(request, _ORGANIZATIONS, found)
    return found


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context for base.html. Error pages may render before sign-in is known: then there is nothing to show."""
    user = getattr(request, "user", None)
    base: dict[str, Any] = {"portal_environment": settings.PORTAL_ENVIRONMENT}
    if user is None or not user.is_authenticated:
        return base
    organizations = organizations_of(request)
    entries = [
        {
            "label": _(entry.label),
            "url": (url := reverse(entry.url_name)),
            # Every address begins with that of the first page.
            "active": request.path == url or (url != "/" and request.path.startswith((url, *entry.further_paths))),
        }
        for entry in registry.navigation()
    ]
    return base | {
        "navigation": entries,
        "organizations": organizations,
        # Asked by the pages that show the box: no page pays for it that does not.
        "may_search": lambda: bool(finding.finders_for(user)),
        # The same: one statement, for whole pages only, though they name it twice.
        "unread_notices": cache(lambda: notices.count_unread(request, [organization.pk for organization in organizations])),
        "held_organizations": [organization for organization in organizations if organization.is_on_hold],
    }
