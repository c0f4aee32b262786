"""Short work of others gets its turn while one long piece of work is under way, in the same worker.

Nothing of the long work is given up for it: no lease, no place in a file. It only stands still for a moment.
"""

from __future__ import annotations

import time
from collections.abc import Callable

# How long the long work goes on by itself, and how much time others may have then. A short piece that has begun is finished.
OWN_SECONDS = 2.0
OTHERS_SECONDS = 2.0


class Interlude:
    """Offered again and again by the long work, between two of its steps, outside of any transaction."""

    def __init__(self, work: Callable[[], int]) -> None:
        """`work` does one short piece of work of others and tells how many it did; 0: there is none."""
        self._work = work
        self._next = time.monotonic() + OWN_SECONDS

    def offer(self) -> None:
        """Let others by, when it is time for that."""
        if time.monotonic() < self._next:
            return
        until = time.monotonic() + OTHERS_SECONDS
        while self._work() and time.monotonic() < until:
            pass
        self._next = time.monotonic() + OWN_SECONDS
