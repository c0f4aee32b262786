"""What can go wrong with deliveries, as settings: each a share of events (0 to 1), or seconds of real time."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.simulator.control_input import ControlError, number

# Seconds between an event and its repetition, or its predecessor that it overtakes, at most.
SPREAD_SECONDS = 1.0

_SHARES = ("duplicate", "reorder", "lose", "forge", "forge_client")
_NUMBERS = ("delay", "burst", "retry_scale", "at_once")


@dataclass
class Mischief:
    """`duplicate`: delivered twice. `reorder`: held back for up to a second, so that later ones overtake it. `lose`: never
    delivered (journals have it). `forge`: a delivery with a bad signature comes beside the good one; `forge_client`: one for
    another client. `delay`: every delivery waits so long. `burst`: deliveries come all at once, every so many seconds.
    `retry_scale`: the pauses before retries are multiplied by it. `at_once`: deliveries on their way at the same time, at most.
    """

    duplicate: float = 0.0
    reorder: float = 0.0
    lose: float = 0.0
    forge: float = 0.0
    forge_client: float = 0.0
    delay: float = 0.0
    burst: float = 0.0
    retry_scale: float = 1.0
    at_once: float = 8
    seed: str = "adobe"
    struck: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - which event fails is no secret

    def change(self, body: Mapping[str, Any]) -> None:
        """Raises ControlError."""
        unknown = sorted(set(body) - {*_SHARES, *_NUMBERS})
        if unknown:
            raise ControlError(f"unknown: {', '.join(unknown)}; known: {', '.join((*_SHARES, *_NUMBERS))}")
        given = {name: number(dict(body), name) for name in body}
        if any(given.get(name, 0.0) > 1 for name in _SHARES):
            raise ControlError(f"{', '.join(_SHARES)} are shares of at most 1")
        for name, value in given.items():
            setattr(self, name, value)

    def strikes(self, name: str) -> bool:
        """Whether this one is hit; counted when it is."""
        share: float = getattr(self, name)
        if share <= 0 or (share < 1 and self._random.random() >= share):
            return False
        self.struck[name] += 1
        return True

    def wait(self) -> float:
        """Seconds that one more delivery waits."""
        return self.delay + (self._random.uniform(0.1, SPREAD_SECONDS) if self.strikes("reorder") else 0.0)

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in (*_SHARES, *_NUMBERS)} | {"struck": dict(self.struck)}
