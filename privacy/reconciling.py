"""Looking for a call of unknown outcome in Adobe's list, and what a person may decide when looking does not settle it.

A look reads three listings (with dates, without dates, and only what is `submitted`) under the law's code and its aliases,
each twice with different page sizes, so that page boundaries fall differently. It counts only when both passes of a listing
saw the same old jobs, and when it saw of what we know to be at Adobe; one failed page makes the whole look not count.
"""

from __future__ import annotations

import itertools
import logging
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from portal import audit, clock, connections, crypto, leases, sending, steps
from portal.adobe import errors
from portal.adobe.answers import CreatedJob, JobPage, ListedJob
from portal.adobe.privacy_service import PrivacyService
from portal.models import User
from portal.outbound import (
    LIST_UNREAD,
    MOST_KNOWN,
    CallState,
    LookDoesNotCount,
    PersonReason,
    applying_look,
    counted_look_fields,
    look_failed,
    look_is_too_late,
    next_look,
    old_enough,
    queued_fields,
    same_look,
    sent_fields,
    shows_what_is_known,
)
from privacy import catalog, progress
from privacy.models import Job, PrivacyRequest, Submission
from privacy.statuses import JobStatus
from privacy.submission import WireDigests, lock, match, note_jobs, raise_alarm_when_doubled, record_outcome, stop_when_queued

logger = logging.getLogger(__name__)

LOOK_LEASE_SECONDS = 300.0
# Calls that one listing is read for: after a restore or an outage many are due at once, and a long list costs the same for all.
MOST_TOGETHER = 50
PAGE_SIZES = (1000, 700)
SMALL_PAGE_SIZES = (100, 70)
MOST_PAGES = 1000
# Among the youngest so many calls are jobs enough that must be in the list.
FEW_CALLS = 5
# Adobe lists at most 30 days at a time (Privacy Service API, list jobs).
SPAN_DAYS = 30


def look_next() -> int:
    """Look for due calls of one organization, with one listing for all that were made under the same law. Returns how many."""
    now = clock.now()
    due = Submission.objects.due_to_look(now)
    _, ids = leases.take(due, "next_look_at", most=MOST_TOGETHER, seconds=LOOK_LEASE_SECONDS, now=now)
    by_law: dict[str, list[uuid.UUID]] = defaultdict(list)
    for call_id, regulation in Submission.objects.filter(pk__in=ids).order_by("pk").values_list("pk", "request__regulation"):
        by_law[regulation].append(call_id)
    for together in by_law.values():
        look(*together)
    return len(ids)


def look(*call_ids: uuid.UUID) -> None:
    """One look for UNKNOWN calls of one organization and law. A failed one changes only their times and `last_error`."""
    related = ("request__organization__data_key", "request__data_key")
    calls = []
    for submission in Submission.objects.select_related(*related).filter(pk__in=call_ids, state=CallState.UNKNOWN).order_by("pk"):
        if look_is_too_late(submission.first_sent_at):
            _to_person(submission, PersonReason.TOO_OLD)
        else:
            calls.append(submission)
    if not calls:
        return
    try:
        jobs = listed_jobs(connections.service_for(calls[0].request.organization), *calls)
        digests = WireDigests(calls[0].request.organization)
    except (errors.AdobeError, LookDoesNotCount, crypto.CannotDecrypt) as error:
        for submission in calls:
            _look_failed(submission, error)
        return
    for submission in calls:
        with applying_look(submission.pk):
            _apply(submission, jobs, digests)
            progress.refresh(submission.request_id)


def _look_failed(submission: Submission, error: Exception) -> None:
    held = ""
    if isinstance(error, errors.OrganizationBlocked):
        held = error.reason
        sending.hold(submission.request.organization, error.reason, error.words)
    with transaction.atomic():
        if look_failed(Submission.objects.all(), submission, error, held=held):
            record_outcome(submission, CallState.UNKNOWN, LIST_UNREAD)
            progress.refresh(submission.request_id)


def _apply(submission: Submission, jobs: list[CreatedJob], digests: WireDigests | None = None) -> None:
    found = match(submission, jobs, digests)
    with transaction.atomic():
        lock(submission)
        # What Adobe has is true, whatever became of the call meanwhile.
        note_jobs(submission, found)
        if found:
            stop_when_queued(submission)
        if settle_when_whole(submission) or not _was_not_overtaken(submission):
            return
        if found or shows_what_is_known({job.job_id for job in jobs}, _must_be_listed(submission)):
            _count_look(submission, _known(submission))
        else:
            _look_failed(submission, LookDoesNotCount())


def settle_when_whole(submission: Submission) -> bool:
    """UNKNOWN -> SENT once every expected job is known. False while one is missing."""
    if _known(submission) < submission.expected_jobs:
        return False
    if _move(submission, CallState.SENT, **sent_fields()):
        raise_alarm_when_doubled(submission)
    return True


def _known(submission: Submission) -> int:
    return submission.jobs.exclude(adobe_job_id=None).count()


def _was_not_overtaken(submission: Submission) -> bool:
    """Whether the call still stands where this look found it. Keeps it there until the transaction ends.

    Since then another look may have been counted, or the call sent again: what was listed before says nothing about that.
    """
    return bool(same_look(Submission.objects.all(), submission).update(lease=None))


def _stay_leased(calls: Iterable[Submission]) -> None:
    """A look through many pages takes longer than its lease."""
    for submission in calls:
        same_look(Submission.objects.all(), submission).update(next_look_at=clock.now() + timedelta(seconds=LOOK_LEASE_SECONDS))


def _count_look(submission: Submission, known: int) -> None:
    fields = counted_look_fields(submission)
    later = next_look(submission.unknown_since or clock.read(), fields["looks_done"])
    if later is not None:
        Submission.objects.filter(pk=submission.pk, state=CallState.UNKNOWN).update(**fields, next_look_at=later)
        return
    Submission.objects.filter(pk=submission.pk).update(**fields)
    if known:
        _to_person(submission, PersonReason.SOME_FOUND)
    elif submission.has_deletes and not submission.request.organization.resend_deletes:
        _to_person(submission, PersonReason.NONE_FOUND)
    else:
        _move(submission, CallState.QUEUED, **queued_fields(0, "not_found_in_list"))
        steps.wake("submit")


def _move(submission: Submission, state: CallState, **fields: object) -> bool:
    """UNKNOWN -> `state`, under a claim token that no late answer can match any more when it goes back into the queue."""
    row = Submission.objects.filter(pk=submission.pk, state=CallState.UNKNOWN)
    if state == CallState.QUEUED:
        fields["claim_token"] = None
    moved = bool(row.update(state=state, **fields))
    if moved:
        submission.state = state
        record_outcome(submission, state, "found_in_list" if state == CallState.SENT else "not_found_in_list")
    return moved


@transaction.atomic
def _to_person(submission: Submission, reason: PersonReason) -> None:
    undecided = Submission.objects.filter(pk=submission.pk, state=CallState.UNKNOWN)
    if undecided.update(person_reason=reason, next_look_at=None):
        record_outcome(submission, CallState.UNKNOWN, reason)
    progress.refresh(submission.request_id)


# --- Reading Adobe's list ---


def listed_jobs(service: PrivacyService, *calls: Submission) -> list[CreatedJob]:
    """Every job that Adobe lists from the day before the first of the calls on, as (id, key, action).

    The calls are of one organization and law. Raises LookDoesNotCount.
    """
    extended_at = time.monotonic()
    regulation = calls[0].request.regulation

    def read_page(**query: Any) -> JobPage:
        nonlocal extended_at
        if len(calls) == 1 or time.monotonic() - extended_at > LOOK_LEASE_SECONDS / 10:
            _stay_leased(calls)
            extended_at = time.monotonic()
        return service.list_jobs(**query)

    started = clock.read()
    since = min(map(_since, calls))
    jobs: dict[str, ListedJob] = {}
    spans = [*windows(since.date(), started.date() + timedelta(days=1)), None]
    listings: list[tuple[tuple[date, date] | None, str | None]] = [*((span, None) for span in spans), (None, "submitted")]
    for code, (dates, status) in itertools.product(codes_of(regulation), listings):
        try:
            jobs.update(_twice(read_page, code, started, dates, status))
        except (errors.Rejected, errors.PageSizeRefused):
            # Adobe's pages disagree whether it lists `submitted`, and older codes are to go. What it does not list holds
            # nothing; only the lists of the code that was sent must be read.
            if status is None and code == regulation:
                raise
    return [CreatedJob(job.job_id, job.user_key, job.action) for job in jobs.values()]


def _since(submission: Submission) -> datetime:
    """The day before the call."""
    return (submission.first_sent_at or submission.created_at) - timedelta(days=1)


def _must_be_listed(submission: Submission) -> list[str]:
    """Adobe's ids of the youngest jobs that a look for this call must have shown, whichever of its dates Adobe lists a job by:
    made since the day on which the look begins, under the same law, and not gone since.
    """
    calls = Submission.objects.filter(
        request__organization=submission.request.organization_id,
        request__regulation=submission.request.regulation,
        state=CallState.SENT,
        first_sent_at__gte=_since(submission),
        settled_at__lte=old_enough(),
    )
    youngest = list(calls.order_by("-settled_at").values_list("pk", flat=True)[:FEW_CALLS])
    jobs = Job.objects.filter(submission__in=youngest, adobe_job_id__isnull=False).exclude(status=JobStatus.GONE)
    return list(jobs.order_by("-submission__settled_at", "pk").values_list("adobe_job_id", flat=True)[:MOST_KNOWN])


def codes_of(regulation: str) -> list[str]:
    """The code sent, then every other code of the same law: Adobe may list a job under either."""
    return catalog.codes_of(regulation)


def windows(first: date, last: date) -> Iterator[tuple[date, date]]:
    """Spans of at most 30 days that cover `first` to `last`, newest days last."""
    earliest = clock.read().astimezone(UTC).date() - timedelta(days=settings.ADOBE_LOOK_BACK_DAYS)
    start = max(first, earliest)
    while start <= last:
        end = min(start + timedelta(days=SPAN_DAYS - 1), last)
        yield start, end
        start = end + timedelta(days=1)


def _twice(
    read_page: Callable[..., JobPage], code: str, started: datetime, dates: tuple[date, date] | None, status: str | None
) -> dict[str, ListedJob]:
    sizes = PAGE_SIZES
    try:
        first = _pages(read_page, code, sizes[0], dates, status)
    except errors.PageSizeRefused:
        sizes = SMALL_PAGE_SIZES
        first = _pages(read_page, code, sizes[0], dates, status)
    second = _pages(read_page, code, sizes[1], dates, status)
    # A job of the very last minutes may have come between the passes, and one that leaves `submitted` may leave its listing.
    recent = started - timedelta(minutes=2)
    missing = {job_id for job_id in second.keys() ^ first.keys() if _is_older((first | second)[job_id], recent)}
    if missing and status is None:
        raise LookDoesNotCount(f"{len(missing)} jobs were in one pass only")
    return first | second


def _is_older(job: ListedJob, than: datetime) -> bool:
    return job.created_at is not None and job.created_at < than


def _pages(
    read_page: Callable[..., JobPage], code: str, size: int, dates: tuple[date, date] | None, status: str | None
) -> dict[str, ListedJob]:
    """Page after page until an empty one, deduplicated by job id."""
    first, last = dates or (None, None)
    jobs: dict[str, ListedJob] = {}
    for page in range(MOST_PAGES):
        answer = read_page(regulation=code, page=page, size=size, from_date=first, to_date=last, status=status)
        if not answer.jobs:
            return jobs
        jobs.update({job.job_id: job for job in answer.jobs})
    raise LookDoesNotCount("the list does not end")


# --- What a person decides ---


DECIDED_ALREADY = noop("This call is no longer waiting for a decision. Load the page again to see where it is.")


class CannotDecide(Exception):
    """The call is not waiting for this decision; `str()` says so to the person."""


@transaction.atomic
def look_again(submission: Submission, user: User) -> None:
    """Start the looks over."""
    changed = Submission.objects.filter(pk=submission.pk, state=CallState.UNKNOWN).update(
        person_reason="", looks_done=0, next_look_at=clock.now(), unknown_since=clock.now()
    )
    _decided(submission, user, "look_again", changed)
    progress.refresh(submission.request_id)
    steps.wake("look")


def _alone(submission: Submission) -> None:
    """Hold off everybody else who decides about this request, and make sure that nobody has decided about the call yet.

    Raises CannotDecide.
    """
    # The call first: in this order everybody else takes the two.
    calls = Submission.objects.select_for_update(no_key=True)
    if calls.filter(pk=submission.pk, state=CallState.UNKNOWN).exclude(person_reason="").first() is None:
        raise CannotDecide(_(DECIDED_ALREADY))
    PrivacyRequest.objects.select_for_update(no_key=True).get(pk=submission.request_id)


def send_missing(submission: Submission, user: User) -> Submission:
    """What Adobe does not list goes out as a new call; what it lists stays with this one. Never the whole call twice."""
    with transaction.atomic():
        _alone(submission)
        missing = submission.jobs.filter(adobe_job_id=None)
        fresh = Submission.objects.create(
            request=submission.request,
            ordinal=submission.request.submissions.count() + 1,
            people=missing.values("subject").distinct().count(),
            expected_jobs=missing.count(),
            has_deletes=missing.exclude(action="access").exists(),
            waits_for_access=submission.waits_for_access,
            # It may be out since the first call after all: a look for this one must list as far back.
            first_sent_at=submission.first_sent_at,
            next_attempt_at=clock.now(),
        )
        left = submission.expected_jobs - fresh.expected_jobs
        missing.update(submission=fresh)
        changed = (
            Submission.objects.filter(pk=submission.pk, state=CallState.UNKNOWN)
            .exclude(person_reason="")
            .update(**(sent_fields() | {"state": CallState.SENT if left else CallState.CANCELLED, "expected_jobs": left}))
        )
        _decided(submission, user, "send_missing", changed)
        _keep_alarm(submission)
        progress.refresh(submission.request_id)
        steps.wake("submit")
    return fresh


def give_up(submission: Submission, user: User) -> None:
    """Close the call as not sent: its missing jobs end as "not sent"."""
    with transaction.atomic():
        changed = (
            Submission.objects.filter(pk=submission.pk, state=CallState.UNKNOWN)
            .exclude(person_reason="")
            .update(**(sent_fields() | {"state": CallState.CANCELLED}))
        )
        Job.objects.filter(submission=submission, adobe_job_id=None).update(status=JobStatus.NOT_SENT, finished_at=timezone.now())
        _decided(submission, user, "give_up", changed)
        _keep_alarm(submission)
        progress.refresh(submission.request_id)


def _keep_alarm(submission: Submission) -> None:
    """Of what stays with the call, a part may be doubled: the decision about the rest took the place of that alarm."""
    submission.refresh_from_db(fields=["state"])
    raise_alarm_when_doubled(submission)


@transaction.atomic
def acknowledge_doubled(submission: Submission, user: User) -> None:
    """A person has seen the alarm."""
    changed = Submission.objects.filter(pk=submission.pk, person_reason=PersonReason.DOUBLED).update(person_reason="")
    _decided(submission, user, "acknowledge_doubled", changed)
    progress.refresh(submission.request_id)


def _decided(submission: Submission, user: User, decision: str, changed: int) -> None:
    if not changed:
        raise CannotDecide(_(DECIDED_ALREADY))
    audit.record(
        "call.decided",
        actor=user,
        organization=submission.request.organization,
        obj=submission,
        root_id=submission.request_id,
        details={"decision": decision, "call": submission.ordinal},
    )
