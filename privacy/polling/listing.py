"""One pass through Adobe's list of one law: what has changed there, and what is not there."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce, TruncDate

from portal import clock, connections, leases, runtime, steps
from portal.adobe import errors
from portal.adobe.answers import OTHER, ListedJob
from portal.bulk import Among
from privacy import doubles, reconciling
from privacy.events import health
from privacy.models import Job, JobListing
from privacy.polling.failing import NOT_LISTED, hold_when_blocked, wait_after
from privacy.querysets import JobQuerySet
from privacy.statuses import JOB_AT_ADOBE_OPEN

LEASE_SECONDS = 300.0
# Adobe's documents name three largest pages; we begin with the newest and fall back.
PAGE_SIZES = (1000, 100, 25)
# A list may lag behind: a job younger than this is not missed in it.
YOUNG = timedelta(minutes=10)
# A detail that was asked for so long after the date in a list has told what the list has to tell, whatever date it gave itself.
LONG_AFTER = timedelta(hours=1)
ROWS_A_STATEMENT = 5000
# So near a due date a list is read as often as usual, whether or not anything changes.
DUE_SOON = timedelta(days=3)
# When a job went to Adobe. One that was made elsewhere belongs to no call of ours.
_MADE = Coalesce("submission__first_sent_at", "adobe_created_at", "request__created_at")
_DAY = timedelta(days=1)


def list_next() -> int:
    """List one (organization, law). Returns how many were listed."""
    _, ids = leases.take(JobListing.objects.due(clock.now()), "next_list_at", most=1, seconds=LEASE_SECONDS)
    for listing in JobListing.objects.filter(pk__in=ids).select_related("organization__data_key", "organization__event_source"):
        list_jobs(listing)
    return len(ids)


def list_jobs(listing: JobListing) -> None:
    """Read the pages that can hold open jobs; what changed, and what two passes did not show, becomes due for its detail."""
    began = clock.read()
    one = _Pass(listing)
    try:
        spans = _spans(listing, began)
        for page in _pages(listing, spans):
            one.read(page)
        if spans:
            one.miss(began - YOUNG)
    except errors.AdobeError as error:
        one.due += _listing_failed(listing, error)
    else:
        _listed(listing, _wait_after_pass(one, began) if spans else health.list_every(listing.organization))
    if one.due:
        steps.wake("detail")


def open_jobs_of(listing: JobListing) -> JobQuerySet:
    """Jobs that this listing can tell about."""
    return Job.objects.open_at_adobe().filter(
        organization=listing.organization, request__regulation=listing.regulation, adobe_job_id__isnull=False
    )


# --- Which pages ---


def _spans(listing: JobListing, now: datetime) -> list[tuple[date, date]]:
    """The days on which open jobs were made or last changed (Adobe does not say which of the two its dates mean), with a day on
    either side, and today: a job that should not be there is made today. Spans of at most 30 days; none without open jobs.
    """
    jobs = open_jobs_of(listing)
    days: set[date] = set()
    for moment in (_MADE, "adobe_modified_at"):
        days.update(jobs.order_by().values_list(TruncDate(moment, tzinfo=UTC), flat=True).distinct())
    known = {day for day in days if day is not None}
    if not known:
        return []
    today = now.astimezone(UTC).date()
    wanted = sorted({day + _DAY * step for day in (*known, today) for step in (-1, 0, 1) if day + _DAY * step <= today + _DAY})
    return [span for first, last in _runs(wanted) for span in reconciling.windows(first, last)]


def _runs(days: Sequence[date]) -> Iterator[tuple[date, date]]:
    """First and last day of each run of days without a gap."""
    first = last = days[0]
    for day in days[1:]:
        if day - last > _DAY:
            yield first, last
            first = day
        last = day
    yield first, last


def _pages(listing: JobListing, spans: Iterable[tuple[date, date]]) -> Iterator[tuple[ListedJob, ...]]:
    service = connections.service_for(listing.organization)
    for first, last in spans:
        for page in range(reconciling.MOST_PAGES):
            _stay_leased(listing)
            try:
                answer = service.list_jobs(
                    regulation=listing.regulation, page=page, size=listing.page_size, from_date=first, to_date=last
                )
            except errors.PageSizeRefused:
                _take_smaller_pages(listing)
                raise
            if answer.jobs:
                yield answer.jobs
            if len(answer.jobs) < listing.page_size:
                break


def _stay_leased(listing: JobListing) -> None:
    """A pass through many pages takes longer than its lease."""
    JobListing.objects.filter(pk=listing.pk, lease=listing.lease).update(
        next_list_at=clock.now() + timedelta(seconds=LEASE_SECONDS)
    )


def _take_smaller_pages(listing: JobListing) -> None:
    """The next listing asks for less."""
    smaller = [size for size in PAGE_SIZES if size < listing.page_size]
    if smaller:
        JobListing.objects.filter(pk=listing.pk).update(page_size=smaller[0])


# --- What they tell ---


@dataclass(frozen=True)
class _Known:
    """What we know of a job that a page shows."""

    pk: uuid.UUID
    adobe_job_id: str
    status: str
    adobe_status: str
    modified_at: datetime | None
    detail_at: datetime | None
    last_error: str


_COLUMNS = ("pk", "adobe_job_id", "status", "adobe_status", "adobe_modified_at", "detail_at", "last_error")


@dataclass
class _Pass:
    """What has been seen so far; `due` counts the jobs that became due for their detail."""

    listing: JobListing
    due: int = 0
    seen: set[uuid.UUID] = field(default_factory=set)

    def read(self, page: Sequence[ListedJob]) -> None:
        """One query a page, and an UPDATE for what is new in it.

        A job that was never asked about and is listed under the word that it was accepted with has no news: its date is noted.
        """
        organization = self.listing.organization
        health.notice_missed(organization, page)
        listed = {job.job_id: job for job in page}
        rows = Job.objects.order_by().filter(Among("adobe_job_id", listed), organization=organization)
        known = [_Known(*row) for row in rows.values_list(*_COLUMNS)]
        still_open = [job for job in known if job.status in JOB_AT_ADOBE_OPEN]
        self.seen.update(job.pk for job in still_open)
        news = [job for job in still_open if _has_news(listed[job.adobe_job_id], job)]
        self.due += len(news)
        _ask_now([job.pk for job in news])
        _note_dates((job, listed[job.adobe_job_id]) for job in still_open if job.modified_at is None and job.detail_at is None)
        _note_listed([job.pk for job in still_open if job.last_error == NOT_LISTED])
        strangers = listed.keys() - {job.adobe_job_id for job in known}
        doubles.notice_strangers(organization, [listed[job_id] for job_id in strangers])

    def miss(self, sent_before: datetime) -> None:
        """Open jobs that no page has shown: noted at the first time, due at the second. What is due anyway is left alone."""
        expected = open_jobs_of(self.listing).filter(next_poll_at=None).exclude(submission__first_sent_at__gte=sent_before)
        missing: dict[bool, list[uuid.UUID]] = {True: [], False: []}
        for pk, last_error in expected.order_by().values_list("pk", "last_error").iterator(ROWS_A_STATEMENT):
            if pk not in self.seen:
                missing[last_error == NOT_LISTED].append(pk)
        for pks in _parts(missing[False]):
            Job.objects.open_at_adobe().filter(pk__in=pks, next_poll_at=None).update(last_error=NOT_LISTED)
        self.due += sum(_ask_now(pks) for pks in _parts(missing[True]))


def _has_news(listed: ListedJob, job: _Known) -> bool:
    """Whether the list shows another state than we know, or a later date that no detail was asked for long after.

    An earlier date is none: then the list lags behind what the job itself has told.
    """
    if listed.status != job.status or (listed.status == OTHER and listed.status_word != job.adobe_status):
        return True
    if listed.modified_at is None or (job.modified_at is None and job.detail_at is None):
        return False
    if job.modified_at is not None and listed.modified_at <= job.modified_at:
        return False
    return job.detail_at is None or job.detail_at - listed.modified_at < LONG_AFTER


def _ask_now(pks: Sequence[uuid.UUID]) -> int:
    """What waits to be asked about already keeps its place, and what is being asked about at this moment is left to whoever asks:
    leased anew, its answer would be dropped, and passes that come faster than answers would let none arrive.
    """
    if not pks:
        return 0
    now = clock.now()
    later = Job.objects.filter(pk__in=pks).filter(Q(next_poll_at=None) | Q(next_poll_at__gt=now, lease=None))
    with transaction.atomic():
        return leases.locked_in_order(later).update(next_poll_at=now)


def _note_dates(jobs: Iterable[tuple[_Known, ListedJob]]) -> None:
    by_date: dict[datetime | None, list[uuid.UUID]] = defaultdict(list)
    for job, listed in jobs:
        if not _has_news(listed, job) and listed.modified_at is not None:
            by_date[listed.modified_at].append(job.pk)
    for moment, pks in by_date.items():
        Job.objects.filter(pk__in=pks, detail_at=None).update(adobe_modified_at=moment)


def _note_listed(pks: Sequence[uuid.UUID]) -> None:
    """The list shows again what it had not shown: no detail is needed for that any more."""
    if pks:
        jobs = Job.objects.filter(pk__in=pks, last_error=NOT_LISTED)
        jobs.filter(next_poll_at__gt=clock.now()).update(next_poll_at=None)
        jobs.update(last_error="")


def _parts(pks: Sequence[uuid.UUID]) -> Iterator[Sequence[uuid.UUID]]:
    return (pks[start : start + ROWS_A_STATEMENT] for start in range(0, len(pks), ROWS_A_STATEMENT))


# --- When the next pass is ---


def _wait_after_pass(one: _Pass, began: datetime) -> float:
    """Seconds until the next pass: half as long again after each one without news, up to `health.longest_quiet`. The usual
    interval while a job is young or a request is due soon.
    """
    listing, every = one.listing, health.list_every(one.listing.organization)
    longest = health.longest_quiet(every)
    if one.due or listing.listed_at is None or longest <= every or _is_urgent(listing, began):
        return every
    return min(max(every, (began - listing.listed_at).total_seconds() * 1.5), longest)


def _is_urgent(listing: JobListing, now: datetime) -> bool:
    soon = now.astimezone(UTC).date() + DUE_SOON
    jobs = open_jobs_of(listing).annotate(made=_MADE)
    urgent: bool = jobs.filter(Q(request__due_on__lte=soon) | Q(made__gt=now - _DAY)).exists()
    return urgent


def _listed(listing: JobListing, wait: float) -> None:
    now = clock.now()
    JobListing.objects.filter(pk=listing.pk).update(
        next_list_at=now + timedelta(seconds=wait), listed_at=now, failures=0, last_error=""
    )


def _listing_failed(listing: JobListing, error: errors.AdobeError) -> int:
    """Returns how many jobs became due for their detail."""
    hold_when_blocked(listing.organization, error)
    failures = listing.failures + 1
    wait = 0.0 if isinstance(error, errors.PageSizeRefused) else wait_after(error, failures)
    JobListing.objects.filter(pk=listing.pk).update(
        next_list_at=clock.now() + timedelta(seconds=wait), failures=failures, last_error=type(error).__name__
    )
    return _ask_without_list(listing)


def _ask_without_list(listing: JobListing) -> int:
    """When no pass has come to its end for a day, the jobs are asked about themselves, each once a day."""
    now = clock.read()
    a_day_ago = now - timedelta(seconds=runtime.fraction("DETAIL_AT_LEAST_EVERY_SECONDS"))
    if listing.listed_at is not None and listing.listed_at > a_day_ago:
        return 0
    unseen = open_jobs_of(listing).filter(next_poll_at=None).exclude(detail_at__gt=a_day_ago)
    return unseen.exclude(submission__first_sent_at__gt=a_day_ago).update(next_poll_at=now)
