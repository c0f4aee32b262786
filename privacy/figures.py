"""Numbers that say how privacy requests stand: for the page of the portal's health and for Prometheus.

Only what an index gives is counted: calls of unknown outcome, and requests that are not finished with the counts they keep.
"""

from __future__ import annotations

from django.db.models import Count, Q, Sum
from django.utils import timezone

from portal.health.unknown import unknown_outcomes
from portal.registry import Figure
from privacy.models import ConsentCall, PrivacyRequest, Submission
from privacy.statuses import REQUEST_OPEN, RequestStatus


def read() -> list[Figure]:
    """All of them."""
    return [
        *_requests(),
        *unknown_outcomes("submission", "calls with privacy jobs", Submission.objects.all()),
        *unknown_outcomes("consent", "opt-outs of sale", ConsentCall.objects.all()),
    ]


def _requests() -> list[Figure]:
    unfinished = PrivacyRequest.objects.filter(status__in=REQUEST_OPEN).order_by()
    by_status = dict(unfinished.values_list("status").annotate(Count("pk")))
    # By the date in UTC, which is at most half a day beside the one of an organization's time zone.
    sums = unfinished.aggregate(
        total=Sum("jobs_total", default=0),
        done=Sum("jobs_done", default=0),
        failed=Sum("jobs_failed", default=0),
        overdue=Count("pk", filter=Q(due_on__lt=timezone.now().date())),
    )
    jobs = {"open": sums["total"] - sums["done"], "complete": sums["done"] - sums["failed"], "failed": sums["failed"]}
    return [
        *(
            Figure(
                "portal_privacy_requests",
                f"Privacy requests: {RequestStatus(status).label}",
                by_status.get(status, 0),
                {"status": status.value},
                needs_person=status == RequestStatus.ATTENTION,
            )
            for status in REQUEST_OPEN
        ),
        Figure("portal_privacy_requests_overdue", "Privacy requests past their due date", sums["overdue"], needs_person=True),
        *(
            Figure("portal_privacy_jobs", f"Privacy jobs of unfinished requests: {state}", count, {"state": state})
            for state, count in jobs.items()
        ),
    ]
