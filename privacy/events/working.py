"""Acting on stored events: the jobs that they name are asked about at once.

An event says no more than that something happened to a job, and may come twice, late, or before an earlier one. All that follows
from it is one look at the job, so none of this does harm.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from portal import clock, connections, crypto, leases, steps
from portal.adobe.addresses import AddressError, parse_address
from portal.adobe.errors import AdobeError
from portal.adobe.transport import Call
from portal.outbound import CallState
from privacy.events.receiving import VALIDATION, is_validation_address
from privacy.models import AdobeEvent, EventSource, Job, Submission
from privacy.statuses import EventState, EventWay, JobStatus

logger = logging.getLogger(__name__)

BATCH = 500
LEASE_SECONDS = 60.0
# Adobe may tell of a job before it has answered the call that made it, or before we have stored the answer.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (15, 60, 300, 1800))
WAIT_FOR_JOB = timedelta(minutes=10)
# A call of unknown outcome may hold the job that an event is about; looks find it within hours.
WAIT_FOR_CALL = timedelta(days=1)
FRESH = timedelta(minutes=5)
# Adobe gives an address up when nobody opened its page within five minutes.
WAIT_FOR_VALIDATION = timedelta(minutes=5)
KEPT_DAYS = 30
_FORGET_BATCH = 5000


def work_next() -> int:
    """Work a batch off. Returns how many events it had."""
    lease, ids = leases.take(AdobeEvent.objects.waiting(clock.now()), "next_attempt_at", most=BATCH, seconds=LEASE_SECONDS)
    events = list(AdobeEvent.objects.filter(pk__in=ids, lease=lease).select_related("source").defer("raw_sealed"))
    for event in events:
        if event.event_type == VALIDATION:
            _validate(event)
    _work_off([event for event in events if event.event_type != VALIDATION], lease)
    return len(ids)


@dataclass
class _Fates:
    """What becomes of the events of a batch: keys by fate."""

    done: list[uuid.UUID] = field(default_factory=list)
    without_job: list[uuid.UUID] = field(default_factory=list)
    again: dict[timedelta, list[uuid.UUID]] = field(default_factory=lambda: defaultdict(list))


def _work_off(events: list[AdobeEvent], lease: uuid.UUID) -> None:
    if not events:
        return
    # First the calls, then the jobs: a call that is settled in between has brought its jobs by then.
    undecided = _organizations_with_open_calls({event.source.organization_id for event in events})
    with transaction.atomic():
        jobs = _jobs_of(events)
        now = clock.read()
        wanted = {pk for pk, is_wanted in jobs.values() if is_wanted}
        if wanted:
            # Adobe tells of them, so that a 404 from before is no sign of their end.
            leases.locked_in_order(Job.objects.filter(pk__in=wanted)).update(next_poll_at=now, last_error="")
        _settle(_fates(events, jobs.keys(), undecided, now), lease, now)
        _note_arrivals(events)
    if wanted:
        steps.wake("detail")


def _organizations_with_open_calls(organizations: set[uuid.UUID]) -> set[uuid.UUID]:
    """Those with a call whose jobs we do not know yet."""
    calls = Submission.objects.filter(state__in=(CallState.SENDING, CallState.UNKNOWN), request__organization__in=organizations)
    return set(calls.order_by().values_list("request__organization", flat=True).distinct())


def _jobs_of(events: Iterable[AdobeEvent]) -> dict[tuple[uuid.UUID, str], tuple[uuid.UUID, bool]]:
    """(organization, Adobe's job id) -> our job, and whether there is anything left to ask about it.

    Locked in the order in which everybody writes jobs, so that nobody waits for another in a circle.
    """
    named: dict[uuid.UUID, set[str]] = defaultdict(set)
    for event in events:
        if event.adobe_job_id:
            named[event.source.organization_id].add(event.adobe_job_id)
    if not named:
        return {}
    theirs = Q()
    for organization_id, ids in named.items():
        theirs |= Q(organization=organization_id, adobe_job_id__in=ids)
    rows = Job.objects.select_for_update(no_key=True).filter(theirs).order_by("request_id", "id")
    columns = ("organization_id", "adobe_job_id", "pk", "status", "next_poll_at")
    return {
        (organization_id, adobe_id): (pk, status != JobStatus.COMPLETE or next_poll_at is not None)
        for organization_id, adobe_id, pk, status, next_poll_at in rows.values_list(*columns)
    }


def _fates(
    events: Iterable[AdobeEvent], known: Iterable[tuple[uuid.UUID, str]], undecided: set[uuid.UUID], now: datetime
) -> _Fates:
    fates, found = _Fates(), set(known)
    for event in events:
        organization_id = event.source.organization_id
        if (organization_id, event.adobe_job_id) in found:
            fates.done.append(event.pk)
            continue
        age = now - event.received_at
        if event.adobe_job_id and age < (WAIT_FOR_CALL if organization_id in undecided else WAIT_FOR_JOB):
            fates.again[_pause_after(age)].append(event.pk)
        else:
            fates.without_job.append(event.pk)
    return fates


def _pause_after(age: timedelta) -> timedelta:
    """About as long again as it has waited so far."""
    return max((pause for pause in PAUSES if pause <= age), default=PAUSES[0])


def _settle(fates: _Fates, lease: uuid.UUID, now: datetime) -> None:
    """Write what became of each. Of an event that another worker has taken since, that one decides."""
    ours = AdobeEvent.objects.filter(lease=lease)
    for state, pks in ((EventState.DONE, fates.done), (EventState.NO_JOB, fates.without_job)):
        if pks:
            ours.filter(pk__in=pks).update(state=state, handled_at=now, lease=None)
    for pause, pks in fates.again.items():
        ours.filter(pk__in=pks).update(next_attempt_at=now + pause, lease=None)


def _note_arrivals(events: Iterable[AdobeEvent]) -> None:
    """Each source's newest event. What came to our address had Adobe's signature on; what has waited for its job is no news."""
    newest: dict[uuid.UUID, datetime] = {}
    recent = clock.read() - FRESH
    for event in (event for event in events if event.received_at > recent):
        newest[event.source_id] = max(newest.get(event.source_id, event.received_at), event.received_at)
    for source_id, received_at in sorted(newest.items()):
        row = EventSource.objects.filter(pk=source_id)
        row.update(last_event_at=Greatest(Coalesce("last_event_at", received_at), received_at))
        row.filter(way=EventWay.WEBHOOK).update(
            confirmed_at=Greatest(Coalesce("confirmed_at", received_at), received_at), last_error=""
        )


# --- The second way of validation ---


def _validate(event: AdobeEvent) -> None:
    """Open the page that Adobe named, so that it takes our address for ours."""
    if _page_was_opened(event):
        state = EventState.DONE
    elif clock.read() - event.received_at > WAIT_FOR_VALIDATION:
        state = EventState.NO_JOB
    else:
        AdobeEvent.objects.filter(pk=event.pk).update(next_attempt_at=clock.now() + PAUSES[0], lease=None)
        return
    AdobeEvent.objects.filter(pk=event.pk).update(state=state, handled_at=timezone.now(), lease=None)


def _page_was_opened(event: AdobeEvent) -> bool:
    stored = AdobeEvent.objects.select_related("source__organization__data_key").get(pk=event.pk)
    try:
        page = str(json.loads(stored.raw or b"{}").get("validationUrl", ""))
    except crypto.CannotDecrypt:
        logger.error("event source %s cannot be validated: its key does not open", event.source_id)  # noqa: TRY400 - says all
        return False
    # Looked at again: the setting may have changed since it was stored.
    if not is_validation_address(page):
        return False
    try:
        answer = connections.transport().patiently(Call("GET", parse_address(page), "/registrations/validate", {}))
    except (AdobeError, AddressError):
        return False
    return 200 <= answer.status < 300


# --- Old ones ---


def forget_old() -> None:
    """Events that nobody needs any more."""
    before = timezone.now() - timedelta(days=KEPT_DAYS)
    old = AdobeEvent.objects.filter(received_at__lt=before).order_by()
    while pks := list(old.values_list("pk", flat=True)[:_FORGET_BATCH]):
        AdobeEvent.objects.filter(pk__in=pks).delete()
