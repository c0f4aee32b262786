"""How far a request is: the counts on its row, and the bars of its page and of the terminal, from the same queries."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import audit
from portal.outbound import OPEN_STATES, CallState, PersonReason
from privacy import access_first, catalog, noticing
from privacy.models import Job, PrivacyRequest, ProductResponse
from privacy.standing import Jobs
from privacy.statuses import JOB_DONE, JOB_FAILED, JOB_LOST, JOB_OPEN, RequestStatus


@dataclass(frozen=True)
class Bar:
    """One progress bar: how many of `total` are done, of those how many failed, and how many wait."""

    code: str
    name: str
    total: int
    done: int
    failed: int

    @property
    def waiting(self) -> int:
        """Not done yet."""
        return self.total - self.done

    @property
    def percent(self) -> int:
        """Whole percent, 100 only when all is done."""
        return 100 * self.done // self.total if self.total else 0


def overall(request: PrivacyRequest) -> Bar:
    """Jobs of the whole request."""
    return Bar("", _("All jobs"), request.jobs_total, request.jobs_done, request.jobs_failed)


def by_product(request: PrivacyRequest, jobs: Jobs | None = None) -> list[Bar]:
    """One bar for each product asked for, and one for each that answered beyond. `jobs`: where they are counted already."""
    # Jobs, not answers: a product may answer one job under two names.
    done = Count("job", distinct=True, filter=Q(status__in=JOB_DONE))
    failed = Count("job", distinct=True, filter=Q(status__in=JOB_FAILED))
    answered = {
        row["product_code"]: row
        for row in ProductResponse.objects.filter(request=request)
        .order_by()
        .values("product_code")
        .annotate(done=done, failed=failed)
    }
    codes = list(dict.fromkeys([*request.products, *answered]))
    lost = _lost_by_product(request, codes, (jobs or Jobs.of(request)).in_states(JOB_LOST).count)
    empty = {"done": 0, "failed": 0}
    rows = {code: answered.get(code, empty) for code in codes}
    return [
        Bar(code, catalog.product_name(code), request.jobs_total, row["done"] + lost[code], row["failed"] + lost[code])
        for code, row in rows.items()
    ]


def _lost_by_product(request: PrivacyRequest, codes: list[str], lost: int) -> dict[str, int]:
    """Of the `lost` jobs, those that ended without an answer of the product, and will get none."""
    if not lost:
        return dict.fromkeys(codes, 0)
    answers = ProductResponse.objects.filter(request=request, job__status__in=JOB_LOST, status__in=JOB_DONE)
    answered = dict(answers.order_by().values_list("product_code").annotate(Count("job", distinct=True)))
    return {code: lost - answered.get(code, 0) for code in codes}


@transaction.atomic
def refresh(request_id: uuid.UUID) -> None:
    """Count the request's jobs anew, let deletes go whose access results are safe, and move the status on.

    The row is locked before it is counted: of two workers, the one that writes last has counted last.
    """
    request = _locked(request_id)
    if not _is_fixed(request):
        _move_on(request, count=True)


@transaction.atomic(savepoint=False)
def calls_moved(request_id: uuid.UUID) -> None:
    """The same after a call of the request changed its state and none of its jobs ended or began anew: nothing is counted.

    A request of a hundred calls is not counted a hundred times.
    """
    request = _locked(request_id)
    if not _is_fixed(request) and not _goes_on_being_sent(request):
        _move_on(request, count=False)


@transaction.atomic
def jobs_ended(request_id: uuid.UUID, done: int, failed: int) -> None:
    """Add jobs that have ended in this transaction, `failed` of them not well, and move the status on when that can change it.

    What is added is shown; whether the request is at its end is asked of the jobs themselves, and then all are counted.
    """
    rows = PrivacyRequest.objects.filter(pk=request_id, status__in=_MOVING, access_first=False)
    # This row is locked from here on: of two workers that end the last jobs, the second sees what the first has written.
    added = rows.update(jobs_done=F("jobs_done") + done, jobs_failed=F("jobs_failed") + failed)
    if not added or not _has_open_jobs(request_id):
        refresh(request_id)


# While a request is here, the end of one job of many changes no more than its counts.
_MOVING = (RequestStatus.SENDING, RequestStatus.IN_PROGRESS)


def _locked(request_id: uuid.UUID) -> PrivacyRequest:
    request: PrivacyRequest = PrivacyRequest.objects.select_for_update(no_key=True).get(pk=request_id)
    return request


def _is_fixed(request: PrivacyRequest) -> bool:
    """Whether nothing that jobs and calls do moves it."""
    return request.status in (RequestStatus.PREPARING, RequestStatus.SHREDDED) or _stays_cancelled(request)


def _goes_on_being_sent(request: PrivacyRequest) -> bool:
    """Whether one of its calls is about to go, and nothing else can have changed: then it stays what it is."""
    if request.status != RequestStatus.SENDING or request.access_first:
        return False
    calls = request.submissions.order_by().filter(Q(state=CallState.QUEUED) | ~Q(person_reason=""))
    return {bool(reason) for (reason,) in calls.values_list("person_reason").distinct()} == {False}


def _move_on(request: PrivacyRequest, *, count: bool) -> None:
    """Of a request that has just ended, the jobs are counted in any case."""
    access_first.release_when_safe(request)
    status = _status(request)
    finished = status in (RequestStatus.COMPLETE, RequestStatus.FAILED)
    changed = status != request.status
    if not count and not changed:
        return
    if count or finished:
        _count(request)
    request.status = status
    request.finished_at = (request.finished_at or timezone.now()) if finished else None
    request.save(update_fields=["status", "jobs_total", "jobs_done", "jobs_failed", "finished_at"])
    if changed:
        event = audit.record(
            f"request.{status}",
            actor=None,
            organization=request.organization,
            obj=request,
            root_id=request.pk,
            details={"jobs": request.jobs_total, "failed": request.jobs_failed},
        )
        noticing.moved(request, event.pk)
        if finished:
            noticing.results_settled([request.pk])


def _count(request: PrivacyRequest) -> None:
    counts = Job.objects.filter(request=request).aggregate(
        total=Count("pk"), done=Count("pk", filter=Q(status__in=JOB_DONE)), failed=Count("pk", filter=Q(status__in=JOB_FAILED))
    )
    request.jobs_total, request.jobs_done, request.jobs_failed = counts["total"], counts["done"], counts["failed"]


def _has_open_jobs(request_id: uuid.UUID) -> bool:
    return Job.objects.filter(request=request_id, status__in=JOB_OPEN).exists()


def _stays_cancelled(request: PrivacyRequest) -> bool:
    """Cancelled, unless Adobe turns out to have jobs of it after all: then it is followed like any other."""
    return request.status == RequestStatus.CANCELLED and not request.jobs.exclude(adobe_job_id=None).exists()


def _status(request: PrivacyRequest) -> RequestStatus:
    calls = request.submissions.order_by()
    if calls.exclude(person_reason="").exists() or access_first.needs_person(request):
        return RequestStatus.ATTENTION
    if not _has_open_jobs(request.pk):
        failed = Job.objects.filter(request=request, status__in=JOB_FAILED)
        return RequestStatus.FAILED if failed.exists() else RequestStatus.COMPLETE
    # Deletes that wait for results are not being sent: Adobe is at work on what they wait for.
    held = calls.held_for_access().values("pk")
    if calls.filter(state__in=OPEN_STATES).exclude(pk__in=held).exists():
        return RequestStatus.SENDING
    return RequestStatus.IN_PROGRESS


def needs_person(request: PrivacyRequest) -> list[PersonReason]:
    """Why it waits for a person."""
    reasons = request.submissions.exclude(person_reason="").values_list("person_reason", flat=True).distinct()
    return [PersonReason(reason) for reason in reasons]
