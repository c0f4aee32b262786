"""The search box: what was typed stands sealed in a row that its owner alone can open, for a day, and nowhere else."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.utils import timezone

from portal import crypto, tidying
from portal.models import AuditEvent, DataKey, Organization, Search, User
from portal.search import finding, keeping
from portal.search.finding import Hit, Wanted
from tests.actors import Actors, covers, nothing_changes
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.files import confirmed_request, payload, people
from tests.pages import Browser, Page
from tests.people import make_user
from tests.searching import found, kinds, links_of, result_of, search

pytestmark = pytest.mark.django_db
SECRET = "Person1@Example.com"


@covers("search", "search-result")
def test_everybody_who_may_see_something_searches_and_opens_what_is_their_own(actors: Actors, organization: Organization) -> None:
    confirmed_request(organization, User.objects.get(username="officer"), payload(people(1)))
    assert actors.nobody.post("/search/", {"text": SECRET}).status_code == 302
    assert not Search.objects.exists()
    results = {}
    for person in (actors.officer, actors.viewer, actors.stranger):
        answer = search(person, SECRET)
        assert answer.status_code == 302
        results[person] = answer.headers["Location"]
    assert [kinds(person.page(address)) for person, address in results.items()] == [["people"], ["people"], []]
    for person, address in results.items():
        others = [other for other in results if other is not person]
        assert [other.get(address).status_code for other in others] == [404, 404]
        assert actors.nobody.get(address).headers["Location"].startswith("/sign-in/")
        assert person.post(address).status_code == 405


def test_who_may_see_nothing_finds_no_box_and_may_not_search(organization: Organization) -> None:
    new = make_user("new", "Viewer", organization)
    new.groups.clear()
    nobody = Browser.of(new)
    assert search(nobody, SECRET).status_code == 403
    assert nobody.get("/search/").status_code == 403
    assert not Page.of(nobody.get("/nowhere/")).root.all("form", role="search")
    new.groups.add(Group.objects.get(name="Viewer"))
    assert Page.of(nobody.get("/nowhere/")).root.all("form", role="search")


def test_the_box_stands_in_the_header_of_every_page(browser: Browser) -> None:
    box = browser.page("/uploads/").root.one("form", role="search")
    assert (box["action"], box["method"]) == ("/search/", "post")
    assert box.one("input", type="search")["data-search"] == ""
    assert box.one("label").text == "Search for an identity, a key, an id or a number"


def test_opening_a_result_changes_nothing(browser: Browser, officer: User, organization: Organization) -> None:
    confirmed_request(organization, officer, payload(people(1)))
    address = search(browser, SECRET).headers["Location"]
    with nothing_changes("opening a result"):
        browser.page(address)


# --- Nothing typed is left anywhere ---


def test_what_was_typed_is_in_no_address_log_session_or_trail(
    browser: Browser, organization: Organization, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = search(browser, SECRET)
    browser.page(answer.headers["Location"])
    row = Search.objects.get()
    assert answer.headers["Location"] == f"/search/{row.pk}/"
    assert row.wanted == {"text": SECRET}
    kept = [
        caplog.text,
        str(dict(answer.headers)),
        *(str(session.get_decoded()) for session in Session.objects.all()),
        *(str(values) for values in AuditEvent.objects.values()),
        str(row),
        repr(bytes(row.wanted_sealed or b"")),
    ]
    assert not any("person1" in text.lower() for text in kept)


def test_the_page_shows_again_what_was_typed_to_whoever_typed_it(browser: Browser, organization: Organization) -> None:
    page = result_of(browser, SECRET)
    assert page.root.one("input", id="text")["value"] == SECRET
    assert "person1" not in page.root.one("title").text.lower()


def test_the_trail_says_how_many_were_found_for_each_organization(
    actors: Actors, officer: User, organization: Organization
) -> None:
    other = make_organization(ims_org_id="FEDCBA987654321001234567@AdobeOrg", name="Third")
    officer.organizations.add(other)
    for owner in (organization, other):
        confirmed_request(owner, officer, payload(people(1)))
    search(actors.officer, SECRET)
    events = AuditEvent.objects.filter(action="subject.searched")
    assert {event.organization_id for event in events} == {str(organization.pk), str(other.pk)}
    assert [(event.actor_name, event.details) for event in events] == [("officer", {"found": 1, "people": 1})] * 2


def test_a_search_that_finds_nothing_is_noted_too(browser: Browser, organization: Organization) -> None:
    search(browser, "nobody@example.com")
    event = AuditEvent.objects.get(action="subject.searched")
    assert (event.organization_id, event.details) == ("", {"found": 0})


# --- A day ---


def test_after_a_day_it_is_gone_with_its_key(browser: Browser, organization: Organization, officer: User) -> None:
    address = search(browser, SECRET).headers["Location"]
    old = Search.objects.get()
    keys = DataKey.objects.filter(owner_kind="search")
    assert keys.get().owner_id == old.pk
    before = timezone.now() - keeping.KEPT - timedelta(minutes=1)
    Search.objects.update(at=before)
    keys.update(created_at=before)
    assert browser.get(address).status_code == 404
    young = search(browser, SECRET).headers["Location"]
    tidying.tidy()
    assert not Search.objects.filter(pk=old.pk).exists()
    assert keys.count() == 1
    assert browser.get(young).status_code == 200


def test_the_key_of_a_removed_persons_search_goes_as_well(organization: Organization) -> None:
    person = make_user("leaver", "Viewer", organization)
    keeping.keep(person, Wanted("x"))
    person.delete()
    DataKey.objects.filter(owner_kind="search").update(created_at=timezone.now() - 2 * keeping.KEPT)
    keeping.forget_old()
    assert not DataKey.objects.filter(owner_kind="search").exists()


def test_a_search_that_does_not_open_is_not_there(browser: Browser, organization: Organization) -> None:
    address = search(browser, SECRET).headers["Location"]
    Search.objects.update(wanted_sealed=b"damaged")
    assert browser.get(address).status_code == 404
    DataKey.objects.filter(owner_kind="search").delete()
    assert browser.get(address).status_code == 404


# --- Words ---


@pytest.mark.parametrize(
    ("text", "words"), [("", "Type what you look for."), ("   ", "Type what you look for."), ("x" * 2001, "This is longer than")]
)
def test_what_cannot_be_searched_for_is_said_at_the_field(
    browser: Browser, organization: Organization, text: str, words: str
) -> None:
    answer = search(browser, text)
    page = Page.of(answer)
    assert answer.status_code == 422
    assert words in page.root.one("div", class_="error-summary").text
    assert words in page.root.one("p", id="text-error").text
    assert page.root.one("input", id="text")["value"] == text
    assert not Search.objects.exists()


def test_a_nul_is_refused_in_words(browser: Browser, organization: Organization) -> None:
    assert search(browser, "a\0b").status_code in {400, 422}


def test_the_page_without_a_search_says_what_can_be_found(browser: Browser, organization: Organization) -> None:
    page = browser.page("/search/")
    assert page.title == "Search"
    assert [name.text for name in page.section("what").all("dt")] == [
        "People",
        "Privacy requests",
        "Privacy jobs",
        "Opt-outs",
        "Record deletes",
        "Work orders",
        "Dataset expirations",
    ]


def test_a_result_without_rows_says_what_was_compared_and_how(browser: Browser, organization: Organization) -> None:
    page = result_of(browser, "somebody@example.com")
    assert "Nothing was found" in page.text
    assert "a part of a value finds nothing" in page.text
    assert "Adobe's job id" in page.text


# --- Our own numbers ---


def test_our_own_number_leads_straight_to_its_page(browser: Browser, officer: User, organization: Organization) -> None:
    request = confirmed_request(organization, officer, payload(people(1)))
    for typed in (request.number, request.number.lower(), f" {request.number} ", str(int(request.number[-6:]))):
        answer = search(browser, typed)
        assert answer.headers["Location"] == f"/requests/{request.number}/"
    assert not Search.objects.exists()


def test_a_number_of_another_organization_is_not_found(actors: Actors, officer: User, organization: Organization) -> None:
    request = confirmed_request(organization, officer, payload(people(1)))
    assert kinds(result_of(actors.stranger, request.number)) == []


def test_several_rows_of_one_number_are_listed(browser: Browser, officer: User, organization: Organization) -> None:
    request = confirmed_request(organization, officer, payload([people(1)[0] | {"key": "1"}]))
    page = result_of(browser, str(int(request.number[-6:])) if request.number.endswith("000001") else "1")
    assert "people" in kinds(page)
    assert found(page, "people")[0].startswith(f"Person 1 of {request.number}")
    assert links_of(page, "people") == [f"/people/{request.subjects.get().pk}/"]


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("PR-2026-000123", ["PR-2026-000123"]),
        ("pr 2026 123", ["PR-2026-000123"]),
        ("2026-123", ["PR-2026-000123"]),
        ("PR-2026-1000123", ["PR-2026-1000123"]),
        ("OO-2026-000123", []),
        ("PR-2026-000123x", []),
        ("person@example.com", []),
        ("1234567890", []),
        ("", []),
    ],
)
def test_a_number_is_read_in_any_spelling(typed: str, numbers: list[str]) -> None:
    assert Wanted(typed).numbers("PR") == numbers


def test_a_number_without_its_year_may_be_of_this_year_and_of_those_before() -> None:
    year = timezone.now().year
    assert {f"PR-{year}-000123", f"PR-{year - 5}-000123"} <= set(Wanted("123").numbers("PR"))
    assert set(Wanted("pr-123").numbers("PR")) == set(Wanted("123").numbers("PR"))
    assert Wanted("pr-123").numbers("OO") == []


# --- Many ---


def test_more_than_two_hundred_of_a_kind_are_not_shown(
    browser: Browser, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    hit = Hit("Row", "/requests/", organization.pk, organization.name, "Number")
    finder = finding.Finder("rows", "Rows", "Anything", 1, (), lambda _user, _wanted: [hit] * (finding.MOST + 1))
    monkeypatch.setattr("portal.registry._finders", [finder])
    page = result_of(browser, "anything")
    assert len(found(page, "rows")) == finding.MOST
    assert "There are more than 200; the newest are shown." in page.text
    assert page.root.one("ul", class_="figures").text == "200+Rows"


def test_rows_that_are_only_just_made_findable_are_told_of(
    browser: Browser, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = "only just being made findable"
    assert waiting not in result_of(browser, "anything").text
    finder = finding.Finder("rows", "Rows", "Anything", 1, (), lambda _user, _wanted: [], lambda _user: True)
    monkeypatch.setattr("portal.registry._finders", [finder])
    assert waiting in result_of(browser, "anything").text


def test_one_organization_whose_key_does_not_open_does_not_hide_the_others(
    browser: Browser, officer: User, organization: Organization
) -> None:
    confirmed_request(organization, officer, payload(people(1)))
    broken = make_organization(ims_org_id=OTHER_IMS_ORG, name="Broken")
    officer.organizations.add(broken)
    DataKey.objects.filter(pk=broken.data_key_id).update(wrapped=b"damaged")
    crypto.forget(broken.data_key_id)
    assert kinds(result_of(browser, SECRET)) == ["people"]
