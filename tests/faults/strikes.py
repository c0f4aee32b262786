"""Carries out the faults of a schedule, whichever way each is brought about."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self
from uuid import UUID

from tests.faults.at_adobe import AtAdobe
from tests.faults.at_points import AtPoints
from tests.faults.cells import Cell, Way
from tests.faults.database import patiently
from tests.faults.deeds import Deeds, sweep_meanwhile
from tests.faults.field import Field
from tests.faults.staff import resume_all
from tests.faults.tally import Tally
from tests.faults.work import Office


class Strikes:
    """One run's faults. Entering starts the watch that lets frozen processes go on; leaving ends it."""

    def __init__(self, field: Field, tally: Tally) -> None:
        self.field, self.tally = field, tally
        self._later: list[tuple[float, Callable[[], object]]] = []
        self._points = AtPoints(field, tally, sweep_meanwhile)
        self._adobe = AtAdobe(field, tally, self._afterwards)
        self._deeds = Deeds(field, tally, self._points, self._afterwards)
        self._backups = 0

    def __enter__(self) -> Self:
        self._points.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._points.__exit__(kind, error, trace)

    @property
    def thawed_at_first_byte(self) -> dict[UUID, float]:
        """Calls whose process stood before the first byte for longer than every look, and when it went on."""
        return self._points.thawed_at_first_byte

    def work_with(self, office: Office) -> None:
        """Whose site, sessions and backup the faults are about from now on."""
        self._deeds.office = office

    def strike(self, cell: Cell, dice: float) -> None:
        """Bring one fault about, unless one of the kind still waits for something to strike."""
        # Two workers may stand for longer than every look at the same time, as that takes so long.
        if self._points.waiting(cell) > cell.past_looks or self._adobe.waits(cell):
            return
        self.tally.injected(cell)
        match cell.way:
            case Way.POINT:
                self._order(cell)
            case Way.ADOBE:
                self._adobe.spoil(cell, dice)
            case Way.DEED:
                assert cell.deed is not None
                if self._deeds.do(cell, cell.deed, dice):
                    self.tally.hit(cell)

    def carry_on(self) -> None:
        """What is due between two steps: faults that end, a queue that an administrator lets go on."""
        now = time.monotonic()
        due, self._later = [one for at, one in self._later if at <= now], [one for one in self._later if one[0] > now]
        for one in due:
            one()
        self._adobe.count()
        patiently(resume_all)

    def back_up(self) -> None:
        """For the next restore."""
        self._backups += 1
        self._deeds.back_up(f"backup-{self._backups}")

    def quiet_down(self) -> None:
        """No fault strikes any more; what is frozen goes on when its time has come."""
        self.field.channel.take_back()
        self._adobe.disarm()
        self._later.clear()
        for worker in self.field.workers:
            self.field.channel.set_clock(worker, 0)
        self._points.wait_for_the_frozen()

    def _order(self, cell: Cell) -> None:
        assert cell.point is not None
        times = self.field.times
        self._points.order(cell, cell.point, cell.act, times.residue if cell.past_looks else times.freeze)

    def _afterwards(self, seconds: float, work: Callable[[], object]) -> None:
        self._later.append((time.monotonic() + seconds, work))
