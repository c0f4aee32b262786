"""Parameters that the lists of work orders and of expirations have in common."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeVar

LARGEST_PAGE = 100
Row = TypeVar("Row")
_DAY_ONLY = re.compile(r"\d{4}-\d\d-\d\d")
_LIKE = re.compile(r"(?P<negated>NOT )?LIKE (?P<pattern>.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Paging:
    """`page` counts from 0."""

    page: int
    limit: int

    def of(self, rows: list[Row]) -> list[Row]:
        start = self.page * self.limit
        return rows[start : start + self.limit]
