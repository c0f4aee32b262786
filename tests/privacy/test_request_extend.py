"""The due date is extended within the law's limit, counted from the first due date, with a reason; more is refused in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.models import Organization, User
from privacy import catalog, shredding
from privacy.deadlines import Unit, later
from privacy.models import DeadlineChange, LawDeadline, PrivacyRequest
from privacy.statuses import RequestStatus
from tests.actors import Actors, covers, everything_kept
from tests.files import confirmed_request, payload, people
from tests.handling import REASON, allow_pause, days_ago, everything_told, message_of, received, today, told
from tests.pages import Browser, Page
from tests.states import address_of, again

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


@pytest.fixture
def request_row(organization: Organization, officer: User) -> PrivacyRequest:
    return received(organization, officer)


def extend(browser: Browser, request: PrivacyRequest, days: int, **fields: str) -> list[str]:
    """Move the date by so many days; what was wrong, in words, when it was refused."""
    due_on = again(request).due_on
    assert due_on is not None
    sent = {"until": (due_on + timedelta(days=days)).isoformat(), "reason": REASON} | fields
    before = everything_kept()
    reply = browser.post(address_of("request-extend", request), sent)
    if reply.status_code == 302:
        return []
    assert everything_kept() == before
    page = Page.of(reply)
    assert page.root.one("textarea", name="reason").text == " ".join(sent["reason"].split())
    return [link.text for link in page.root.one("div", class_="error-summary").all("a")]


@covers("privacy:request-extend")
def test_only_an_officer_of_the_organization_may(actors: Actors, request_row: PrivacyRequest) -> None:
    address = address_of("request-extend", request_row)
    before = everything_kept()
    sent = {"until": str(request_row.due_on and request_row.due_on + timedelta(days=5)), "reason": REASON}
    for ask in ("get", "post"):
        for person, status in ((actors.viewer, 403), (actors.stranger, 404), (actors.nobody, 302)):
            assert getattr(person, ask)(address, sent).status_code == status
    actors.refuse_methods(address, allowed=("get", "post"))
    assert everything_kept() == before
    assert actors.officer.get(address).status_code == 200
    assert actors.officer.post(address, sent).status_code == 302
    assert address not in actors.viewer.page(address_of("request-detail", request_row)).links


def test_the_date_moves_with_the_reason_sealed_and_numbers_in_the_trail(
    browser: Browser, request_row: PrivacyRequest, officer: User
) -> None:
    due_on = request_row.due_on
    assert due_on is not None
    assert extend(browser, request_row, 14) == []
    assert again(request_row).due_on == due_on + timedelta(days=14)
    change = DeadlineChange.objects.select_related("request__data_key").get()
    assert (change.kind, change.by, change.due_before, change.due_after) == (
        "extended",
        officer,
        due_on,
        due_on + timedelta(days=14),
    )
    assert change.reason == REASON
    assert b"Jane" not in bytes(change.reason_sealed or b"")
    assert "Jane" not in everything_told()
    assert told("request.extended") == [
        {
            "number": request_row.number,
            "due_before": due_on.isoformat(),
            "due_after": (due_on + timedelta(days=14)).isoformat(),
            "days": 14,
        }
    ]
    page = browser.page(address_of("request-detail", request_row))
    assert REASON in page.section("deadline").text
    assert "The due date was extended by 14 days, from " in page.section("happened").text


def test_the_limit_counts_from_the_first_due_date_however_often(browser: Browser, request_row: PrivacyRequest) -> None:
    first = request_row.due_on
    assert first is not None
    latest = later(first, 2, Unit.MONTHS)
    room = (latest - first).days
    page = browser.page(address_of("request-extend", request_row))
    assert page.root.one("input", name="until")["max"] == latest.isoformat()
    assert "The law allows 2 months more" in page.text
    (words,) = extend(browser, request_row, room + 1)
    assert words.startswith("General Data Protection Regulation (EU and UK) allows 2 months more, counted from ")
    assert extend(browser, request_row, 10) == []
    assert extend(browser, request_row, room - 9) != []
    assert extend(browser, request_row, room - 10) == []
    assert again(request_row).due_on == latest
    browser.get(address_of("request-extend", request_row))
    assert message_of(browser, address_of("request-detail", request_row)).startswith(
        "The date was moved as far as the law allows"
    )


@pytest.mark.parametrize(
    ("law", "days"), [("ccpa", 45), ("fdbr_fl_usa", 15), ("icdpa_ia_usa", 45), ("pdpa_tha", 30), ("mhmda_wa_usa", 45)]
)
def test_each_law_has_its_own_limit(browser: Browser, organization: Organization, officer: User, law: str, days: int) -> None:
    request = received(organization, officer, ago=1, regulation=law)
    assert len(extend(browser, request, days + 1)) == 1
    assert extend(browser, request, days) == []


def test_a_law_with_words_and_no_number_leaves_the_date_to_the_officer(
    browser: Browser, organization: Organization, officer: User
) -> None:
    request = received(organization, officer, ago=1, regulation="nzpa_nzl")
    page = browser.page(address_of("request-extend", request))
    assert "The law gives no number for how far." in page.text
    assert "with notice" in page.text
    assert len(extend(browser, request, 400)) == 1
    assert extend(browser, request, 90) == []


@pytest.mark.parametrize(
    ("law", "words"),
    [
        ("lgpd_bra", "does not let this date be moved"),
        ("dpdpa_ind", "This law gives no date, so there is none to extend."),
    ],
)
def test_where_the_law_allows_none_there_is_no_button_and_it_is_said(
    browser: Browser, organization: Organization, officer: User, law: str, words: str
) -> None:
    request = received(organization, officer, ago=1, regulation=law)
    assert address_of("request-extend", request) not in browser.page(address_of("request-detail", request)).links
    assert browser.post(address_of("request-extend", request), {"until": "2030-01-01", "reason": REASON}).status_code == 302
    assert words in message_of(browser, address_of("request-detail", request))
    assert not DeadlineChange.objects.exists()


def test_an_opt_out_in_california_is_not_extended(browser: Browser, organization: Organization, officer: User) -> None:
    request = confirmed_request(organization, officer, payload(people(1, "opt-out-of-sale"), regulation="ccpa"))
    browser.get(address_of("request-extend", request))
    assert "does not let this date be moved" in message_of(browser, address_of("request-detail", request))


@pytest.mark.parametrize(
    ("days", "fields"), [(0, {}), (-1, {}), (5, {"reason": "  "}), (5, {"until": ""}), (5, {"until": "soon"})]
)
def test_a_date_that_is_none_and_a_missing_reason_are_refused(
    browser: Browser, request_row: PrivacyRequest, days: int, fields: dict[str, str]
) -> None:
    assert len(extend(browser, request_row, days, **fields)) == 1


def test_a_date_that_has_passed_moves_only_when_the_person_was_told_in_time(
    browser: Browser, request_row: PrivacyRequest
) -> None:
    PrivacyRequest.objects.update(due_on=days_ago(1))
    (words,) = extend(browser, request_row, 30)
    assert words.startswith("The date has passed.")
    assert extend(browser, request_row, 30, told_in_time="on") == []


def test_a_person_who_was_answered_needs_no_later_date(browser: Browser, request_row: PrivacyRequest) -> None:
    PrivacyRequest.objects.update(answered_on=today(), outcome="granted")
    assert extend(browser, request_row, 5) == []
    assert not DeadlineChange.objects.exists()


@pytest.mark.parametrize("status", [RequestStatus.CANCELLED, RequestStatus.SHREDDED, RequestStatus.PREPARING])
def test_a_closed_request_keeps_its_date(browser: Browser, request_row: PrivacyRequest, status: RequestStatus) -> None:
    PrivacyRequest.objects.update(status=status)
    assert extend(browser, request_row, 5) == []
    assert not DeadlineChange.objects.exists()


def test_days_of_a_pause_do_not_count_as_an_extension(browser: Browser, request_row: PrivacyRequest) -> None:
    allow_pause()
    first = request_row.due_on
    assert first is not None
    browser.post(address_of("request-pause", request_row), {"reason": REASON})
    PrivacyRequest.objects.update(paused_on=days_ago(6))
    browser.post(address_of("request-resume", request_row))
    moved = first + timedelta(days=6)
    assert again(request_row).due_on == moved
    room = (later(moved, 2, Unit.MONTHS) - moved).days
    assert len(extend(browser, request_row, room + 1)) == 1
    assert extend(browser, request_row, room) == []


def test_removing_the_personal_data_removes_the_reasons(browser: Browser, request_row: PrivacyRequest, officer: User) -> None:
    extend(browser, request_row, 14)
    request_row.jobs.update(status="complete")
    request_row.submissions.update(state="sent")
    shredding.shred(again(request_row), officer)
    assert DeadlineChange.objects.get().reason_sealed is None
    assert REASON not in browser.page(address_of("request-detail", request_row)).html


def test_what_ships_and_what_an_administrator_changed() -> None:
    rules = {row.law_id: row for row in LawDeadline.objects.filter(action="access")}
    assert (rules["gdpr"].extension_amount, rules["gdpr"].extension_unit) == (2, "months")
    assert rules["lgpd_bra"].extension_amount is None
    assert {row.pause for row in rules.values()} == {""}
    rule = catalog.current().laws.deadline("ccpa", "access")
    assert rule is not None
    assert (rule.extension_amount, rule.extension_unit) == (45, Unit.DAYS)
