"""Privacy jobs, their state at any instant, and the store that finds them.

State is worked out from time when somebody asks; no timer runs, so a hundred thousand open jobs cost nothing.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.simulator.outcomes import OUTCOMES, Outcome

# 100 ns intervals between the UUID epoch (1582-10-15) and 1970.
_UUID_EPOCH = 0x01B21DD213814000


@dataclass(slots=True)
class ProductPlan:
    """One product of one job. `acknowledged` and `finished` are seconds after acceptance, infinity for never."""

    code: str
    word: str
    acknowledged: float
    finished: float

    @property
    def outcome(self) -> Outcome:
        return OUTCOMES[self.word]

    def status(self, elapsed: float) -> str:
        if elapsed >= self.finished:
            return self.outcome.status
        return "processing" if elapsed >= self.acknowledged else "submitted"

    def changed(self, elapsed: float) -> float:
        """Seconds after acceptance of the last change that has happened."""
        if elapsed >= self.finished:
            return self.finished
        return self.acknowledged if elapsed >= self.acknowledged else 0.0


@dataclass(slots=True)
class Job:
    """One job as Adobe accepted it. `number` counts all jobs from 1, `call` the accepted POSTs from 1."""

    number: int
    call: int
    job_id: str
    request_id: str
    org: str
    key: str | None
    action: str
    regulation: str
    shown_regulation: str
    include: Sequence[str]
    identities: Sequence[dict[str, Any]]
    created: float
    products: list[ProductPlan]
    merge_policy: str | None = None
    started: float = field(init=False, default=0.0)
    final: float = field(init=False, default=0.0)
    final_status: str = field(init=False, default="complete")

    def __post_init__(self) -> None:
        self.settle()

    def settle(self) -> None:
        """Works the job's own times out of its products' ones."""
        self.started = min(product.acknowledged for product in self.products)
        self.final = max(product.finished for product in self.products)
        words = {product.outcome.status for product in self.products}
        others = sorted(words - {"complete", "error"})
        self.final_status = "error" if "error" in words else (others[0] if others else "complete")

    def status(self, at: float) -> str:
        elapsed = at - self.created
        if elapsed >= self.final:
            return self.final_status
        return "processing" if elapsed >= self.started else "submitted"

    def modified(self, at: float) -> float:
        elapsed = at - self.created
        return self.created + max(product.changed(elapsed) for product in self.products)

    def is_kept(self, at: float, days: int) -> bool:
        """Whether Adobe still has it, `days` after completion."""
        return at < self.created + self.final + days * 86_400

    def has_archive(self, at: float) -> bool:
        return self.action == "access" and self.status(at) == "complete"

    def finish(self, at: float) -> None:
        """Whatever would ever be answered is answered at `at`."""
        elapsed = max(0.0, at - self.created)
        for product in self.products:
            if math.isfinite(product.finished):
                product.acknowledged = min(product.acknowledged, elapsed)
                product.finished = min(product.finished, elapsed)
        self.settle()


class JobStore:
    """Every job by id, and by (organization, regulation) in order of acceptance."""

    def __init__(self) -> None:
        self.accepted: list[Job] = []
        self._by_id: dict[str, Job] = {}
        self._lists: dict[tuple[str, str], list[Job]] = {}

    def add(self, job: Job) -> None:
        self.accepted.append(job)
        self._by_id[job.job_id] = job
        self._lists.setdefault((job.org, job.regulation), []).append(job)

    def get(self, job_id: str) -> Job | None:
        return self._by_id.get(job_id)

    def listed(self, org: str, regulation: str) -> list[Job]:
        """Oldest first."""
        return self._lists.get((org, regulation), [])

    def forget(self, job_id: str) -> bool:
        """Adobe no longer knows it; what was accepted stays accepted."""
        job = self._by_id.pop(job_id, None)
        if job is None:
            return False
        self._lists[job.org, job.regulation].remove(job)
        return True

    def all(self) -> list[Job]:
        return list(self._by_id.values())


def make_job_id(created: float, number: int, node: int) -> str:
    """A version 1 UUID whose instant is that of the request to the millisecond, as in samples from 2023 on."""
    ticks = int(created * 1000) * 10_000 + number % 10_000 + _UUID_EPOCH
    sequence = (number // 10_000) & 0x3FFF
    parts = (ticks & 0xFFFFFFFF, (ticks >> 32) & 0xFFFF, (ticks >> 48) & 0x0FFF, sequence >> 8, sequence & 0xFF, node)
    return str(uuid.UUID(fields=parts, version=1))


def make_request_id(created: float, call: int) -> str:
    """13 digits of epoch milliseconds, 4 digits, `RX-`, 3 digits, as decoded from nine samples."""
    return f"{int(created * 1000):013d}{call * 7919 % 10_000:04d}RX-{call * 613 % 1_000:03d}"
