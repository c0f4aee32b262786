"""Faults that a test arms through the control endpoint, each for the next N calls or by rate.

A fault belongs to a stage of a call, and is only used up by a call that reaches that stage: `accept_then_cut` waits
for a call that was accepted, `throttle` for one that passed all checks (Adobe's order of checks has the rate last),
`list_lag` for a page that is another one because of it.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.simulator.calls import HYGIENE_OPERATIONS, OPERATIONS, Call

_DATA = frozenset({"create", "list", "detail", "content", "ping", "consent", *HYGIENE_OPERATIONS})
_ANY = frozenset(OPERATIONS)
_CREATE = frozenset({"create"})
_LIST = frozenset({"list"})
_DETAIL = frozenset({"detail"})
_TOKEN = frozenset({"token"})
_FILE = frozenset({"content", "blob"})
# Parameters that only some kinds have.
_OPTIONS = ("page", "mode", "rows", "missing", "location")


@dataclass(frozen=True)
class Kind:
    """`operations` are those hit when the fault has no `match`; `endless` ones need no `times`."""

    stage: str
    operations: frozenset[str]
    endless: bool = False


KINDS: dict[str, Kind] = {
    "unauthorized": Kind("early", _DATA),
    "forbidden": Kind("early", _DATA),
    "not_found": Kind("early", _DATA),
    "error500": Kind("early", _DATA),
    "error503": Kind("early", _DATA),
    "redirect": Kind("early", _DATA | _FILE),
    "cut_before_answer": Kind("early", _DATA),
    "hang": Kind("early", _DATA),
    "slow_unprocessed": Kind("early", _DATA),
    "token_down": Kind("early", _TOKEN),
    "token_refused": Kind("early", _TOKEN),
    "token_cut": Kind("early", _TOKEN),
    "throttle": Kind("rate", _DATA),
    "throttle_date": Kind("rate", _DATA),
    "throttle_bare": Kind("rate", _DATA),
    "limit400": Kind("rate", _CREATE),
    "reject400": Kind("rate", _CREATE),
    "double": Kind("create", _CREATE),
    "fewer_jobs": Kind("create_answer", _CREATE),
    "list_lag": Kind("list", _LIST, endless=True),
    "list_miss_page": Kind("list", _LIST),
    "list_repeat_page": Kind("list", _LIST),
    "detail_lag": Kind("detail", _DETAIL, endless=True),
    "accept_then_cut": Kind("answer", _CREATE),
    "accept_then_500": Kind("answer", _CREATE),
    "garbage": Kind("answer", _CREATE),
    "slow": Kind("answer", _DATA),
    "truncated_zip": Kind("file", _FILE),
    "cut_zip": Kind("file", _FILE),
    "zip_path_tricks": Kind("file", _FILE),
}


class FaultError(ValueError):
    """A description of a fault that cannot be used; the text says why."""


@dataclass
class Fault:
    """One armed fault. `left` None means by `rate` (or always); `chance` decides which calls a rate hits; the rest are the
    parameters of its kind.
    """

    number: int
    kind: str
    operations: frozenset[str]
    method: str | None
    path: str | None
    left: int | None
    rate: float
    seconds: float
    retry_after: float
    chance: random.Random
    options: dict[str, Any] = field(default_factory=dict)
    hits: int = 0

    def matches(self, call: Call) -> bool:
        named = call.operation in self.operations and call.path.startswith(self.path or "")
        page = self.options.get("page")
        on_page = page is None or call.request.query.get("page", "0") == str(page)
        return named and on_page and self.method in {None, call.method}

    def as_dict(self) -> dict[str, Any]:
        return {"id": self.number, "kind": self.kind, "left": self.left, "rate": self.rate, "hits": self.hits}


class Faults:
    """The armed faults, in the order they were armed; the first that fits a call is the one that happens.

    `struck` counts by kind how often each happened since the last reset, also by faults that are disarmed. Parts that make
    trouble of their own count it there too.
    """

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self.reset()

    def reset(self) -> None:
        self._armed: list[Fault] = []
        self._count = 0
        self.struck: Counter[str] = Counter()

    def clear(self) -> None:
        self._armed = []

    def disarm(self, number: int) -> bool:
        """False when no such fault is armed."""
        left = [fault for fault in self._armed if fault.number != number]
        found = len(left) < len(self._armed)
        self._armed = left
        return found

    def arm(self, body: Mapping[str, Any]) -> Fault:
        """From the body of `POST /__simulator__/faults`. Raises FaultError."""
        self._count += 1
        fault = _parse(self._count, body, self._seed)
        self._armed.append(fault)
        return fault

    def as_list(self) -> list[dict[str, Any]]:
        return [fault.as_dict() for fault in self._armed]

    def take(self, stage: str, call: Call) -> Fault | None:
        for fault in self._armed:
            if KINDS[fault.kind].stage == stage and fault.matches(call) and self._strikes(fault):
                fault.hits += 1
                self.struck[fault.kind] += 1
                return fault
        return None

    def give_back(self, fault: Fault) -> None:
        """It was taken for a call whose answer is the same with it as without: it has not struck."""
        fault.hits -= 1
        self.struck[fault.kind] -= 1
        if fault.left is not None:
            fault.left += 1

    def _strikes(self, fault: Fault) -> bool:
        if fault.left == 0 or (fault.rate < 1 and fault.chance.random() >= fault.rate):
            return False
        if fault.left is not None:
            fault.left -= 1
        return True


def _parse(number: int, body: Mapping[str, Any], seed: str) -> Fault:
    name = body.get("kind")
    if not isinstance(name, str) or name not in KINDS:
        raise FaultError(f"kind must be refuse or one of: {', '.join(KINDS)}")
    refuse_unknown_names(body, ("kind", "match", "times", "rate", "seed", "seconds", "retry_after", *_OPTIONS))
    kind, match = KINDS[name], _match(body)
    return Fault(
        number=number,
        kind=name,
        operations=_operations(kind, match),
        method=match.get("method"),
        path=match.get("path"),
        left=_times(kind, body),
        rate=_positive(body, "rate", 1.0),
        seconds=_positive(body, "seconds", 30.0),
        retry_after=_positive(body, "retry_after", 1.0),
        # A stream of its own: which calls one fault hits does not hang on how many calls another one looked at.
        chance=random.Random(f"{seed}/{body.get('seed', number)}"),  # noqa: S311 - which call fails is no secret
        options=_options(body),
    )


def refuse_unknown_names(given: Mapping[str, Any], known: Sequence[str]) -> None:
    """A misspelt option would make a fault that never strikes. Raises FaultError."""
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise FaultError(f"unknown: {', '.join(unknown)}; known: {', '.join(known)}")


def _match(body: Mapping[str, Any]) -> Mapping[str, str]:
    match = body.get("match") or {}
    if not isinstance(match, dict) or not all(isinstance(value, str) for value in match.values()):
        raise FaultError("match must be an object of texts")
    refuse_unknown_names(match, ("operation", "method", "path"))
    return match


def _operations(kind: Kind, match: Mapping[str, str]) -> frozenset[str]:
    """The one that the match names, all when it goes by method or path, else the kind's own."""
    if match.get("operation"):
        if match["operation"] not in OPERATIONS:
            raise FaultError(f"operation must be one of: {', '.join(OPERATIONS)}")
        return frozenset({match["operation"]})
    return _ANY if match.get("method") or match.get("path") else kind.operations


def _times(kind: Kind, body: Mapping[str, Any]) -> int | None:
    """Once, unless the body says how often, or has a rate, or the kind stays on until it is cleared."""
    if body.get("times") is not None:
        return int(_positive(body, "times", 1))
    return None if kind.endless or "rate" in body else 1


def _options(body: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: body[name] for name in _OPTIONS if name in body}
    if "rows" in given:
        given["rows"] = max(1, int(_positive(body, "rows", 1)))
    return given


def _positive(body: Mapping[str, Any], name: str, default: float) -> float:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise FaultError(f"{name} must be a number of at least 0")
    return float(value)


def lag(fault: Fault | None) -> float:
    """How many seconds an answer is behind, by a fault of the stage `list` or `detail`."""
    return fault.seconds if fault is not None and fault.kind in {"list_lag", "detail_lag"} else 0.0


def moved_start(start: int, size: int, fault: Fault | None) -> int | None:
    """Where the page of `size` rows that begins at row `start` begins by a fault of the stage `list`; None for an empty page.

    A list that moves between two pages repeats or misses some `rows` of it; without that option it is a whole page.
    """
    if fault is None:
        return start
    rows: int = fault.options.get("rows", size)
    if fault.kind == "list_repeat_page":
        return max(0, start - rows)
    if fault.kind == "list_miss_page":
        return start + rows if "rows" in fault.options or fault.options.get("mode") == "skip" else None
    return start
