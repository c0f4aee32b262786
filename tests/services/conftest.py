"""PostgreSQL and Redis for the tests of this folder: the private servers of tests/servers.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from tests import servers


@pytest.fixture(scope="session")
def real_servers() -> Iterator[servers.Servers]:
    """Both servers, for the whole run of a test process. Tests make databases of their own, or leave what they made."""
    with servers.running() as started:
        yield started


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of two at once belong to the run on PostgreSQL; in a run by hand on SQLite they are not chosen."""
    if connection.vendor == "postgresql":
        return
    others = [item for item in items if item.get_closest_marker("services") and item.get_closest_marker("django_db")]
    items[:] = [item for item in items if item not in others]
    config.hook.pytest_deselected(items=others)
