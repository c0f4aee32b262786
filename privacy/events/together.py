"""One write for many threads: while one of them writes, the rows of the others gather, and the next one writes all of those.

What a write to the database costs beside its rows (the statement, the way there and back, the commit) is then shared by as many
as wait; a single thread waits for nobody.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")


class NotWritten(Exception):
    """The thread that wrote for this one could not; its own exception says why."""


@dataclass
class _Waiting(Generic[Row]):
    """The rows of one thread. `is_written` is None until somebody has tried."""

    rows: Sequence[Row]
    is_written: bool | None = None


class Together(Generic[Row]):
    """Hands rows to `write`, those of all waiting threads at once."""

    def __init__(self, write: Callable[[list[Row]], None]) -> None:
        """`write` keeps all rows or, when it raises, none."""
        self._write = write
        self._gathering = threading.Lock()
        self._turn = threading.Lock()
        self._waiting: list[_Waiting[Row]] = []

    def put(self, rows: Sequence[Row]) -> None:
        """Returns when these rows are written. Raises what `write` raises, or NotWritten when another thread got that."""
        mine = _Waiting(rows)
        with self._gathering:
            self._waiting.append(mine)
        with self._turn:
            if mine.is_written is None:
                self._write_all()
        if not mine.is_written:
            raise NotWritten

    def _write_all(self) -> None:
        with self._gathering:
            batch, self._waiting = self._waiting, []
        is_written = False
        try:
            self._write([row for one in batch for row in one.rows])
            is_written = True
        finally:
            for one in batch:
                one.is_written = is_written
