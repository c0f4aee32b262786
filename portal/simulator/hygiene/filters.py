"""Parameters that the lists of work orders and of expirations have in common."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from portal.simulator.outcomes import DAY
from portal.simulator.validation import Invalid

LARGEST_PAGE = 100
_TOO_LATE = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
_DAY_ONLY = re.compile(r"\d{4}-\d\d-\d\d")
_LIKE = re.compile(r"(?P<negated>NOT )?LIKE (?P<pattern>.*)", re.IGNORECASE | re.DOTALL)

Row = TypeVar("Row")
Query = Mapping[str, str]


@dataclass(frozen=True)
class Paging:
    """`page` counts from 0."""

    page: int
    limit: int

    @property
    def start(self) -> int:
        return self.page * self.limit

    def slice(self, rows: list[Row], start: int | None) -> list[Row]:
        """A page of rows from `start`, which is not always the one asked for; none when it is None."""
        return [] if start is None else rows[start : start + self.limit]


def read_paging(query: Query, default: int) -> Paging:
    """Raises Invalid."""
    limit = _whole(query, "limit", default)
    if not 1 <= limit <= LARGEST_PAGE:
        raise Invalid(f"limit must be from 1 to {LARGEST_PAGE}")
    return Paging(_whole(query, "page", 0), limit)


def _whole(query: Query, name: str, default: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()):
        raise Invalid(f"{name} must be a whole number")
    return int(text)


def read_instant(text: str, name: str) -> float:
    """ISO 8601: a date alone is its midnight, no offset is UTC. Raises Invalid."""
    try:
        # A plus sign that nobody escaped arrives as a space.
        moment = datetime.fromisoformat(text.strip().replace(" ", "+" if "T" in text else " "))
    except ValueError as error:
        raise Invalid(f"{name} must be a date and time of ISO 8601") from error
    instant = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if not 0 <= instant < _TOO_LATE:
        raise Invalid(f"{name} must be in this era")
    return instant


def read_window(query: Query, first: str, last: str, single: str) -> tuple[float, float] | None:
    """From `first` to `last`, days included whole, or 24 hours from `single`; None without any. Raises Invalid."""
    if single in query:
        start = read_instant(query[single], single)
        return start, start + DAY
    if first not in query and last not in query:
        return None
    if first not in query or last not in query:
        raise Invalid(f"{first} and {last} must be used together")
    end = read_instant(query[last], last)
    whole_day = DAY if _DAY_ONLY.fullmatch(query[last]) else 0.0
    return read_instant(query[first], first), end + whole_day


def is_within(instant: float | None, window: tuple[float, float] | None) -> bool:
    if window is None:
        return True
    return instant is not None and window[0] <= instant < window[1]


def read_statuses(query: Query, known: tuple[str, ...]) -> frozenset[str]:
    """The list of `status`, everything without one. Raises Invalid."""
    if "status" not in query:
        return frozenset(known)
    given = frozenset(query["status"].split(","))
    if not given <= frozenset(known):
        raise Invalid(f"status must be of: {', '.join(known)}")
    return given


def author_fits(author: str, wanted: str | None) -> bool:
    """`wanted` is an author, or `LIKE %x%`, or `NOT LIKE %x%`."""
    if wanted is None:
        return True
    like = _LIKE.fullmatch(wanted)
    if like is None:
        return author == wanted
    pattern = ".*".join(re.escape(part) for part in like["pattern"].split("%"))
    fits = re.fullmatch(pattern, author, re.IGNORECASE | re.DOTALL) is not None
    return fits != bool(like["negated"])


def contains(text: str | None, wanted: str | None) -> bool:
    return wanted is None or wanted.lower() in (text or "").lower()


@dataclass(frozen=True)
class Order:
    """A property of the rows, and the direction."""

    name: str
    descending: bool


def read_order(query: Query, names: Iterable[str], default: str) -> Order:
    """`orderBy`, `+` or `-` and a property; a plus sign that nobody escaped arrives as a space. Raises Invalid."""
    text = query.get("orderBy", default)
    sign, name = (text[0], text[1:]) if text[:1] in {"+", "-", " "} else ("+", text)
    if name not in names:
        raise Invalid(f"orderBy must be + or - and one of: {', '.join(names)}")
    return Order(name, sign == "-")
