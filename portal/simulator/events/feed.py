"""What happens to jobs, found out when its time has come.

The state of a job is worked out from time, so nothing happens by itself: a heap holds when each job is worth a look next.
"""

from __future__ import annotations

import heapq
import math
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from portal.simulator.jobs import Job, ProductPlan

PREFIX = "com.adobe.platform.gdpr."
JOB_COMPLETE, JOB_ERROR = "jobcomplete", "joberror"
PRODUCT_COMPLETE, PRODUCT_ERROR = "productcomplete", "producterror"
CODES = tuple(PREFIX + kind for kind in (JOB_COMPLETE, JOB_ERROR, PRODUCT_COMPLETE, PRODUCT_ERROR))
_JOB = ""


@dataclass(frozen=True)
class Event:
    """One event, as it is told to every registration of its organization."""

    event_id: str
    code: str
    org: str
    job_id: str
    message: str
    at: float

    def payload(self, client_id: str) -> dict[str, Any]:
        """As delivered to one client: with both spellings of the two names that change."""
        return {
            "id": str(uuid.uuid5(uuid.NAMESPACE_OID, self.event_id)),
            "eventid": self.event_id,
            "event_id": self.event_id,
            "specversion": "0.2",
            "type": self.code,
            "source": "https://ns.adobe.com/platform/gdpr",
            "time": java_date(self.at),
            "recipientclientid": client_id,
            "recipient_client_id": client_id,
            "data": {"imsOrg": self.org, "value": {"jobId": self.job_id, "message": self.message}},
        }


def java_date(instant: float) -> str:
    """`Wed Oct 23 18:52:32 GMT 2019`, as the published sample has it."""
    return datetime.fromtimestamp(instant, UTC).strftime("%a %b %d %H:%M:%S GMT %Y")


def new_event(code: str, org: str, job_id: str, message: str, at: float) -> Event:
    return Event(str(uuid.uuid4()), code, org, job_id, message, at)


@dataclass
class Feed:
    """Jobs to look at, and what was told of each."""

    _heap: list[tuple[float, int, Job]] = field(default_factory=list)
    _told: dict[str, set[str]] = field(default_factory=dict)
    _count: int = 0

    def watch(self, jobs: Iterable[Job], at: float, *, silent: bool = False) -> None:
        """Look at these from now on. `silent`: what has happened to them so far is told to nobody."""
        for job in jobs:
            if silent:
                self._told[job.job_id] = {name for name, _ in _happened(job, at)}
            self._push(job)

    def touch(self, jobs: Iterable[Job], at: float) -> None:
        """Their plans have changed."""
        for job in jobs:
            self._push_at(job, at)

    def due(self, at: float) -> list[Event]:
        """What has happened and was not told yet."""
        events: list[Event] = []
        while self._heap and self._heap[0][0] <= at:
            _, _, job = heapq.heappop(self._heap)
            told = self._told.setdefault(job.job_id, set())
            for name, event in _happened(job, at):
                if name not in told:
                    told.add(name)
                    events.append(event)
            self._push(job)
        return events

    def _push(self, job: Job) -> None:
        told = self._told.get(job.job_id, set())
        times = [job.created + plan.finished for plan in job.products if plan.code not in told]
        times += [job.created + job.final] if _JOB not in told else []
        coming = min(times, default=math.inf)
        if math.isfinite(coming):
            self._push_at(job, coming)

    def _push_at(self, job: Job, at: float) -> None:
        self._count += 1
        heapq.heappush(self._heap, (at, self._count, job))


def _happened(job: Job, at: float) -> Iterator[tuple[str, Event]]:
    """Everything that is worth telling of a job by `at`: under the product's code, or nothing for the job itself."""
    elapsed = at - job.created
    for plan in job.products:
        if elapsed >= plan.finished:
            yield plan.code, _product_event(job, plan)
    if elapsed >= job.final:
        kind = JOB_ERROR if job.final_status == "error" else JOB_COMPLETE
        yield _JOB, new_event(PREFIX + kind, job.org, job.job_id, f"job.{job.action}.{job.final_status}", job.created + job.final)


def _product_event(job: Job, plan: ProductPlan) -> Event:
    kind = PRODUCT_ERROR if plan.outcome.status == "error" else PRODUCT_COMPLETE
    message = f"{plan.code}.{job.action}.{plan.outcome.status}"
    return new_event(PREFIX + kind, job.org, job.job_id, message, job.created + plan.finished)
