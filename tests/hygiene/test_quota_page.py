"""The page of quotas."""

from __future__ import annotations

import pytest

from hygiene.models import QuotaReading
from portal.models import Organization, User
from tests.actors import Actors, covers
from tests.conftest import Simulator
from tests.hygiene.deletes import draft, page_of
from tests.pages import Browser

pytestmark = pytest.mark.django_db
ADDRESS = "/quotas/"


@covers("hygiene:quota-list")
def test_everybody_sees_those_of_their_organizations(actors: Actors, organization: Organization) -> None:
    actors.open(ADDRESS, stranger=200)
    assert "Acme" in actors.viewer.page(ADDRESS).text
    assert "Acme" not in actors.stranger.page(ADDRESS).text
    assert actors.viewer.page(ADDRESS).forms == {}


@covers("hygiene:quota-read")
def test_an_officer_reads_them_at_adobe(simulator: Simulator, actors: Actors, organization: Organization) -> None:
    simulator.control("quotas", {"daily": 1000, "usedToday": 250, "expirations": 75})
    assert "Adobe has not been asked yet" in actors.officer.page(ADDRESS).text
    actors.act(f"/quotas/{organization.pk}/read/")
    page = actors.officer.page(ADDRESS)
    lines = {line.one("span", class_="name").text: line for line in page.root.one("ul", class_="products").all("li")}
    today = lines["Identities in record deletes, today"]
    assert "250 of 1,000 used, 750 left" in today.text
    assert "Begins anew" in today.text
    assert today.one("svg", class_="bar-track")["aria-label"] == "Identities in record deletes, today: 250 of 1,000 used"
    assert "0 of 75 used, 75 left" in lines["Dataset expirations"].text
    assert "Begins anew" not in lines["Dataset expirations"].text


def test_what_is_used_up_and_what_nobody_knows_is_said(browser: Browser, organization: Organization) -> None:
    QuotaReading.objects.create(
        organization=organization,
        quotas=[
            {"name": "datasetExpirationQuota", "description": "", "consumed": 75, "quota": 75},
            {"name": "someNewQuota", "description": "Something new", "consumed": 1, "quota": 0},
        ],
    )
    text = browser.page(ADDRESS).text
    assert "75 of 75 used, none left" in text
    assert "Something new" in text


def test_what_keeps_adobe_from_answering_is_said(simulator: Simulator, browser: Browser, organization: Organization) -> None:
    simulator.fault("throttle", match={"path": "/data/core/hygiene/quota"}, times=5, retry_after=60)
    answer = browser.post(f"/quotas/{organization.pk}/read/", follow=True)
    assert "Acme: Adobe asked to slow down. Wait a few minutes, then ask again." in answer.content.decode()


def test_from_the_page_of_a_draft_the_way_leads_back_to_it(
    simulator: Simulator, browser: Browser, organization: Organization, officer: User
) -> None:
    made = draft(organization, officer)
    assert "were not read yet" in browser.page(page_of(made)).section("quota").text
    answer = browser.post(f"/quotas/{organization.pk}/read/", {"for": made.number})
    assert answer["Location"] == page_of(made)
    assert "0 used, 3 with this record delete, of 1,000,000" in browser.page(page_of(made)).section("quota").text
    elsewhere = browser.post(f"/quotas/{organization.pk}/read/", {"for": "RD-2026-999999"})
    assert elsewhere["Location"] == ADDRESS


def test_a_silent_adobe_is_told_apart_from_an_answer_that_is_no_use(
    simulator: Simulator, browser: Browser, organization: Organization
) -> None:
    simulator.fault("error500", match={"path": "/data/core/hygiene/quota"}, times=9)
    answer = browser.post(f"/quotas/{organization.pk}/read/", follow=True)
    assert "Acme: Adobe answered with an error of its own. Nothing was changed" in answer.content.decode()
