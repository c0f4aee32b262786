"""Chooses the tests of the second run, `pytest -p tests.on_services`: those that a database server or a broker can change.

That is every test that uses the database, the tests of the real services, and the main story in a browser. Pure tests gave their
answer in the first run and drive nothing here; the other tests in a browser are slow. Of a test with many cases the first one is
run: its cases differ in what they are given, not in what they ask of the database. `--every-case` runs them all. What does not
belong here is deselected, not skipped.
"""

from __future__ import annotations

import pytest
from django.db import connection

# `organization` asks for the database as it runs, so it stands here beside pytest-django's own fixtures.
DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "client", "admin_client", "organization"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option that is slow."""
    parser.addoption("--every-case", action="store_true", help="run every case of every test on PostgreSQL and Redis")


def pytest_configure() -> None:
    """Without its servers this run would prove nothing."""
    if connection.vendor != "postgresql":
        raise pytest.UsageError("this run is for PostgreSQL: python -m tests.servers run -- pytest -p tests.on_services")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests that belong to this run."""
    kept: list[pytest.Item] = []
    others: list[pytest.Item] = []
    seen: set[tuple[str, str]] = set()
    for item in items:
        name = (item.nodeid.partition("::")[0], getattr(item, "originalname", item.name))
        is_wanted = name not in seen or config.getoption("--every-case") or item.get_closest_marker("services") is not None
        (kept if is_wanted and belongs_here(item) else others).append(item)
        seen.add(name)
    config.hook.pytest_deselected(items=others)
    items[:] = kept


def belongs_here(item: pytest.Item) -> bool:
    """Whether a test belongs to the run on PostgreSQL and Redis."""
    if item.get_closest_marker("services"):
        return True
    if item.get_closest_marker("browser"):
        return item.get_closest_marker("db_main") is not None
    fixtures: set[str] = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or not fixtures.isdisjoint(DATABASE_FIXTURES)
