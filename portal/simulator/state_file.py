"""The state file: one JSON object a line, appended as things happen, so that a restart still knows every job.

It holds what was sent, in clear, as a test double of somebody else's service: keep it away from real people's data.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from portal.simulator.jobs import Job, ProductPlan

_JOB_FIELDS = (
    "number", "call", "job_id", "request_id", "org", "key", "action", "regulation", "shown_regulation", "include",
    "identities", "created", "merge_policy",
)  # fmt: skip


class StateFile:
    """Appends to `path`; with None it does nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def read(self) -> Iterator[dict[str, Any]]:
        """The entries in order. A last line cut short by a kill is left out, and cut off the file."""
        if self._path is None or not self._path.exists():
            return
        whole = 0
        with self._path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                whole += len(line)
                yield json.loads(line)
        with self._path.open("rb+") as file:
            file.truncate(whole)

    def append(self, entry: dict[str, Any]) -> None:
        if self._path is None:
            return
        with self._path.open("ab") as file:
            file.write(json.dumps(entry, separators=(",", ":")).encode() + b"\n")

    def empty(self) -> None:
        if self._path is not None:
            self._path.write_bytes(b"")


def dump_job(job: Job) -> dict[str, Any]:
    """A job with its plan, so that another speed or seed after a restart does not rewrite its history."""
    plans = [[plan.code, plan.word, _finite(plan.acknowledged), _finite(plan.finished)] for plan in job.products]
    return {**{name: getattr(job, name) for name in _JOB_FIELDS}, "products": plans}


def load_job(entry: dict[str, Any]) -> Job:
    plans = [
        ProductPlan(code, word, _time(acknowledged), _time(finished)) for code, word, acknowledged, finished in entry["products"]
    ]
    return Job(**{name: entry[name] for name in _JOB_FIELDS}, products=plans)


def _finite(seconds: float) -> float | None:
    return seconds if math.isfinite(seconds) else None


def _time(seconds: float | None) -> float:
    return math.inf if seconds is None else seconds
