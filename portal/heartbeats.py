"""Which processes are alive. A worker's main process writes its row every few seconds; beat's row is written by the sweep that it
publishes, so it proves beat, the broker and a worker at once. All times in the rows are the database's own.

The row is written from the worker's own loop, never from a thread beside it: the pool forks there too, and a fork in the middle
of a statement could leave a child that hangs. Hence a worker that has lost its broker falls silent as well.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from celery import bootsteps
from django.conf import settings
from django.db import Error, connection
from django.db.models.functions import Now

from portal.celery import app
from portal.models import Heartbeat, ProcessKind

logger = logging.getLogger(__name__)

BEAT = "beat"
FORGOTTEN_AFTER = timedelta(days=7)
# So many beats, or sweeps, may be missed: a slow database alone makes nobody silent.
BEATS_MISSED, SWEEPS_MISSED = 4, 3

_CLOCKS = {
    "postgresql": "SELECT statement_timestamp()",
    "sqlite": "SELECT strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')",
}


@dataclass(frozen=True)
class Process:
    """One process that has shown itself in the last week. `age`: how long ago it did last; `clock_skew` in milliseconds."""

    name: str
    kind: ProcessKind
    started_at: datetime
    seen_at: datetime
    age: timedelta
    clock_skew: int

    @property
    def is_silent(self) -> bool:
        """Whether it should have shown itself again long ago."""
        return self.age > silent_after(self.kind)


def silent_after(kind: ProcessKind) -> timedelta:
    """How long a process may say nothing: beat is heard of with every sweep only."""
    beats = BEATS_MISSED * settings.HEARTBEAT_EVERY_SECONDS
    return timedelta(seconds=max(beats, SWEEPS_MISSED * settings.SWEEP_EVERY_SECONDS) if kind == ProcessKind.BEAT else beats)


def database_now() -> datetime:
    """The database's clock, which all processes share. Raises django.db.Error."""
    with connection.cursor() as cursor:
        cursor.execute(_CLOCKS[connection.vendor])
        return datetime.fromisoformat(str(cursor.fetchone()[0]))


def clock_skew() -> int:
    """How far this machine's clock is ahead of the database's, in milliseconds. Raises django.db.Error."""
    before = time.time()
    theirs = database_now().timestamp()
    return round(((before + time.time()) / 2 - theirs) * 1000)


def begin(name: str, kind: ProcessKind) -> None:
    """A process has begun. Raises django.db.Error."""
    fields = {"kind": kind, "started_at": Now(), "seen_at": Now(), "clock_skew": clock_skew()}
    Heartbeat.objects.update_or_create(name=name, defaults=fields)


def note(name: str, kind: ProcessKind) -> None:
    """A process is alive. Raises django.db.Error."""
    if not Heartbeat.objects.filter(pk=name).update(seen_at=Now(), clock_skew=clock_skew()):
        begin(name, kind)


def end(name: str) -> None:
    """A process ends in good order: nobody is to miss it. Raises django.db.Error."""
    Heartbeat.objects.filter(pk=name).delete()


def processes() -> list[Process]:
    """Every process of the last week, by name. Raises django.db.Error."""
    now = database_now()
    rows = Heartbeat.objects.filter(seen_at__gte=now - FORGOTTEN_AFTER).order_by("kind", "name")
    return [
        Process(
            row.name, ProcessKind(row.kind), row.started_at, row.seen_at, max(now - row.seen_at, timedelta(0)), row.clock_skew
        )
        for row in rows
    ]


def forget_old() -> int:
    """Remove the rows of processes that have been silent for a week. Returns how many."""
    return Heartbeat.objects.filter(seen_at__lt=database_now() - FORGOTTEN_AFTER).delete()[0]


# --- In the worker ---


class Pulse:
    """The heartbeat of this process. A database that is away is logged once, and tried again with every beat."""

    def __init__(self, name: str) -> None:
        """`name`: of the worker, one of its own each."""
        self.name = name
        self._begun = False
        self._away = False

    def beat(self) -> None:
        """Write the row."""
        if self._do(note if self._begun else begin, self.name, ProcessKind.WORKER):
            self._begun = True

    def stop(self) -> None:
        """Take the row away."""
        self._do(end, self.name)

    def _do(self, write: Any, *arguments: Any) -> bool:
        try:
            write(*arguments)
        except Error as error:
            if not self._away:
                logger.warning("no heartbeat of %s: the database is away (%s); tried again", self.name, type(error).__name__)
            self._away = True
            return False
        finally:
            # The pool forks from this process: no child is to inherit an open connection.
            connection.close()
        if self._away:
            logger.info("the heartbeat of %s is back", self.name)
        self._away = False
        return True


class WorkerPulse(bootsteps.StartStopStep):
    """Beats for as long as the worker runs."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **options: Any) -> None:
        """`parent`: the worker."""
        self._pulse = Pulse(parent.hostname)
        self._timer: Any = None
        super().__init__(parent, **options)

    def start(self, parent: Any) -> None:
        """The pool runs."""
        self._pulse.beat()
        self._timer = parent.timer.call_repeatedly(settings.HEARTBEAT_EVERY_SECONDS, self._pulse.beat)

    def stop(self, parent: Any) -> None:  # noqa: ARG002 - Celery's signature
        """The worker ends in good order."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._pulse.stop()

    terminate = stop


def connect() -> None:
    """Let every worker beat."""
    app.steps["worker"].add(WorkerPulse)
