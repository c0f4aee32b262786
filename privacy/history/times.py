"""How long things took, in classes: a histogram from which any percentile is read without looking at a job again."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Case, DurationField, ExpressionWrapper, F, IntegerField, QuerySet, Value, When
from django.utils.translation import ngettext

# The upper bound of each class, in hours; what took longer than the last but one is in the last.
BOUNDS: Final = (1, 2, 3, 4, 6, 8, 12, 18, 24, 36, 48, 72, 96, 120, 144, 168, 240, 336, 504, 720, 1080, 1440, 2160, 8760)
MOST: Final = 0.9
HALF: Final = 0.5
_DAY_HOURS = 24


def class_of(lasted: timedelta) -> int:
    """The class of one duration, by its upper bound."""
    return BOUNDS[min(bisect_left(BOUNDS, lasted / timedelta(hours=1)), len(BOUNDS) - 1)]


def below(hours: int) -> int:
    """The lower bound of a class: what is in it took at least so long."""
    place = bisect_left(BOUNDS, hours)
    return BOUNDS[place - 1] if place else 0


def in_classes(rows: QuerySet[Any], begin: str, end: str | datetime) -> QuerySet[Any]:
    """Each row with the class of its duration as `hours`: None where a time is missing, or the end is before the beginning."""
    until = Value(end) if isinstance(end, datetime) else F(end)
    lasted = ExpressionWrapper(until - F(begin), output_field=DurationField())
    classes = (When(lasted__lte=timedelta(hours=hours), then=Value(hours)) for hours in BOUNDS[:-1])
    found: QuerySet[Any, Any] = rows.annotate(lasted=lasted).annotate(
        hours=Case(
            When(lasted__isnull=True, then=Value(None)),
            When(lasted__lt=timedelta(0), then=Value(None)),
            *classes,
            default=Value(BOUNDS[-1]),
            output_field=IntegerField(null=True),
        )
    )
    return found


@dataclass(frozen=True)
class Times:
    """How many things took how long: upper bound of a class, in hours -> count."""

    counts: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, pairs: Iterable[tuple[int | None, int]]) -> Times:
        """From (class, count); a class may come several times, and None tells nothing."""
        counts: dict[int, int] = {}
        for hours, count in pairs:
            if hours is not None:
                counts[hours] = counts.get(hours, 0) + count
        return cls(counts)

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(self.counts.values())

    def within(self, share: float, *, longer_than: int = 0) -> int | None:
        """So many hours were enough for that share of what took `longer_than` at least; None where there was nothing such."""
        known = sorted((hours, count) for hours, count in self.counts.items() if hours > longer_than)
        wanted = share * sum(count for _, count in known)
        done = 0
        for hours, count in known:
            done += count
            # A share of whole things: floats must not ask for one more.
            if done >= wanted - 1e-9:
                return hours
        return None

    def share_done(self, age: int, later: int) -> float:
        """Of what took longer than `age` hours, the share that was done `later` hours after; 0 where nothing took so long."""
        longer = sum(count for hours, count in self.counts.items() if hours > age)
        done = sum(count for hours, count in self.counts.items() if age < hours <= age + later)
        return done / longer if longer else 0.0


def hours_words(hours: int) -> str:
    """`6 hours`, `3 days`: hours up to two days that are not whole ones, days from there on."""
    days, rest = divmod(hours, _DAY_HOURS)
    if rest or not days:
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
