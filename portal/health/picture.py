"""The whole picture at one moment: what waits, who is alive, and how Adobe answered in the last hour."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import heartbeats, registry
from portal.models import CallTally, Organization, ProcessKind
from portal.registry import MOST_COUNTED

HOUR = timedelta(hours=1)
# Work that was due so long ago is not being done: a worker takes up a wake-up at once, and the sweep comes every half minute.
LATE_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class Queue:
    """What waits in one step. `oldest`: since when the row is due that waits longest; None when nothing waits."""

    name: str
    label: str
    depth: int
    oldest: datetime | None
    age: timedelta

    @property
    def depth_words(self) -> str:
        """Counting stops at 10,000."""
        return f"{MOST_COUNTED:,}+" if self.depth > MOST_COUNTED else f"{self.depth:,}"

    @property
    def is_late(self) -> bool:
        """Whether something should have been done long ago."""
        return self.age > LATE_AFTER


@dataclass
class Calls:
    """How Adobe answered one organization within the last hour. `errors`: whatever was no 2xx."""

    organization: Organization
    calls: int = 0
    errors: int = 0
    throttled: int = 0
    milliseconds: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)

    @property
    def per_minute(self) -> float:
        """On average over the hour."""
        return self.calls / 60

    @property
    def mean_milliseconds(self) -> int:
        """How long one call took."""
        return round(self.milliseconds / self.calls) if self.calls else 0

    @property
    def error_percent(self) -> int:
        """Of a hundred calls."""
        return round(100 * self.errors / self.calls) if self.calls else 0


@dataclass(frozen=True)
class Tally:
    """Calls of one organization on one route that ended in one way, within the last hour."""

    organization_id: uuid.UUID
    route: str
    outcome: str
    calls: int
    milliseconds: int


def queues() -> list[Queue]:
    """What waits in each step, of all organizations together."""
    now = heartbeats.database_now()
    found = []
    for step in registry.steps().values():
        depth, oldest = step.waiting()
        age = max(now - oldest, timedelta(0)) if oldest else timedelta(0)
        found.append(Queue(step.name, _(step.label), depth, oldest, age))
    return found


def workers() -> list[heartbeats.Process]:
    """Every worker of the last week."""
    return [one for one in heartbeats.processes() if one.kind == ProcessKind.WORKER]


def tallies() -> list[Tally]:
    """The calls of the last hour, most of them first."""
    rows = (
        CallTally.objects.filter(minute__gte=timezone.now() - HOUR)
        .values("organization_id", "route", "outcome")
        .annotate(made=Sum("calls"), took=Sum("milliseconds"))
        .order_by("-made", "route", "outcome")
    )
    return [Tally(row["organization_id"], row["route"], row["outcome"], row["made"], row["took"]) for row in rows]


def calls_of(organizations: QuerySet[Organization]) -> list[Calls]:
    """How Adobe answered each of these organizations, by name; also those that made no call."""
    found = {one.pk: Calls(one) for one in organizations.order_by("name")}
    for tally in tallies():
        calls = found.get(tally.organization_id)
        if calls is not None:
            _add(calls, tally)
    return list(found.values())


def _add(calls: Calls, tally: Tally) -> None:
    calls.calls += tally.calls
    calls.milliseconds += tally.milliseconds
    if tally.outcome.startswith("2"):
        return
    calls.errors += tally.calls
    calls.throttled += tally.calls if tally.outcome == "429" else 0
    calls.outcomes[tally.outcome] = calls.outcomes.get(tally.outcome, 0) + tally.calls


def on_hold() -> int:
    """How many organizations wait for a person."""
    return Organization.objects.filter(held_at__isnull=False).count()
