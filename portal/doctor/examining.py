"""The order of the examinations. What needs the database is left out when it does not answer."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator

from django.core import checks
from django.db import Error

from portal.doctor import adobe, database, keys, processes, storage
from portal.doctor.findings import Finding, Level, ok, problem

Examination = Callable[[], Iterator[Finding]]

_WITHOUT_DATABASE: tuple[Examination, ...] = (storage.broker, storage.media, storage.static_files)
_WITH_DATABASE: tuple[Examination, ...] = (
    keys.master_keys,
    processes.clock,
    processes.workers,
    processes.beat,
    processes.queues,
)


def examine(*, ask_adobe: bool, seconds: float) -> Iterator[Finding]:
    """Every finding, as it is found. Adobe is asked for `seconds` at most."""
    is_there = yield from _noting(database.server)
    for examination in _WITHOUT_DATABASE:
        yield from examination()
    # Without its tables every further question to the database fails, and says nothing new.
    is_there = is_there and (yield from _noting(database.migrations))
    for examination in _WITH_DATABASE if is_there else ():
        yield from _noting(examination)
    yield from settings_checks(with_database=is_there)
    if is_there and ask_adobe:
        yield from _noting(lambda: adobe.organizations(seconds))


def _noting(examination: Examination) -> Generator[Finding, None, bool]:
    """Gives its findings, and at the end whether none of them is a problem. The database may go away in the middle."""
    is_well = True
    try:
        for finding in examination():
            is_well = is_well and finding.level != Level.PROBLEM
            yield finding
    except Error as error:
        yield problem(
            database.DATABASE,
            f"A question to the database failed ({type(error).__name__}).",
            "It went away meanwhile, or its tables are not those of this code: look into the log of PostgreSQL.",
        )
        return False
    return is_well


def settings_checks(*, with_database: bool) -> Iterator[Finding]:
    """Django's own checks and ours (`manage.py check`)."""
    found = checks.run_checks(databases=["default"] if with_database else None)
    serious = [each for each in found if each.level >= checks.WARNING and not each.is_silenced()]
    for each in serious:
        level = Level.PROBLEM if each.level >= checks.ERROR else Level.WARNING
        yield Finding("settings", level, f"{each.msg} ({each.id})", each.hint or "See Django's documentation of this check.")
    if not serious:
        yield ok("settings", "No check complains.")
