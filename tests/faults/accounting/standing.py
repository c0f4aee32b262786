"""What still stands open, and whether it moves.

    began = standing.mark()     # nothing disturbs any more
    ... some time passes ...
    standing.look(began, horizon, people, notes)

An open row is stuck when it has no due time at all, when it is due only beyond the horizon, or when it was overdue at the mark
already and has not changed since, in no field that its step writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from hygiene.models import RecordDelete, WorkOrder
from hygiene.statuses import WORK_ORDER_AT_ADOBE_OPEN, RecordDeleteStatus, WorkOrderStatus
from portal.job_days import DAY_LIMIT
from portal.outbound import OPEN_STATES, CallState, OutboundCall
from privacy.models import ConsentCall, Job, JobListing, OptOut, PrivacyRequest, ResultArchive, Submission, Upload
from privacy.statuses import (
    JOB_AT_ADOBE_OPEN,
    Action,
    ArchiveStatus,
    JobStatus,
    OptOutStatus,
    Origin,
    RequestStatus,
    UploadStatus,
)
from tests.faults.accounting.findings import Kind, Notes
from tests.faults.accounting.persons import People

_CHECKED_SOON = (UploadStatus.WAITING, UploadStatus.CHECKING)
_DELETE_SOON = (RecordDeleteStatus.WAITING, RecordDeleteStatus.CHECKING, RecordDeleteStatus.PREPARING)


@dataclass(frozen=True)
class Open:
    """One open row. `trace` is what its step changes; `told` is until when its page says that it waits."""

    kind: str
    due: datetime | None
    trace: tuple[object, ...]
    organization: UUID
    told: datetime | None = None


@dataclass(frozen=True)
class Mark:
    """All open rows at one moment."""

    at: datetime
    rows: Mapping[UUID, Open]


def mark() -> Mark:
    """The open rows now."""
    return Mark(timezone.now(), dict(_open_rows()))


def look(began: Mark, horizon: timedelta, people: People, notes: Notes) -> None:
    """Note what is stuck among all that is open now, and how much moves."""
    now = mark()
    for row_id, row in now.rows.items():
        if row.organization in people.held:
            notes.numbers["open_on_hold"] += 1
        elif why := _why_stuck(row, began.rows.get(row_id), began.at, now.at + horizon):
            notes.found(Kind.STUCK, f"{row.kind} {why}", row_id)
        else:
            notes.numbers["moving_rows"] += 1
    for kind, row_id, why in _left_behind():
        notes.found(Kind.STUCK, f"{kind} {why}", row_id)


def _why_stuck(row: Open, before: Open | None, began: datetime, latest: datetime) -> str:
    if row.due is None:
        return "has no due time"
    if row.told is not None and row.due <= row.told + timedelta(minutes=10):
        return ""
    if row.due > latest:
        return "is due only in the far future"
    return "is overdue and does not move" if before == row and row.due <= began else ""


def _open_rows() -> Iterator[tuple[UUID, Open]]:
    yield from _privacy()
    yield from _hygiene()


def _privacy() -> Iterator[tuple[UUID, Open]]:
    trace: tuple[object, ...]
    for upload in Upload.objects.filter(status__in=_CHECKED_SOON):
        trace = (upload.status, upload.next_attempt_at, upload.bytes_checked, upload.attempts)
        yield upload.pk, Open("upload", upload.next_attempt_at, trace, upload.organization_id)
    for request in PrivacyRequest.objects.filter(status=RequestStatus.PREPARING):
        trace = (request.next_attempt_at, request.people_prepared, request.attempts, request.lease)
        yield request.pk, Open("request", request.next_attempt_at, trace, request.organization_id)
    calls = Submission.objects.filter(state__in=OPEN_STATES, person_reason="", waits_for_access=False)
    for call in calls.exclude(request__status=RequestStatus.PREPARING).select_related("request").defer("answer_sealed"):
        tomorrow = call.next_attempt_at if call.last_error == DAY_LIMIT else None
        yield call.pk, _open_call("call", call, call.request.organization_id, tomorrow or call.request.recall_until)
    yield from _jobs()
    for result in ResultArchive.objects.filter(status=ArchiveStatus.WAITING).select_related("job").defer("job__raw_sealed"):
        trace = (result.next_attempt_at, result.attempts, result.lease)
        yield result.pk, Open("result", result.next_attempt_at, trace, result.job.organization_id)
    consents = ConsentCall.objects.filter(state__in=OPEN_STATES, person_reason="").exclude(opt_out__status=OptOutStatus.DRAFT)
    for consent in consents.select_related("opt_out"):
        yield consent.pk, _open_call("consent call", consent, consent.opt_out.organization_id, consent.opt_out.recall_until)


def _jobs() -> Iterator[tuple[UUID, Open]]:
    """Adobe is at work on them: each is asked about or listed again before long."""
    listings = {
        (organization, law): due
        for organization, law, due in JobListing.objects.values_list("organization_id", "regulation", "next_list_at")
    }
    columns = ("pk", "organization_id", "request__regulation", "status", "next_poll_at", "detail_at", "lease")
    rows = Job.objects.filter(status__in=JOB_AT_ADOBE_OPEN).values_list(*columns)
    for pk, organization, law, status, poll, detail, lease in rows:
        listed = listings.get((organization, law))
        dues = [due for due in (poll, listed) if due is not None]
        yield pk, Open("job", min(dues, default=None), (status, poll, detail, lease, listed), organization)


def _hygiene() -> Iterator[tuple[UUID, Open]]:
    trace: tuple[object, ...]
    for delete in RecordDelete.objects.filter(status__in=_DELETE_SOON):
        trace = (delete.status, delete.next_attempt_at, delete.bytes_checked, delete.identities_prepared, delete.lease)
        yield delete.pk, Open("record delete", delete.next_attempt_at, trace, delete.organization_id)
    orders = WorkOrder.objects.exclude(record_delete__status=RecordDeleteStatus.PREPARING).defer("answer_sealed")
    for order in orders.filter(state__in=OPEN_STATES, person_reason=""):
        yield order.pk, _open_call("work order", order, order.organization_id, order.waits_for_quota_until)
    for order in orders.filter(status__in=WORK_ORDER_AT_ADOBE_OPEN):
        trace = (order.status, order.next_poll_at, order.detail_at, order.lease)
        yield order.pk, Open("work order at Adobe", order.next_poll_at, trace, order.organization_id)


def _open_call(kind: str, call: OutboundCall, organization: UUID, told: datetime | None) -> Open:
    trace: tuple[Any, ...] = (call.state, call.attempts, call.looks_done, call.lease, call.next_attempt_at, call.next_look_at)
    due: datetime | None = call.next_attempt_at
    if call.state == CallState.SENDING:
        began = call.claimed_at or timezone.now()
        due = began + timedelta(seconds=settings.CLAIM_SECONDS)
    elif call.state == CallState.UNKNOWN:
        due = call.next_look_at
    return Open(f"{kind} {call.state}", due, trace, organization, told if call.state == CallState.QUEUED else None)


# --- What nothing will ever come to again ---


def _left_behind() -> Iterator[tuple[str, UUID, str]]:
    yield from _jobs_left_behind()
    moving = Q(submissions__state__in=OPEN_STATES) | Q(jobs__status__in=(JobStatus.WAITING, *JOB_AT_ADOBE_OPEN))
    open_requests = PrivacyRequest.objects.filter(status__in=(RequestStatus.SENDING, RequestStatus.IN_PROGRESS))
    for pk in _without(open_requests.exclude(origin=Origin.ELSEWHERE), moving):
        yield "request", pk, "counts as open, and nothing of it is"
    for pk in _without(OptOut.objects.filter(status=OptOutStatus.SENDING), Q(calls__state__in=OPEN_STATES)):
        yield "opt-out", pk, "counts as open, and nothing of it is"
    at_work = Q(work_orders__state__in=OPEN_STATES) | Q(work_orders__status__in=WORK_ORDER_AT_ADOBE_OPEN)
    deletes = RecordDelete.objects.filter(status__in=(RecordDeleteStatus.SENDING, RecordDeleteStatus.IN_PROGRESS))
    for pk in _without(deletes, at_work):
        yield "record delete", pk, "counts as open, and nothing of it is"


def _jobs_left_behind() -> Iterator[tuple[str, UUID, str]]:
    waiting = Job.objects.filter(status=JobStatus.WAITING).exclude(request__status=RequestStatus.PREPARING)
    for pk in waiting.exclude(submission__state__in=OPEN_STATES).values_list("pk", flat=True):
        yield "job", pk, "waits, and no call of it is open"
    orders = WorkOrder.objects.filter(status=WorkOrderStatus.WAITING).exclude(state__in=OPEN_STATES)
    for pk in orders.values_list("pk", flat=True):
        yield "work order", pk, "waits, and its call has ended"
    # Deletes that wait for results of access, of which none is on its way any more, and nobody is asked.
    held = Submission.objects.held_for_access().exclude(request__status=RequestStatus.ATTENTION)
    access = Q(request__jobs__action=Action.ACCESS)
    open_access = access & Q(request__jobs__status__in=(JobStatus.WAITING, *JOB_AT_ADOBE_OPEN))
    asked_again = access & Q(request__jobs__next_poll_at__isnull=False)
    coming = open_access | asked_again | Q(request__archives__status=ArchiveStatus.WAITING)
    for pk in _without(held, coming):
        yield "call", pk, "waits for results of access, and none is on its way"


def _without(rows: Any, condition: Q) -> Iterable[UUID]:
    """Ids of the rows that have nothing of the kind."""
    return list(rows.exclude(pk__in=rows.filter(condition).values("pk")).order_by().values_list("pk", flat=True))
