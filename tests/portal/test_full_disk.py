"""Telling a full disk from other faults: what the kernel, SQLite and PostgreSQL say when there is no room."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg
import pytest
from django.db import DatabaseError

from portal import full_disk


def without_room() -> OSError:
    """What the kernel says."""
    with pytest.raises(OSError, match="No space left") as caught:
        Path("/dev/full").write_bytes(b"x")
    return caught.value


def full_sqlite() -> sqlite3.Error:
    """What SQLite says."""
    database = sqlite3.connect(":memory:")
    database.executescript("CREATE TABLE kept (content BLOB); PRAGMA max_page_count = 3")
    with pytest.raises(sqlite3.Error) as caught:
        database.execute("INSERT INTO kept VALUES (zeroblob(100000))")
    database.close()
    return caught.value


def after(cause: Exception) -> Exception:
    """A fault of the database's layer that this led to, met while something else was being cleared away."""
    fault, on_the_way = KeyError(), DatabaseError()
    fault.__context__, on_the_way.__cause__ = on_the_way, cause
    return fault


@pytest.mark.parametrize("cause", [without_room(), OSError(122, "Disk quota exceeded"), full_sqlite(), psycopg.errors.DiskFull()])
def test_a_disk_without_room_is_found_at_the_end_of_what_it_led_to(cause: Exception) -> None:
    assert full_disk.is_cause_of(cause)
    assert full_disk.is_cause_of(after(cause))


@pytest.mark.parametrize(
    "other",
    [None, KeyError(), FileNotFoundError(2, "x"), OSError("x"), sqlite3.OperationalError("x"), psycopg.OperationalError()],
)
def test_other_faults_are_none_of_it(other: Exception | None) -> None:
    assert not full_disk.is_cause_of(other)
