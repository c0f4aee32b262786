"""What the reading of a table found, as it is kept with the table: sealed, like the rest of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Final

# As many reasons stand on the page; all of them stand in the file of bad rows.
MOST_SHOWN: Final = 100


@dataclass
class Findings:
    """`problem`: why nothing could be read at all. `reasons`: of the first bad rows."""

    people: int = 0
    good_rows: int = 0
    bad_rows: int = 0
    problem: str = ""
    reasons: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """All rows that were read."""
        return self.good_rows + self.bad_rows

    def add_bad(self, reason: str) -> None:
        """One bad row."""
        self.bad_rows += 1
        if len(self.reasons) < MOST_SHOWN:
            self.reasons.append(reason)

    def to_dict(self) -> dict[str, Any]:
        """For storage."""
        return asdict(self)

    @classmethod
    def from_dict(cls, kept: dict[str, Any] | None) -> Findings:
        """The reverse of `to_dict`."""
        return cls(**(kept or {}))
