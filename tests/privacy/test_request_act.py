"""What is done with many requests at once: ticked ones, or all that match."""

from __future__ import annotations

import pytest

from portal.models import AuditEvent, Organization, User
from privacy.lists.requests import ACTS
from privacy.models import PrivacyRequest
from privacy.statuses import Origin
from tests.actors import Actors, covers
from tests.conftest import Simulator
from tests.files import people
from tests.lists import asked, confirm, told
from tests.pages import Browser, Page
from tests.people import make_user
from tests.privacy.test_request_list import plain_requests
from tests.states import finish, sent_request
from tests.steps import work

pytestmark = pytest.mark.django_db
LIST = "/requests/"
ADDRESS = "/requests/act/"
ASSIGNED, ACKNOWLEDGED = "request.assigned", "request.acknowledged"


def count_of(action: str) -> int:
    """How often the trail has it."""
    return AuditEvent.objects.filter(action=action).count()


@covers("privacy:request-act")
def test_only_those_with_the_right_may_act_and_only_on_rows_they_see(
    actors: Actors, organization: Organization, officer: User
) -> None:
    (request,) = plain_requests(organization, officer, {})
    # The stranger sees no such row, and is told so on the list.
    sent = {"act": "assign", "row": str(request.pk), "to": str(officer.pk), "confirmed": "1"}
    actors.act(ADDRESS, sent, officer=302, stranger=302)
    request.refresh_from_db()
    assert request.assignee == officer


@pytest.mark.parametrize("act", [act.name for act in ACTS])
def test_each_act_asks_for_its_own_right(actors: Actors, organization: Organization, officer: User, act: str) -> None:
    (request,) = plain_requests(organization, officer, {})
    assert actors.viewer.post(ADDRESS, {"act": act, "row": str(request.pk)}).status_code == 403
    assert "list-acts" not in actors.viewer.page(LIST).html
    assert actors.officer.page(LIST).root.one("form", id="list-acts")["action"] == ADDRESS


def test_nothing_is_done_before_it_is_confirmed(browser: Browser, organization: Organization, officer: User) -> None:
    rows = plain_requests(organization, officer, {}, {}, {})
    page = asked(browser, ADDRESS, "acknowledge", rows[:2])
    assert page.title == "Note that receipt was acknowledged"
    assert "of 2 requests was acknowledged" in page.text
    assert "PR-2026-000001, PR-2026-000002" in page.text
    assert page.forms[ADDRESS].buttons == ["Note it for 2 requests"]
    assert not PrivacyRequest.objects.exclude(acknowledged_on=None).exists()
    assert told(browser, confirm(browser, page)) == "Noted for 2 requests."
    assert [row.acknowledged_on is not None for row in PrivacyRequest.objects.order_by("number")] == [True, True, False]
    assert count_of(ACKNOWLEDGED) == 2


def test_a_second_press_changes_nothing_more(browser: Browser, organization: Organization, officer: User) -> None:
    page = asked(browser, ADDRESS, "acknowledge", plain_requests(organization, officer, {}))
    confirm(browser, page)
    assert "1 row was so already" in told(browser, confirm(browser, page))
    assert count_of(ACKNOWLEDGED) == 1


def test_what_could_not_be_done_is_said_with_the_reason(browser: Browser, organization: Organization, officer: User) -> None:
    kinds = [{}, {"status": "cancelled"}, {"status": "cancelled"}, {"status": "shredded"}]
    page = asked(browser, ADDRESS, "acknowledge", plain_requests(organization, officer, *kinds))
    words = told(browser, confirm(browser, page))
    assert "Noted for 1 request." in words
    assert "2 rows were left as they are (PR-2026-000002, PR-2026-000003): This request was cancelled" in words
    assert "1 row was left as it is (PR-2026-000004): The personal data of this request was removed" in words


def test_all_that_match_are_more_than_a_page(browser: Browser, organization: Organization, officer: User) -> None:
    plain_requests(organization, officer, *({"regulation": "ccpa"} for _ in range(60)), *({} for _ in range(5)))
    assert "All 60 requests that match" in browser.page(LIST, law="ccpa").text
    page = asked(browser, ADDRESS, "acknowledge", query="?law=ccpa", which="all")
    assert "of 60 requests was acknowledged" in page.text
    assert "and 50 more" in page.text
    assert told(browser, confirm(browser, page)) == "Noted for 60 requests."
    assert set(PrivacyRequest.objects.filter(acknowledged_on=None).values_list("regulation", flat=True)) == {"gdpr"}


def test_another_number_than_was_agreed_to_is_asked_about_again(
    browser: Browser, organization: Organization, officer: User
) -> None:
    plain_requests(organization, officer, {}, {})
    page = asked(browser, ADDRESS, "acknowledge", which="all")
    plain_requests(organization, officer, {})
    answer = confirm(browser, page)
    again = Page.of(answer)
    assert "Nothing was changed: more or fewer rows match now than when you were asked." in again.text
    assert not PrivacyRequest.objects.exclude(acknowledged_on=None).exists()
    assert told(browser, confirm(browser, again)) == "Noted for 3 requests."


def test_many_are_worked_off_in_parts_each_by_a_press(browser: Browser, organization: Organization, officer: User) -> None:
    plain_requests(organization, officer, *({} for _ in range(130)))
    page = asked(browser, ADDRESS, "acknowledge", which="all")
    assert page.forms[ADDRESS].buttons == ["Note it for 100 requests"]
    second = Page.of(confirm(browser, page))
    assert "Noted for 100 requests." in second.text
    assert second.forms[ADDRESS].buttons == ["Note it for 30 requests"]
    assert told(browser, confirm(browser, second)) == "Noted for 30 requests."
    assert not PrivacyRequest.objects.filter(acknowledged_on=None).exists()


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"act": "acknowledge"}, "Tick at least one row first"),
        ({"act": "acknowledge", "row": "nonsense"}, "Tick at least one row first"),
        ({"act": "nonsense"}, "Choose what to do with the rows."),
    ],
)
def test_without_rows_or_an_act_it_leads_back_with_the_reason(
    browser: Browser, organization: Organization, officer: User, sent: dict[str, str], words: str
) -> None:
    plain_requests(organization, officer, {})
    answer = browser.post(ADDRESS, sent | {"query": "?law=gdpr"})
    assert answer.headers["Location"] == f"{LIST}?law=gdpr"
    assert words in told(browser, answer)


# --- Give to a colleague ---


def test_requests_are_given_to_a_colleague(browser: Browser, organization: Organization, officer: User) -> None:
    other = make_user("other", "Officer", organization)
    page = asked(browser, ADDRESS, "assign", plain_requests(organization, officer, {}, {"assignee": other}))
    options = [option.text for option in page.root.one("select", name="to").all("option")]
    assert options == ["officer (me)", "other"]
    words = told(browser, confirm(browser, page, to=str(other.pk)))
    assert words == "1 request was given away. 1 row was so already and stayed as it is."
    assert set(PrivacyRequest.objects.values_list("assignee", flat=True)) == {other.pk}
    assert count_of(ASSIGNED) == 1


def test_nobody_else_can_be_given_requests(browser: Browser, organization: Organization, officer: User, viewer: User) -> None:
    page = asked(browser, ADDRESS, "assign", plain_requests(organization, officer, {}))
    answer = confirm(browser, page, to=str(viewer.pk))
    assert answer.status_code == 422
    assert "Choose a colleague of the list." in Page.of(answer).text
    assert not PrivacyRequest.objects.exclude(assignee=None).exists()


# --- Ask again ---


def test_what_failed_is_asked_again_request_by_request(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    failed = sent_request(organization, officer, people(1, prefix="error"))
    fine = sent_request(organization, officer, people(1, prefix="fine"))
    finish(simulator)
    page = asked(browser, ADDRESS, "resubmit", [failed, fine])
    assert "Up to 1 deletion is asked for again. Adobe cannot undo it." in page.text
    assert page.root.one("button", class_="danger").text == "Ask again for 2 requests"
    words = told(browser, confirm(browser, page))
    assert "1 request is asked again." in words
    assert f"1 row was left as it is ({fine.number}): Nothing of this failed" in words
    made = PrivacyRequest.objects.get(origin=Origin.RESUBMISSION)
    assert (made.resubmission_of, made.people) == (failed, 1)
    assert "was asked again already" in told(browser, confirm(browser, page))
    assert PrivacyRequest.objects.filter(origin=Origin.RESUBMISSION).count() == 1
    work("prepare")
