"""Requests that are due soon: told once to internal systems, by a line in the trail."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from portal import audit
from portal.models import AuditEvent
from privacy.models import PrivacyRequest
from privacy.statuses import REQUEST_OPEN

SOON = timedelta(days=7)
ACTION = "request.due_soon"


def tell_due_soon() -> None:
    """Record each open request that is due within seven days (in its organization's calendar), unless it was recorded before."""
    # A day more than needed: calendars differ by a day at most.
    latest = timezone.now().date() + SOON + timedelta(days=1)
    due = PrivacyRequest.objects.filter(status__in=REQUEST_OPEN, due_on__lte=latest).select_related("organization")
    told = set(AuditEvent.objects.filter(action=ACTION).values_list("root_id", flat=True))
    for request in due.defer("envelope_sealed").iterator():
        today = timezone.now().astimezone(ZoneInfo(request.organization.time_zone)).date()
        if str(request.pk) in told or request.due_on is None or request.due_on > today + SOON:
            continue
        audit.record(
            ACTION,
            actor=None,
            organization=request.organization,
            obj=request,
            root_id=request.pk,
            details={"number": request.number, "due_on": request.due_on.isoformat()},
        )
