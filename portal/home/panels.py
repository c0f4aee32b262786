"""What the home page is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import CharField, Count, QuerySet, Value

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


@dataclass(frozen=True)
class Need:
    """Something that may need a person now: a number that opens its rows, or a line that says that there is nothing.

    `label`: what is counted ("Overdue"). `quiet`: the words for none ("Nothing overdue"). `count`: the number, or the rows: those
    of all needs are counted in one statement, by `of` (a field of theirs, each value once) instead of the rows themselves.
    `rows`: the address of what is counted; empty where there is no list.
    """

    label: _StrOrPromise
    hint: _StrOrPromise
    quiet: _StrOrPromise
    count: int | QuerySet[Any, Any]
    rows: str = ""
    tone: str = "warning"
    of: str = ""


@dataclass(frozen=True)
class Panel:
    """A part of the page below: a template, and what it shows."""

    template: str
    content: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Button:
    """Something to begin with, at the top of the page."""

    label: _StrOrPromise
    address: str
    icon: str = ""


@dataclass(frozen=True)
class Part:
    """What one app brings, read for one person and one choice."""

    needs: Sequence[Need] = ()
    panels: Sequence[Panel] = ()
    buttons: Sequence[Button] = ()


@dataclass(frozen=True)
class Counted:
    """A need and its number."""

    need: Need
    count: int


def counted(needs: Sequence[Need]) -> list[Counted]:
    """Every need with its number: one statement for all that are rows."""
    numbers = {place: need.count for place, need in enumerate(needs) if isinstance(need.count, int)}
    statements = [_number(place, need, need.count) for place, need in enumerate(needs) if not isinstance(need.count, int)]
    if statements:
        first, *others = statements
        found = first.union(*others, all=True) if others else first
        numbers |= {int(place): number for place, number in found}
    # A statement that can find nothing at all is left out by Django.
    return [Counted(need, numbers.get(place, 0)) for place, need in enumerate(needs)]


def _number(place: int, need: Need, rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    """One row: the place of the need, and how many there are."""
    number = Count(need.of, distinct=True) if need.of else Count("pk")
    named = rows.order_by().annotate(place=Value(str(place), output_field=CharField())).values("place")
    found: QuerySet[Any, Any] = named.annotate(number=number).values_list("place", "number")
    return found
