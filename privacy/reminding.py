"""What is due: told once a night to people (privacy.noticing), and once to internal systems by a line in the trail.

Days are counted in the calendar of each organization. A request that was answered or cancelled is not due: the law's clock stops
when the person is answered, whatever Adobe still does.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from portal import audit
from portal.models import AuditEvent, NoticeKind
from portal.notices import Telling, tell_many
from privacy import noticing
from privacy.models import PrivacyRequest, ResultArchive
from privacy.statuses import ArchiveStatus, RequestStatus

SOON = timedelta(days=7)
TOMORROW = timedelta(days=1)
# What has been overdue for longer was told of then, or is of the time before the portal.
LONG_OVERDUE = timedelta(days=30)
ACTION = "request.due_soon"
BATCH = 200


def tell_due_soon() -> None:
    """Tell of each request that is due within seven days, again a day before, and when it is overdue; each of them once."""
    recipients = noticing.Recipients()
    for requests in _batches(_due_within_days()):
        days = {request.pk: left for request in requests if (left := _left(request)) is not None}
        due = [request for request in requests if request.pk in days]
        with transaction.atomic():
            _record(due)
            tell_many([_reminder(request, days[request.pk], recipients) for request in due])


def tell_results_expire() -> None:
    """Tell of each request with results that we could not fetch yet and that Adobe keeps for seven days at most."""
    recipients = noticing.Recipients()
    year, week, _ = timezone.now().isocalendar()
    for requests in _batches(_with_expiring_results()):
        kind = NoticeKind.RESULTS_EXPIRING
        # Results of one request end on many days: told once a week, not every day.
        once = f"{kind}:{{}}:{year}-{week}"
        tell_many([noticing.about(row, kind, once.format(row.pk), recipients.of(row, kind)) for row in requests])


def _batches(rows: QuerySet[PrivacyRequest]) -> Iterator[list[PrivacyRequest]]:
    """By ids that are read at once: what a batch writes changes nothing of which rows come next."""
    ids = list(rows.values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        found = PrivacyRequest.objects.filter(pk__in=ids[start : start + BATCH]).select_related("organization")
        yield list(found.defer("envelope_sealed").order_by("due_on", "pk"))


def _due_within_days() -> QuerySet[PrivacyRequest]:
    # A day more than needed at both ends: calendars differ by a day at most.
    today = timezone.now().date()
    between = (today - LONG_OVERDUE - TOMORROW, today + SOON + TOMORROW)
    return PrivacyRequest.objects.unanswered().filter(due_on__range=between)


def _left(request: PrivacyRequest) -> timedelta | None:
    """The time that is left, in the request's own calendar; None for what is not to be told of yet, or any more."""
    if request.due_on is None:
        return None
    left: timedelta = request.due_on - timezone.now().astimezone(ZoneInfo(request.organization.time_zone)).date()
    return left if -LONG_OVERDUE <= left <= SOON else None


def _reminder(request: PrivacyRequest, left: timedelta, recipients: noticing.Recipients) -> Telling:
    kind = NoticeKind.OVERDUE if left < timedelta(0) else NoticeKind.DUE_SOON
    which = "tomorrow" if timedelta(0) <= left <= TOMORROW else kind
    # A date that moved is told of anew.
    return noticing.about(request, kind, f"{which}:{request.pk}:{request.due_on}", recipients.of(request, kind))


def _record(requests: Sequence[PrivacyRequest]) -> None:
    told = _recorded([request.pk for request in requests])
    audit.record_many(
        [
            audit.AuditRecord(
                ACTION,
                organization=request.organization,
                obj=request,
                root_id=request.pk,
                details={"number": request.number, "due_on": str(request.due_on)},
            )
            for request in requests
            if str(request.pk) not in told
        ]
    )


def _recorded(ids: Collection[uuid.UUID]) -> set[str]:
    events = AuditEvent.objects.filter(action=ACTION, root_id__in=[str(each) for each in ids])
    return set(events.values_list("root_id", flat=True))


def _with_expiring_results() -> QuerySet[PrivacyRequest]:
    now = timezone.now()
    archives = ResultArchive.objects.filter(
        status__in=(ArchiveStatus.WAITING, ArchiveStatus.FAILED), adobe_expires_at__range=(now, now + SOON)
    )
    return PrivacyRequest.objects.filter(pk__in=archives.values("request")).exclude(status=RequestStatus.SHREDDED)
