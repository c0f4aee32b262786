"""Pages of a list by keyset: a page begins behind the last row of the one before, so that deep pages cost what the first costs.

The keys must not change while a list is read (times of making, positions, ids), and the last one must be unique.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import QueryDict

Row = TypeVar("Row", bound=Model)
# Rows that a filter lets through may stand far apart, and each counted one costs the way to it.
MOST_COUNTED = 1_000
_SEPARATOR = "~"
_FOUND_FIRST = "found_first"


@dataclass(frozen=True)
class Page(Generic[Row]):
    """The rows of one page, how many there are in all, and the query strings of its neighbours (empty: none)."""

    rows: Sequence[Row]
    total: int
    newer: str
    older: str

    @property
    def total_words(self) -> str:
        """Counting stops at 1,000: a longer list is not read to its end for a number."""
        return f"{MOST_COUNTED:,}+" if self.total > MOST_COUNTED else f"{self.total:,}"


def found_before_sorted(rows: QuerySet[Row, Row]) -> QuerySet[Row, Row]:
    """Few rows that an index leads to: they are found first, and put in order then.

    PostgreSQL takes such rows to lie evenly among all others. Where they are the old ones, it would walk over all that are newer.
    """
    few: QuerySet[Row, Row] = rows.annotate(**{_FOUND_FIRST: Value(1)})
    return few


def counted(rows: QuerySet[Any, Any]) -> int:
    """How many rows there are, to 1,000 and one more."""
    return rows.order_by()[: MOST_COUNTED + 1].count()


def read_date(text: str) -> date:
    """A day. Raises ValueError."""
    return date.fromisoformat(text)


def _read_time(text: str) -> datetime:
    """A time with its zone. Raises ValueError, and OverflowError for one that UTC does not have."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError("a time without a zone")
    return value.astimezone(UTC)


@dataclass(frozen=True)
class Keyset(Generic[Row]):
    """How a list is ordered: two fields, both rising or both falling, and how their values are read from a cursor."""

    first: str
    second: str = "pk"
    descending: bool = True
    read_first: Callable[[str], Any] = _read_time
    read_second: Callable[[str], Any] = UUID

    def page(
        self, rows: QuerySet[Row, Row], query: QueryDict, *, size: int = 50, total_of: QuerySet[Row, Row] | None = None
    ) -> Page[Row]:
        """The page that `after` or `before` in `query` names; the first one for none or for a cursor that is nonsense.

        `total_of`: the same rows without what only the page needs of others, for counting them.
        """
        after, before = self._read(query.get("after")), self._read(query.get("before"))
        backwards = before is not None and after is None
        cursor = before if backwards else after
        found = rows if cursor is None else rows.filter(self.beyond(cursor, backwards=backwards))
        chosen = list(self._in_order(found, descending=self.descending != backwards)[: size + 1])
        more = len(chosen) > size
        chosen = chosen[:size][::-1] if backwards else chosen[:size]
        return Page(
            rows=chosen,
            total=counted(rows if total_of is None else total_of),
            newer=self._link(query, "before", chosen[:1]) if (more if backwards else cursor is not None) else "",
            older=self._link(query, "after", chosen[-1:]) if (backwards or more) else "",
        )

    def parts(self, rows: QuerySet[Row, Row], *, size: int = 500) -> Iterator[list[Row]]:
        """Every row in order, part by part: as flat in memory as one part is."""
        ordered = self._in_order(rows, descending=self.descending)
        part = list(ordered[:size])
        while part:
            yield part
            last = part[-1]
            place = _value(last, self.first), _value(last, self.second)
            part = list(ordered.filter(self.beyond(place, backwards=False))[:size]) if len(part) == size else []

    def _in_order(self, rows: QuerySet[Row, Row], *, descending: bool) -> QuerySet[Row, Row]:
        sign = "-" if descending else ""
        if _FOUND_FIRST not in rows.query.annotations:
            return rows.order_by(f"{sign}{self.first}", f"{sign}{self.second}")
        # The same order, by what no index holds.
        first = Coalesce(self.first, self.first)
        return rows.order_by(first.desc() if descending else first.asc(), f"{sign}{self.second}")

    def beyond(self, cursor: tuple[Any, Any], *, backwards: bool) -> Q:
        """What stands behind (or before) the row with these two values."""
        op = "lt" if self.descending != backwards else "gt"
        first, second = cursor
        return Q(**{f"{self.first}__{op}e": first}) & (
            Q(**{f"{self.first}__{op}": first}) | Q(**{f"{self.second}__{op}": second})
        )

    def place_of(self, row: Row) -> tuple[str, str]:
        """Where a row stands, as text that `read` understands."""
        return _written(_value(row, self.first)), _written(_value(row, self.second))

    def _link(self, query: QueryDict, name: str, row: Sequence[Row]) -> str:
        if not row:
            return ""
        changed = query.copy()
        for each in ("after", "before"):
            changed.pop(each, None)
        changed[name] = _SEPARATOR.join(self.place_of(row[0]))
        return f"?{changed.urlencode()}"

    def _read(self, text: str | None) -> tuple[Any, Any] | None:
        first, _, second = (text or "").partition(_SEPARATOR)
        try:
            return self.read_first(first), self.read_second(second)
        except (ValueError, OverflowError):
            return None


def _value(row: Model, path: str) -> Any:
    value: Any = row
    for name in path.split("__"):
        value = getattr(value, name)
    return value


def _written(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
