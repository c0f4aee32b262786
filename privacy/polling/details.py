"""Asking Adobe about single jobs, in batches that are written in one transaction."""

from __future__ import annotations

import logging
import time
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import DataError, transaction
from django.utils import timezone

from portal import audit, clock, connections, crypto, leases, runtime, steps
from portal.adobe import errors
from portal.adobe.answers import JobAnswer, ProductAnswer
from portal.outbound import backoff
from privacy import catalog, mirrors, progress
from privacy.events import health
from privacy.models import Job, ProductResponse, ResultArchive
from privacy.polling.failing import NOT_FOUND, NOT_LISTED, hold_when_blocked, not_found_again, wait_after
from privacy.statuses import JOB_AT_ADOBE_OPEN, JOB_DONE, JOB_FAILED, JobStatus

logger = logging.getLogger(__name__)

LEASE_SECONDS = 300.0
DETAIL_BATCH = 50
# A batch asks no longer than this, however slow Adobe is: what came is written long before the task's time limit.
ASK_SECONDS = 15.0
MINUTES_ONLY = timedelta(minutes=2)
# What writing lets through of an answer that fits into no column: half a surrogate pair, a date or a number out of all range.
_UNKEEPABLE = (DataError, UnicodeEncodeError, OverflowError)


@dataclass(frozen=True)
class Seen:
    """What Adobe answered about one job, and when we asked."""

    job: Job
    answer: JobAnswer
    asked_at: datetime


# What asking about a job and writing the answer needs of other tables.
_ASKED_WITH = ("organization__data_key", "organization__event_source", "request__data_key")


def detail_next() -> int:
    """Ask about a batch of jobs, then write what came in one transaction. Returns how many were asked about.

    Jobs that there was no time to ask about are due again at once, and when there is room where the rate had none.
    """
    lease, ids = leases.take(Job.objects.due_for_detail(clock.now()), "next_poll_at", most=DETAIL_BATCH, seconds=LEASE_SECONDS)
    jobs = list(Job.objects.filter(pk__in=ids, lease=lease).select_related(*_ASKED_WITH))
    seen: list[Seen] = []
    asked = 0
    until, again = time.monotonic() + ASK_SECONDS, 0.0
    while asked < len(jobs) and time.monotonic() < until:
        try:
            answer = _ask(jobs[asked])
        except errors.Paced as full:
            # The organization's rate has no room: the others' jobs go on, and these come when it has.
            again = full.retry_after or 0.0
            break
        asked += 1
        if answer is not None:
            seen.append(answer)
    left = [job.pk for job in jobs[asked:]]
    Job.objects.filter(pk__in=left, lease=lease).update(next_poll_at=clock.now() + timedelta(seconds=again), lease=None)
    written = _write_what_fits(seen, lease)
    if any(wants_archive(one.job) for one in written):
        steps.wake("archive")
    return asked or len(left)


def refresh_now(job: Job) -> None:
    """A person asked: the job is due at once."""
    Job.objects.filter(pk=job.pk, adobe_job_id__isnull=False).update(next_poll_at=clock.now())
    steps.wake("detail")


def _ask(job: Job) -> Seen | None:
    if job.adobe_job_id is None or job.request.data_key is None:
        Job.objects.filter(pk=job.pk).update(next_poll_at=None)
        return None
    asked_at = clock.read()
    try:
        # What comes is sealed with it, in one transaction with what comes for others.
        crypto.box_for(job.request.data_key)
        answer = connections.service_for(job.organization).job(job.adobe_job_id)
    except errors.NotFound:
        _gone(job)
    except errors.Paced:
        raise
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
        listed_twice = timedelta(seconds=health.list_every(job.organization) * 2)
        again = clock.now() + max(not_found_again(), listed_twice)
        row.filter(lease=job.lease).update(last_error=NOT_FOUND, next_poll_at=again, lease=None)
        return
    with transaction.atomic():
        changed = row.open_at_adobe().update(
            status=JobStatus.GONE, next_poll_at=None, finished_at=timezone.now(), last_error=NOT_FOUND
        )
        if changed:
            record_job(job, "job.gone")
            progress.jobs_ended(job.request_id, 1, 1)
        else:
            # It had ended before, so there is nothing to wait for.
            row.update(next_poll_at=None, last_error=NOT_FOUND)
            progress.refresh(job.request_id)


def _ask_failed(job: Job, error: errors.AdobeError) -> None:
    hold_when_blocked(job.organization, error)
    failures = job.quiet_polls + 1
    # Whoever has leased it anew since tells what becomes of it.
    Job.objects.filter(pk=job.pk, lease=job.lease).update(
        next_poll_at=clock.now() + timedelta(seconds=wait_after(error, failures)),
        quiet_polls=failures,
        last_error=type(error).__name__,
        lease=None,
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
    return replace(seen, job=Job.objects.select_related(*_ASKED_WITH).get(pk=seen.job.pk))


def _write(seen: Sequence[Seen], lease: uuid.UUID) -> list[Seen]:
    """Keep what came, in one short transaction. Returns what was kept.

    An answer is dropped when its job was leased anew since, because a younger answer is on its way, and when its request was
    shredded since.
    """
    with transaction.atomic():
        mine = Job.objects.filter(pk__in=[one.job.pk for one in seen], lease=lease, request__data_key__isnull=False)
        # As they are now, and until the end: what is counted below has moved in this transaction.
        locked = mine.only("status").select_for_update(no_key=True, of=("self",)).order_by("pk")
        before = {job.pk: JobStatus(job.status) for job in locked}
        kept = [one for one in seen if one.job.pk in before]
        for one in kept:
            _fill(one)
        # One statement; every row is there, so none is inserted.
        Job.objects.bulk_create([one.job for one in kept], update_conflicts=True, unique_fields=["id"], update_fields=_JOB_FIELDS)
        _write_products(kept)
        for one in kept:
            mirrors.learn(one.job, one.answer, map(_product_code, one.answer.products))
        ended = [one.job for one in kept if one.job.is_done and before[one.job.pk] not in JOB_DONE]
        audit.record_many([_job_record(job, f"job.{job.status}") for job in ended])
        _want_archives(kept)
        _count([one.job for one in kept], before)
    return kept


def _count(jobs: Sequence[Job], before: Mapping[uuid.UUID, JobStatus]) -> None:
    """Count before the commit, so that no crash can part a job's end from its request's. In one order: no deadlock."""
    of_request: dict[uuid.UUID, list[Job]] = defaultdict(list)
    for job in jobs:
        of_request[job.request_id].append(job)
    for request_id, each in sorted(of_request.items()):
        turned = any(before[job.pk] in JOB_DONE and job.status != before[job.pk] for job in each)
        if turned or each[0].request.access_first:
            progress.refresh(request_id)
        elif ended := [job for job in each if job.is_done and before[job.pk] not in JOB_DONE]:
            progress.jobs_ended(request_id, len(ended), sum(job.status in JOB_FAILED for job in ended))


def _fill(seen: Seen) -> None:
    job, answer = seen.job, seen.answer
    news = answer.status_word != job.adobe_status or answer.modified_at != job.adobe_modified_at
    job.quiet_polls = 0 if news else job.quiet_polls + 1
    job.status, job.adobe_status = answer.status, answer.status_word[:60]
    job.adobe_created_at, job.adobe_modified_at = answer.created_at, answer.modified_at
    job.detail_at, job.lease = seen.asked_at, None
    # That no list shows it stays true until one does.
    job.last_error = NOT_LISTED if job.last_error == NOT_LISTED else ""
    job.has_result = answer.download_url is not None
    job.raw = answer.raw
    job.next_poll_at = next_poll(job, seen)
    job.finished_at = (job.finished_at or timezone.now()) if job.is_done else None


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


def next_poll(job: Job, seen: Seen) -> datetime | None:
    """When to ask again: soon while the date may still hide a change. After that the list tells of the next change, so only what
    it does not tell of is asked about by itself, ever more rarely, at least once a day: jobs that no list shows, and ended jobs
    that have a product still open.
    """
    longest = runtime.fraction("DETAIL_AT_LEAST_EVERY_SECONDS")
    if not _is_settled(seen):
        return seen.asked_at + timedelta(seconds=min(runtime.fraction("DETAIL_FIRST_SECONDS"), longest))
    is_told = job.last_error != NOT_LISTED if job.status in JOB_AT_ADOBE_OPEN else not _awaits_products(seen.answer)
    if is_told:
        return None
    wait = backoff(
        job.quiet_polls + 1,
        first=max(health.list_every(job.organization) * 4, runtime.fraction("DETAIL_FIRST_SECONDS")),
        longest=longest,
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
    finished = seen.answer.modified_at or seen.asked_at
    row = ResultArchive(
        job=seen.job,
        request=seen.job.request,
        adobe_expires_at=finished + timedelta(days=runtime.number("RESULT_RETENTION_DAYS")),
        next_attempt_at=seen.asked_at,
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
