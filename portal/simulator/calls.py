"""Counts of the calls that reached Adobe's paths, and which operation a path is."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from aiohttp import web

OPERATIONS = ("token", "create", "list", "detail", "content", "ping", "blob", "other")

JOBS = "/data/core/privacy/jobs"
DEPRECATED_JOBS = "/data/privacy/gdpr"
_BLOB = re.compile(r"^/va7gdprdevblobpublic/usa/[0-9a-f]{32}/(?P<job>[^/]+)/(?P=job)\.zip$")


@dataclass(frozen=True)
class Call:
    """One call. `job_id` is empty where the path names none, `is_known_path` says that only the method is wrong."""

    request: web.Request
    operation: str
    job_id: str = ""
    is_known_path: bool = True

    @property
    def method(self) -> str:
        return self.request.method

    @property
    def path(self) -> str:
        return self.request.path


def recognise(request: web.Request, *, deprecated_base: bool) -> Call:
    """Ping goes before `/jobs/{id}`; one trailing slash is allowed everywhere."""
    path = request.path.removesuffix("/")
    if deprecated_base and f"{path}/".startswith(f"{DEPRECATED_JOBS}/"):
        path = JOBS + path.removeprefix(DEPRECATED_JOBS)
    if path in {"/ims/token/v3", "/ims/token/v2"}:
        return Call(request, "token")
    if blob := _BLOB.match(path):
        return Call(request, "blob", blob["job"])
    if path == JOBS:
        return Call(request, {"POST": "create", "GET": "list"}.get(request.method, "other"))
    parts = path.removeprefix(f"{JOBS}/").split("/")
    if not path.startswith(f"{JOBS}/") or parts[1:] not in ([], ["content"]):
        return Call(request, "other", is_known_path=False)
    return _recognise_job(request, parts)


def _recognise_job(request: web.Request, parts: list[str]) -> Call:
    if request.method != "GET":
        return Call(request, "other")
    if parts == ["ping"]:
        return Call(request, "ping")
    return Call(request, "detail" if len(parts) == 1 else "content", parts[0])


class CallCounts:
    """How often each operation was called and answered how, and how many were in flight at once."""

    def __init__(self) -> None:
        self.in_flight = 0
        self.resets = 0
        self.reset()

    def reset(self) -> None:
        self.resets += 1
        self.calls: Counter[str] = Counter()
        self.answers: Counter[tuple[str, str]] = Counter()
        self.creates_accepted = 0
        self.blob_with_token = 0
        self.max_in_flight = self.in_flight

    def begin(self, call: Call) -> int:
        """Counts a call in; what it returns is for `end`."""
        self.calls[call.operation] += 1
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        if call.operation == "blob" and "Authorization" in call.request.headers:
            self.blob_with_token += 1
        return self.resets

    def end(self, call: Call, answer: str, begun: int) -> None:
        """`answer` is the HTTP status, or `cut` for a connection that was closed without one."""
        self.in_flight -= 1
        # A slow call that outlived a reset is no part of what came after it.
        if begun == self.resets:
            self.answers[call.operation, answer] += 1

    def as_dict(self) -> dict[str, Any]:
        answers: dict[str, dict[str, int]] = {}
        for (operation, answer), count in sorted(self.answers.items()):
            answers.setdefault(operation, {})[answer] = count
        return {
            "calls": {operation: self.calls[operation] for operation in OPERATIONS},
            "answers": answers,
            "createsAccepted": self.creates_accepted,
            "blobWithToken": self.blob_with_token,
            "inFlight": self.in_flight,
            "maxInFlight": self.max_in_flight,
        }
