"""A create costs the database as many statements for many people as for one."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api import Api
from tests.files import payload, people

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/requests?confirm=true"


def statements_of(api: Api, count: int, prefix: str) -> list[str]:
    """What one create says to the database, as far as the beginning of each statement."""
    with CaptureQueriesContext(connection) as captured:
        answer = api.post(ADDRESS, payload(people(count, prefix=prefix)), key=prefix)
    assert answer.status_code == 201, answer.content
    return [" ".join(query["sql"].split()[:3]).partition('"s')[0] for query in captured.captured_queries]


def test_a_create_says_the_same_for_a_thousand_people_as_for_one(api: Api) -> None:
    # The first call of a year makes the row of its counter.
    statements_of(api, 1, "first")
    one = statements_of(api, 1, "one")
    assert statements_of(api, 50, "fifty") == one
    assert statements_of(api, 1000, "thousand") == one
