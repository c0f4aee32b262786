"""What the portal itself brings to the home page: whether anything works at all."""

from __future__ import annotations

from django.db.models import Exists, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from portal import clock, heartbeats
from portal.home.panels import Need, Part
from portal.home.view import Narrowed
from portal.models import Heartbeat, ProcessKind, User


def read(narrowed: Narrowed) -> Part:
    """Holds concern everybody; processes only those who may look at them."""
    needs = [_on_hold(narrowed)]
    if narrowed.user.has_perm("portal.view_heartbeat"):
        needs += _processes(narrowed.user)
    return Part(needs=needs)


def _on_hold(narrowed: Narrowed) -> Need:
    may_open = narrowed.user.is_staff and narrowed.user.has_perm("portal.change_organization")
    return Need(
        label=_("On hold"),
        hint=_("Organizations for which nothing is sent to Adobe until an administrator resumes them."),
        quiet=_("No organization on hold"),
        count=sum(organization.is_on_hold for organization in narrowed.organizations),
        rows=f"{reverse('admin:portal_organization_changelist')}?hold=yes" if may_open else "",
        tone="bad",
    )


def _processes(user: User) -> list[Need]:
    silent_for = {kind: heartbeats.silent_after(kind) for kind in ProcessKind}
    now = clock.now()
    workers = Heartbeat.objects.filter(kind=ProcessKind.WORKER)
    alive = {kind: Heartbeat.objects.filter(kind=kind, seen_at__gte=now - silent_for[kind]) for kind in ProcessKind}
    health = reverse("health")
    return [
        Need(
            label=_("Silent workers"),
            hint=_("They should have shown themselves again long ago."),
            quiet=_("No worker silent"),
            count=workers.filter(seen_at__lt=now - silent_for[ProcessKind.WORKER], seen_at__gte=now - heartbeats.FORGOTTEN_AFTER),
            rows=health,
            tone="bad",
        ),
        Need(
            label=_("No worker is alive"),
            hint=_("Nothing is sent, followed or fetched. What waits is kept."),
            quiet=_("A worker is alive"),
            count=_one_without(user, alive[ProcessKind.WORKER]),
            rows=health,
            tone="bad",
        ),
        Need(
            label=_("Beat is silent"),
            hint=_("A wake-up that was lost is not made up for, and nothing begins by itself."),
            quiet=_("Beat is alive"),
            count=_one_without(user, alive[ProcessKind.BEAT]),
            rows=health,
            tone="bad",
        ),
    ]


def _one_without(user: User, rows: QuerySet[Heartbeat]) -> QuerySet[User]:
    """One row where there are none of these."""
    return User.objects.filter(~Exists(rows), pk=user.pk)
