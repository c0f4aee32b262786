"""Emptying the database after a test that committed.

Django empties every table and then makes the rights, groups, laws and products anew, which costs more than most tests. Here what
the migrations put into a new database stays, as long as the test left it alone, and only tables that have rows are emptied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import TransactionTestCase

Filled = dict[str, list[tuple[Any, ...]]]

# What stood in the new database, by table; none before there is one.
_filled: Filled = {}
_by_django: Callable[[TransactionTestCase], None] = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]


def instead_of_django(patch: pytest.MonkeyPatch) -> None:
    """Empty this way from now on. To be called with a new database."""
    remember()
    patch.setattr(TransactionTestCase, "_fixture_teardown", _empty)


def remember() -> None:
    """What stands in the database now is what a new one holds."""
    _filled.clear()
    _filled.update({table: _rows_of(table) for table in _with_rows(_tables())})


def begin_anew() -> None:
    """Make the database of a running stack what it was when it was remembered: for its processes all rows are gone at once."""
    # References are looked at when the transaction ends, so the order does not matter.
    with transaction.atomic(), connection.cursor() as cursor:
        for table in {*_with_rows(_tables()), *_filled}:
            rows = _filled.get(table, [])
            if _rows_of(table) != rows:
                cursor.execute(f"DELETE FROM {_quoted(table)}")  # noqa: S608 - a table of ours
                for row in rows:
                    cursor.execute(f"INSERT INTO {_quoted(table)} VALUES ({', '.join(['%s'] * len(row))})", row)  # noqa: S608


def _empty(case: TransactionTestCase) -> None:
    if any(_rows_of(table) != rows for table, rows in _filled.items()):
        _by_django(case)
        remember()
        return
    others = _with_rows(table for table in _tables() if table not in _filled)
    # References are looked at when the transaction ends, so the order does not matter.
    with transaction.atomic(), connection.cursor() as cursor:
        for table in others:
            cursor.execute(f"DELETE FROM {_quoted(table)}")  # noqa: S608 - a table of ours


@cache
def _tables() -> list[str]:
    return connection.introspection.django_table_names(only_existing=False, include_views=False)


def _with_rows(tables: Iterable[str]) -> list[str]:
    """Those of these tables that are not empty; one question for all."""
    questions = [f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {_quoted(table)})" for table in tables]  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(questions))
        return [name for (name,) in cursor.fetchall()]


def _rows_of(table: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {_quoted(table)} ORDER BY 1")  # noqa: S608
        return list(cursor.fetchall())


def _quoted(table: str) -> str:
    return connection.ops.quote_name(table)
