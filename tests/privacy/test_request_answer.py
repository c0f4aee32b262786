"""The answer to the person: written down with who, when and how; corrected; on time or late; nothing personal in the trail."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from portal.models import Organization, User
from privacy import figures, shredding
from privacy.models import OtherSystem, PrivacyRequest, RequestAnswer
from privacy.statuses import RequestStatus
from tests.actors import Actors, covers, everything_kept
from tests.handling import allow_pause, days_ago, everything_told, received, today, told
from tests.pages import Browser, Page
from tests.states import address_of, again

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]

AGENT, LETTER = "Jane Roe, with a signed mandate", "Letter to John Doe with two files"


@pytest.fixture
def request_row(organization: Organization, officer: User) -> PrivacyRequest:
    return received(organization, officer)


def answer(**fields: Any) -> dict[str, str]:
    """What is filled in when the person was answered in full."""
    given: dict[str, Any] = {
        "acknowledged_on": days_ago(9),
        "verified_how": "document",
        "verified_on": days_ago(8),
        "answered_on": days_ago(1),
        "outcome": "granted",
        "channel": "email",
        "answered_with": LETTER,
    }
    filled = {name: value for name, value in (given | fields).items() if value not in ("", None)}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in filled.items()}


def refused(browser: Browser, request: PrivacyRequest, **fields: Any) -> dict[str, str]:
    """Send the form, which must change nothing; the errors by field. What was typed stays."""
    before = everything_kept()
    sent = answer(**fields)
    reply = browser.post(address_of("request-answer", request), sent)
    assert reply.status_code == 422
    assert everything_kept() == before
    page = Page.of(reply)
    for name in {"answered_on", "acknowledged_on", "legal_ground"} & set(sent):
        assert page.root.one("input", name=name)["value"] == sent[name]
    errors = page.root.all("p", class_="error")
    summary = page.root.one("div", class_="error-summary").all("a")
    assert [link.text for link in summary] == [one.text for one in errors]
    return {one["id"].removeprefix("error-"): one.text for one in errors}


def shown(browser: Browser, request: PrivacyRequest) -> Page:
    return browser.page(address_of("request-detail", request))


@covers("privacy:request-answer")
def test_only_an_officer_of_the_organization_may(actors: Actors, request_row: PrivacyRequest) -> None:
    address = address_of("request-answer", request_row)
    before = everything_kept()
    for ask in ("get", "post"):
        for person, status in ((actors.viewer, 403), (actors.stranger, 404), (actors.nobody, 302)):
            assert getattr(person, ask)(address, answer()).status_code == status
    actors.refuse_methods(address, allowed=("get", "post"))
    assert everything_kept() == before
    assert actors.officer.get(address).status_code == 200
    assert actors.officer.post(address, answer()).status_code == 302
    assert again(request_row).answered_on == days_ago(1)
    assert address not in shown(actors.viewer, request_row).links


@covers("privacy:request-acknowledge")
def test_an_officer_acknowledges_receipt_with_one_button(actors: Actors, request_row: PrivacyRequest, officer: User) -> None:
    address = address_of("request-acknowledge", request_row)
    assert address in shown(actors.officer, request_row).forms
    actors.act(address)
    row = again(request_row)
    assert row.acknowledged_on == today()
    assert RequestAnswer.objects.get(request=row).acknowledged_by == officer
    assert address not in shown(actors.officer, request_row).forms
    actors.officer.post(address)
    assert told("request.acknowledged") == [{"on": today().isoformat()}]


def test_the_whole_answer_is_kept_with_who_and_shown(browser: Browser, request_row: PrivacyRequest, officer: User) -> None:
    browser.post(address_of("request-answer", request_row), answer(by_agent="on", agent=AGENT))
    row = again(request_row)
    kept = RequestAnswer.objects.get(request=row)
    assert (row.acknowledged_on, row.answered_on, row.outcome) == (days_ago(9), days_ago(1), "granted")
    assert (kept.verified_by, kept.acknowledged_by, kept.answered_by) == (officer, officer, officer)
    assert (kept.verified_how, kept.verified_on, kept.channel, kept.by_agent) == ("document", days_ago(8), "email", True)
    facts = shown(browser, request_row).facts()
    assert facts["Verified"].startswith("Identity document, ")
    assert facts["Verified"].endswith(" by officer")
    assert ", in time by officer" in facts["Answered"]
    assert facts["Told"] == "Answered in full · E-mail"
    assert (facts["Asked by an agent"], facts["With"]) == (AGENT, LETTER)


def test_what_was_written_in_words_is_sealed_and_not_in_the_trail(browser: Browser, request_row: PrivacyRequest) -> None:
    browser.post(address_of("request-answer", request_row), answer(by_agent="on", agent=AGENT))
    kept = RequestAnswer.objects.get(request=request_row)
    for words in (AGENT, LETTER):
        assert words.encode() not in (kept.agent_sealed or words.encode()) + (kept.answered_with_sealed or words.encode())
        assert words not in everything_told()
    assert told("request.answered") == [
        {
            "number": request_row.number,
            "on": days_ago(1).isoformat(),
            "outcome": "granted",
            "channel": "email",
            "days": 9,
        }
    ]
    story = shown(browser, request_row).section("happened").text
    assert "9 days after the request came: Answered in full, E-mail" in story
    assert "The person was verified: Identity document" in story


def test_removing_the_personal_data_removes_the_words_of_the_answer(
    browser: Browser, request_row: PrivacyRequest, officer: User
) -> None:
    browser.post(address_of("request-answer", request_row), answer(by_agent="on", agent=AGENT))
    request_row.jobs.update(status="complete")
    request_row.submissions.update(state="sent")
    shredding.shred(again(request_row), officer)
    kept = RequestAnswer.objects.get(request=request_row)
    assert (kept.agent_sealed, kept.answered_with_sealed, kept.verified_how) == (None, None, "document")
    page = shown(browser, request_row)
    assert page.facts()["Answered"].endswith("by officer")
    for words in (AGENT, LETTER):
        assert words not in page.html
    reply = browser.post(address_of("request-answer", request_row), answer(outcome="refused", legal_ground="Art. 12(5)"))
    assert reply.status_code == 302
    assert again(request_row).outcome == "granted"


# --- What is refused ---


@pytest.mark.parametrize("name", ["acknowledged_on", "verified_on", "answered_on"])
def test_nothing_happened_on_a_day_to_come(browser: Browser, request_row: PrivacyRequest, name: str) -> None:
    errors = refused(browser, request_row, **{name: today() + timedelta(days=1)})
    assert errors == {name: "This day has not come yet. Enter the day on which it happened."}


@pytest.mark.parametrize("name", ["acknowledged_on", "answered_on"])
def test_nobody_is_answered_before_they_asked(browser: Browser, request_row: PrivacyRequest, name: str) -> None:
    errors = refused(browser, request_row, **{name: days_ago(11)})
    assert list(errors) == [name]
    assert errors[name].startswith("The request was received on ")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"outcome": "partly"}, "legal_ground"),
        ({"outcome": "refused"}, "legal_ground"),
        ({"outcome": ""}, "outcome"),
        ({"channel": ""}, "channel"),
        ({"answered_on": ""}, "answered_on"),
        ({"answered_on": "24.11.2026"}, "answered_on"),
        ({"verified_on": ""}, "verified_on"),
        ({"verified_how": ""}, "verified_how"),
        ({"by_agent": "on"}, "agent"),
        ({"agent": AGENT}, "by_agent"),
        ({"outcome": "nonsense"}, "outcome"),
    ],
)
def test_what_is_missing_is_said_at_its_field(
    browser: Browser, request_row: PrivacyRequest, fields: dict[str, str], wrong: str
) -> None:
    assert list(refused(browser, request_row, **fields)) == [wrong]


@pytest.mark.parametrize("status", [RequestStatus.CANCELLED, RequestStatus.SHREDDED])
def test_a_closed_request_takes_no_answer(browser: Browser, request_row: PrivacyRequest, status: RequestStatus) -> None:
    PrivacyRequest.objects.update(status=status)
    for reply in (
        browser.get(address_of("request-answer", request_row)),
        browser.post(address_of("request-answer", request_row), answer()),
        browser.post(address_of("request-acknowledge", request_row)),
    ):
        assert reply.status_code == 302
    assert not RequestAnswer.objects.exists()
    assert address_of("request-answer", request_row) not in shown(browser, request_row).links


# --- Corrected ---


def test_a_refusal_stands_with_its_ground(browser: Browser, request_row: PrivacyRequest) -> None:
    browser.post(address_of("request-answer", request_row), answer(outcome="refused", legal_ground="GDPR Art. 17(3)(b)"))
    facts = shown(browser, request_row).facts()
    assert (facts["Told"], facts["Legal ground"]) == ("Refused · E-mail", "GDPR Art. 17(3)(b)")


def test_an_answer_is_corrected_and_each_change_is_noted(browser: Browser, request_row: PrivacyRequest) -> None:
    address = address_of("request-answer", request_row)
    browser.post(address, answer())
    form = browser.page(address)
    assert form.root.one("input", name="answered_on")["value"] == days_ago(1).isoformat()
    assert form.root.one("textarea", name="answered_with").text == LETTER
    browser.post(address, answer())
    assert told("request.answer_changed") == []
    browser.post(address, answer(answered_on=days_ago(2), channel="post"))
    assert told("request.answer_changed") == [{"fields": "answered_on, channel"}]
    assert again(request_row).answered_on == days_ago(2)
    assert len(told("request.answered")) == 1


def test_an_answer_is_withdrawn_by_clearing_it(browser: Browser, request_row: PrivacyRequest) -> None:
    address = address_of("request-answer", request_row)
    browser.post(address, answer())
    browser.post(address, answer(answered_on="", outcome="", channel="", answered_with=""))
    row = again(request_row)
    assert (row.answered_on, row.outcome, row.acknowledged_on) == (None, "", days_ago(9))
    assert RequestAnswer.objects.get(request=row).answered_by is None
    assert told("request.answer_withdrawn") == [{"on": days_ago(1).isoformat()}]


# --- What it means ---


def test_adobe_being_done_is_not_the_end(browser: Browser, request_row: PrivacyRequest) -> None:
    page = shown(browser, request_row)
    assert again(request_row).status_words == "Adobe is done: answer the person"
    assert "Adobe is done: answer the person" in page.section("awaits-title").text
    assert ", in " in page.facts()["Due"]
    browser.post(address_of("request-answer", request_row), answer())
    page = shown(browser, request_row)
    assert again(request_row).status_words == "Complete"
    assert page.root.all("section", aria_labelledby="awaits-title") == []
    assert ", in " not in page.facts()["Due"]


@pytest.mark.parametrize(("late", "words"), [(-1, "in time"), (0, "in time"), (1, "one day late"), (3, "3 days late")])
def test_on_time_compares_the_answer_with_the_due_date(
    browser: Browser, request_row: PrivacyRequest, late: int, words: str
) -> None:
    PrivacyRequest.objects.update(due_on=days_ago(1 + late))
    browser.post(address_of("request-answer", request_row), answer())
    assert f", {words} by officer" in shown(browser, request_row).facts()["Answered"]


def test_what_adobe_has_done_is_overdue_all_the_same_until_the_answer(browser: Browser, request_row: PrivacyRequest) -> None:
    def overdue() -> list[float]:
        return [figure.value for figure in figures.read() if figure.name == "portal_privacy_requests_overdue"]

    assert overdue() == [0]
    PrivacyRequest.objects.update(due_on=days_ago(2))
    assert overdue() == [1]
    browser.post(address_of("request-answer", request_row), answer())
    assert overdue() == [0]


def test_a_paused_clock_ends_with_the_answer(browser: Browser, request_row: PrivacyRequest, organization: Organization) -> None:
    allow_pause()
    due_on = request_row.due_on
    assert due_on is not None
    browser.post(address_of("request-pause", request_row), {"reason": "Asked for a document"})
    PrivacyRequest.objects.update(paused_on=days_ago(5))
    browser.post(address_of("request-answer", request_row), answer())
    row = again(request_row)
    assert (row.paused_on, row.due_on) == (None, due_on + timedelta(days=4))


def test_systems_that_adobe_does_not_cover_are_named_before_the_answer(
    browser: Browser, request_row: PrivacyRequest, organization: Organization
) -> None:
    for name in ("Newsletter", "Shop"):
        OtherSystem.objects.create(organization=organization, name=name)
    warning = browser.page(address_of("request-answer", request_row)).root.one("div", id="open-systems").text
    assert warning.startswith("2 systems that Adobe does not cover are still open: Newsletter, Shop.")
    browser.post(address_of("request-answer", request_row), answer())
    assert browser.page(address_of("request-answer", request_row)).root.all("div", id="open-systems") == []
