"""Migrated databases: made by the real command once a run of the tests, and copied after that.

Migrating costs many seconds of processor time. A run starts dozens of stacks (tests/stack.py), and each of its processes has a
test database.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core import management
from django.db import connection

from tests.servers import postgres_programs

SQLITE = "sqlite:///"
# The folder of what is kept, for every process of a run.
FOLDER = "MIGRATED_FOLDER"


def share(config: pytest.Config) -> None:
    """All processes that this one starts keep theirs together, until it ends."""
    if FOLDER not in os.environ:
        os.environ[FOLDER] = folder = tempfile.mkdtemp(prefix="portal-migrated-")

        def forget() -> None:
            shutil.rmtree(folder, ignore_errors=True)
            del os.environ[FOLDER]

        config.add_cleanup(forget)


def bring_up_to_date(database_url: str, migrate: Callable[[], object]) -> None:
    """`migrate` runs the real command on this database: when it is not empty, or the first of its kind."""
    if database_url.startswith(SQLITE):
        if _is_empty_file(database_url):
            path = _path(database_url)
            _first_or_copy("sqlite", migrate, lambda kept: _copy(path, kept), lambda kept: _copy(kept, path))
            return
    elif _is_empty_database(database_url):
        _first_or_copy("postgres", migrate, lambda kept: _dump(database_url, kept), lambda kept: _restore(kept, database_url))
        return
    migrate()


def in_place_of_django(patch: pytest.MonkeyPatch) -> None:
    """The test databases that Django makes are copies too, for as long as the patch lasts."""
    call_command = management.call_command

    def call(name: str, *arguments: Any, **options: Any) -> Any:
        if name != "migrate":
            return call_command(name, *arguments, **options)
        return _bring_test_database_up_to_date(lambda: call_command(name, *arguments, **options))

    patch.setattr(management, "call_command", call)


def _bring_test_database_up_to_date(migrate: Callable[[], object]) -> None:
    if connection.vendor == "postgresql":
        place = connection.settings_dict
        person = f"{place['USER']}:{place['PASSWORD']}"
        bring_up_to_date(f"postgres://{person}@{place['HOST']}:{place['PORT']}/{place['NAME']}", migrate)
        return
    # It is in memory: only through the connection that holds it.
    connection.ensure_connection()
    ours: sqlite3.Connection = connection.connection
    _first_or_copy("sqlite", migrate, lambda kept: _copy(ours, kept), lambda kept: _copy(kept, ours))


def _first_or_copy(kind: str, migrate: Callable[[], object], keep: Callable[[Path], None], load: Callable[[Path], None]) -> None:
    """Whoever comes first migrates while the others wait."""
    kept = _folder() / kind
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_first := not kept.exists():
            migrate()
            half = kept.with_suffix(".half")
            keep(half)
            half.rename(kept)
    if not is_first:
        load(kept)


def _copy(source: Path | sqlite3.Connection, target: Path | sqlite3.Connection) -> None:
    with ExitStack() as opened:
        before, after = (
            one if isinstance(one, sqlite3.Connection) else opened.enter_context(closing(sqlite3.connect(one)))
            for one in (source, target)
        )
        before.backup(after)


def _dump(database_url: str, kept: Path) -> None:
    _run("pg_dump", database_url, "--format=plain", "--no-owner", "--no-privileges", f"--file={kept}")


def _restore(kept: Path, database_url: str) -> None:
    _run("psql", database_url, "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--file={kept}")


def _path(database_url: str) -> Path:
    return Path(database_url.removeprefix(SQLITE))


def _is_empty_file(database_url: str) -> bool:
    with closing(sqlite3.connect(_path(database_url))) as database:
        return not database.execute("SELECT 1 FROM sqlite_schema").fetchall()


def _is_empty_database(database_url: str) -> bool:
    with psycopg.connect(database_url) as server:
        return not server.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public'").fetchall()


def _run(program: str, database_url: str, *options: str) -> None:
    parts = urlsplit(database_url)
    where = {"PGHOST": parts.hostname, "PGPORT": str(parts.port), "PGUSER": parts.username, "PGPASSWORD": parts.password}
    where["PGDATABASE"] = parts.path.lstrip("/")
    subprocess.run(
        [postgres_programs() / program, *options],
        env=os.environ | {name: value for name, value in where.items() if value},
        check=True,
        stdout=subprocess.DEVNULL,
    )


@cache
def _folder() -> Path:
    if FOLDER in os.environ:
        return Path(os.environ[FOLDER])
    folder = tempfile.mkdtemp(prefix="portal-migrated-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
