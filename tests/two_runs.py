"""Which tests `make test` runs on SQLite and which on PostgreSQL with Redis: `pytest -p tests.two_runs`, once on each.

Every test runs on one of them at least:

- on both: the promises (PROMISES: what locks, claims and leases, speaks SQL of its own, searches, or is a whole story), whatever
  commits, and the main story in a browser;
- on PostgreSQL: what needs the real services, and of all other tests of the database (pages, forms, the API, single functions)
  the first case, because that is the database of production;
- on SQLite: what uses no database, the other tests in a browser, and the further cases of tests that have many: they differ in
  what they are given, not in what they ask of the database. The first test of each module is there too, so that neither database
  is without any of it.

`--every-case` runs all cases of everything that uses the database on both. What does not belong to a run is deselected, not
skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

import pytest
from django.db import connection


class Side(StrEnum):
    """A run, by the vendor of its database."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


Sides = frozenset[Side]
BOTH: Sides = frozenset(Side)
ON_SQLITE: Sides = frozenset({Side.SQLITE})
ON_POSTGRESQL: Sides = frozenset({Side.POSTGRESQL})

# `organization` asks for the database as it runs, so it stands here beside pytest-django's own fixtures.
DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "client", "admin_client", "organization"}
COMMITTING_FIXTURES = {"transactional_db", "live_server"}
PROMISES = (
    "tests/flows/",
    "tests/hygiene/test_intake.py",
    "tests/hygiene/test_quota.py",
    "tests/hygiene/test_searching.py",
    "tests/portal/test_audit.py",
    "tests/portal/test_bulk.py",
    "tests/portal/test_doctor.py",
    "tests/portal/test_heartbeats.py",
    "tests/portal/test_indexes.py",
    "tests/portal/test_leases.py",
    "tests/portal/test_models.py",
    "tests/portal/test_outbound.py",
    "tests/portal/test_pace.py",
    "tests/portal/test_paging.py",
    "tests/portal/test_passes.py",
    "tests/portal/test_rotation.py",
    "tests/portal/test_search.py",
    "tests/portal/test_steps.py",
    "tests/portal/test_tally.py",
    "tests/portal/test_turns.py",
    "tests/portal/test_updates.py",
    "tests/privacy/test_hand_over.py",
    "tests/privacy/test_indexing.py",
    "tests/privacy/test_intake.py",
    "tests/privacy/test_planning.py",
    "tests/privacy/test_request_shred.py",
    "tests/privacy/test_searching.py",
    "tests/privacy/test_submission.py",
)
# Everything that a process has collected, before its run has chosen: tests/test_two_runs.py looks at it.
COLLECTED = pytest.StashKey[Sequence[pytest.Item]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option that is slow."""
    parser.addoption("--every-case", action="store_true", help="run every case of every test of the database on both databases")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of this run."""
    config.stash[COLLECTED] = [*items]
    here = Side(connection.vendor)
    sides = sides_of(items, every_case=config.getoption("--every-case"))
    config.hook.pytest_deselected(items=[item for item in items if here not in sides[item]])
    items[:] = [item for item in items if here in sides[item]]


def sides_of(items: Sequence[pytest.Item], *, every_case: bool = False) -> dict[pytest.Item, Sides]:
    """Where each of these tests runs."""
    first_cases = _first_by(function_of, items)
    first_of_modules = _first_by(module_of, filter(uses_database, items))

    def sides(item: pytest.Item) -> Sides:
        if item.get_closest_marker("services"):
            return ON_POSTGRESQL
        if item.get_closest_marker("browser"):
            return BOTH if item.get_closest_marker("db_main") else ON_SQLITE
        if not uses_database(item):
            return ON_SQLITE
        if every_case:
            return BOTH
        if item not in first_cases:
            return ON_SQLITE
        return BOTH if is_promise(item) or item in first_of_modules else ON_POSTGRESQL

    return {item: sides(item) for item in items}


def module_of(item: pytest.Item) -> str:
    """Its file."""
    return item.nodeid.partition("::")[0]


def function_of(item: pytest.Item) -> str:
    """The test that it is a case of."""
    return f"{module_of(item)}::{getattr(item, 'originalname', item.name)}"


def uses_database(item: pytest.Item) -> bool:
    """Whether it has Django's test database."""
    return item.get_closest_marker("django_db") is not None or not _fixtures(item).isdisjoint(DATABASE_FIXTURES)


def is_promise(item: pytest.Item) -> bool:
    """Whether both databases have to hold it."""
    marker = item.get_closest_marker("django_db")
    commits = marker is not None and bool(marker.kwargs.get("transaction"))
    return commits or item.nodeid.startswith(PROMISES) or not _fixtures(item).isdisjoint(COMMITTING_FIXTURES)


def _fixtures(item: pytest.Item) -> set[str]:
    return set(getattr(item, "fixturenames", ()))


def _first_by(key: Callable[[pytest.Item], str], items: Iterable[pytest.Item]) -> set[pytest.Item]:
    """Of those with the same key, the first."""
    first: dict[str, pytest.Item] = {}
    for item in items:
        first.setdefault(key(item), item)
    return set(first.values())
