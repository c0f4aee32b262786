"""The people of one request with their worst state, masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal import crypto
from portal.masking import mask
from portal.paging import Keyset, Page
from privacy.models import DataSubject, Job, PrivacyRequest
from privacy.statuses import REQUEST_OPEN, JobStatus
from privacy.views.found import get_request

PEOPLE: Keyset[DataSubject] = Keyset("position", "pk", descending=False, read_first=int)
A_PAGE = 10
# What of a person's jobs a reader has to know first.
WORST_FIRST = (
    JobStatus.ERROR,
    JobStatus.NOT_SENT,
    JobStatus.GONE,
    JobStatus.OTHER,
    JobStatus.WAITING,
    JobStatus.SUBMITTED,
    JobStatus.PROCESSING,
    JobStatus.COMPLETE,
)


@dataclass(frozen=True)
class Person:
    """One person of the request. `key` and `identities` are masked; `worst` is the job that stands worst, None without any."""

    row: DataSubject
    key: str
    identities: Sequence[str]
    jobs: Sequence[Job]
    worst: Job | None

    @classmethod
    def of(cls, row: DataSubject, request: PrivacyRequest) -> Person:
        """With the jobs of `to_attr` "asked"."""
        row.request = request
        jobs: list[Job] = sorted(getattr(row, "asked", []), key=lambda job: job.action)
        worst = min(jobs, key=lambda job: WORST_FIRST.index(JobStatus(job.status)), default=None)
        key, identities = _masked(row)
        return cls(row, key, identities, jobs, worst)


def _masked(row: DataSubject) -> tuple[str, list[str]]:
    """Nothing when it was removed, or does not open any more."""
    try:
        identities = [f"{each['namespace']}: {mask(str(each['value']))}" for each in row.identities or []]
        return _enough(row.officer_key or ""), identities
    except crypto.CannotDecrypt:
        return "", []


def _enough(key: str) -> str:
    """A masked key that can be recognised; nothing for one that is too short for that."""
    masked = mask(key)
    return "" if masked == mask("") else masked


def people_context(request: HttpRequest, found: PrivacyRequest) -> dict[str, Any]:
    """One page of people, in the order of the file."""
    asked = Prefetch("jobs", Job.objects.defer("raw_sealed"), to_attr="asked")
    page: Page[DataSubject] = PEOPLE.page(found.subjects.prefetch_related(asked), request.GET, size=A_PAGE)
    return {
        "request_row": found,
        "people_page": page,
        "people_rows": [Person.of(row, found) for row in page.rows],
        "people_query": request.GET.urlencode(),
    }


@require_safe
@permission_required("privacy.view_privacyrequest", raise_exception=True)
def request_people(request: HttpRequest, number: str) -> HttpResponse:
    """The table of people alone, as the page of the request renews and pages it."""
    found = get_request(request, number)
    return render(
        request, "privacy/_request_people.html", people_context(request, found) | {"live": found.status in REQUEST_OPEN}
    )
