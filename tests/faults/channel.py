"""How the harness tells a worker to die at a fail point, and how the worker says that it did: files, so that no part that a fault
strikes (database, broker, network) is needed for it. Imports nothing of the portal's, because the workers' module needs it first.

    orders/<point>/<name>   one order each; the worker that renames it away carries it out
    struck/<name>           the order, and which process carried it out for which call
    clocks/<worker>         how many seconds the clock of a worker is off
    media-full              the media folder counts as full (where none can be really filled)
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

# Where a worker finds the folder, and which worker it is.
FOLDER_VARIABLE, WORKER_VARIABLE = "FAULTS_FOLDER", "FAULTS_WORKER"


class Act(StrEnum):
    """What happens to the process at a fail point."""

    KILL = "kill -9"
    ERROR = "database error"
    FREEZE = "freeze"
    PAUSE = "pause"


@dataclass(frozen=True)
class Order:
    """One act, to be carried out once. `name` is its own; `seconds` a freeze or a pause lasts."""

    name: str
    point: str
    act: Act
    seconds: float = 0


@dataclass(frozen=True)
class Struck:
    """An order that was carried out: by the process `pid` of the group `group`, on its way with `call`."""

    order: Order
    pid: int
    group: int
    call: str
    at: float


class Channel:
    """Both ends of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._orders, self._struck, self._clocks = folder / "orders", folder / "struck", folder / "clocks"
        self.media_full = folder / "media-full"

    def prepare(self, points: Sequence[str]) -> None:
        """Make the folders."""
        for path in (*(self._orders / point for point in points), self._struck, self._clocks):
            path.mkdir(parents=True, exist_ok=True)

    # --- The harness ---

    def give(self, order: Order) -> None:
        """Arm it. Written beside its place and moved there, so that nobody reads half of it."""
        draft = self.folder / order.name
        draft.write_text(json.dumps(asdict(order)))
        draft.rename(self._orders / order.point / order.name)

    def take_back(self) -> None:
        """Disarm every order that nobody has carried out."""
        for path in self._orders.glob("*/*"):
            path.unlink(missing_ok=True)

    def struck(self) -> dict[str, Struck]:
        """What was carried out so far, by the name of the order."""
        found = {}
        for path in self._struck.iterdir():
            # One that is being written at this moment is read the next time.
            with suppress(ValueError):
                told = json.loads(path.read_text())
                order = Order(**told.pop("order") | {"act": Act(told.pop("act"))})
                found[order.name] = Struck(order, **told)
        return found

    def set_clock(self, worker: str, seconds: float) -> None:
        """Move the clock of a worker; 0 puts it right."""
        draft = self.folder / f"clock-{worker}"
        draft.write_text(str(seconds))
        draft.rename(self._clocks / worker)

    # --- The worker ---

    def take(self, point: str, call: str) -> Order | None:
        """The next order for this point, if there is one and no other process was faster."""
        for source in sorted((self._orders / point).iterdir()):
            try:
                told = json.loads(source.read_text())
                mine = self.folder / f"{source.name}.{os.getpid()}"
                source.rename(mine)
            except FileNotFoundError:
                continue
            order = Order(**told | {"act": Act(told["act"])})
            evidence = {
                "order": told,
                "act": order.act,
                "pid": os.getpid(),
                "group": os.getpgrp(),
                "call": call,
                "at": time.time(),
            }
            mine.write_text(json.dumps(evidence))
            mine.rename(self._struck / source.name)
            return order
        return None

    def clock(self, worker: str) -> float:
        """How far its clock is off, in seconds."""
        with suppress(OSError, ValueError):
            return float((self._clocks / (worker or "-")).read_text())
        return 0.0
