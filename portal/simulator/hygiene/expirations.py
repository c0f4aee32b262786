"""Dataset expirations: when a whole dataset goes. Pending until it is due, then executing, completed when all traces are gone."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, field
from typing import Any

from portal.simulator.clock import iso


@dataclass(slots=True)
class Expiration:
    """One expiration. `lasts` is how many seconds executing takes; `history` is what people did: status, expiry, at, author."""

    ttl_id: str
    org: str
    sandbox: str
    dataset: str
    name: str | None
    description: str | None
    expiry: float
    lasts: float
    cancelled: float | None = None
    history: list[dict[str, Any]] = field(default_factory=list)

    def status(self, at: float) -> str:
        if self.cancelled is not None:
            return "cancelled"
        if at >= self.expiry + self.lasts:
            return "completed"
        return "executing" if at >= self.expiry else "pending"

    def is_open(self, at: float) -> bool:
        """Whether the dataset is still waiting for it, or in the middle of it."""
        return self.status(at) in {"pending", "executing"}

    @property
    def created(self) -> float:
        return float(self.history[0]["at"])

    @property
    def executed(self) -> float | None:
        """The instant at which executing starts, unless it was cancelled."""
        return None if self.cancelled is not None else self.expiry

    @property
    def completed(self) -> float | None:
        return None if self.cancelled is not None else self.expiry + self.lasts

    def updated(self, at: float) -> float:
        """The last thing that a person or Adobe did to it."""
        steps = [step for step in (self.executed, self.completed) if step is not None and step <= at]
        return max([float(self.history[-1]["at"]), *steps])

    def note(self, status: str, at: float, author: str) -> None:
        self.history.append({"status": status, "expiry": self.expiry, "at": at, "author": author})

    def dumped(self) -> dict[str, Any]:
        return asdict(self)


def load_expiration(entry: dict[str, Any]) -> Expiration:
    """What `dumped` gave. Raises TypeError or LookupError."""
    expiration = Expiration(**entry)
    expiration.history = [dict(step) for step in expiration.history]
    return expiration


def make_ttl_id(style: str) -> str:
    """`SD-` and a UUID, or `SD` and 32 digits as in the first release (switch ttl_id)."""
    return f"SD-{uuid.uuid4()}" if style == "dashed" else f"SD{uuid.uuid4().hex}"


class ExpirationStore:
    """Every expiration by id, and each thing that was ever done to one."""

    def __init__(self) -> None:
        self.changes: list[dict[str, Any]] = []
        self._by_id: dict[str, Expiration] = {}

    def put(self, expiration: Expiration) -> None:
        """A new one, or a new state of one that is known."""
        self._by_id[expiration.ttl_id] = expiration
        self.changes.append(_ledger_entry(len(self.changes) + 1, expiration))

    def find(self, ttl_id: str) -> Expiration | None:
        """Whatever organization it is of."""
        return self._by_id.get(ttl_id)

    def of(self, org: str) -> list[Expiration]:
        """Oldest first."""
        return [expiration for expiration in self._by_id.values() if expiration.org == org]

    def named(self, org: str, sandbox: str, name: str, at: float) -> Expiration | None:
        """By its own id or by that of its dataset: the open one of a dataset, else its newest."""
        own = self.find(name)
        if own is not None and (own.org, own.sandbox) == (org, sandbox):
            return own
        of_dataset = [one for one in self.of(org) if (one.sandbox, one.dataset) == (sandbox, name)]
        still_open = [one for one in of_dataset if one.is_open(at)]
        return next(reversed(still_open or of_dataset), None)

    def open_ones(self, org: str, at: float) -> int:
        return sum(one.is_open(at) for one in self.of(org))

    def forget(self, ttl_id: str) -> bool:
        return self._by_id.pop(ttl_id, None) is not None


def _ledger_entry(number: int, expiration: Expiration) -> dict[str, Any]:
    step = expiration.history[-1]
    return {
        "n": number,
        "org": expiration.org,
        "sandbox": expiration.sandbox,
        "ttlId": expiration.ttl_id,
        "datasetId": expiration.dataset,
        "change": step["status"],
        "expiry": iso(expiration.expiry),
        "displayName": expiration.name,
        "description": expiration.description,
        "acceptedAt": iso(step["at"]),
    }
