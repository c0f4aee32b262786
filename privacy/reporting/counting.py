"""Counts the report: two statements over requests, which give every table of it."""

from __future__ import annotations

import math
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, DurationField, ExpressionWrapper, F, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from privacy import catalog
from privacy.models import PrivacyRequest
from privacy.reporting.asked import Asked, month_after
from privacy.reporting.measures import MEASURES, counted


class Key(NamedTuple):
    """What a group of requests has in common; `month` is that of receipt."""

    organization_id: uuid.UUID
    law: str
    month: date


@dataclass
class Sums:
    """The numbers of some requests: of the requests themselves, and of the people in them."""

    requests: Counter[str] = field(default_factory=Counter)
    people: Counter[str] = field(default_factory=Counter)
    # Days from receipt to answer -> how many.
    days_of_requests: Counter[int] = field(default_factory=Counter)
    days_of_people: Counter[int] = field(default_factory=Counter)

    def add(self, other: Sums) -> None:
        """Take in the numbers of others."""
        self.requests.update(other.requests)
        self.people.update(other.people)
        self.days_of_requests.update(other.days_of_requests)
        self.days_of_people.update(other.days_of_people)


@dataclass(frozen=True)
class Number:
    """One number of a line, and the address of its rows."""

    name: str
    value: int
    rows: str


@dataclass(frozen=True)
class Line:
    """One line of a table: what it is about, its numbers, and how long answers took."""

    label: str
    numbers: Mapping[str, Number]
    days: Counter[int]

    def value(self, name: str) -> int:
        """One of its numbers."""
        return self.numbers[name].value

    @property
    def shown(self) -> list[Number]:
        """Those that are columns of the page."""
        return [self.numbers[name] for name in SHOWN]

    @property
    def median(self) -> int | None:
        """Half of the answers took so many days at most; None without an answer."""
        return days_within(self.days, 0.5)

    @property
    def most(self) -> int | None:
        """9 of 10 answers took so many days at most."""
        return days_within(self.days, 0.9)

    @property
    def percent_in_time(self) -> int | None:
        """Of the answers that had a due date; 100 only when all were in time."""
        dated = self.value("in_time") + self.value("late")
        return 100 * self.value("in_time") // dated if dated else None


# The columns of the page; the CSV has all of them.
SHOWN = ("received", "answered", "in_time", "late", "extended", "partly", "refused", "open")


@dataclass(frozen=True)
class Report:
    """The whole report. `by_organization` is empty for one organization, `by_law` for one law."""

    asked: Asked
    total: Line
    by_month: Sequence[Line]
    by_law: Sequence[Line]
    by_organization: Sequence[Line]
    groups: Mapping[Key, Sums]


def made(asked: Asked) -> Report:
    """Count it."""
    groups = _groups(asked)
    laws = sorted({key.law for key in groups}, key=lambda code: catalog.law_name(code).lower())

    def lines(group: Callable[[Key], Hashable], heads: Iterable[tuple[Hashable, Any]]) -> list[Line]:
        sums = _summed(groups, group)
        return [head(sums[value]) for value, head in heads]

    def whole(label: str, **narrowed: str) -> Callable[[Sums], Line]:
        return lambda sums: _line(asked, label, sums, asked.first, asked.last_day, **narrowed)

    def month(first: date) -> Callable[[Sums], Line]:
        last = month_after(first) - timedelta(days=1)
        return lambda sums: _line(asked, date_format(first, "YEAR_MONTH_FORMAT"), sums, first, last)

    several = [one for one in asked.organizations if len(asked.organizations) > 1]
    return Report(
        asked=asked,
        total=lines(lambda _key: "", [("", whole(_("Whole period")))])[0],
        by_month=lines(lambda key: key.month, [(first, month(first)) for first in asked.months]),
        by_law=[]
        if asked.law
        else lines(lambda key: key.law, [(code, whole(catalog.law_name(code), law=code)) for code in laws]),
        by_organization=lines(
            lambda key: key.organization_id,
            [(one.pk, whole(one.name, organization=one.ims_org_id)) for one in several],
        ),
        groups=groups,
    )


def days_within(days: Mapping[int, int], share: float) -> int | None:
    """So many days were enough for that share of the answers; None without an answer."""
    wanted = math.ceil(share * sum(days.values()) - 1e-9)
    done = 0
    for day in sorted(days):
        done += days[day]
        if done >= wanted:
            return day
    return None


def _line(asked: Asked, label: str, sums: Sums, first: date, last: date, **narrowed: str) -> Line:
    counts = sums.people if asked.by_people else sums.requests
    numbers = {name: Number(name, counts[name], asked.rows(name, first, last, **narrowed)) for name in MEASURES}
    return Line(label, numbers, sums.days_of_people if asked.by_people else sums.days_of_requests)


# --- From the database ---


def requests_of(asked: Asked) -> QuerySet[PrivacyRequest]:
    """What the report is about."""
    rows = counted(PrivacyRequest.objects.order_by().filter(organization__in=asked.organizations))
    rows = rows.filter(received_on__gte=asked.first, received_on__lte=asked.last_day)
    return rows.filter(regulation=asked.law) if asked.law else rows


def _groups(asked: Asked) -> dict[Key, Sums]:
    rows: QuerySet[Any, Any] = requests_of(asked).annotate(month=TruncMonth("received_on"))
    found: dict[Key, Sums] = defaultdict(Sums)
    numbers: dict[str, Any] = {f"n_{name}": Count("pk", filter=one.condition) for name, one in MEASURES.items()}
    numbers |= {f"p_{name}": Sum("people", filter=one.condition, default=0) for name, one in MEASURES.items()}
    for row in rows.values("organization", "regulation", "month").annotate(**numbers):
        sums = found[Key(row["organization"], row["regulation"], row["month"])]
        sums.requests.update({name: row[f"n_{name}"] for name in MEASURES})
        sums.people.update({name: row[f"p_{name}"] for name in MEASURES})
    took = ExpressionWrapper(F("answered_on") - F("received_on"), output_field=DurationField())
    answered = rows.filter(answered_on__isnull=False).annotate(took=took)
    for organization, law, month, lasted, requests, people in answered.values_list(
        "organization", "regulation", "month", "took"
    ).annotate(Count("pk"), Sum("people")):
        sums = found[Key(organization, law, month)]
        sums.days_of_requests[lasted.days] += requests
        sums.days_of_people[lasted.days] += people
    return dict(found)


def _summed(groups: Mapping[Key, Sums], group: Callable[[Key], Hashable]) -> dict[Hashable, Sums]:
    found: dict[Hashable, Sums] = defaultdict(Sums)
    for key, sums in groups.items():
        found[group(key)].add(sums)
    return found
