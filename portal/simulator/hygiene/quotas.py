"""Quotas of an organization: how many identities it may delete a day and a month, how many expirations may be open.

Only accepted identities count. The day ends at 00:00 GMT, the month with its last day; nothing is carried over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

# Names as in `GET /quota`, each with the words of a control call and the licence's number.
DAILY = "dailyConsumerDeleteIdentitiesQuota"
MONTHLY = "monthlyConsumerDeleteIdentitiesQuota"
EXPIRATIONS = "datasetExpirationQuota"
FIELD_UPDATES = "monthlyUpdatedFieldIdentitiesQuota"
DEFAULT_LIMITS: dict[str, int] = {DAILY: 1_000_000, MONTHLY: 2_000_000, EXPIRATIONS: 75}


class Quotas:
    """Limits and consumption by organization."""

    def __init__(self) -> None:
        self._limits: dict[str, dict[str, int]] = {}
        self._consumed: Counter[tuple[str, str]] = Counter()

    def limit(self, org: str, name: str) -> int:
        return self._limits.get(org, DEFAULT_LIMITS)[name]

    def consumed(self, org: str, name: str, at: float) -> int:
        """Of DAILY or MONTHLY."""
        return self._consumed[org, _period(name, at)]

    def count(self, org: str, identities: int, at: float) -> None:
        for name in (DAILY, MONTHLY):
            self._consumed[org, _period(name, at)] += identities

    def lacking(self, org: str, identities: int, at: float) -> str | None:
        """The name of the first quota that has no room for so many identities."""
        for name in (DAILY, MONTHLY):
            if self.consumed(org, name, at) + identities > self.limit(org, name):
                return name
        return None

    def change(self, org: str, at: float, limits: Mapping[str, int], consumed: Mapping[str, int]) -> None:
        """Sets the limits and the consumption that are named."""
        self._limits[org] = {**self._limits.get(org, DEFAULT_LIMITS), **limits}
        for name, number in consumed.items():
            self._consumed[org, _period(name, at)] = number


def _period(name: str, at: float) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    return moment.strftime("%Y-%m-%d" if name == DAILY else "%Y-%m")
