"""The list of opt-outs: both of Adobe's ways, each explained, with what belongs to it."""

from __future__ import annotations

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from portal.models import Organization, User
from privacy.consent import intake
from tests.actors import Actors, covers
from tests.files import confirmed_request, payload, people
from tests.opt_outs import address_of, confirmed, draft
from tests.pages import Browser
from tests.states import address_of as address_of_request

pytestmark = pytest.mark.django_db
LIST = "/opt-outs/"


@covers("privacy:opt-out-list")
def test_people_see_those_of_their_organizations(actors: Actors, organization: Organization, officer: User) -> None:
    opt_out = draft(organization, officer)
    actors.open(LIST, stranger=200)
    for person in (actors.officer, actors.viewer):
        assert address_of("opt-out-detail", opt_out) in person.page(LIST).links
    assert opt_out.number not in actors.stranger.page(LIST).html


def test_each_row_says_where_it_is(browser: Browser, organization: Organization, officer: User) -> None:
    first, second = draft(organization, officer), confirmed(organization, officer)
    rows = browser.page(LIST).rows
    assert [row.one("a").text for row in rows] == [second.number, first.number]
    assert "Sending to Adobe 3 0 of 1 2 Nov 2026" in rows[0].text
    assert "Ready to confirm 3 none made 2 Nov 2026" in rows[1].text
    assert "23 Nov 2026" in rows[0].text


def test_it_can_be_narrowed_by_status(browser: Browser, organization: Organization, officer: User) -> None:
    draft(organization, officer)
    sending = confirmed(organization, officer)
    assert [row.one("a").text for row in browser.page(LIST, status="sending").rows] == [sending.number]
    assert "No opt-out fits." in browser.page(LIST, status="rejected").text


def test_both_ways_are_explained_and_requests_of_that_kind_are_linked(
    browser: Browser, organization: Organization, officer: User
) -> None:
    request = confirmed_request(organization, officer, payload(people(2, "opt-out-of-sale"), regulation="ccpa"))
    confirmed_request(organization, officer, payload(people(1, "access", prefix="other")))
    page = browser.page(LIST)
    assert "Adobe takes an opt-out in two ways" in page.text
    assert {"Consent call", "Privacy jobs"} <= set(page.facts())
    address = f"{reverse('privacy:request-list')}?kind=opt-out"
    assert page.links[address] == "Show those requests"
    listed = browser.page(address)
    assert [row.one("a", class_="row-link").text for row in listed.rows] == [request.number]
    assert address_of_request("request-detail", request) in listed.links
    assert browser.get(LIST, {"way": "jobs"}).headers["Location"] == address


def test_empty_lists_say_what_belongs_there(actors: Actors) -> None:
    page = actors.officer.page(LIST)
    assert "No opt-outs yet" in page.text
    assert page.links[reverse("privacy:opt-out-new")] == "Make the first opt-out"
    assert reverse("privacy:opt-out-new") not in actors.viewer.page(LIST).links


def test_it_stands_in_the_navigation(browser: Browser) -> None:
    page = browser.page(LIST)
    (entry,) = page.root.one("nav").all("a", aria_current="page")
    assert (entry.text, entry["href"]) == ("Opt-outs", LIST)


def test_a_longer_list_asks_no_more_questions(
    browser: Browser, organization: Organization, officer: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(6):
        draft(organization, officer)
    intake.discard(draft(organization, officer), officer)
    with django_assert_max_num_queries(12):
        assert len(browser.page(LIST).rows) == 7
