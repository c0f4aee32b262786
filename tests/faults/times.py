"""The times of a fault run, as settings of the portal. Needs no Django, so that a process can put them on first.

Short, and in the order that the portal's own checks demand: soft < hard < claim < first look.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Times:
    """Seconds. The last look of a whole run comes later than a list that lags by a minute."""

    soft: int = 8
    hard: int = 9
    claim: int = 10
    looks: tuple[int, ...] = (12, 30, 90)
    read: float = 4
    connect: float = 1

    @property
    def settings(self) -> dict[str, str]:
        """The variables of portal/settings.py."""
        return {
            "SWEEP_EVERY_SECONDS": "1",
            "LIST_EVERY_SECONDS": "6",
            "LIST_WITH_EVENTS_EVERY_SECONDS": "15",
            "DETAIL_FIRST_SECONDS": "6",
            "AUDIT_SEAL_EVERY_SECONDS": "5",
            "TASK_SOFT_LIMIT_SECONDS": str(self.soft),
            "TASK_HARD_LIMIT_SECONDS": str(self.hard),
            "CLAIM_SECONDS": str(self.claim),
            "LOOK_AFTER_SECONDS": ",".join(map(str, self.looks)),
            "ADOBE_CONNECT_SECONDS": str(self.connect),
            "ADOBE_READ_SECONDS": str(self.read),
        }

    @property
    def freeze(self) -> float:
        """Longer than a claim."""
        return self.claim + 3

    @property
    def residue(self) -> float:
        """Longer than a claim and every look after it."""
        return self.claim + self.looks[-1] + 8


WHOLE = Times()
SHORT = Times(soft=5, hard=6, claim=7, looks=(8, 10, 12), read=1.5)
