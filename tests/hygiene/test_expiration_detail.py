"""One dataset expiration: what its page says in each state."""

from __future__ import annotations

import pytest

from hygiene import expirations
from hygiene.models import DatasetExpiration, ExpirationOrder
from portal.models import Organization, User
from portal.outbound import CallState
from tests.actors import Actors, covers
from tests.conftest import Simulator
from tests.hygiene.expirations import CREATE, DATASET, again, asked, pending, undecided, wanted
from tests.pages import Browser, Page
from tests.steps import work

pytestmark = pytest.mark.django_db


def page_of(browser: Browser, row: DatasetExpiration) -> Page:
    """Its page."""
    return browser.page(f"/expirations/{row.pk}/")


@covers("hygiene:expiration-detail", "hygiene:expiration-progress")
def test_everybody_of_the_organization_may_look(actors: Actors, organization: Organization, officer: User) -> None:
    row = asked(organization, officer)
    actors.open(f"/expirations/{row.pk}/")
    actors.open(f"/expirations/{row.pk}/progress/")
    assert "Cancel the expiration" in page_of(actors.officer, row).text
    assert page_of(actors.viewer, row).forms == {}


def test_a_pending_one_shows_all_that_adobe_said(
    simulator: Simulator, browser: Browser, organization: Organization, officer: User
) -> None:
    row = pending(organization, officer)
    page = page_of(browser, row)
    facts = page.facts()
    assert facts["Name"] == "Licence ends"
    assert facts["Expires"].endswith("(UTC), in 30 days")
    assert facts["Expiration id"] == row.ttl_id
    assert facts["Adobe's word"] == "pending"
    (entry,) = page.rows
    cells = [cell.text for cell in entry.all("td")]
    assert cells[0] == "Created"
    assert "@techacct.adobe.com" in cells[3]
    assert "hx-get" not in page.html.split("<main")[1]
    told = page.section("happened").text
    assert "Adobe took the new expiration" in told
    assert "Asked for: the dataset is to be removed on" in told


def test_one_on_its_way_renews_itself(browser: Browser, organization: Organization, officer: User) -> None:
    row = asked(organization, officer)
    page = page_of(browser, row)
    assert page.pills[0] == "Being sent to Adobe"
    assert "The new expiration is on its way to Adobe." in page.text
    assert page.root.one("div", id="progress")["hx-get"] == f"/expirations/{row.pk}/progress/"
    organization.hold("by_hand")
    assert "it goes out once an administrator of the portal resumes it" in page_of(browser, row).text


def test_a_change_on_its_way_says_what_it_will_be(
    simulator: Simulator, browser: Browser, organization: Organization, officer: User
) -> None:
    row = pending(organization, officer)
    expirations.change(row, wanted(60), officer)
    text = page_of(browser, row).text
    assert "The change is on its way to Adobe. It is to expire on" in text
    assert f"/expirations/{row.pk}/change/" not in page_of(browser, row).links


def test_a_refusal_shows_adobes_words(simulator: Simulator, browser: Browser, organization: Organization, officer: User) -> None:
    row = asked(organization, officer, "nosuch-dataset")
    work("expiration-submit")
    text = page_of(browser, row).text
    assert "Adobe refused the new expiration: the dataset stays." in text
    assert "Adobe's words: “Dataset nosuch-dataset does not exist”." in text


def test_an_unknown_outcome_is_said_and_a_decision_asked_for(
    simulator: Simulator, actors: Actors, organization: Organization, officer: User
) -> None:
    row = undecided(organization, officer, simulator)
    page = page_of(actors.officer, row)
    assert "The new expiration needs a decision" in page.text
    assert page.forms[f"/expirations/{row.pk}/decide/"].buttons == [
        "Look at Adobe again",
        "Send the new expiration again",
        "Close it as not sent",
    ]
    viewed = page_of(actors.viewer, row)
    assert "An officer of Acme can decide." in viewed.text
    assert viewed.forms == {}


def test_while_it_is_looked_for_there_is_nothing_to_do(
    simulator: Simulator, browser: Browser, organization: Organization, officer: User
) -> None:
    simulator.fault("accept_then_cut", match=CREATE, times=1)
    row = asked(organization, officer)
    work("expiration-submit")
    assert "Whether Adobe took the new expiration is not known yet." in page_of(browser, row).text


def test_texts_that_do_not_open_leave_the_rest_readable(browser: Browser, organization: Organization, officer: User) -> None:
    row = asked(organization, officer)
    DatasetExpiration.objects.filter(pk=row.pk).update(name_sealed=b"damaged", history_sealed=b"damaged", ttl_id="SD-1")
    ExpirationOrder.objects.update(state=CallState.REJECTED, words_sealed=b"damaged")
    assert DATASET in page_of(browser, again(row)).text
    assert DATASET in browser.page("/expirations/").text
