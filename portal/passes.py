"""What became of the last passes of each step, and of each task that runs by the clock: one row for each, for administrators.

No work depends on these rows, so a database that refuses one stops nothing. A pass costs one statement, at its end: that a step
began is written by the statement that marks the wake-up of the next worker (portal.steps).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DatabaseError

from portal import clock
from portal.models import StepRun

logger = logging.getLogger(__name__)

# What happens all the time is noted no more often than this by each process.
SELDOM_SECONDS = 60.0
_noted: dict[str, float] = {}


def ended(name: str, began_at: datetime, done: int) -> None:
    """A pass is over, and did so many rows."""
    now = clock.read()
    _write(name, began_at=began_at, ended_at=now, **({"done": done, "done_at": now} if done else {}))


def failed(name: str, began_at: datetime, error: BaseException) -> None:
    """A pass ended by raising `error`, of which only the name is kept: its words may name a person."""
    now = clock.read()
    _write(name, began_at=began_at, ended_at=now, failed_at=now, error=type(error).__name__[:60])


def found_nothing(name: str) -> None:
    """A worker was woken and nothing was due."""
    if _is_time(name):
        _write(name, idle_at=clock.read())


def ended_as_ever(name: str, began_at: datetime, done: int) -> None:
    """The same as `ended` for what runs every few seconds."""
    if _is_time(name):
        ended(name, began_at, done)


@dataclass
class Pass:
    """A pass under way. `done` is for whoever does the work to set."""

    done: int = 0


@contextmanager
def noted(name: str) -> Iterator[Pass]:
    """Note when the block begins and how it ends. One that is killed has begun and not ended."""
    began, one = clock.read(), Pass()
    _write(name, began_at=began)
    try:
        yield one
    except BaseException as error:
        failed(name, began, error)
        raise
    ended(name, began, one.done)


def run(name: str, began_at: datetime, work: Callable[[], int]) -> int:
    """Do `work` and note how it ended; its beginning is noted by the caller. Gives what `work` gives."""
    try:
        done = work()
    except BaseException as error:
        failed(name, began_at, error)
        raise
    ended(name, began_at, done)
    return done


def _is_time(name: str) -> bool:
    now = time.monotonic()
    if now < _noted.get(name, now):
        return False
    _noted[name] = now + SELDOM_SECONDS
    return True


def _write(name: str, **fields: Any) -> None:
    try:
        if not StepRun.objects.filter(step=name).update(**fields):
            StepRun.objects.bulk_create([StepRun(step=name, **fields)], ignore_conflicts=True)
    except DatabaseError as error:
        logger.warning("a pass of %s was not noted: %s", name, type(error).__name__)
