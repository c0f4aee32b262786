"""Numbers that say how privacy requests stand: for the page of the portal's health and for Prometheus.

Only what an index gives is counted: calls of unknown outcome, results that wait, and requests that are not finished with the
counts they keep.
"""

from __future__ import annotations

from django.db.models import Count, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from portal.health.unknown import rows_in_admin, unknown_outcomes
from portal.registry import MOST_COUNTED, Figure
from privacy import archive
from privacy.models import ConsentCall, PrivacyRequest, ResultArchive, Submission
from privacy.statuses import REQUEST_ENDED, REQUEST_OPEN, ArchiveStatus, Origin, RequestStatus

# As Prometheus calls them, and as the page does.
_JOB_STATES = {"open": _lazy("open"), "complete": _lazy("complete"), "failed": _lazy("failed")}


def read() -> list[Figure]:
    """All of them."""
    return [
        *_requests(),
        *unknown_outcomes("submission", _("calls with privacy jobs"), Submission.objects.all()),
        *unknown_outcomes("consent", _("opt-outs of sale"), ConsentCall.objects.all()),
        _without_room(),
    ]


def _without_room() -> Figure:
    waiting = ResultArchive.objects.filter(status=ArchiveStatus.WAITING, last_error=archive.DISK)
    words = _("Results that wait because the media folder takes no file")
    rows = rows_in_admin(ResultArchive, status__exact=ArchiveStatus.WAITING.value, last_error__exact=archive.DISK)
    return Figure(
        "portal_results_without_room", words, waiting[:MOST_COUNTED].count(), needs_person=True, rows=rows, in_admin=True
    )


def _requests() -> list[Figure]:
    unfinished = PrivacyRequest.objects.filter(status__in=REQUEST_OPEN).order_by()
    by_status = dict(unfinished.values_list("status").annotate(Count("pk")))
    # By the date in UTC, which is at most half a day beside the one of an organization's time zone.
    today = timezone.now().date()
    sums = unfinished.aggregate(
        total=Sum("jobs_total", default=0),
        done=Sum("jobs_done", default=0),
        failed=Sum("jobs_failed", default=0),
    )
    overdue = PrivacyRequest.objects.unanswered().filter(due_on__lt=today).order_by()[: MOST_COUNTED + 1].count()
    jobs = {"open": sums["total"] - sums["done"], "complete": sums["done"] - sums["failed"], "failed": sums["failed"]}
    return [
        *(
            Figure(
                "portal_privacy_requests",
                _("Privacy requests: %(status)s") % {"status": RequestStatus(status).label},
                by_status.get(status, 0),
                {"status": status.value},
                needs_person=status == RequestStatus.ATTENTION,
                rows=_requests_of(status),
            )
            for status in REQUEST_OPEN
        ),
        Figure(
            "portal_privacy_requests_overdue",
            _("Privacy requests past their due date"),
            overdue,
            needs_person=True,
            rows=rows_in_admin(
                PrivacyRequest,
                status__in=",".join((*REQUEST_OPEN, *REQUEST_ENDED)),
                origin__in=",".join(origin for origin in Origin.values if origin != Origin.RESUBMISSION),
                answered_on__isnull="True",
                due_on__lt=today.isoformat(),
            ),
            in_admin=True,
        ),
        *(
            Figure(
                "portal_privacy_jobs",
                _("Privacy jobs of unfinished requests: %(state)s") % {"state": _JOB_STATES[state]},
                count,
                {"state": state},
                rows=_requests_of("open"),
            )
            for state, count in jobs.items()
        ),
    ]


def _requests_of(status: str) -> str:
    """The list of requests with this status, or of all that are `open`."""
    return f"{reverse('privacy:request-list')}?status={status}"
