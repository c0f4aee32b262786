"""The simulator's own clock: real time plus what `advance` added. `--speed` has no part in it."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """Seconds since 1970, never backwards."""

    def __init__(self) -> None:
        self.offset = 0.0
        self._last = 0.0

    def now(self) -> float:
        self._last = max(self._last, time.time() + self.offset)
        return self._last

    def advance(self, seconds: float) -> None:
        self.offset += seconds

    def reset(self) -> None:
        self.offset = 0.0
        self._last = 0.0


def iso(instant: float) -> str:
    return datetime.fromtimestamp(instant, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_trimmed(instant: float) -> str:
    """`2019-12-16T16:15:23.4Z`: Pass drops the zeros at the end of the fraction, and a fraction of zeros whole."""
    return f"{iso(instant).removesuffix('Z').rstrip('0').removesuffix('.')}Z"


def us_date(instant: float) -> str:
    """`04/12/2024 04:08 PM GMT`: minutes only, as every sample of Privacy Service has it."""
    return datetime.fromtimestamp(instant, UTC).strftime("%m/%d/%Y %I:%M %p GMT")
