"""The one clock that all processes share.

Machines disagree about the time, and one of them may be an hour wrong. What two processes decide together (when a claim has
run out, when a row is due, which day it is) is measured by the database's clock alone. SQLite has none of its own: there
every process runs on one machine and reads that machine's clock.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now
from django.utils import timezone

# What conditions and UPDATEs take; a timedelta can be added and taken away.
Moment = datetime | Now | CombinedExpression

# So long is one answer of the database counted on from. Clocks of machines drift by far less than a second meanwhile.
ASK_EVERY_SECONDS = 60.0
# This machine slept, or its clock was set, when its two clocks went on by different times: then the database is asked anew.
_JUMP_SECONDS = 0.5


def now() -> Moment:
    """The time of the statement that it is part of."""
    return Now() if connection.vendor == "postgresql" else timezone.now()


def read() -> datetime:
    """The same clock as a value, for what no statement can compute. Costs a statement once a minute and process."""
    if connection.vendor != "postgresql":
        return timezone.now()
    global _reading  # noqa: PLW0603 - one a process, replaced as a whole
    if _reading is None or not _reading.is_good():
        _reading = _Reading.ask()
    return _reading.counted_on()


@dataclass(frozen=True)
class _Reading:
    """What the database answered, and when that was by the two clocks of this machine."""

    answer: datetime
    monotonic: float
    wall: float

    @classmethod
    def ask(cls) -> _Reading:
        with connection.cursor() as cursor:
            cursor.execute("SELECT statement_timestamp()")
            return cls(cursor.fetchone()[0], time.monotonic(), time.time())

    def is_good(self) -> bool:
        elapsed = time.monotonic() - self.monotonic
        return elapsed < ASK_EVERY_SECONDS and abs(time.time() - self.wall - elapsed) < _JUMP_SECONDS

    def counted_on(self) -> datetime:
        return self.answer + timedelta(seconds=time.monotonic() - self.monotonic)


_reading: _Reading | None = None
