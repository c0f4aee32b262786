"""Rows of past days for tests: jobs that were sent and ended when a test says, without Adobe."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils import timezone

from portal.ids import new_id
from portal.models import Organization
from portal.outbound import CallState
from privacy.models import DayFigure, Job, PrivacyRequest, ProductResponse, Submission
from privacy.statuses import DayKind, JobStatus

PRODUCTS = ["analytics", "profileService"]


def at(day: date, hour: int = 12) -> datetime:
    """That hour of the day, in UTC."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def plain_request(organization: Organization, law: str = "gdpr", **fields: Any) -> PrivacyRequest:
    """A request without people."""
    number = PrivacyRequest.objects.count() + 1
    common = {"number": f"PR-2026-{number:06}", "products": PRODUCTS, "received_on": timezone.now().date()}
    made: PrivacyRequest = PrivacyRequest.objects.create(organization=organization, regulation=law, **(common | fields))
    return made


def sent_jobs(request: PrivacyRequest, count: int, sent_at: datetime, **fields: Any) -> list[Job]:
    """Jobs of one call that Adobe took then; still at Adobe unless `fields` say otherwise."""
    call = Submission.objects.create(
        request=request,
        ordinal=request.submissions.count() + 1,
        people=count,
        expected_jobs=count,
        has_deletes=False,
        state=CallState.SENT,
        settled_at=sent_at,
    )
    common = {"status": JobStatus.PROCESSING, "action": "access", "adobe_created_at": sent_at}
    return Job.objects.bulk_create(
        Job(organization=request.organization, request=request, submission=call, adobe_job_id=str(new_id()), **(common | fields))
        for _ in range(count)
    )


def end(jobs: list[Job], ended_at: datetime, status: JobStatus = JobStatus.COMPLETE, products: list[str] | None = None) -> None:
    """Adobe ended them then, and each product with them."""
    for job in jobs:
        job.status, job.finished_at, job.adobe_modified_at = status, ended_at, ended_at
    Job.objects.bulk_update(jobs, ["status", "finished_at", "adobe_modified_at"])
    answer(jobs, ended_at, status, *(products or PRODUCTS))


def answer(jobs: list[Job], at_time: datetime, status: JobStatus, *products: str) -> None:
    """These products answered for each of the jobs."""
    ProductResponse.objects.bulk_create(
        ProductResponse(job=job, request_id=job.request_id, product=code, product_code=code, status=status, processed_at=at_time)
        for job in jobs
        for code in products
    )


def figures(organization: Organization, **narrowed: Any) -> dict[tuple[str, str, str, str, int | None], int]:
    """What was counted: (day, law, product, kind, hours) -> count."""
    rows = DayFigure.objects.filter(organization=organization, **narrowed)
    return {(row.day.isoformat(), row.regulation, row.product_code, row.kind, row.hours): row.count for row in rows}


def history(organization: Organization, code: str, counts: dict[int, int], law: str = "gdpr", days_ago: int = 3) -> None:
    """So many answers of a product (under "" whole jobs) took so long, some days ago."""
    day = timezone.now().date() - timedelta(days=days_ago)
    DayFigure.objects.bulk_create(
        DayFigure(
            organization=organization,
            regulation=law,
            product_code=code,
            day=day,
            kind=DayKind.COMPLETE,
            hours=hours,
            count=count,
        )
        for hours, count in counts.items()
    )
