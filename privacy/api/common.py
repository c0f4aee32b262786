"""What the resources of this app share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db.models import Max
from django_filters import FilterSet, UUIDFilter

from portal.api.filters import MomentFilter
from portal.api.problems import Problem
from portal.models import AuditEvent
from privacy import elsewhere, intake, reconciling, shredding

_REFUSALS = (intake.NotPossible, elsewhere.NotPossible, reconciling.CannotDecide, shredding.NotShreddable)


@contextmanager
def refusals_as_conflicts() -> Iterator[None]:
    """What cannot be done as things stand is a 409 with the words of the page."""
    try:
        yield
    except _REFUSALS as refusal:
        raise Problem(HTTPStatus.CONFLICT, "not-possible", str(refusal)) from None


def last_event(root_id: UUID) -> datetime | None:
    """When something last happened to a request or an upload, as the trail has it."""
    latest: dict[str, Any] = AuditEvent.objects.filter(root_id=str(root_id)).aggregate(at=Max("at"))
    at: datetime | None = latest["at"]
    return at


def latest(*times: datetime | None) -> datetime | None:
    """The latest of those that are known."""
    return max((time for time in times if time is not None), default=None)


class CreatedFilters(FilterSet):
    """By organization and by time of making."""

    organization = UUIDFilter(field_name="organization_id")
    created_after = MomentFilter(field_name="created_at", lookup_expr="gte")
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt")
