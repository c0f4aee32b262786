"""The calendar of due dates: who reads it, what stands in it, and how it is written."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal import logs
from portal.calendar import feeds, icalendar
from portal.models import AuditEvent, CalendarFeed, Organization, User
from privacy.models import PrivacyRequest
from privacy.statuses import RequestStatus
from tests.actors import Actors, covers
from tests.files import confirmed_request, payload, people
from tests.pages import Browser, Page

pytestmark = pytest.mark.django_db
DUE = date(2026, 12, 4)


@pytest.fixture
def request_row(organization: Organization, officer: User) -> PrivacyRequest:
    row = confirmed_request(organization, officer, payload(people(3)))
    PrivacyRequest.objects.update(due_on=DUE)
    return row


def read(person: User) -> list[dict[str, str]]:
    """The events of a person's calendar as a program reads them."""
    answer = Client().get(reverse("calendar", args=[feeds.renew(person)]))
    assert answer.status_code == 200
    return events_of(answer.content)


def plain(value: str) -> str:
    """A value of type TEXT as it is meant."""
    for written, meant in (("\\,", ","), ("\\;", ";"), ("\\n", "\n"), ("\\\\", "\\")):
        value = value.replace(written, meant)
    return value


def events_of(body: bytes) -> list[dict[str, str]]:
    """A reader of its own, by the words of RFC 5545: unfold, then name and value of each line."""
    assert body.endswith(b"\r\n")
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    found: list[dict[str, str]] = []
    for line in body.decode().replace("\r\n ", "").split("\r\n"):
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            found.append({})
        elif found and line not in ("END:VCALENDAR", ""):
            found[-1][name.split(";")[0]] = plain(value)
    return found


# --- Who reads it ---


@covers("calendar", "calendar-renew", "calendar-off")
def test_each_has_a_calendar_of_what_each_may_see(
    actors: Actors, request_row: PrivacyRequest, officer: User, viewer: User, colleague: User
) -> None:
    assert [event["UID"] for event in read(officer)] == [f"{request_row.pk}@privacy-portal"]
    assert [event["UID"] for event in read(viewer)] == [f"{request_row.pk}@privacy-portal"]
    assert read(colleague) == []
    for name in ("calendar-renew", "calendar-off"):
        actors.refuse_methods(reverse(name), allowed=("post",))
        assert actors.nobody.post(reverse(name)).headers["Location"].startswith(reverse("sign-in"))
    assert Client().get(reverse("calendar", args=["x" * 43])).status_code == 404
    actors.refuse_methods(reverse("calendar", args=[feeds.renew(officer)]), allowed=("get",))


def test_a_new_address_is_shown_once_and_ends_the_one_before(officer: User, request_row: PrivacyRequest) -> None:
    browser = Browser.of(officer)
    old = browser.post(reverse("calendar-renew"))
    addresses = [element.text for element in pages_code(old)]
    new = [element.text for element in pages_code(browser.post(reverse("calendar-renew")))]
    assert Client().get(addresses[0]).status_code == 404
    assert Client().get(new[0]).status_code == 200
    account = browser.page(reverse("account"))
    assert new[0] not in account.html
    assert (
        list(AuditEvent.objects.filter(action="calendar.renewed").values_list("actor_name", flat=True)) == [officer.username] * 2
    )


def pages_code(answer: Any) -> list[Any]:
    return Page.of(answer).root.all("code", id="calendar-address")


def test_only_a_digest_of_the_token_is_kept(officer: User) -> None:
    token = feeds.renew(officer)
    feed = CalendarFeed.objects.get()
    assert len(token) >= 43
    assert token.encode() not in bytes(feed.token_digest)
    assert feeds.owner_of(token) == officer
    assert feeds.owner_of(token[:-1]) is None


def test_switched_off_it_answers_no_more(officer: User) -> None:
    token = feeds.renew(officer)
    browser = Browser.of(officer)
    browser.post(reverse("calendar-off"))
    browser.post(reverse("calendar-off"))
    assert Client().get(reverse("calendar", args=[token])).status_code == 404
    assert AuditEvent.objects.filter(action="calendar.off").count() == 1


def test_who_left_or_lost_the_organization_reads_nothing(
    officer: User, organization: Organization, request_row: PrivacyRequest
) -> None:
    token = feeds.renew(officer)
    organization.members.remove(officer)
    assert events_of(Client().get(reverse("calendar", args=[token])).content) == []
    User.objects.filter(pk=officer.pk).update(is_active=False)
    assert Client().get(reverse("calendar", args=[token])).status_code == 404


def test_who_may_not_see_requests_reads_none(officer: User, request_row: PrivacyRequest) -> None:
    officer.groups.clear()
    assert read(officer) == []


# --- What stands in it ---


def test_an_event_names_number_law_and_people_and_nobody(officer: User, request_row: PrivacyRequest) -> None:
    (event,) = read(officer)
    assert (event["DTSTART"], event["DTEND"]) == ("20261204", "20261205")
    assert event["SUMMARY"].startswith(f"{request_row.number} due: ")
    assert event["SUMMARY"].endswith("3 people")
    assert event["URL"] == f"http://testserver/requests/{request_row.number}/"
    assert event["DTSTAMP"] == f"{request_row.created_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    assert set(event) == {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "URL", "TRANSP", "END"}


@pytest.mark.parametrize(
    "over",
    [
        {"answered_on": DUE},
        {"due_on": None},
        {"status": RequestStatus.CANCELLED},
        {"status": RequestStatus.SHREDDED},
    ],
)
def test_what_is_not_due_does_not_stand_in_it(officer: User, request_row: PrivacyRequest, over: dict[str, Any]) -> None:
    PrivacyRequest.objects.update(**over)
    assert read(officer) == []


def test_what_adobe_has_done_and_nobody_answered_stands_in_it(officer: User, request_row: PrivacyRequest) -> None:
    PrivacyRequest.objects.update(status=RequestStatus.COMPLETE)
    assert len(read(officer)) == 1


def test_it_speaks_the_language_of_its_owner(officer: User, request_row: PrivacyRequest) -> None:
    token = feeds.renew(officer)
    User.objects.filter(pk=officer.pk).update(language="sv")
    answer = Client().get(reverse("calendar", args=[token]), headers={"Accept-Language": "nl"})
    assert answer.status_code == 200
    assert len(events_of(answer.content)) == 1


def test_a_program_that_has_it_already_gets_a_304(officer: User, request_row: PrivacyRequest) -> None:
    address = reverse("calendar", args=[feeds.renew(officer)])
    first = Client().get(address)
    assert first.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = Client().get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    PrivacyRequest.objects.update(due_on=DUE + timedelta(days=1))
    assert Client().get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_it_is_noted_when_it_was_read_but_not_each_time(officer: User) -> None:
    token = feeds.renew(officer)
    feeds.owner_of(token)
    first = CalendarFeed.objects.get().read_at
    feeds.owner_of(token)
    assert first is not None
    assert CalendarFeed.objects.get().read_at == first
    CalendarFeed.objects.update(read_at=timezone.now() - timedelta(hours=2))
    feeds.owner_of(token)
    later = CalendarFeed.objects.get().read_at
    assert later is not None
    assert later > first


# --- How it is written ---


def test_words_are_escaped_and_lines_folded() -> None:
    words = "a,b;c\\d\r\ne\x07 " + "ä€😀" * 60
    entry = feeds.Entry("1@x", DUE, words, "", "/a/", datetime(2026, 11, 30, 7, 0, tzinfo=UTC))
    (event,) = events_of(icalendar.write([entry], name="a,b", address="https://portal.example.com"))
    assert event["SUMMARY"] == "a,b;c\\d\ne  " + "ä€😀" * 60
    assert event["URL"] == "https://portal.example.com/a/"
    assert icalendar.escape("a,b;c\\d\ne") == "a\\,b\\;c\\\\d\\ne"


@pytest.mark.parametrize("length", [74, 75, 76, 149, 150, 300])
def test_no_line_is_longer_than_75_octets(length: int) -> None:
    folded = icalendar.fold("x" * length)
    assert folded.replace(b"\r\n ", b"") == b"x" * length + b"\r\n"
    assert max(len(line) for line in folded.split(b"\r\n")) <= 75


# --- The token and logs ---


def test_no_log_line_holds_the_token(officer: User, caplog: pytest.LogCaptureFixture) -> None:
    token = feeds.renew(officer)
    record = logging.LogRecord("django.request", logging.ERROR, "", 1, "Error: %s", (f"/calendar/{token}.ics?x=1",), None)
    assert logs.TokenFilter().filter(record)
    assert record.getMessage() == "Error: /calendar/….ics?x=1"
    other = logging.LogRecord("portal", logging.INFO, "", 1, "%d rows of /calendar/", (3,), None)
    assert logs.TokenFilter().filter(other)
    assert other.getMessage() == "3 rows of /calendar/"


def test_every_handler_takes_tokens_out(settings: Any) -> None:
    assert all("tokens" in handler["filters"] for handler in settings.LOGGING["handlers"].values())
