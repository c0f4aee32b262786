"""The list of data subjects: newest first, masked, each leading to the person's page."""

from __future__ import annotations

import pytest

from portal.models import Organization, User
from privacy.models import DataSubject, PrivacyRequest
from privacy.shredding import shred
from tests.actors import Actors, covers
from tests.admins import queries_of
from tests.conftest import Simulator
from tests.files import people
from tests.pages import Browser
from tests.states import finish, sent_request

pytestmark = pytest.mark.django_db
ADDRESS = "/people/"


@pytest.fixture
def two(simulator: Simulator, organization: Organization, officer: User) -> PrivacyRequest:
    """A request of two people: the first is done, the second failed."""
    request = sent_request(organization, officer, [*people(1), *people(1, prefix="error")])
    finish(simulator)
    request.refresh_from_db()
    return request


@covers("privacy:person-list")
def test_everybody_sees_the_people_of_their_organizations(actors: Actors, two: PrivacyRequest) -> None:
    actors.open(ADDRESS, stranger=200)
    assert len(actors.viewer.page(ADDRESS).rows) == 2
    assert two.number not in actors.stranger.page(ADDRESS).html


def test_a_row_is_masked_and_says_where_the_person_is_worst_off(browser: Browser, two: PrivacyRequest) -> None:
    page = browser.page(ADDRESS)
    second, first = page.rows
    assert (first.one("span", class_="pill").text, second.one("span", class_="pill").text) == ("Complete", "Error")
    subject = DataSubject.objects.get(position=2)
    assert second.one("a", class_="row-link")["href"] == f"/people/{subject.pk}/"
    assert "p…1@e…m" in first.one("td", data_label="Identities").text
    assert second.one("td", data_label="Asks for").text == "Access, Delete"
    assert "example.com" not in page.html


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"state": "failed"}, 1),
        ({"state": "open"}, 0),
        ({"state": "done"}, 2),
        ({"action": "access"}, 2),
        ({"action": "opt-out-of-sale"}, 0),
        ({"law": "gdpr"}, 2),
        ({"law": "ccpa"}, 0),
        ({"due": "open"}, 2),
        ({"assignee": "me"}, 0),
    ],
)
def test_filters_show_what_they_say(browser: Browser, two: PrivacyRequest, query: dict[str, str], count: int) -> None:
    assert len(browser.page(ADDRESS, **query).rows) == count


def test_removed_people_leave_their_place_alone(browser: Browser, two: PrivacyRequest, officer: User) -> None:
    shred(two, officer)
    row = browser.page(ADDRESS).rows[0]
    assert row.one("a", class_="row-link").text.startswith("Person 2")
    assert row.one("td", data_label="Identities").text == "removed"


def test_pages_go_request_by_request_and_each_person_stands_once(
    browser: Browser, organization: Organization, two: PrivacyRequest
) -> None:
    DataSubject.objects.bulk_create(DataSubject(request=two, position=place) for place in range(3, 61))
    seen: list[str] = []
    address = "?columns=request"
    while address:
        page = browser.page(ADDRESS + address)
        seen += [row.one("td", data_label="Request").text for row in page.rows]
        address = next((link for link, words in page.links.items() if words == "Older"), "")
    assert seen == [f"{two.number} place {place}" for place in range(60, 0, -1)]


def test_it_costs_the_same_with_many_rows(browser: Browser, two: PrivacyRequest) -> None:
    few = queries_of(browser, ADDRESS)
    DataSubject.objects.bulk_create(DataSubject(request=two, position=place) for place in range(3, 33))
    assert queries_of(browser, ADDRESS) == few


def test_a_person_without_a_job_yet_is_there(browser: Browser, two: PrivacyRequest) -> None:
    DataSubject.objects.create(request=two, position=3)
    assert browser.page(ADDRESS).rows[0].one("td", data_label="Worst state").text == "no job yet"
