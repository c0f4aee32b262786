"""Cancelling a request on its page: offered with the time that is left, refused in words once something went out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.models import Organization, User
from portal.outbound import CallState
from portal.waits import time_left
from privacy.models import PrivacyRequest
from privacy.recalling import GONE_OUT
from privacy.statuses import RequestStatus
from tests.actors import Actors, covers, everything_kept
from tests.files import confirmed_request, payload, people
from tests.pages import Browser, Page
from tests.states import address_of, again

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(media: object, organization: Organization, officer: User) -> PrivacyRequest:
    """Three people whose calls wait for a quarter of an hour."""
    organization.recall_minutes = 15
    organization.save(update_fields=["recall_minutes"])
    return confirmed_request(organization, officer, payload(people(3)))


def cancel(browser: Browser, request: PrivacyRequest) -> str:
    """Press the button, and read the message that the request's page shows then."""
    answer = browser.post(address_of("request-cancel", request))
    assert answer.headers["Location"] == address_of("request-detail", request)
    page = Page.of(browser.get(answer.headers["Location"]))
    (message,) = [one for one in page.root.all("div") if one["class"].endswith(("notice-success", "notice-error"))]
    return message.text


@covers("privacy:request-cancel")
def test_only_an_officer_of_the_organization_may(actors: Actors, waiting: PrivacyRequest) -> None:
    actors.act(address_of("request-cancel", waiting))
    assert again(waiting).status == RequestStatus.CANCELLED


def test_the_page_counts_down_and_says_the_time(browser: Browser, waiting: PrivacyRequest) -> None:
    section = browser.page(address_of("request-detail", waiting)).section("unsent-title")
    assert section.one("h2").text == "Nothing was sent yet"
    assert "The first call to Adobe waits 14 minutes" in section.text
    assert section.one("time")["datetime"] == waiting.recall_until.isoformat() if waiting.recall_until else False
    assert [button.text for button in section.all("button")] == ["Cancel this request"]
    live = browser.page(address_of("request-progress", waiting))
    assert live.pills[0] == "Can still be cancelled"
    assert "The first call to Adobe waits 14 minutes" in live.text


def test_a_viewer_sees_who_can_cancel_it(actors: Actors, waiting: PrivacyRequest) -> None:
    section = actors.viewer.page(address_of("request-detail", waiting)).section("unsent-title")
    assert section.text.endswith("An officer of Acme can cancel it.")
    assert not section.all("button")


def test_after_the_period_it_waits_for_its_turn(browser: Browser, waiting: PrivacyRequest) -> None:
    PrivacyRequest.objects.update(recall_until=timezone.now() - timedelta(seconds=1))
    section = browser.page(address_of("request-detail", waiting)).section("unsent-title")
    assert "It waits for its turn. Until its first call goes out, the request can be cancelled." in section.text


def test_a_cancelled_request_says_that_nothing_was_sent(browser: Browser, waiting: PrivacyRequest) -> None:
    assert cancel(browser, waiting) == f"{waiting.number} is cancelled. Nothing of it was sent to Adobe."
    page = browser.page(address_of("request-detail", waiting))
    assert page.pills[0] == "Cancelled"
    assert "Cancelled: nothing was sent to Adobe. It stood for 3 people." in page.text
    assert not page.root.all("section", aria_labelledby="unsent-title")
    assert not page.root.all(hx_trigger="every 2s, look")
    # It can be shredded now, and its people cannot be asked again "because they failed".
    assert address_of("request-shred", waiting) in page.links
    assert address_of("request-resubmit", waiting) not in page.links
    (row,) = browser.page("/requests/").rows
    assert row.one("td", data_label="Jobs done").text == "nothing was sent"


def test_too_late_is_said_and_changes_nothing(browser: Browser, waiting: PrivacyRequest) -> None:
    waiting.submissions.update(state=CallState.SENDING, attempts=1)
    before = everything_kept()
    assert cancel(browser, waiting) == GONE_OUT
    assert everything_kept() == before
    page = browser.page(address_of("request-detail", waiting))
    assert not page.root.all("section", aria_labelledby="unsent-title")


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(seconds=0), "a moment"),
        (timedelta(seconds=-5), "a moment"),
        (timedelta(seconds=1), "1 second"),
        (timedelta(minutes=4, seconds=12), "4 minutes 12 seconds"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(hours=2, minutes=1, seconds=59), "2 hours 1 minute"),
        (timedelta(days=6, hours=23, minutes=59), "6 days 23 hours"),
        # Nothing between the two: the smaller ones are left out.
        (timedelta(days=1, minutes=5), "1 day"),
    ],
)
def test_a_wait_is_said_in_its_two_largest_units(left: timedelta, words: str) -> None:
    assert time_left(left) == words
