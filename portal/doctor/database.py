"""The database server, and whether it knows this code's tables."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.db import Error, connection

from portal.doctor.findings import Finding, ok, problem, warning
from portal.health import probes

DATABASE, MIGRATIONS = "database", "migrations"
OLDEST_POSTGRES = 15
# Each would let PostgreSQL say that a claim is kept before it is on the disk.
DURABLE = {"fsync": "on", "synchronous_commit": ("on", "remote_apply", "remote_write", "local"), "full_page_writes": "on"}


def server() -> Iterator[Finding]:
    """Reachable, new enough, and keeping what it says that it keeps."""
    try:
        connection.ensure_connection()
        yield from _postgres() if connection.vendor == "postgresql" else _sqlite()
    except Error as error:
        yield problem(
            DATABASE,
            f"The database does not answer ({type(error).__name__}).",
            "Check that it runs, that this machine may reach it, and the name, user and password in DATABASE_URL.",
        )


def _sqlite() -> Iterator[Finding]:
    if settings.PORTAL_ENVIRONMENT == "production":
        yield problem(DATABASE, "SQLite is for the demo and for tests.", "Set DATABASE_URL to a PostgreSQL address.")
    else:
        yield ok(DATABASE, "SQLite, as it should be outside production.")


def _postgres() -> Iterator[Finding]:
    version, encoding = _shown("server_version"), _shown("server_encoding")
    if int(_shown("server_version_num")) < OLDEST_POSTGRES * 10_000:
        yield problem(DATABASE, f"PostgreSQL {version} is too old.", f"Upgrade it to {OLDEST_POSTGRES} or newer.")
    if encoding != "UTF8":
        yield problem(
            DATABASE, f"The database is encoded in {encoding}.", "Make it anew with encoding UTF8, and restore into it."
        )
    loose = [name for name, wanted in DURABLE.items() if _shown(name) not in wanted]
    if loose:
        yield warning(
            DATABASE,
            f"PostgreSQL may lose what it has confirmed when the power fails; off: {', '.join(loose)}.",
            "Switch them on: a claim that is lost after the call went out is a call that may go out twice.",
        )
    yield ok(DATABASE, f"PostgreSQL {version} answers, encoded in {encoding}.")


def _shown(setting: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [setting])
        return str(cursor.fetchone()[0])


def migrations() -> Iterator[Finding]:
    """Whether the tables are those of this code."""
    missing = probes.missing_migrations()
    if missing:
        yield problem(MIGRATIONS, f"Not applied: {', '.join(missing)}.", "Run manage.py migrate.")
    else:
        yield ok(MIGRATIONS, "All are applied.")
