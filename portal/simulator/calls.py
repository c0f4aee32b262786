"""Counts of the calls that reached Adobe's paths, and which operation a path is."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from aiohttp import web

JOBS = "/data/core/privacy/jobs"
CONSENT = "/data/core/privacy/consent"
HYGIENE = "/data/core/hygiene"

_CONSENT_OPERATIONS = {"POST": "consent"}
# Data Hygiene: the method on the path itself, and on the path with an id behind it.
_HYGIENE_OPERATIONS: dict[str, dict[str, str]] = {
    "workorder": {"POST": "workorder_create", "GET": "workorder_list"},
    "workorder/": {"GET": "workorder_detail", "PUT": "workorder_update"},
    "quota": {"GET": "quota"},
    "ttl": {"POST": "ttl_create", "GET": "ttl_list"},
    "ttl/": {"GET": "ttl_detail", "PUT": "ttl_update", "DELETE": "ttl_cancel"},
}
HYGIENE_OPERATIONS: tuple[str, ...] = tuple(name for methods in _HYGIENE_OPERATIONS.values() for name in methods.values())
# Adobe I/O Events: the journal of a registration, the public keys, and the page that validates an address.
EVENT_OPERATIONS = ("journal", "event_key", "event_validate")
EVENT_KEYS = "/prod/keys/"
EVENT_VALIDATION = "/csm/registrations/validate"
OPERATIONS: tuple[str, ...] = (
    "token", "create", "list", "detail", "content", "ping", "blob", "consent", *HYGIENE_OPERATIONS, *EVENT_OPERATIONS, "other",
)  # fmt: skip

DEPRECATED_JOBS = "/data/privacy/gdpr"
_JOURNAL = re.compile(r"^/events/organizations/[^/]+/integrations/[^/]+/(?P<id>[0-9a-f-]{36})$")
_BLOB = re.compile(r"^/va7gdprdevblobpublic/usa/[0-9a-f]{32}/(?P<job>[^/]+)/(?P=job)\.zip$")


@dataclass(frozen=True)
class Call:
    """One call. `named` is the id in the path, empty where there is none; `is_known_path`: only the method is wrong."""

    request: web.Request
    operation: str
    named: str = ""
    is_known_path: bool = True

    @property
    def method(self) -> str:
        return self.request.method

    @property
    def path(self) -> str:
        return self.request.path


def recognise(request: web.Request, *, deprecated_base: bool) -> Call:
    """Ping goes before `/jobs/{id}`; one trailing slash is allowed everywhere but on `POST /ttl`."""
    path = request.path.removesuffix("/")
    if (request.method, request.path) == ("POST", f"{HYGIENE}/ttl/"):
        return Call(request, "other", is_known_path=False)
    if deprecated_base and f"{path}/".startswith(f"{DEPRECATED_JOBS}/"):
        path = JOBS + path.removeprefix(DEPRECATED_JOBS)
    if path in {"/ims/token/v3", "/ims/token/v2"}:
        return Call(request, "token")
    if blob := _BLOB.match(path):
        return Call(request, "blob", blob["job"])
    if path == JOBS:
        return Call(request, {"POST": "create", "GET": "list"}.get(request.method, "other"))
    if path.startswith((EVENT_KEYS, "/events/", EVENT_VALIDATION)):
        return _recognise_event(request, path)
    if path == CONSENT:
        return Call(request, _CONSENT_OPERATIONS.get(request.method, "other"))
    if path.startswith(f"{HYGIENE}/"):
        return _recognise_hygiene(request, path.removeprefix(f"{HYGIENE}/"))
    parts = path.removeprefix(f"{JOBS}/").split("/")
    if not path.startswith(f"{JOBS}/") or parts[1:] not in ([], ["content"]):
        return Call(request, "other", is_known_path=False)
    return _recognise_job(request, parts)


def _recognise_event(request: web.Request, path: str) -> Call:
    found = _JOURNAL.match(path)
    operation = "journal" if found else "event_validate" if path == EVENT_VALIDATION else "event_key"
    return Call(request, operation if request.method == "GET" else "other", found["id"] if found else "")


def _recognise_job(request: web.Request, parts: list[str]) -> Call:
    if request.method != "GET":
        return Call(request, "other")
    if parts == ["ping"]:
        return Call(request, "ping")
    return Call(request, "detail" if len(parts) == 1 else "content", parts[0])


def _recognise_hygiene(request: web.Request, path: str) -> Call:
    resource, slash, named = path.partition("/")
    methods = _HYGIENE_OPERATIONS.get(resource + slash)
    if methods is None or "/" in named:
        return Call(request, "other", is_known_path=False)
    return Call(request, methods.get(request.method, "other"), named)


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
