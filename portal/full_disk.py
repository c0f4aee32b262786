"""Telling that a disk of the portal is full from all other faults."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator

import psycopg

# No room left, or none left that this user may take.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def is_cause_of(error: BaseException | None) -> bool:
    """Whether a file or the database found no room, there or anywhere in what led to this error."""
    return any(_says_so(one) for one in _chain(error))


def _says_so(error: BaseException) -> bool:
    match error:
        case OSError():
            return error.errno in _NO_ROOM
        case sqlite3.Error():
            # Not every error of this kind comes from SQLite itself: then it has no name.
            return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        case psycopg.errors.DiskFull():
            return True
    return False


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
