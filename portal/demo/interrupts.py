"""Ctrl-C, a plain kill and a closed terminal: the first one raises, later ones ask for haste."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any, Self

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """Somebody wants the demo to stop. Not an Exception: nothing on the way may take it for an error."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_status = 128 + number


class Interrupts:
    """While entered, the first signal raises Interrupted in the main thread; any other only sets `hurry`."""

    def __init__(self) -> None:
        self.hurry = False
        self._held = False
        self._before: dict[signal.Signals, Any] = {}

    def hold(self) -> None:
        """From now on nothing is raised: the stop has begun."""
        self._held = True

    def __enter__(self) -> Self:
        for number in _NUMBERS:
            # nohup asks for a process that outlives its terminal.
            if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
                continue
            self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _take(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the signal module's shape
        if self._held:
            self.hurry = True
            return
        self._held = True
        raise Interrupted(number)
