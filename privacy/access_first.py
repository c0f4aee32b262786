"""Deletes that wait until every access result of their request is safe in the archive, and what may keep them waiting.

A result is safe once it is stored: fetched, checked and encrypted. A complete access job for which Adobe offers no result is not
safe: Adobe hides the address from a credential without the content permission (Privacy Service, download access data), so that
nothing offered does not mean nothing there. Then, and when an access job failed, a person decides.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import Count, Q
from django.utils.translation import ngettext

from portal import audit, steps
from privacy.models import PrivacyRequest
from privacy.statuses import Action, ArchiveStatus, JobStatus

_LOST: dict[str, Q] = {
    "error": Q(status=JobStatus.ERROR),
    "gone": Q(status=JobStatus.GONE),
    "not_sent": Q(status=JobStatus.NOT_SENT),
    "no_result": Q(status=JobStatus.COMPLETE, archive__isnull=True, next_poll_at__isnull=True),
    "not_fetched": Q(status=JobStatus.COMPLETE, archive__status=ArchiveStatus.FAILED),
    "expired": Q(status=JobStatus.COMPLETE, archive__status__in=(ArchiveStatus.EXPIRED, ArchiveStatus.REMOVED)),
}


def _both(singular: str, plural: str) -> tuple[str, str]:
    """Marks a noun in both numbers for translation."""
    return singular, plural


_WORDS: dict[str, tuple[str, str]] = {
    "error": _both("access job ended with an error", "access jobs ended with an error"),
    "gone": _both("access job is no longer known to Adobe", "access jobs are no longer known to Adobe"),
    "not_sent": _both("access job was not sent", "access jobs were not sent"),
    "no_result": _both(
        "access job is complete, but Adobe offers no result: the credential may lack the content permission",
        "access jobs are complete, but Adobe offers no result: the credential may lack the content permission",
    ),
    "not_fetched": _both("result could not be fetched", "results could not be fetched"),
    "expired": _both("result is no longer at Adobe", "results are no longer at Adobe"),
}


@dataclass(frozen=True)
class Results:
    """How far the access results of a request are. `lost`: how many will not come, by reason."""

    total: int
    safe: int
    lost: dict[str, int]

    @property
    def lost_total(self) -> int:
        """Access jobs whose result will not come by itself."""
        return sum(self.lost.values())

    @property
    def waiting(self) -> int:
        """Results that are still on their way."""
        return self.total - self.safe - self.lost_total

    @property
    def reasons(self) -> list[str]:
        """Why results will not come, in words with their number."""
        return [f"{intcomma(count)} {ngettext(*_WORDS[name], count)}" for name, count in self.lost.items() if count]


def results_of(request: PrivacyRequest) -> Results:
    """Count the access results of a request."""
    counts = request.jobs.filter(action=Action.ACCESS).aggregate(
        total=Count("pk"),
        safe=Count("pk", filter=Q(status=JobStatus.COMPLETE, archive__status=ArchiveStatus.STORED)),
        **{name: Count("pk", filter=condition) for name, condition in _LOST.items()},
    )
    return Results(counts["total"], counts["safe"], {name: counts[name] for name in _LOST})


def needs_person(request: PrivacyRequest) -> bool:
    """Whether deletes wait for results that will not come by themselves."""
    return request.access_first and request.submissions.held_for_access().exists() and results_of(request).lost_total > 0


def release_when_safe(request: PrivacyRequest) -> None:
    """Let the deletes go, in one UPDATE, once every access result is safe. The caller holds the lock of the request's row."""
    if not request.access_first or not request.submissions.held_for_access().exists():
        return
    results = results_of(request)
    if results.safe == results.total:
        calls = release(request)
        audit.record(
            "request.deletes_released",
            actor=None,
            organization=request.organization,
            obj=request,
            root_id=request.pk,
            details={"calls": calls, "results": results.safe},
        )


def release(request: PrivacyRequest) -> int:
    """No call of the request waits for access any more. Returns how many calls may be sent from now on."""
    calls = request.submissions.held_for_access().count()
    request.submissions.filter(waits_for_access=True).update(waits_for_access=False)
    steps.wake("submit")
    return int(calls)
