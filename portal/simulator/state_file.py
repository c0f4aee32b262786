"""The state file: one JSON object a line, appended as things happen, so that a restart still knows every job.

It holds what was sent, in clear, as a test double of somebody else's service: keep it away from real people's data.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from portal.simulator.jobs import Job, ProductPlan

_JOB_FIELDS = (
    "number", "call", "job_id", "request_id", "org", "key", "action", "regulation", "shown_regulation", "include",
    "identities", "created", "merge_policy",
)  # fmt: skip


class StateError(ValueError):
    """The file holds something that this program has not written; the text says on which line."""


class StateFile:
    """Appends to `path`; with None it does nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def replay(self, take: Callable[[dict[str, Any]], None]) -> None:
        """Gives `take` the entries in order. A last line cut short by a kill is left out, and cut off the file.

        Raises StateError, and OSError when the file cannot be made or written.
        """
        if self._path is None:
            return
        self._path.touch()
        whole = 0
        with self._path.open("rb+") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):
                    break
                whole += len(line)
                try:
                    take(json.loads(line))
                except (ValueError, TypeError, LookupError, AttributeError) as error:
                    raise StateError(f"the state file {self._path} is damaged at line {number}") from error
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
