"""Work orders, their state at any instant, and the store that finds them.

received, validated, submitted (handed to the services), ingested, completed or failed. As with jobs, state is worked out
from time when somebody asks. The words of the package docstring, in the identities, decide how an order goes.
"""

from __future__ import annotations

import hashlib
import math
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from portal.simulator.outcomes import DAY, MINUTE, SLOW_SECONDS, between

SERVICE_NAMES: dict[str, str] = {
    "datalake": "Data Management",
    "identity": "Identity Service",
    "profile": "Profile Service",
    "ajo": "Journey Orchestrator",
}
# The order in which samples list them in an order, and in which they list what each has done.
ALL_SERVICES: tuple[str, ...] = ("profile", "datalake", "identity", "ajo")
PROFILE_ONLY: frozenset[str] = frozenset({"identity", "profile", "ajo"})
ODD_SERVICE = "Query Ledger Service"
STATUSES: tuple[str, ...] = ("received", "validated", "submitted", "ingested", "completed", "failed")

VALIDATE_SECONDS = (30.0, 10 * MINUTE)
QUEUE_LEAST_SECONDS = 60 * MINUTE
INGEST_SECONDS = (10 * MINUTE, 2 * DAY)
SERVICE_SECONDS = (10 * MINUTE, 10 * DAY)
_REFUSED_WORD = "refused"


@dataclass(slots=True)
class Course:
    """Seconds after acceptance at which each step is reached, infinity for never. `failing` names services that fail."""

    validated: float
    submitted: float
    ingested: float
    services: dict[str, float]
    failing: list[str]
    fails_early: bool = False
    says_odd_word: bool = False

    @property
    def final(self) -> float:
        return self.submitted if self.fails_early else max(self.ingested, *self.services.values())

    @property
    def steps(self) -> list[float]:
        return [self.validated, self.submitted, self.ingested, *self.services.values(), self.final]

    def end(self, elapsed: float, *, failed: bool) -> None:
        """Everything that is not done is done now; with `failed`, the services that were not done have failed."""
        if failed and elapsed < self.submitted:
            self.fails_early = True
        if failed:
            self.failing += [name for name, finished in self.services.items() if finished > elapsed and name not in self.failing]
        self.validated, self.submitted, self.ingested = (
            min(step, elapsed) for step in (self.validated, self.submitted, self.ingested)
        )
        self.services = {name: min(finished, elapsed) for name, finished in self.services.items()}


@dataclass(slots=True)
class WorkOrder:
    """One work order as Adobe accepted it. `groups` are (namespace as it came, ids)."""

    number: int
    order_id: str
    bundle_id: str
    org: str
    sandbox: str
    author: str
    dataset: str
    targets: list[str]
    groups: list[tuple[dict[str, Any], list[str]]]
    name: str | None
    description: str | None
    created: float
    course: Course
    edited: float = 0.0

    @property
    def identities(self) -> int:
        return sum(len(ids) for _, ids in self.groups)

    def status(self, at: float) -> str:
        elapsed, course = at - self.created, self.course
        if elapsed >= course.final:
            return "failed" if course.failing or course.fails_early else "completed"
        if elapsed >= course.ingested:
            return "ingested"
        if elapsed >= course.submitted:
            return "in-progress" if course.says_odd_word else "submitted"
        return "validated" if elapsed >= course.validated else "received"

    def updated(self, at: float) -> float:
        elapsed = at - self.created
        reached = max((step for step in self.course.steps if step <= elapsed), default=0.0)
        return max(self.created + reached, self.edited)

    def services(self, at: float) -> list[tuple[str, str, float]]:
        """(product name, word, instant of the word) from the hand-off on; the word of a failure is published nowhere."""
        elapsed, course = at - self.created, self.course
        if course.fails_early or elapsed < course.submitted:
            return []
        return [
            (name, "failed" if name in course.failing else "success", self.created + finished)
            if elapsed >= finished
            else (name, "waiting", self.created + course.submitted)
            for name, finished in course.services.items()
        ]

    def dumped(self) -> dict[str, Any]:
        """For the state file: JSON has no infinity."""
        entry = asdict(self)
        course = entry["course"]
        for step in ("validated", "submitted", "ingested"):
            course[step] = _finite(course[step])
        course["services"] = {name: _finite(finished) for name, finished in course["services"].items()}
        return entry


def load_order(entry: dict[str, Any]) -> WorkOrder:
    """What `dumped` gave."""
    course = dict(entry["course"])
    for step in ("validated", "submitted", "ingested"):
        course[step] = _time(course[step])
    course["services"] = {name: _time(finished) for name, finished in course["services"].items()}
    groups = [(namespace, ids) for namespace, ids in entry["groups"]]
    return WorkOrder(**{**entry, "groups": groups, "course": Course(**course)})


def _finite(seconds: float) -> float | None:
    return seconds if math.isfinite(seconds) else None


def _time(seconds: float | None) -> float:
    return math.inf if seconds is None else seconds


def is_refused(value: str) -> bool:
    """Whether an identity is one that the test value makes Adobe refuse."""
    return _REFUSED_WORD in value.lower()


def plan(seed: str, number: int, targets: list[str], values: Iterable[str], *, queue_days: int, speed: float) -> Course:
    """How an order will go: the same for the same seed and number."""
    words = _words_in(values, targets)

    def draw(step: str, bounds: tuple[float, float]) -> float:
        digest = hashlib.blake2b(f"{seed}/workorder/{number}/{step}".encode(), digest_size=4).digest()
        return between(bounds, digest)

    validated = draw("validate", VALIDATE_SECONDS)
    submitted = validated + draw("queue", (QUEUE_LEAST_SECONDS, queue_days * DAY))
    ingested = math.inf if "orderstuck" in words else submitted + draw("ingest", INGEST_SECONDS)
    services = {SERVICE_NAMES[name]: ingested + draw(name, SERVICE_SECONDS) for name in SERVICE_NAMES if name in targets}
    if "oddservice" in words:
        services[ODD_SERVICE] = ingested + draw("odd", SERVICE_SECONDS)
    if "orderslow" in words:
        services = dict.fromkeys(services, SLOW_SECONDS)
    return Course(
        validated=validated / speed,
        submitted=submitted / speed,
        ingested=ingested / speed,
        services={name: finished / speed for name, finished in services.items()},
        failing=[SERVICE_NAMES[name] for name in SERVICE_NAMES if f"{name}-fails" in words],
        fails_early="orderfails" in words,
        says_odd_word="orderodd" in words,
    )


def _words_in(values: Iterable[str], targets: list[str]) -> set[str]:
    words = ["orderfails", "orderodd", "oddservice", "orderslow", "orderstuck", *(f"{name}-fails" for name in targets)]
    found: set[str] = set()
    for value in values:
        lower = value.lower()
        found |= {word for word in words if word in lower}
    return found


def make_order_id(style: str) -> str:
    """`DI-` and a UUID; in the oldest pages a UUID alone (switch workorder_id)."""
    return f"DI-{uuid.uuid4()}" if style == "DI" else str(uuid.uuid4())


def make_bundle_id(org: str, sandbox: str, at: float) -> str:
    """All orders of one sandbox and day travel in one bundle."""
    day = datetime.fromtimestamp(at, UTC).date().isoformat()
    return f"BN-{uuid.uuid5(uuid.NAMESPACE_URL, f'{org}/{sandbox}/{day}')}"


class OrderStore:
    """Every order by id, in order of acceptance."""

    def __init__(self) -> None:
        self.accepted: list[dict[str, Any]] = []
        self._by_id: dict[str, WorkOrder] = {}

    def add(self, order: WorkOrder, entry: dict[str, Any]) -> None:
        """`entry` is what the ledger keeps of it."""
        self.accepted.append(entry)
        self._by_id[order.order_id] = order

    def get(self, org: str, order_id: str) -> WorkOrder | None:
        order = self._by_id.get(order_id)
        return order if order is not None and order.org == org else None

    def find(self, order_id: str) -> WorkOrder | None:
        """Whatever organization it is of."""
        return self._by_id.get(order_id)

    def of(self, org: str) -> list[WorkOrder]:
        """Oldest acceptance first."""
        return [order for order in self._by_id.values() if order.org == org]

    def all(self) -> list[WorkOrder]:
        return list(self._by_id.values())

    def forget(self, order_id: str) -> bool:
        """Adobe no longer knows it; what was accepted stays accepted."""
        return self._by_id.pop(order_id, None) is not None
