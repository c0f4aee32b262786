"""The rows of a table as texts, whatever kind of file they come from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

# A sheet of Excel has no more rows than this; a request of more people is better two.
MOST_ROWS: Final = 500_000
MOST_COLUMNS: Final = 200
# The most that a cell of Excel holds.
LONGEST_CELL: Final = 32_767


class Row(NamedTuple):
    """One row that is not blank. `number` counts from 1, as a spreadsheet does; `cells` are without white space around them."""

    number: int
    cells: list[str]


@dataclass(frozen=True)
class Reading:
    """How a file is read: by its kind, either the encoding and the separator, or the sheet."""

    kind: str
    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    has_header: bool = True


class OpenTable(AbstractContextManager["OpenTable"], Protocol):
    """A table being read."""

    def rows(self) -> Iterator[Row]:
        """Every row that is not blank, the header too. Raises FileProblem."""
        ...

    def part_read(self) -> float:
        """How much of the file was read, from 0 to 1."""
        ...
