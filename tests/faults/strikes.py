"""Carries out the faults of a schedule, and knows which of them really struck."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from django.db import Error, connection
from urllib3.exceptions import HTTPError

from hygiene import submission as hygiene_submission
from portal.fail_points import FailPoint
from privacy import submission
from privacy.consent import sending
from tests.faults.cells import CELLS, Cell, Deed, Way
from tests.faults.channel import Act, Order, Struck
from tests.faults.database import patiently
from tests.faults.field import Backup, Field
from tests.faults.staff import resume_all
from tests.faults.work import Office, SiteIsAway

logger = logging.getLogger(__name__)

HOUR = 3600.0
PAUSE_SECONDS = 1.5
LAG_SECONDS = 60.0
# A fault of listing stays armed so long; the others strike once and are over.
LIST_FAULT_SECONDS = 15.0
CREATING = ("create", "create", "create", "workorder_create", "consent")
ANY_CALL = (*CREATING, "list", "detail")
# What cannot be undone is not tried by chance: these spoil a call of creating only.
OPERATIONS: dict[str, tuple[str, ...]] = {
    "unauthorized": ANY_CALL,
    "forbidden": CREATING,
    "throttle": ANY_CALL,
    "throttle_date": ANY_CALL,
    "error500": ANY_CALL,
    "error503": ANY_CALL,
    "cut_before_answer": ANY_CALL,
    "accept_then_cut": CREATING,
    "garbage": ANY_CALL,
    "slow": CREATING,
}


@dataclass
class Armed:
    """What was brought about for one cell, and what of it struck."""

    injected: int = 0
    hits: int = 0


@dataclass
class Tally:
    """By cell."""

    rows: dict[str, Armed] = field(default_factory=lambda: {cell.words: Armed() for cell in CELLS})
    # How a kind was done where there is more than one way.
    notes: Counter[str] = field(default_factory=Counter)

    def injected(self, cell: Cell) -> None:
        """It was armed or done."""
        self.rows[cell.words].injected += 1

    def hit(self, cell: Cell) -> None:
        """It struck."""
        self.rows[cell.words].hits += 1


class Strikes:
    """One run's faults. Entering starts the watch that lets frozen processes go on; leaving ends it."""

    def __init__(self, field: Field, tally: Tally) -> None:
        self.field, self.tally = field, tally
        self.office: Office | None = None
        self.backup: Backup | None = None
        self._orders: dict[str, Cell] = {}
        self._seen: set[str] = set()
        # Frozen groups: when to let each go on.
        self._frozen: dict[str, tuple[Struck, float]] = {}
        self._stopped_groups: dict[int, float] = {}
        self._adobe: dict[int, Cell] = {}
        self._adobe_hit: set[int] = set()
        self._later: list[tuple[float, Callable[[], object]]] = []
        self._numbers = Counter[str]()
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._watching, daemon=True)
        self.at_first_byte: set[UUID] = set()

    def __enter__(self) -> Strikes:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()

    # --- One step ---

    def strike(self, cell: Cell, dice: float) -> None:
        """Bring one fault about."""
        if cell.way is Way.POINT:
            self._order(cell)
        elif cell.way is Way.ADOBE:
            self._spoil(cell, dice)
        elif cell.deed is not None:
            self.tally.injected(cell)
            if self._do(cell, cell.deed, dice):
                self.tally.hit(cell)

    def carry_on(self) -> None:
        """What is due between two steps: faults that end, a queue that an administrator lets go on."""
        now = time.monotonic()
        due, self._later = [one for at, one in self._later if at <= now], [one for one in self._later if one[0] > now]
        for one in due:
            one()
        patiently(resume_all)

    def quiet_down(self) -> None:
        """No fault strikes any more; what is frozen goes on when its time has come."""
        self.field.channel.take_back()
        self._count_adobes_hits()
        self.field.adobe("faults", method="DELETE")
        for worker in self.field.workers:
            self.field.channel.set_clock(worker, 0)
        self._later.clear()
        self.wait_for_the_frozen()

    def wait_for_the_frozen(self) -> None:
        """Until every frozen process goes on."""
        until = time.monotonic() + self.field.times.residue + 10
        while (self._frozen or self._stopped_groups) and time.monotonic() < until:
            time.sleep(0.2)

    # --- At a fail point ---

    def _order(self, cell: Cell) -> None:
        assert cell.point is not None
        if any(known is cell and name not in self._seen for name, known in self._orders.items()):
            # One of it waits already for a worker to come by.
            self.tally.notes[f"{cell.words}: still waiting"] += 1
            return
        seconds = self.field.times.residue if cell.past_looks else self.field.times.freeze
        self._give(cell, Order(self._name("order"), cell.point, cell.act, seconds))
        self.tally.injected(cell)

    def _give(self, cell: Cell, order: Order) -> None:
        self._orders[order.name] = cell
        self.field.channel.give(order)

    def _name(self, of: str) -> str:
        self._numbers[of] += 1
        return f"{of}-{self._numbers[of]:05}"

    def _watching(self) -> None:
        while not self._over.wait(0.1):
            for name, struck in self.field.channel.struck().items():
                if name not in self._seen:
                    self._seen.add(name)
                    self._noticed(self._orders[name], struck)
            now = time.time()
            for name, (struck, until) in list(self._frozen.items()):
                if now >= until:
                    self._thaw(name, struck)
            for group, at in list(self._stopped_groups.items()):
                if now >= at:
                    self.field.thaw(group)
                    del self._stopped_groups[group]

    def _noticed(self, cell: Cell, struck: Struck) -> None:
        match struck.order.act:
            case Act.FREEZE:
                self._frozen[struck.order.name] = (struck, struck.at + struck.order.seconds)
                if cell.point is FailPoint.BEFORE_FIRST_BYTE:
                    self.at_first_byte.add(UUID(struck.call))
            case Act.PAUSE:
                if _sweep():
                    self.tally.hit(cell)
            case Act.KILL | Act.ERROR:
                self.tally.hit(cell)

    def _thaw(self, name: str, struck: Struck) -> None:
        """It counts when the process has lived to see its thaw."""
        cell = self._orders[name]
        if _is_stopped(struck.pid):
            self.tally.hit(cell)
        self.field.thaw(struck.group)
        del self._frozen[name]

    # --- At Adobe ---

    def _spoil(self, cell: Cell, dice: float) -> None:
        self.tally.injected(cell)
        if cell.adobe == "refuse":
            self.field.adobe("faults", {"kind": "refuse", "seconds": 1 + dice * 2})
            self.tally.hit(cell)
            return
        options = self._options(cell.adobe, dice)
        fault = self.field.adobe("faults", {"kind": cell.adobe, **options})
        self._adobe[fault["id"]] = cell
        if cell.adobe.startswith("list_"):
            self._afterwards(LIST_FAULT_SECONDS, lambda: self._disarm(fault["id"]))

    def _options(self, kind: str, dice: float) -> dict[str, object]:
        operations = OPERATIONS.get(kind, ())
        options: dict[str, object] = {"match": {"operation": operations[int(dice * len(operations))]}} if operations else {}
        match kind:
            case "throttle" | "throttle_date":
                options["retry_after"] = 2
            case "slow":
                # Some are slower than anybody waits.
                options["seconds"] = 1 + dice * self.field.times.read * 1.5
            case "list_lag":
                options["seconds"] = LAG_SECONDS
            case "list_miss_page" | "list_repeat_page":
                options["times"] = 4
        return options

    def _disarm(self, number: int) -> None:
        self._count_adobes_hits()
        self.field.adobe(f"faults/{number}", method="DELETE")

    def _count_adobes_hits(self) -> None:
        for fault in self.field.adobe("faults")["faults"]:
            if fault["hits"] and fault["id"] in self._adobe and fault["id"] not in self._adobe_hit:
                self._adobe_hit.add(fault["id"])
                self.tally.hit(self._adobe[fault["id"]])

    def _afterwards(self, seconds: float, work: Callable[[], object]) -> None:
        self._later.append((time.monotonic() + seconds, work))

    # --- Deeds ---

    def _do(self, cell: Cell, deed: Deed, dice: float) -> bool:
        """Whether it struck."""
        field = self.field
        worker = field.workers[int(dice * len(field.workers))]
        match deed:
            case Deed.KILL_WORKER:
                return field.kill_group(worker)
            case Deed.KILL_WORKER_MAIN:
                return field.kill_leader(worker)
            case Deed.KILL_BEAT:
                return field.kill_group("beat")
            case Deed.KILL_WEB:
                return field.kill_group("web")
            case Deed.KILL_SUPERVISOR:
                field.kill_supervisor()
                return True
            case Deed.EMPTY_REDIS:
                field.empty_redis()
                return True
            case Deed.CRASH_POSTGRES:
                connection.close()
                field.keeper.crash_postgres()
                return True
            case Deed.FULL_DISK:
                return self._fill_disk(dice)
            case Deed.FREEZE_WORKER:
                return self._freeze(worker)
            case Deed.SWEEP_TWICE:
                # Counts when a sweep stands in the middle and a second one has run meanwhile.
                self._give(cell, Order(self._name("pause"), FailPoint.IN_SWEEP, Act.PAUSE, PAUSE_SECONDS))
                return False
            case Deed.RESTORE:
                return self._restore()
            case Deed.CLOCK_FORWARD | Deed.CLOCK_BACK:
                field.channel.set_clock(worker, HOUR if deed is Deed.CLOCK_FORWARD else -HOUR)
                self._afterwards(5 + dice * 10, lambda: field.channel.set_clock(worker, 0))
                return True

    def _fill_disk(self, dice: float) -> bool:
        """It strikes when the site cannot keep a file; what the workers fetch meanwhile fails as well."""
        assert self.office is not None
        with self.field.full_disk():
            time.sleep(1 + dice)
            try:
                page = self.office.upload(self.office.signed_in(), b'{"users": []}')
            except (HTTPError, SiteIsAway):
                return False
            self.tally.notes[f"answer to an upload on a full disk: {page.status}"] += 1
            return page.status not in {302, 422}

    def _freeze(self, worker: str) -> bool:
        group = self.field.leader(worker)
        if not group:
            return False
        try:
            os.killpg(group, signal.SIGSTOP)
        except ProcessLookupError:
            return False
        self._stopped_groups[group] = time.time() + self.field.times.freeze
        return True

    def back_up(self) -> None:
        """For the next restore."""
        self.backup = self.field.back_up(self._name("backup"))

    def _restore(self) -> bool:
        assert self.office is not None
        assert self.backup is not None
        self.wait_for_the_frozen()
        connection.close()
        self.field.restore(self.backup, before_start=connection.close)
        self.office.sign_out()
        return True


def _is_stopped(pid: int) -> bool:
    with suppress(OSError, IndexError):
        stat = open(f"/proc/{pid}/stat").read()  # noqa: SIM115, PTH123 - a file of the kernel's
        return stat.rpartition(")")[2].split()[0] == "T"
    return False


def _sweep() -> bool:
    """The second sweep, in the thread that watches. Whether it came to its end."""
    try:
        for sweep in (submission.sweep_stale, hygiene_submission.sweep_stale, sending.sweep_stale):
            sweep()
    except Error:
        return False
    finally:
        connection.close()
    return True
