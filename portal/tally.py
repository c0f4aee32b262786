"""What came of the calls to Adobe, counted by the minute: for the health page, the metrics and an organization's own page."""

from __future__ import annotations

import logging
import uuid
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import F, Sum
from django.utils import timezone

from portal.models import CallTally, Organization

logger = logging.getLogger(__name__)

KEPT = timedelta(days=14)
_WORD = CallTally._meta.get_field("outcome").max_length or 30


@dataclass(frozen=True)
class Line:
    """Calls that ended in one way: `outcome` is the HTTP status, or a short word for why there was none."""

    route: str
    outcome: str
    calls: int
    milliseconds: int

    @property
    def average(self) -> int:
        """Milliseconds that one call took."""
        return round(self.milliseconds / self.calls) if self.calls else 0


def note(organization_id: uuid.UUID, route: str, outcome: str, milliseconds: int) -> None:
    """Count one call. The answer matters more than the count, so a database that fails here is only logged."""
    minute = timezone.now().replace(second=0, microsecond=0)
    which = {"organization_id": organization_id, "minute": minute, "route": route[:80], "outcome": outcome[:_WORD]}
    try:
        with _apart():
            if not _add(which, milliseconds):
                CallTally.objects.bulk_create([CallTally(**which)], ignore_conflicts=True)
                _add(which, milliseconds)
    except DatabaseError as error:
        logger.warning("a call to Adobe was not counted: %s", type(error).__name__)


def last_minutes(organization: Organization, minutes: int) -> list[Line]:
    """The calls of so many minutes, the present one included, most of them first."""
    since = timezone.now().replace(second=0, microsecond=0) - timedelta(minutes=minutes - 1)
    rows = (
        CallTally.objects.filter(organization=organization, minute__gte=since)
        .values_list("route", "outcome")
        .annotate(made=Sum("calls"), took=Sum("milliseconds"))
        .order_by("-made", "route", "outcome")
    )
    return [Line(*row) for row in rows]


def forget_old() -> int:
    """Remove counts of more than two weeks ago. Returns how many rows went."""
    return CallTally.objects.filter(minute__lt=timezone.now() - KEPT).delete()[0]


def _add(which: dict[str, Any], milliseconds: int) -> int:
    return CallTally.objects.filter(**which).update(calls=F("calls") + 1, milliseconds=F("milliseconds") + milliseconds)


def _apart() -> AbstractContextManager[None]:
    """Inside somebody's transaction a failure must not spoil the rest of it."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()
