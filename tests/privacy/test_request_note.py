"""Notes that colleagues write about a request: kept sealed, shown newest first, gone with the personal data."""

from __future__ import annotations

import pytest

from portal.models import AuditEvent, Organization, User
from privacy import shredding
from privacy.models import PrivacyRequest, RequestNote
from privacy.statuses import RequestStatus
from tests.actors import Actors, covers, everything_kept
from tests.handling import everything_told, received
from tests.pages import Browser, Page
from tests.states import address_of, again

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]
WORDS = "Jane Roe called:\nshe wants it on paper"


@pytest.fixture
def request_row(organization: Organization, officer: User) -> PrivacyRequest:
    return received(organization, officer)


def write(browser: Browser, request: PrivacyRequest, text: str) -> None:
    assert browser.post(address_of("request-note", request), {"text": text}).status_code == 302


def notes_of(browser: Browser, request: PrivacyRequest) -> list[str]:
    section = browser.page(address_of("request-detail", request)).section("notes")
    return [one.all("p")[0].text for one in section.all("li")]


@covers("privacy:request-note")
def test_only_an_officer_of_the_organization_may_write(actors: Actors, request_row: PrivacyRequest, officer: User) -> None:
    actors.act(address_of("request-note", request_row), {"text": WORDS})
    note = RequestNote.objects.select_related("request__data_key").get()
    assert (note.text, note.by) == (WORDS, officer)
    assert notes_of(actors.viewer, request_row) == [" ".join(WORDS.split())]
    assert address_of("request-note", request_row) not in actors.viewer.page(address_of("request-detail", request_row)).forms


def test_notes_are_sealed_and_the_trail_says_only_that_there_is_one(browser: Browser, request_row: PrivacyRequest) -> None:
    write(browser, request_row, WORDS)
    assert b"Jane" not in bytes(RequestNote.objects.get().text_sealed or b"Jane")
    assert "Jane" not in everything_told()
    assert AuditEvent.objects.get(action="request.noted").details == {}


def test_the_newest_stands_first(browser: Browser, request_row: PrivacyRequest) -> None:
    for text in ("first", "second", "<b>third</b>"):
        write(browser, request_row, text)
    assert notes_of(browser, request_row) == ["<b>third</b>", "second", "first"]


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 4001])
def test_what_cannot_be_kept_stays_in_the_field(browser: Browser, request_row: PrivacyRequest, text: str) -> None:
    before = everything_kept()
    answer = browser.post(address_of("request-note", request_row), {"text": text})
    assert answer.status_code == 422
    assert everything_kept() == before
    page = Page.of(answer)
    assert page.root.one("textarea", id="note-text").text == text.strip()
    error = page.root.one("p", id="note-error").text
    assert page.root.one("div", class_="error-summary").one("a").text == error


def test_removing_the_personal_data_removes_the_notes(browser: Browser, request_row: PrivacyRequest, officer: User) -> None:
    write(browser, request_row, WORDS)
    request_row.jobs.update(status="complete")
    request_row.submissions.update(state="sent")
    shredding.shred(again(request_row), officer)
    assert RequestNote.objects.get().text_sealed is None
    assert notes_of(browser, request_row) == ["This note was removed, or does not open any more."]
    assert browser.post(address_of("request-note", request_row), {"text": "more"}).status_code == 302
    assert RequestNote.objects.count() == 1


def test_a_cancelled_request_takes_none(browser: Browser, request_row: PrivacyRequest) -> None:
    PrivacyRequest.objects.update(status=RequestStatus.CANCELLED)
    assert browser.post(address_of("request-note", request_row), {"text": WORDS}).status_code == 302
    assert not RequestNote.objects.exists()
