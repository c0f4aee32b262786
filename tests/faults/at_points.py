"""Faults at fail points: orders that wait for a worker to come by, and frozen processes that go on when their time has come."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from portal.fail_points import FailPoint
from tests.faults.cells import Cell
from tests.faults.channel import Act, Order, Struck
from tests.faults.field import Field
from tests.faults.tally import Tally

LOOK_SECONDS = 0.1


class AtPoints:
    """Entering starts the watch over what was carried out; leaving ends it.

    `on_pause` is called, in the thread that watches, while a worker stands still at a pause; it says whether that was a hit.
    """

    def __init__(self, field: Field, tally: Tally, on_pause: Callable[[], bool]) -> None:
        self.field, self.tally, self._on_pause = field, tally, on_pause
        # Calls whose process stood in the last instruction before the first byte for longer than every look, and when it went on.
        self.thawed_at_first_byte: dict[UUID, float] = {}
        self._cells: dict[str, Cell] = {}
        self._seen: set[str] = set()
        self._frozen: dict[str, Struck] = {}
        self._stopped: dict[int, float] = {}
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._watching, daemon=True)

    def __enter__(self) -> Self:
        self._watch.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._watch.join()

    def waiting(self, cell: Cell) -> int:
        """How many of this cell still wait for a worker to come by, or stand frozen."""
        return sum(known is cell and (name not in self._seen or name in self._frozen) for name, known in self._cells.items())

    def order(self, cell: Cell, point: FailPoint, act: Act, seconds: float = 0) -> None:
        """Give one order for this cell."""
        order = Order(f"order-{len(self._cells) + 1:05}", point, act, seconds)
        self._cells[order.name] = cell
        self.field.channel.give(order)

    def stop_for_a_time(self, group: int, seconds: float) -> bool:
        """Freeze a process group from outside. Whether it ran."""
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGSTOP)
            self._stopped[group] = time.time() + seconds
            return True
        return False

    def wait_for_the_frozen(self) -> None:
        """Until every frozen process has gone on."""
        until = time.monotonic() + self.field.times.residue + 10
        while (self._frozen or self._stopped) and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)

    # --- The watch ---

    def _watching(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            for name, struck in self.field.channel.struck().items():
                if name not in self._seen:
                    self._notice(self._cells[name], struck)
                    self._seen.add(name)
            now = time.time()
            for struck in list(self._frozen.values()):
                if now >= struck.at + struck.order.seconds:
                    self._thaw(struck)
            for group in [group for group, until in self._stopped.items() if now >= until]:
                self.field.thaw(group)
                del self._stopped[group]

    def _notice(self, cell: Cell, struck: Struck) -> None:
        match struck.order.act:
            case Act.FREEZE:
                self._frozen[struck.order.name] = struck
            case Act.PAUSE:
                if self._on_pause():
                    self.tally.hit(cell)
            case Act.KILL | Act.ERROR:
                self.tally.hit(cell)

    def _thaw(self, struck: Struck) -> None:
        """It counts when the process has lived to see it."""
        cell = self._cells[struck.order.name]
        if _is_stopped(struck.pid):
            self.tally.hit(cell)
            if cell.past_looks:
                self.thawed_at_first_byte[UUID(struck.call)] = time.time()
        self.field.thaw(struck.group)
        del self._frozen[struck.order.name]


def _is_stopped(pid: int) -> bool:
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    return False
