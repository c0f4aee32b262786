"""What a fault run prints."""

from __future__ import annotations

from collections.abc import Sequence

from tests.faults.accounting import Kind, Verdict
from tests.faults.cells import RESIDUE, Cell
from tests.faults.tally import Tally


def table(cells: Sequence[Cell], tally: Tally, needed: int) -> list[str]:
    """One line a cell: how often it was brought about, how often it struck, how often it must have."""
    width = max(len(cell.words) for cell in cells)
    head = f"{'fault':<{width}}  injected   hit  needed"
    lines = [head, "-" * len(head)]
    for cell in cells:
        row = tally.rows[cell.words]
        short = "   << too few" if row.hits < needed else ""
        lines.append(f"{cell.words:<{width}}  {row.injected:>8}  {row.hits:>4}  {needed:>6}{short}")
    return lines


def too_few(cells: Sequence[Cell], tally: Tally, needed: int) -> list[Cell]:
    """Cells that did not strike often enough."""
    return [cell for cell in cells if tally.hits(cell) < needed]


def hits(cells: Sequence[Cell], tally: Tally) -> int:
    """How many faults struck."""
    return sum(tally.hits(cell) for cell in cells)


def residue(tally: Tally, verdict: Verdict) -> str:
    """The known residue, in a line of its own."""
    struck = tally.hits(RESIDUE)
    return (
        f"known residue: {struck} processes frozen in the last instruction before the first byte for longer than every look; "
        f"Adobe has {verdict.count(Kind.RESIDUE)} persons and actions twice because of it, "
        "each by exactly such a call (not counted as doubled)"
    )
