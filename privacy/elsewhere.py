"""Looking through Adobe's lists for jobs that the portal did not create: every law, in spans of 30 days, 45 days back.

One pass is a JobSync row. It goes on where it stopped, so a crash or an outage costs one listing; what it finds twice is kept
once. A job is never taken for made elsewhere while it may be one of ours: what carries a wire key of ours is left to the looks
and to the watch over doubled jobs.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import audit, clock, connections, crypto, leases, steps
from portal.adobe import errors
from portal.adobe.answers import ListedJob
from portal.adobe.privacy_service import PrivacyService
from portal.models import Organization, User
from portal.outbound import CallState
from privacy import catalog, doubles, mirrors, polling, reconciling, writing
from privacy.models import DataSubject, Job, JobSync, PrivacyRequest, Submission
from privacy.statuses import SYNC_OPEN, RequestStatus, SyncStatus

logger = logging.getLogger(__name__)

LEASE_SECONDS = 300.0
# An outage of Adobe's lasts hours at most; after so many tries in a row a person should know.
MOST_TRIES = 12
STEP = "sync"


class NotPossible(Exception):
    """The pass cannot be started now; `str()` says why, for the person who asked."""


@dataclass(frozen=True)
class Listing:
    """One stretch of Adobe's list: a law under one of its codes, between two days."""

    law: str
    code: str
    first: date
    last: date


# --- Start ---


@transaction.atomic
def start(organization: Organization, user: User | None) -> JobSync:
    """A new pass, by a person or (None) by the clock. Raises NotPossible while one is under way."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    if JobSync.objects.filter(organization=organization, status__in=SYNC_OPEN).exists():
        raise NotPossible(_("Adobe's lists are being looked through already. Wait until that pass is done."))
    if organization.is_on_hold:
        raise NotPossible(_("The organization is on hold, so Adobe is not asked. An administrator of the portal can resume it."))
    now = clock.read()
    total = len(_listings(now.date()))
    sync = JobSync.objects.create(organization=organization, asked_by=user, listings_total=total, next_attempt_at=now)
    audit.record("sync.started", actor=user, organization=organization, obj=sync, root_id=sync.pk)
    steps.wake(STEP)
    return sync


def start_for_all() -> None:
    """The nightly pass of every organization that is not on hold."""
    for organization in Organization.objects.not_on_hold():
        try:
            start(organization, None)
        except NotPossible:
            logger.info("the pass of organization %s is still under way", organization.pk)


# --- Work ---


def sync_next() -> int:
    """Take one pass a listing further. Returns how many passes were worked on."""
    lease, ids = leases.take(JobSync.objects.due(clock.now()), "next_attempt_at", most=1, seconds=LEASE_SECONDS)
    for sync in JobSync.objects.filter(pk__in=ids, lease=lease).select_related("organization__data_key"):
        _go_on(sync)
    return len(ids)


def _go_on(sync: JobSync) -> None:
    # Counted from the day it began, so that a pass over midnight sees the listings that it began with.
    listings = _listings(sync.created_at.date())
    if sync.listings_done >= len(listings):
        _finish(sync)
        return
    if _is_being_restored(sync.organization):
        _later(sync, "restoring", settings.LOOK_AFTER_SECONDS[0], tries=sync.attempts)
        return
    try:
        seen, added = _read(sync, listings[sync.listings_done])
    except errors.AdobeError as error:
        _failed(sync, error)
        return
    except crypto.CannotDecrypt:
        # This process lacks a key that another may have. When none has it, the pass ends and says so.
        logger.error("the pass %s cannot go on: its keys do not open", sync.pk)  # noqa: TRY400 - says all there is to say
        _failed(sync, errors.BadAnswer(code="cannot_decrypt"))
        return
    done = sync.listings_done + 1
    JobSync.objects.filter(pk=sync.pk, lease=sync.lease).update(
        status=SyncStatus.RUNNING,
        listings_done=done,
        listings_total=len(listings),
        jobs_seen=sync.jobs_seen + seen,
        jobs_added=sync.jobs_added + added,
        next_attempt_at=clock.now(),
        attempts=0,
        last_error="",
    )
    if added:
        steps.wake("detail")
    if done == len(listings):
        sync.refresh_from_db()
        _finish(sync)


def _is_being_restored(organization: Organization) -> bool:
    """After a restore, people of a request in preparation are not written yet: their jobs would pass for somebody else's."""
    return PrivacyRequest.objects.filter(organization=organization, status=RequestStatus.PREPARING, restored=True).exists()


@transaction.atomic
def _finish(sync: JobSync) -> None:
    open_row = JobSync.objects.filter(pk=sync.pk, status__in=SYNC_OPEN)
    if open_row.update(status=SyncStatus.DONE, finished_at=timezone.now(), lease=None):
        details = {"seen": sync.jobs_seen, "added": sync.jobs_added}
        audit.record("sync.done", actor=None, organization=sync.organization, obj=sync, root_id=sync.pk, details=details)


def _failed(sync: JobSync, error: errors.AdobeError) -> None:
    polling.hold_when_blocked(sync.organization, error)
    tries = sync.attempts + 1
    if tries < MOST_TRIES or isinstance(error, errors.OrganizationBlocked):
        _later(sync, type(error).__name__, polling.wait_after(error, tries), tries=tries)
        return
    with transaction.atomic():
        row = JobSync.objects.filter(pk=sync.pk, lease=sync.lease, status__in=SYNC_OPEN)
        if row.update(status=SyncStatus.FAILED, finished_at=timezone.now(), last_error=type(error).__name__, lease=None):
            audit.record("sync.failed", actor=None, organization=sync.organization, obj=sync, root_id=sync.pk)


def _later(sync: JobSync, reason: str, seconds: float, *, tries: int) -> None:
    JobSync.objects.filter(pk=sync.pk, lease=sync.lease).update(
        next_attempt_at=clock.now() + timedelta(seconds=seconds), attempts=tries, last_error=reason[:60]
    )


# --- Read ---


def _listings(today: date) -> list[Listing]:
    """Every code of every law, newest days first. A job may be listed under an older code of its law."""
    spans = list(reconciling.windows(today - timedelta(days=settings.ADOBE_LOOK_BACK_DAYS), today + timedelta(days=1)))
    return [
        Listing(law.code, code, first, last)
        for law in catalog.current().laws.entries
        for code in (law.code, *law.aliases)
        for first, last in reversed(spans)
    ]


def _read(sync: JobSync, listing: Listing) -> tuple[int, int]:
    """How many jobs Adobe listed, and how many of them are new here."""
    service = connections.service_for(sync.organization)
    seen = added = 0
    try:
        for page in _pages(service, sync, listing):
            doubles.notice(sync.organization, page)
            seen += len(page)
            added += mirrors.keep(sync.organization, listing.law, strangers(sync.organization, listing.law, page))
    except errors.Rejected:
        # Adobe no longer takes this code, or not yet: it lists nothing under it.
        logger.info("the list of %s is refused", listing.code)
    return seen, added


def _pages(service: PrivacyService, sync: JobSync, listing: Listing) -> Iterator[tuple[ListedJob, ...]]:
    """Page after page until an empty one, in the largest size that Adobe takes."""
    sizes = list(polling.PAGE_SIZES)
    page = 0
    while page < reconciling.MOST_PAGES:
        _stay_leased(sync)
        try:
            answer = service.list_jobs(
                regulation=listing.code, page=page, size=sizes[0], from_date=listing.first, to_date=listing.last
            )
        except errors.PageSizeRefused:
            sizes.pop(0)
            if not sizes:
                raise
            page = 0
            continue
        if not answer.jobs:
            return
        yield tuple(answer.jobs)
        page += 1


def _stay_leased(sync: JobSync) -> None:
    JobSync.objects.filter(pk=sync.pk, lease=sync.lease).update(next_attempt_at=clock.now() + timedelta(seconds=LEASE_SECONDS))


def strangers(organization: Organization, law: str, page: Sequence[ListedJob]) -> list[ListedJob]:
    """The jobs of a page that are neither known by their id nor may be one of ours, whatever became of its call."""
    listed = {job.job_id: job for job in page}
    jobs = Job.objects.filter(organization=organization)
    known = set(jobs.filter(adobe_job_id__in=list(listed)).values_list("adobe_job_id", flat=True))
    doubled = jobs.exclude(extra_adobe_job_ids=[]).values_list("extra_adobe_job_ids", flat=True)
    known.update(job_id for ids in doubled for job_id in ids)
    unknown = [job for job_id, job in listed.items() if job_id not in known]
    ours = _with_our_keys(organization, unknown)
    if _has_undecided_calls(organization, law):
        # Without a key nobody can tell whether it is a job of such a call.
        ours.update(job.job_id for job in unknown if not job.user_key)
    return [job for job in unknown if job.job_id not in ours]


def _with_our_keys(organization: Organization, jobs: Sequence[ListedJob]) -> set[str]:
    index = crypto.blind_index_for(organization)
    digests = {job.job_id: writing.wire_digest(index, job.user_key) for job in jobs if job.user_key}
    people = DataSubject.objects.filter(request__organization=organization, wire_key_digest__in=list(digests.values()))
    keys = {bytes(digest) for digest in people.values_list("wire_key_digest", flat=True) if digest is not None}
    return {job_id for job_id, digest in digests.items() if digest in keys}


def _has_undecided_calls(organization: Organization, law: str) -> bool:
    calls = Submission.objects.filter(request__organization=organization, request__regulation=law)
    return calls.filter(state__in=(CallState.SENDING, CallState.UNKNOWN)).exists()
