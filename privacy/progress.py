"""How far a request is: the counts on its row, and the bars of its page and of the terminal, from the same queries."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from portal import audit
from portal.outbound import CallState, PersonReason
from privacy import access_first, catalog
from privacy.models import Job, PrivacyRequest, ProductResponse
from privacy.statuses import JOB_DONE, JOB_FAILED, JOB_LOST, JobStatus, RequestStatus


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
    return Bar("", "All jobs", request.jobs_total, request.jobs_done, request.jobs_failed)


def by_product(request: PrivacyRequest) -> list[Bar]:
    """One bar for each product asked for, and one for each that answered beyond."""
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
    lost = _lost_by_product(request, codes)
    empty = {"done": 0, "failed": 0}
    rows = {code: answered.get(code, empty) for code in codes}
    return [
        Bar(code, catalog.product_name(code), request.jobs_total, row["done"] + lost[code], row["failed"] + lost[code])
        for code, row in rows.items()
    ]


def _lost_by_product(request: PrivacyRequest, codes: list[str]) -> dict[str, int]:
    """Jobs that ended without an answer of the product, and will get none."""
    lost = Job.objects.filter(request=request, status__in=JOB_LOST).count()
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
    request = PrivacyRequest.objects.select_for_update(no_key=True).get(pk=request_id)
    if request.status in (RequestStatus.PREPARING, RequestStatus.SHREDDED) or _stays_cancelled(request):
        return
    access_first.release_when_safe(request)
    counts = Job.objects.filter(request=request).aggregate(
        total=Count("pk"),
        done=Count("pk", filter=Q(status__in=JOB_DONE)),
        failed=Count("pk", filter=Q(status__in=JOB_FAILED)),
        waiting=Count("pk", filter=Q(status=JobStatus.WAITING)),
    )
    status = _status(request, counts)
    finished = status in (RequestStatus.COMPLETE, RequestStatus.FAILED)
    PrivacyRequest.objects.filter(pk=request_id).update(
        status=status,
        jobs_total=counts["total"],
        jobs_done=counts["done"],
        jobs_failed=counts["failed"],
        finished_at=Coalesce("finished_at", timezone.now()) if finished else None,
    )
    if status != request.status:
        audit.record(
            f"request.{status}",
            actor=None,
            organization=request.organization,
            obj=request,
            root_id=request.pk,
            details={"jobs": counts["total"], "failed": counts["failed"]},
        )


def _stays_cancelled(request: PrivacyRequest) -> bool:
    """Cancelled, unless Adobe turns out to have jobs of it after all: then it is followed like any other."""
    return request.status == RequestStatus.CANCELLED and not request.jobs.exclude(adobe_job_id=None).exists()


def _status(request: PrivacyRequest, counts: dict[str, int]) -> RequestStatus:
    calls = request.submissions
    if calls.exclude(person_reason="").exists() or access_first.needs_person(request):
        return RequestStatus.ATTENTION
    if counts["done"] == counts["total"]:
        return RequestStatus.FAILED if counts["failed"] else RequestStatus.COMPLETE
    # Deletes that wait for results are not being sent: Adobe is at work on what they wait for.
    held = calls.held_for_access().values("pk")
    if calls.filter(state__in=(CallState.QUEUED, CallState.SENDING, CallState.UNKNOWN)).exclude(pk__in=held).exists():
        return RequestStatus.SENDING
    return RequestStatus.IN_PROGRESS


def needs_person(request: PrivacyRequest) -> list[PersonReason]:
    """Why it waits for a person."""
    reasons = request.submissions.exclude(person_reason="").values_list("person_reason", flat=True).distinct()
    return [PersonReason(reason) for reason in reasons]
