"""How long products usually take, and by when what is open is likely to be done: from the organization's own history.

A planning aid. It says what has been, and nothing of what Adobe promises.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Sum
from django.utils import timezone

from portal.models import Organization
from privacy.history.times import BOUNDS, HALF, MOST, Times, below, class_of, hours_words
from privacy.models import DayFigure, PrivacyRequest
from privacy.statuses import DayKind

# What was long ago says little of today.
LOOKS_BACK: Final = timedelta(days=90)
# Fewer answers than this are no history.
FEWEST: Final = 5
ENDED: Final = (DayKind.COMPLETE, DayKind.FAILED)


@dataclass(frozen=True)
class Usual:
    """How long one product usually takes. `half` and `most` (9 of 10) in hours; `answers`: how many were counted."""

    half: int
    most: int
    answers: int

    @classmethod
    def of(cls, times: Times) -> Usual | None:
        """None where there are too few answers to tell."""
        half, most = times.within(HALF), times.within(MOST)
        if half is None or most is None or times.total < FEWEST:
            return None
        return cls(half, most, times.total)

    @property
    def half_words(self) -> str:
        """`6 hours`."""
        return hours_words(self.half)

    @property
    def most_words(self) -> str:
        """`3 days`."""
        return hours_words(self.most)


def usual(organization: Organization, product_code: str) -> Usual | None:
    """How long this product took for the organization's jobs lately; None where that is not known yet."""
    return Usual.of(times_of([organization.pk]).get(product_code, Times()))


def usual_of(organization: Organization) -> dict[str, Usual]:
    """The same of every product that is known, by its code, with one query."""
    found = {code: Usual.of(times) for code, times in times_of([organization.pk]).items()}
    return {code: one for code, one in found.items() if code and one is not None}


def times_of(organization_ids: Collection[uuid.UUID], law: str = "") -> dict[str, Times]:
    """How long each product took lately, by its code; under "" whole jobs."""
    since = timezone.now().date() - LOOKS_BACK
    rows = DayFigure.objects.filter(organization__in=organization_ids, day__gte=since, kind__in=ENDED, hours__isnull=False)
    if law:
        rows = rows.filter(regulation=law)
    pairs: dict[str, list[tuple[int | None, int]]] = {}
    for code, hours, number in rows.order_by().values_list("product_code", "hours").annotate(Sum("count")):
        pairs.setdefault(code, []).append((hours, number))
    return {code: Times.of(each) for code, each in pairs.items()}


@dataclass(frozen=True)
class Forecast:
    """By when 9 of 10 of what is open are likely to be done; None where history tells nothing.

    `beyond`: so many take longer already than anything before did. They are not part of the forecast.
    """

    by: datetime | None
    open: int
    beyond: int


def of_open(times: Times, ages: Mapping[int | None, int], now: datetime) -> Forecast:
    """A forecast for open things by their age in classes. What has no age is taken for new."""
    open_now = sum(ages.values())
    longest = max(times.counts, default=0)
    known = [(below(age or 0), number) for age, number in ages.items() if below(age or 0) < longest]
    beyond = open_now - sum(number for _, number in known)
    if times.total < FEWEST or not known:
        return Forecast(None, open_now, beyond if times.total >= FEWEST else 0)
    return Forecast(now + timedelta(hours=_enough(times, known)), open_now, beyond)


def _enough(times: Times, known: Collection[tuple[int, int]]) -> int:
    """The fewest hours from now after which 9 of 10 are expected to be done."""
    wanted = MOST * sum(number for _, number in known)
    horizons = sorted({bound - age for bound in BOUNDS for age, _ in known if bound > age})
    for hours in horizons:
        if sum(number * times.share_done(age, hours) for age, number in known) >= wanted - 1e-9:
            return hours
    return horizons[-1]


def likely_done(request: PrivacyRequest, times: Mapping[str, Times], now: datetime) -> datetime | None:
    """By when the slowest of a request's products is likely to be done; None where one of them is not known.

    It is counted from when the request was made: that its calls went out soon after.
    """
    age = class_of(max(now - request.created_at, timedelta(0)))
    needed = [_needed(times.get(code, Times()), below(age)) for code in request.products]
    known = [hours for hours in needed if hours is not None]
    if not known or len(known) < len(needed):
        return None
    return max(request.created_at + timedelta(hours=max(known)), now)


def _needed(times: Times, age: int) -> int | None:
    return times.within(MOST, longer_than=age) if times.total >= FEWEST else None


def ages_of(rows: Iterable[tuple[str, int | None, int]]) -> dict[str, dict[int | None, int]]:
    """Open things by product and age, from (product, age, count)."""
    found: dict[str, dict[int | None, int]] = {}
    for code, age, number in rows:
        ages = found.setdefault(code, {})
        ages[age] = ages.get(age, 0) + number
    return found
