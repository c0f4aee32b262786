"""The search box answers from an index: of none of the large tables does PostgreSQL have to read every row."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.models import Organization, User
from portal.search import finding
from privacy import people
from privacy.models import PrivacyRequest
from tests import opt_outs
from tests.files import confirmed_request, payload
from tests.files import people as some_people
from tests.steps import work

pytestmark = [pytest.mark.services, pytest.mark.django_db]
# Those that grow with the number of people and jobs.
LARGE = (
    "privacy_identitydigest",
    "privacy_datasubject",
    "privacy_privacyrequest",
    "privacy_submission",
    "privacy_job",
    "privacy_productresponse",
    "privacy_optout",
    "privacy_optoutdigest",
    "hygiene_recorddelete",
    "hygiene_workorder",
    "hygiene_datasetexpiration",
)


def read_whole(queries: CaptureQueriesContext) -> set[str]:
    """The large tables of which a query has to read every row, even where that is made as dear as can be."""
    found = set()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for query in queries.captured_queries:
            if query["sql"].startswith("SELECT"):
                cursor.execute("EXPLAIN " + query["sql"].replace("%", "%%"))
                found |= set(re.findall(r"Seq Scan on (\w+)", "\n".join(line for (line,) in cursor.fetchall())))
        cursor.execute("SET LOCAL enable_seqscan = on")
    return found & set(LARGE)


@pytest.fixture
def request_row(organization: Organization, officer: User) -> PrivacyRequest:
    """Something to find."""
    opt_outs.confirmed(organization, officer, opt_outs.payload("person1@example.com"))
    work("index")
    return confirmed_request(organization, officer, payload(some_people(3)))


@pytest.mark.parametrize("typed", ["person1@example.com", "person-1", "PR-2026-000001", "1", "0a1b2c3d-job-id"])
def test_a_search_reads_no_large_table_whole(officer: User, request_row: PrivacyRequest, typed: str) -> None:
    person = User.objects.get(pk=officer.pk)
    with CaptureQueriesContext(connection) as queries:
        finding.find(person, finding.Wanted(typed))
    assert len(queries) > 5
    assert read_whole(queries) == set()


def test_a_persons_page_reads_no_large_table_whole(officer: User, request_row: PrivacyRequest) -> None:
    subject = people.visible_to(officer).get(request=request_row, position=1)
    with CaptureQueriesContext(connection) as queries:
        people.read(subject, revealed=False)
    assert len(queries) > 3
    assert read_whole(queries) == set()


def test_a_query_without_an_index_would_be_noticed(request_row: PrivacyRequest) -> None:
    with CaptureQueriesContext(connection) as queries:
        list(PrivacyRequest.objects.filter(people=3).values_list("pk"))
    assert read_whole(queries) == {"privacy_privacyrequest"}
