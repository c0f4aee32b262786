"""Cancelling what was not sent of a record delete, on its page: what it says before and after."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hygiene.models import RecordDelete
from hygiene.recalling import GONE_OUT
from hygiene.statuses import RecordDeleteStatus
from portal.models import Organization, User
from portal.outbound import CallState
from tests.actors import Actors, covers, everything_kept
from tests.conftest import Simulator
from tests.hygiene.deletes import addresses, again, confirmed, draft, order_of, page_of, sent
from tests.pages import Browser, Page
from tests.steps import let_pass

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def waiting(media: object, organization: Organization, officer: User) -> RecordDelete:
    """Three identities whose work order waits for a quarter of an hour."""
    organization.recall_minutes = 15
    organization.save(update_fields=["recall_minutes"])
    return confirmed(organization, officer)


def cancel(browser: Browser, made: RecordDelete) -> str:
    """Press the button, and read the message that the page shows then."""
    answer = browser.post(page_of(made, "cancel"))
    assert answer.headers["Location"] == page_of(made)
    page = Page.of(browser.get(answer.headers["Location"]))
    (message,) = [one for one in page.root.all("div") if one["class"].endswith(("notice-success", "notice-error"))]
    return message.text


@covers("hygiene:record-delete-cancel")
def test_only_an_officer_of_the_organization_may(actors: Actors, waiting: RecordDelete) -> None:
    actors.act(page_of(waiting, "cancel"))
    assert again(waiting).status == RecordDeleteStatus.CANCELLED


def test_the_page_counts_down_and_says_who_can_cancel(actors: Actors, waiting: RecordDelete) -> None:
    for name in ("detail", "progress"):
        section = actors.officer.page(page_of(waiting, name)).section("unsent-title")
        assert section.one("h2").text == "Nothing was sent yet"
        assert "The first work order waits 14 minutes" in section.text
        assert [button.text for button in section.all("button")] == ["Cancel what was not sent"]
    section = actors.viewer.page(page_of(waiting)).section("unsent-title")
    assert section.text.endswith("An officer of Acme can cancel it.")
    assert not section.all("button")
    let_pass(timedelta(minutes=15))
    section = actors.officer.page(page_of(waiting)).section("unsent-title")
    assert "It waits for its turn. Until its first work order goes out" in section.text


def test_the_preview_says_how_long_it_can_be_cancelled(browser: Browser, waiting: RecordDelete, officer: User) -> None:
    made = draft(waiting.organization, officer)
    assert "After you confirm, Acme waits 15 minutes before the first work order goes" in browser.page(page_of(made)).text


def test_a_cancelled_one_says_that_nothing_was_sent(browser: Browser, waiting: RecordDelete) -> None:
    assert cancel(browser, waiting) == f"{waiting.number} is cancelled. Nothing of it was sent to Adobe."
    page = browser.page(page_of(waiting))
    assert page.pills[0] == "Cancelled"
    assert "Cancelled: nothing was sent to Adobe. It stood for 3 identities." in page.text
    assert "Cancelled: nothing more of it is sent to Adobe" in page.section("happened").text
    assert "Work order 1 is not sent: an officer cancelled it before it was sent" in page.section("happened").text
    assert not page.root.all("section", aria_labelledby="unsent-title")
    assert not page.root.all(hx_trigger="every 2s, look")
    assert page_of(waiting, "shred") in page.links
    order = browser.page(page_of(order_of(waiting)))
    assert "This work order was cancelled before it was sent: it deletes none of its identities." in order.text
    assert "Last try" not in order.facts()
    (row,) = browser.page("/record-deletes/").rows
    assert row.one("td", data_label="Work orders").text == "nothing was sent"


def test_one_that_is_cancelled_while_it_is_prepared_says_the_same(
    browser: Browser, media: object, organization: Organization, officer: User
) -> None:
    made = confirmed(organization, officer)
    made.work_orders.all().delete()
    RecordDelete.objects.update(status=RecordDeleteStatus.PREPARING)
    section = browser.page(page_of(made)).section("unsent-title")
    assert section.one("h2").text == "Nothing was sent yet"
    assert cancel(browser, made) == f"{made.number} is cancelled. Nothing of it was sent to Adobe."
    assert "Cancelled: nothing was sent to Adobe." in browser.page(page_of(made)).text


def test_what_is_out_stays_and_the_page_says_so_before_and_after(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    organization.max_identities_per_work_order = 2
    organization.save()
    simulator.control("quotas", {"daily": 2})
    made = sent(organization, officer, lines=addresses(5))
    section = browser.page(page_of(made)).section("unsent-title")
    assert section.one("h2").text == "2 work orders were not sent yet"
    assert "They hold 3 identities and can still be cancelled. The other work order stays as it is" in section.text
    assert cancel(browser, made) == f"What was not sent of {made.number} is cancelled. The rest stays as it was."
    page = browser.page(page_of(made))
    assert "2 work orders were cancelled before they were sent: 3 identities are not deleted by them." in page.text
    assert "The other work order stays as it is: Adobe knows no way to take back what was sent." in page.text
    assert "Cancelled what was not sent: 2 work orders. 1 work order stays as is" in page.section("happened").text
    assert not page.root.all("section", aria_labelledby="unsent-title")


def test_too_late_is_said_and_changes_nothing(browser: Browser, waiting: RecordDelete) -> None:
    waiting.work_orders.update(state=CallState.SENDING, attempts=1)
    before = everything_kept()
    assert cancel(browser, waiting) == GONE_OUT
    assert everything_kept() == before
    assert not browser.page(page_of(waiting)).root.all("section", aria_labelledby="unsent-title")
