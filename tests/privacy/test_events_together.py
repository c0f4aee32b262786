"""Many threads write as one: nobody returns before its rows are written, and a failure is everybody's whose rows were in it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from privacy.events.together import NotWritten, Together
from tests.adobe_events import eventually


class Store:
    """Keeps what is written; the first write waits until it is let go."""

    def __init__(self) -> None:
        self.writes: list[list[str]] = []
        self.begun, self.let_go = threading.Event(), threading.Event()
        self.fails = False

    def write(self, rows: list[str]) -> None:
        self.begun.set()
        self.let_go.wait(10)
        if self.fails:
            raise OSError("the disk is full")
        self.writes.append(rows)


def started(*acts: Callable[[], None]) -> list[threading.Thread]:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    return threads


def gathered(together: Together[str], count: int) -> None:
    eventually(lambda: len(together._waiting) == count)


def test_what_gathers_during_a_write_goes_as_one() -> None:
    store = Store()
    together = Together(store.write)
    threads = started(lambda: together.put(["a"]))
    store.begun.wait(10)
    threads += started(*(lambda row=row: together.put([row]) for row in "bcd"))
    gathered(together, 3)
    assert all(thread.is_alive() for thread in threads)
    store.let_go.set()
    for thread in threads:
        thread.join(10)
    assert [sorted(rows) for rows in store.writes] == [["a"], ["b", "c", "d"]]


def test_a_failed_write_is_said_to_everybody_whose_rows_were_in_it() -> None:
    store, heard = Store(), []
    together = Together(store.write)

    def put(row: str) -> None:
        try:
            together.put([row])
        except (OSError, NotWritten) as error:
            heard.append((row, type(error)))

    threads = started(lambda: put("a"))
    store.begun.wait(10)
    threads += started(lambda: put("b"), lambda: put("c"))
    gathered(together, 2)
    store.fails = True
    store.let_go.set()
    for thread in threads:
        thread.join(10)
    assert sorted(row for row, _ in heard) == ["a", "b", "c"]
    assert sorted(kind.__name__ for row, kind in heard if row != "a") == ["NotWritten", "OSError"]
    store.fails = False
    together.put(["d"])
    assert store.writes == [["d"]]


def test_a_single_thread_hears_its_own_error() -> None:
    store = Store()
    store.let_go.set()
    store.fails = True
    with pytest.raises(OSError, match="disk"):
        Together(store.write).put(["a"])
