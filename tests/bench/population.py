"""Who stands in the file of a run, and what must come of it: worked out from the file alone, not from the portal."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

ADOBES_LIMIT = 1000
ACTIONS = ("access", "delete")


@dataclass(frozen=True)
class Population:
    """So many people, each to be accessed and deleted; every fourth has a second identity."""

    people: int

    @property
    def people_per_call(self) -> int:
        """Adobe's limit, or less in a small run, so that it has some ten calls too."""
        return min(ADOBES_LIMIT, max(1, self.people // 10))

    @property
    def jobs(self) -> int:
        return self.people * len(ACTIONS)

    @cached_property
    def identities(self) -> dict[str, list[str]]:
        """The officer's key of each person -> the values that name them."""
        return {f"case-{n:06}": self._values(n) for n in range(1, self.people + 1)}

    @staticmethod
    def _values(number: int) -> list[str]:
        email = f"person.number{number}@customers.example.com"
        return [email, f"{number:038}"] if number % 4 == 0 else [email]

    @property
    def fewest_calls(self) -> int:
        """No split has fewer: each call holds only so many people and so many identities."""
        identities = sum(len(values) for values in self.identities.values())
        return max(-(-self.people // self.people_per_call), -(-identities // ADOBES_LIMIT))

    def expected(self) -> Counter[tuple[str, str]]:
        """Each (officer's key, action) exactly once."""
        return Counter((key, action) for key in self.identities for action in ACTIONS)

    def file(self) -> bytes:
        """The upload, as an officer's system would write it."""
        users = [
            {"key": key, "action": list(ACTIONS), "userIDs": [_identity(value) for value in values]}
            for key, values in self.identities.items()
        ]
        body = {"users": users, "include": ["analytics", "profileService"], "regulation": "gdpr"}
        return json.dumps(body, indent=1).encode()


def _identity(value: str) -> dict[str, Any]:
    return {"namespace": "email" if "@" in value else "ECID", "value": value, "type": "standard"}
