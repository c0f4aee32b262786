"""The law's clock stands still where an administrator has written down that the law allows it, and goes on from there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.models import Organization, User
from privacy.models import DeadlineChange, PrivacyRequest
from tests.actors import Actors, covers, everything_kept
from tests.handling import REASON, allow_pause, days_ago, everything_told, message_of, received, today, told
from tests.pages import Browser
from tests.states import address_of, again

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


@pytest.fixture
def request_row(organization: Organization, officer: User) -> PrivacyRequest:
    allow_pause()
    return received(organization, officer)


def pause(browser: Browser, request: PrivacyRequest) -> None:
    assert browser.post(address_of("request-pause", request), {"reason": REASON}).status_code == 302


@covers("privacy:request-pause")
def test_only_an_officer_of_the_organization_may_pause(actors: Actors, request_row: PrivacyRequest) -> None:
    address = address_of("request-pause", request_row)
    before = everything_kept()
    for ask in ("get", "post"):
        for person, status in ((actors.viewer, 403), (actors.stranger, 404), (actors.nobody, 302)):
            assert getattr(person, ask)(address, {"reason": REASON}).status_code == status
    actors.refuse_methods(address, allowed=("get", "post"))
    assert everything_kept() == before
    page = actors.officer.page(address)
    assert "While the person is asked who they are" in page.text
    pause(actors.officer, request_row)
    assert again(request_row).paused_on == today()


@covers("privacy:request-resume")
def test_only_an_officer_of_the_organization_may_let_it_go_on(actors: Actors, request_row: PrivacyRequest, officer: User) -> None:
    pause(actors.officer, request_row)
    actors.act(address_of("request-resume", request_row))
    assert again(request_row).paused_on is None


def test_the_date_moves_by_the_days_that_the_clock_stood_still(browser: Browser, request_row: PrivacyRequest) -> None:
    due_on = request_row.due_on
    assert due_on is not None
    pause(browser, request_row)
    assert again(request_row).due_on is None
    page = browser.page(address_of("request-detail", request_row))
    assert page.facts()["Due"].startswith("the clock is paused since ")
    assert REASON in page.section("deadline").text
    PrivacyRequest.objects.update(paused_on=days_ago(3))
    browser.post(address_of("request-resume", request_row))
    row = again(request_row)
    assert (row.due_on, row.paused_on) == (due_on + timedelta(days=3), None)
    kinds = list(DeadlineChange.objects.values_list("kind", "due_before", "due_after"))
    assert kinds == [("paused", due_on, None), ("resumed", None, due_on + timedelta(days=3))]
    assert told("request.paused") == [{"number": row.number, "days": (due_on - today()).days}]
    assert [event["days"] for event in told("request.resumed")] == [3]
    assert "Jane" not in everything_told()


def test_a_second_pause_and_a_second_end_change_nothing(browser: Browser, request_row: PrivacyRequest) -> None:
    pause(browser, request_row)
    pause(browser, request_row)
    assert DeadlineChange.objects.count() == 1
    browser.get(address_of("request-detail", request_row))
    browser.post(address_of("request-resume", request_row))
    assert message_of(browser, address_of("request-detail", request_row)).endswith(" goes on.")
    browser.post(address_of("request-resume", request_row))
    assert message_of(browser, address_of("request-detail", request_row)) == "The clock is not paused."
    assert DeadlineChange.objects.count() == 2


def test_it_needs_a_reason(browser: Browser, request_row: PrivacyRequest) -> None:
    assert browser.post(address_of("request-pause", request_row), {"reason": " "}).status_code == 422
    assert again(request_row).paused_on is None


def test_no_law_ships_with_a_pause(browser: Browser, organization: Organization, officer: User) -> None:
    request = received(organization, officer)
    assert address_of("request-pause", request) not in browser.page(address_of("request-detail", request)).links
    pause(browser, request)
    assert again(request).paused_on is None
    assert "No rule is known here by which" in message_of(browser, address_of("request-detail", request))


@pytest.mark.parametrize("fields", [{"answered_on": days_ago(1), "outcome": "granted"}, {"due_on": days_ago(1)}])
def test_a_clock_that_stopped_or_ran_out_is_not_paused(
    browser: Browser, request_row: PrivacyRequest, fields: dict[str, object]
) -> None:
    PrivacyRequest.objects.update(**fields)
    pause(browser, request_row)
    assert again(request_row).paused_on is None


def test_a_paused_date_is_not_extended(browser: Browser, request_row: PrivacyRequest) -> None:
    pause(browser, request_row)
    browser.get(address_of("request-extend", request_row))
    assert message_of(browser, address_of("request-detail", request_row)).startswith("The clock is paused.")
