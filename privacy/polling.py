"""Following jobs, cheapest first: list pages, then the detail of what changed.

A failed look changes only its own times and `last_error`, never the state of a job. Adobe's dates have minutes only, so the
detail of a job is fetched again until it was fetched two minutes after the job's last change.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DataError, transaction
from django.db.models import Min
from django.db.models.functions import Coalesce
from django.utils import timezone

from portal import audit, connections, crypto, leases, sending, steps
from portal.adobe import errors
from portal.adobe.answers import JobAnswer, ListedJob, ProductAnswer
from portal.models import Organization
from portal.outbound import backoff
from privacy import catalog, doubles, mirrors, progress, reconciling
from privacy.models import Job, JobListing, ProductResponse, ResultArchive
from privacy.querysets import JobQuerySet
from privacy.statuses import JOB_AT_ADOBE_OPEN, JOB_DONE, JobStatus

logger = logging.getLogger(__name__)

LEASE_SECONDS = 300.0
DETAIL_BATCH = 50
# A batch asks no longer than this, however slow Adobe is: what came is written long before the task's time limit.
ASK_SECONDS = 15.0
# Adobe's documents name three largest pages; we begin with the newest and fall back.
PAGE_SIZES = (1000, 100, 25)
NOT_FOUND = "not_found"
MINUTES_ONLY = timedelta(minutes=2)
# What writing lets through of an answer that fits into no column: half a surrogate pair, a date or a number out of all range.
_UNKEEPABLE = (DataError, UnicodeEncodeError, OverflowError)


# --- Lists ---


def listings_due() -> bool:
    """Whether a law of an organization is to be listed now. Listings without open jobs wait."""
    return JobListing.objects.due(timezone.now()).exists()


def list_next() -> int:
    """List one (organization, law). Returns how many were listed."""
    _, ids = leases.take(JobListing.objects.due(timezone.now()), "next_list_at", most=1, seconds=LEASE_SECONDS)
    for listing in JobListing.objects.filter(pk__in=ids).select_related("organization__data_key"):
        list_jobs(listing)
    return len(ids)


def list_jobs(listing: JobListing) -> None:
    """Read the pages that can hold open jobs and mark what changed as due for its detail."""
    # A job that was made elsewhere belongs to no call of ours.
    made = Coalesce("submission__first_sent_at", "adobe_created_at", "request__created_at")
    first = open_jobs_of(listing).aggregate(oldest=Min(made))["oldest"]
    if first is None:
        _listed(listing, settings.LIST_EVERY_SECONDS, "")
        return
    try:
        changed = 0
        for page in _pages(listing, first):
            changed += _mark_changed(listing, page)
            doubles.notice(listing.organization, page)
    except errors.AdobeError as error:
        _listing_failed(listing, error)
        return
    _listed(listing, settings.LIST_EVERY_SECONDS, "")
    if changed:
        steps.wake("detail")


def open_jobs_of(listing: JobListing) -> JobQuerySet:
    """Jobs that this listing can tell about."""
    return Job.objects.open_at_adobe().filter(
        organization=listing.organization, request__regulation=listing.regulation, adobe_job_id__isnull=False
    )


def _pages(listing: JobListing, oldest: datetime) -> Iterable[tuple[ListedJob, ...]]:
    service = connections.service_for(listing.organization)
    today = timezone.now().date()
    for first, last in reconciling.windows(oldest.date() - timedelta(days=1), today + timedelta(days=1)):
        for page in range(reconciling.MOST_PAGES):
            try:
                answer = service.list_jobs(
                    regulation=listing.regulation, page=page, size=listing.page_size, from_date=first, to_date=last
                )
            except errors.PageSizeRefused:
                _take_smaller_pages(listing)
                raise
            if answer.jobs:
                yield tuple(answer.jobs)
            if len(answer.jobs) < listing.page_size:
                break


def _take_smaller_pages(listing: JobListing) -> None:
    """The next listing asks for less."""
    smaller = [size for size in PAGE_SIZES if size < listing.page_size]
    if smaller:
        JobListing.objects.filter(pk=listing.pk).update(page_size=smaller[0])


def _mark_changed(listing: JobListing, page: tuple[ListedJob, ...]) -> int:
    """Jobs whose word or date differs from what we last saw become due for their detail. One query a page, one UPDATE.

    A job that was never asked about and is listed under the word that it was accepted with has no news: only its date is noted.
    """
    listed = {job.job_id: job for job in page}
    known = Job.objects.open_at_adobe().filter(organization=listing.organization, adobe_job_id__in=list(listed))
    changed: list[uuid.UUID] = []
    unchanged: dict[datetime | None, list[uuid.UUID]] = defaultdict(list)
    columns = ("pk", "adobe_job_id", "adobe_status", "adobe_modified_at", "detail_at")
    for pk, adobe_id, word, modified, detail_at in known.values_list(*columns):
        now_listed = listed[adobe_id or ""]
        if now_listed.status_word == word and modified is None and detail_at is None:
            unchanged[now_listed.modified_at].append(pk)
        elif (now_listed.status_word, now_listed.modified_at) != (word, modified):
            changed.append(pk)
    for date, pks in unchanged.items():
        Job.objects.filter(pk__in=pks, detail_at=None).update(adobe_modified_at=date)
    return Job.objects.filter(pk__in=changed).update(next_poll_at=timezone.now()) if changed else 0


def _listed(listing: JobListing, wait: float, error: str) -> None:
    now = timezone.now()
    JobListing.objects.filter(pk=listing.pk).update(
        next_list_at=now + timedelta(seconds=wait), listed_at=now, failures=0, last_error=error
    )


def _listing_failed(listing: JobListing, error: errors.AdobeError) -> None:
    hold_when_blocked(listing.organization, error)
    failures = listing.failures + 1
    wait = 0.0 if isinstance(error, errors.PageSizeRefused) else wait_after(error, failures)
    JobListing.objects.filter(pk=listing.pk).update(
        next_list_at=timezone.now() + timedelta(seconds=wait), failures=failures, last_error=type(error).__name__
    )


def wait_after(error: errors.AdobeError, failures: int) -> float:
    """Seconds until the next try of something that only reads."""
    asked = error.retry_after or 0 if isinstance(error, errors.Throttled) else 0
    return max(asked, backoff(failures, first=min(5.0, settings.LIST_EVERY_SECONDS)))


def hold_when_blocked(organization: Organization, error: errors.AdobeError) -> None:
    """An organization that Adobe refuses as a whole waits for a person."""
    if isinstance(error, errors.OrganizationBlocked):
        sending.hold(organization, error.reason, error.words)


# --- Details ---


@dataclass(frozen=True)
class Seen:
    """What Adobe answered about one job, and when we asked."""

    job: Job
    answer: JobAnswer
    asked_at: datetime


def details_due() -> bool:
    """Whether Adobe is to be asked about a job now."""
    return Job.objects.due_for_detail(timezone.now()).exists()


def detail_next() -> int:
    """Ask about a batch of jobs, then write what came in one transaction. Returns how many were asked about.

    Jobs that there was no time to ask about are due again at once.
    """
    lease, ids = leases.take(Job.objects.due_for_detail(timezone.now()), "next_poll_at", most=DETAIL_BATCH, seconds=LEASE_SECONDS)
    jobs = list(Job.objects.filter(pk__in=ids, lease=lease).select_related("organization__data_key", "request__data_key"))
    seen: list[Seen] = []
    asked = 0
    until = time.monotonic() + ASK_SECONDS
    while asked < len(jobs) and time.monotonic() < until:
        answer = _ask(jobs[asked])
        asked += 1
        if answer is not None:
            seen.append(answer)
    left = [job.pk for job in jobs[asked:]]
    Job.objects.filter(pk__in=left, lease=lease).update(next_poll_at=timezone.now())
    written = _write_what_fits(seen, lease)
    if any(wants_archive(one.job) for one in written):
        steps.wake("archive")
    return asked


def refresh_now(job: Job) -> None:
    """A person asked: the job is due at once."""
    Job.objects.filter(pk=job.pk, adobe_job_id__isnull=False).update(next_poll_at=timezone.now())
    steps.wake("detail")


def _ask(job: Job) -> Seen | None:
    if job.adobe_job_id is None or job.request.data_key is None:
        Job.objects.filter(pk=job.pk).update(next_poll_at=None)
        return None
    asked_at = timezone.now()
    try:
        # What comes is sealed with it, in one transaction with what comes for others.
        crypto.box_for(job.request.data_key)
        answer = connections.service_for(job.organization).job(job.adobe_job_id)
    except errors.NotFound:
        _gone(job)
    except errors.AdobeError as error:
        _ask_failed(job, error)
    except crypto.CannotDecrypt:
        # A key that does not open here is no reason to lose what came for the others.
        logger.error("job %s cannot be asked about: its keys do not open", job.pk)  # noqa: TRY400 - says all there is to say
        _ask_failed(job, errors.BadAnswer(code="cannot_decrypt"))
    else:
        return Seen(job, answer, asked_at)
    return None


def _gone(job: Job) -> None:
    """Adobe no longer knows it, twice in a row: its last known word stays beside the new state.

    A gateway that fails, or an address that is wrong, says 404 as well. Until the second time the listing has found that out, and
    the organization is on hold.
    """
    row = Job.objects.filter(pk=job.pk)
    if job.last_error != NOT_FOUND and job.status in JOB_AT_ADOBE_OPEN:
        row.update(last_error=NOT_FOUND, next_poll_at=timezone.now() + not_found_again())
        return
    with transaction.atomic():
        changed = row.open_at_adobe().update(
            status=JobStatus.GONE, next_poll_at=None, finished_at=timezone.now(), last_error=NOT_FOUND
        )
        if changed:
            record_job(job, "job.gone")
        else:
            # It had ended before, so there is nothing to wait for.
            row.update(next_poll_at=None, last_error=NOT_FOUND)
        progress.refresh(job.request_id)


def not_found_again() -> timedelta:
    """How long after a first 404 a second one is believed: several listings later."""
    return timedelta(seconds=settings.LIST_EVERY_SECONDS * 4)


def _ask_failed(job: Job, error: errors.AdobeError) -> None:
    hold_when_blocked(job.organization, error)
    failures = job.quiet_polls + 1
    Job.objects.filter(pk=job.pk).update(
        next_poll_at=timezone.now() + timedelta(seconds=wait_after(error, failures)),
        quiet_polls=failures,
        last_error=type(error).__name__,
    )


def _write_what_fits(seen: Sequence[Seen], lease: uuid.UUID) -> list[Seen]:
    """`_write`, but an answer that cannot be kept is asked for again later, and takes no other down with it."""
    try:
        return _write(seen, lease)
    except _UNKEEPABLE as error:
        if len(seen) == 1:
            logger.error("what Adobe says of job %s cannot be kept: %s", seen[0].job.pk, type(error).__name__)  # noqa: TRY400
            _ask_failed(_as_stored(seen[0]).job, errors.BadAnswer(code="unkeepable"))
            return []
    # The rows in memory have the answers already, so they are read again.
    again = [_as_stored(one) for one in seen]
    half = len(again) // 2
    return [*_write_what_fits(again[:half], lease), *_write_what_fits(again[half:], lease)]


def _as_stored(seen: Seen) -> Seen:
    return replace(seen, job=Job.objects.select_related("organization__data_key", "request__data_key").get(pk=seen.job.pk))


def _write(seen: Sequence[Seen], lease: uuid.UUID) -> list[Seen]:
    """Keep what came, in one short transaction. Returns what was kept.

    An answer is dropped when its job was leased anew since, because a younger answer is on its way, and when its request was
    shredded since.
    """
    with transaction.atomic():
        mine = Job.objects.filter(pk__in=[one.job.pk for one in seen], lease=lease, request__data_key__isnull=False)
        held = set(mine.values_list("pk", flat=True))
        kept = [one for one in seen if one.job.pk in held]
        ended = [one.job for one in kept if _write_job(one)]
        _write_products(kept)
        for one in kept:
            mirrors.learn(one.job, one.answer, map(_product_code, one.answer.products))
        audit.record_many([_job_record(job, f"job.{job.status}") for job in ended])
        _want_archives(kept)
        # Counted before the commit, so that no crash can part a job's end from its request's. In one order: no deadlock.
        for request_id in sorted({one.job.request_id for one in kept}):
            progress.refresh(request_id)
    return kept


def _write_job(seen: Seen) -> bool:
    """Returns whether the job has ended with this answer."""
    job, answer = seen.job, seen.answer
    was_done = job.status in JOB_DONE
    news = answer.status_word != job.adobe_status or answer.modified_at != job.adobe_modified_at
    job.quiet_polls = 0 if news else job.quiet_polls + 1
    job.status, job.adobe_status = answer.status, answer.status_word[:60]
    job.adobe_created_at, job.adobe_modified_at = answer.created_at, answer.modified_at
    job.detail_at, job.last_error, job.lease = seen.asked_at, "", None
    job.has_result = answer.download_url is not None
    job.raw = answer.raw
    done = job.status in JOB_DONE and not _awaits_products(answer)
    job.next_poll_at = None if done and _is_settled(seen) else next_poll(job, seen)
    job.finished_at = (job.finished_at or timezone.now()) if job.status in JOB_DONE else None
    job.save(update_fields=_JOB_FIELDS)
    return job.status in JOB_DONE and not was_done


_JOB_FIELDS = [
    "quiet_polls",
    "status",
    "adobe_status",
    "adobe_created_at",
    "adobe_modified_at",
    "detail_at",
    "last_error",
    "lease",
    "has_result",
    "raw_sealed",
    "next_poll_at",
    "finished_at",
]


def _awaits_products(answer: JobAnswer) -> bool:
    """Adobe's own samples show a finished job with products still open."""
    return any(product.status in JOB_AT_ADOBE_OPEN for product in answer.products)


def _is_settled(seen: Seen) -> bool:
    """Whether nothing can have changed within the minute of the last change after we asked."""
    modified = seen.answer.modified_at
    return seen.answer.status in JOB_DONE or modified is None or seen.asked_at - modified >= MINUTES_ONLY


def next_poll(job: Job, seen: Seen) -> datetime:
    """When to ask again: soon while the date may still hide a change, then ever more rarely, at least once a day."""
    longest = settings.DETAIL_AT_LEAST_EVERY_SECONDS
    if not _is_settled(seen):
        return seen.asked_at + timedelta(seconds=min(settings.DETAIL_FIRST_SECONDS, longest))
    wait = backoff(
        job.quiet_polls + 1, first=max(settings.LIST_EVERY_SECONDS * 4, settings.DETAIL_FIRST_SECONDS), longest=longest
    )
    return seen.asked_at + timedelta(seconds=min(wait, longest))


def _write_products(seen: Sequence[Seen]) -> None:
    """One statement for the products of all jobs; a product that an answer names twice counts as it stood last."""
    rows = {(row.job_id, row.product): row for one in seen for row in (_product_row(one.job, p) for p in one.answer.products)}
    ProductResponse.objects.bulk_create(
        rows.values(), update_conflicts=True, unique_fields=["job", "product"], update_fields=_PRODUCT_FIELDS
    )


_PRODUCT_FIELDS = [
    "request",
    "product_code",
    "status",
    "adobe_status",
    "code",
    "retry_count",
    "processed_at",
    "seen_at",
    "answer_sealed",
]


def _product_code(answer: ProductAnswer) -> str:
    """Our code for a product, or Adobe's name of one that we do not know."""
    known = catalog.current().products.by_answer_name(answer.product)
    return known.code if known else answer.product[:60]


def _product_row(job: Job, answer: ProductAnswer) -> ProductResponse:
    row = ProductResponse(
        job=job,
        request=job.request,
        product=answer.product[:100],
        product_code=_product_code(answer),
        status=answer.status,
        adobe_status=answer.status_word[:60],
        code=answer.plain_code,
        retry_count=max(answer.retry_count or 0, 0),
        processed_at=answer.processed_at,
    )
    row.answer = {"message": answer.message, "detail": answer.detail, "results": answer.results}
    return row


def wants_archive(job: Job) -> bool:
    """Whether Adobe holds a result for this job: one of access, as its documents say, or a receipt of Adobe Pass for a delete."""
    return job.status == JobStatus.COMPLETE and job.has_result


def _want_archives(seen: Sequence[Seen]) -> None:
    """A complete job may have a result at Adobe: fetch it, unless that is under way or done."""
    rows = [_archive_row(one) for one in seen if wants_archive(one.job)]
    # A job has one archive for ever. Of the one that is there only the address changes: an old one may have run out.
    ResultArchive.objects.bulk_create(rows, update_conflicts=True, unique_fields=["job"], update_fields=["address_sealed"])


def _archive_row(seen: Seen) -> ResultArchive:
    finished = seen.answer.modified_at or timezone.now()
    row = ResultArchive(
        job=seen.job, request=seen.job.request, adobe_expires_at=finished + timedelta(days=settings.RESULT_RETENTION_DAYS)
    )
    row.address = seen.answer.download_url
    return row


def record_job(job: Job, action: str) -> None:
    """One line in the trail for what became of a job."""
    audit.record_many([_job_record(job, action)])


def _job_record(job: Job, action: str) -> audit.AuditRecord:
    return audit.AuditRecord(
        action, actor=None, organization=job.organization, obj=job, root_id=job.request_id, details={"action": job.action}
    )
