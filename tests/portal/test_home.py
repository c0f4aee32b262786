"""The first page leads to the first entry of the navigation, which stands on every page."""

from __future__ import annotations

import pytest

from portal import registry
from portal.models import Organization, User
from tests.actors import Actors, covers
from tests.pages import Browser, Page

pytestmark = pytest.mark.django_db


@covers("home")
def test_it_leads_everybody_to_the_list_of_requests(actors: Actors) -> None:
    actors.open("/", officer=302, viewer=302, stranger=302)
    assert actors.viewer.get("/").headers["Location"] == "/requests/"


def test_it_says_so_when_no_part_of_the_portal_is_on(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_navigation", [])
    assert "No part of the portal is switched on here." in browser.page("/").text


def test_the_header_leads_to_every_part_and_marks_where_one_is(browser: Browser) -> None:
    page = browser.page("/uploads/")
    nav = page.root.one("nav", aria_label="Main")
    assert [(link.text, link["href"]) for link in nav.all("a")] == [
        ("Requests", "/requests/"),
        ("Uploads", "/uploads/"),
        ("Opt-outs", "/opt-outs/"),
        ("Record deletes", "/record-deletes/"),
        ("Dataset expirations", "/expirations/"),
    ]
    assert [link.text for link in nav.all("a", aria_current="page")] == ["Uploads"]


def test_only_staff_is_shown_the_way_to_the_administration(actors: Actors, viewer: User) -> None:
    assert "/admin/" not in actors.viewer.page("/requests/").links
    User.objects.filter(pk=viewer.pk).update(is_staff=True)
    assert "/admin/" in actors.viewer.page("/requests/").links


def test_every_page_says_when_an_organization_is_on_hold(actors: Actors, organization: Organization) -> None:
    organization.hold("credential_refused", "Oauth token is not valid")
    for person, shown in ((actors.officer, True), (actors.viewer, True), (actors.stranger, False)):
        text = person.page("/uploads/").text
        assert ("Acme is on hold since" in text) is shown
        assert ("Oauth token is not valid" in text) is shown
    assert "An administrator of the portal can resume it." in actors.officer.page("/uploads/").text


def test_the_person_is_named_beside_the_way_out(actors: Actors, officer: User) -> None:
    User.objects.filter(pk=officer.pk).update(first_name="Ada", last_name="Byron")
    assert "Ada Byron" in Page.of(actors.officer.get("/requests/")).root.one("div", class_="who").text
