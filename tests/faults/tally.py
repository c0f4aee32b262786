"""How often each fault was brought about, and how often it really struck."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.faults.cells import CELLS, Cell


@dataclass
class Row:
    """Of one cell."""

    injected: int = 0
    hits: int = 0


@dataclass
class Tally:
    """Of all cells."""

    rows: dict[str, Row] = field(default_factory=lambda: {cell.words: Row() for cell in CELLS})
    # How a kind was done, where there is more than one way.
    notes: Counter[str] = field(default_factory=Counter)

    def injected(self, cell: Cell) -> None:
        """It was armed or done."""
        self.rows[cell.words].injected += 1

    def hit(self, cell: Cell) -> None:
        """It struck."""
        self.rows[cell.words].hits += 1

    def hits(self, cell: Cell) -> int:
        """How often it struck so far."""
        return self.rows[cell.words].hits
