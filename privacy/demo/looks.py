"""One look at requests on their way: what the bars show, and whether anything can still come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from privacy import progress
from privacy.models import PrivacyRequest, ProductResponse, ResultArchive
from privacy.progress import Bar
from privacy.statuses import JOB_FAILED, Action, ArchiveStatus, RequestStatus

ENDED = (RequestStatus.COMPLETE, RequestStatus.FAILED, RequestStatus.ATTENTION)


@dataclass(frozen=True)
class Row:
    """The bars of one request: all jobs, each product, and the results that are stored."""

    number: str
    status: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Look:
    """Two looks are equal when nothing has moved between them."""

    rows: tuple[Row, ...]
    product_states: tuple[tuple[str, str, int], ...]
    is_over: bool


def look(requests: Sequence[PrivacyRequest]) -> Look:
    """How far these requests are now."""
    chosen = PrivacyRequest.objects.filter(pk__in=[request.pk for request in requests]).select_related("organization")
    current = list(chosen.order_by("number"))
    states = ProductResponse.objects.filter(request__in=current).order_by().values_list("product_code", "status")
    return Look(
        rows=tuple(_row(request) for request in current),
        product_states=tuple(sorted(states.annotate(Count("pk")))),
        is_over=all(_is_over(request) for request in current),
    )


def _row(request: PrivacyRequest) -> Row:
    bars = (progress.overall(request), *progress.by_product(request), *_results(request))
    return Row(request.number, str(RequestStatus(request.status).label), bars)


def _results(request: PrivacyRequest) -> list[Bar]:
    """A bar for the results, when there will be any."""
    wanted = request.jobs.filter(action=Action.ACCESS).exclude(status__in=JOB_FAILED).count()
    ended = ResultArchive.objects.filter(request=request).exclude(status=ArchiveStatus.WAITING)
    lost = ended.exclude(status=ArchiveStatus.STORED).count()
    return [Bar("", "Results stored", wanted, ended.count(), lost)] if wanted else []


def _is_over(request: PrivacyRequest) -> bool:
    if request.organization.is_on_hold:
        return True
    waiting = ResultArchive.objects.filter(request=request, status=ArchiveStatus.WAITING)
    return request.status in ENDED and not waiting.exists()
