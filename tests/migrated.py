"""A migrated database for a stack (tests/stack.py): made by the real command once a test process, and copied after that.

Migrating costs five seconds of processor time, and a run starts dozens of stacks.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.servers import postgres_programs

SQLITE = "sqlite:///"


def bring_up_to_date(database_url: str, migrate: Callable[[], object]) -> None:
    """`migrate` runs the real command on this database: when it is not empty, or the first of its kind."""
    is_sqlite = database_url.startswith(SQLITE)
    kept = _folder() / ("sqlite" if is_sqlite else "postgres")
    if not (_is_empty_file if is_sqlite else _is_empty_database)(database_url):
        migrate()
    elif kept.exists():
        (_load_file if is_sqlite else _load_database)(kept, database_url)
    else:
        migrate()
        (_keep_file if is_sqlite else _keep_database)(database_url, kept)


def _keep_file(database_url: str, kept: Path) -> None:
    _copy_file(_path(database_url), kept)


def _load_file(kept: Path, database_url: str) -> None:
    _copy_file(kept, _path(database_url))


def _keep_database(database_url: str, kept: Path) -> None:
    _run("pg_dump", database_url, "--format=plain", "--no-owner", "--no-privileges", f"--file={kept}")


def _load_database(kept: Path, database_url: str) -> None:
    _run("psql", database_url, "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--file={kept}")


def _copy_file(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as before, closing(sqlite3.connect(target)) as after:
        before.backup(after)


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
    folder = tempfile.mkdtemp(prefix="portal-migrated-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
