"""Faults that the harness brings about itself: each kills, empties, fills, restarts, restores or moves a part of the stack."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.db import Error, connection
from urllib3.exceptions import HTTPError

from hygiene import submission as hygiene_submission
from portal.fail_points import FailPoint
from privacy import submission
from privacy.consent import sending
from tests.faults.at_points import AtPoints
from tests.faults.cells import Cell, Deed
from tests.faults.channel import Act
from tests.faults.field import Backup, Field
from tests.faults.tally import Tally
from tests.faults.work import Office, SiteIsAway

HOUR = 3600.0
PAUSE_SECONDS = 1.5
# What the site says when it could keep a file, or has read it and found it wrong.
KEPT = (302, 422)


class Deeds:
    """`do` carries one out and says whether it struck."""

    def __init__(
        self, field: Field, tally: Tally, points: AtPoints, afterwards: Callable[[float, Callable[[], object]], None]
    ) -> None:
        self.field, self.tally, self.points, self._afterwards = field, tally, points, afterwards
        self.office: Office | None = None
        self.backup: Backup | None = None
        self._done: dict[Deed, Callable[[Cell, float], bool]] = {
            Deed.KILL_WORKER: lambda _, dice: field.kill_group(self._worker(dice)),
            Deed.KILL_WORKER_MAIN: lambda _, dice: field.kill_leader(self._worker(dice)),
            Deed.KILL_BEAT: lambda *_: field.kill_group("beat"),
            Deed.KILL_WEB: lambda *_: field.kill_group("web"),
            Deed.KILL_SUPERVISOR: lambda *_: field.kill_supervisor(),
            Deed.EMPTY_REDIS: lambda *_: field.empty_redis(),
            Deed.CRASH_POSTGRES: self._crash_postgres,
            Deed.FULL_DISK: self._fill_disk,
            Deed.FREEZE_WORKER: self._freeze_worker,
            Deed.SWEEP_TWICE: self._sweep_twice,
            Deed.RESTORE: self._restore,
            Deed.CLOCK_FORWARD: lambda _, dice: self._move_clock(dice, HOUR),
            Deed.CLOCK_BACK: lambda _, dice: self._move_clock(dice, -HOUR),
        }

    def do(self, cell: Cell, deed: Deed, dice: float) -> bool:
        """Whether it struck by now; a sweep that is met by a second one counts later."""
        return self._done[deed](cell, dice)

    def back_up(self, name: str) -> None:
        """For the next restore."""
        self.backup = self.field.back_up(name)

    def _worker(self, dice: float) -> str:
        return self.field.workers[int(dice * len(self.field.workers))]

    def _crash_postgres(self, _: Cell, __: float) -> bool:
        connection.close()
        self.field.keeper.crash_postgres()
        return True

    def _fill_disk(self, _: Cell, dice: float) -> bool:
        """It strikes when the site cannot keep a file; what workers fetch meanwhile fails as well."""
        assert self.office is not None
        with self.field.full_disk() as fill_again:
            time.sleep(1 + dice)
            # Workers have removed files meanwhile that were read to their end.
            fill_again()
            try:
                page = self.office.upload(self.office.signed_in(), b'{"users": []}')
            except (HTTPError, SiteIsAway):
                return False
        self.tally.notes[f"the site's answer to an upload on a full disk: {page.status}"] += 1
        return page.status not in KEPT

    def _freeze_worker(self, _: Cell, dice: float) -> bool:
        group = self.field.leader(self._worker(dice))
        return bool(group) and self.points.stop_for_a_time(group, self.field.times.freeze)

    def _sweep_twice(self, cell: Cell, _: float) -> bool:
        """A sweep stands still before its commit; the harness sweeps meanwhile. Counted when that has happened."""
        self.points.order(cell, FailPoint.IN_SWEEP, Act.PAUSE, PAUSE_SECONDS)
        return False

    def _restore(self, _: Cell, __: float) -> bool:
        assert self.office is not None
        assert self.backup is not None
        self.points.wait_for_the_frozen()
        connection.close()
        self.field.restore(self.backup, before_start=connection.close)
        self.office.sign_out()
        return True

    def _move_clock(self, dice: float, seconds: float) -> bool:
        worker = self._worker(dice)
        self.field.channel.set_clock(worker, seconds)
        self._afterwards(5 + dice * 10, lambda: self.field.channel.set_clock(worker, 0))
        return True


def sweep_meanwhile() -> bool:
    """The second sweep, in the thread that watches. Whether it came to its end.

    It waits for no row for long: who holds one may be frozen, and it is this thread that lets him go on.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '4s'")
        for sweep in (submission.sweep_stale, hygiene_submission.sweep_stale, sending.sweep_stale):
            sweep()
    except Error:
        return False
    finally:
        connection.close()
    return True
