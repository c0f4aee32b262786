"""What a person decides about a call of unknown outcome: each decision, once, and only while the call waits for it."""

from __future__ import annotations

import pytest

from portal.models import AuditEvent, Organization, User
from portal.outbound import CallState, PersonReason
from privacy.models import PrivacyRequest
from privacy.statuses import JobStatus, RequestStatus
from tests.actors import Actors, covers
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.pages import Browser, Page
from tests.states import CREATE, address_of, again, sent_request, undecided_request
from tests.steps import work

pytestmark = pytest.mark.django_db


@pytest.fixture
def undecided(media: object, simulator: Simulator, organization: Organization, officer: User) -> PrivacyRequest:
    """Adobe's list does not show the call in any look."""
    return undecided_request(organization, officer, simulator, "error500")


@pytest.fixture
def in_part(media: object, simulator: Simulator, organization: Organization, officer: User) -> PrivacyRequest:
    """Adobe's list shows all of the call but two jobs."""
    return undecided_request(organization, officer, simulator, "accept_then_cut", lost=2)


@pytest.fixture
def doubled(media: object, simulator: Simulator, organization: Organization, officer: User) -> PrivacyRequest:
    """Adobe has every job of the call twice."""
    simulator.fault("double", match={"operation": "create"}, times=1)
    return undecided_request(organization, officer, simulator, "accept_then_cut")


def decide(browser: Browser, request: PrivacyRequest, decision: str, ordinal: int = 1) -> str:
    """Press a button, and read the message that the request's page shows then."""
    answer = browser.post(address_of("call-decide", request, ordinal), {"decision": decision})
    assert answer.headers["Location"] == address_of("request-detail", request)
    page = Page.of(browser.get(answer.headers["Location"]))
    (message,) = [
        one for one in page.root.all("div", class_="notice") if one["class"].endswith(("notice-success", "notice-error"))
    ]
    return message.text


def states(request: PrivacyRequest) -> list[tuple[str, str]]:
    """State and reason for a person of each call."""
    return list(request.submissions.order_by("ordinal").values_list("state", "person_reason"))


def pairs(simulator: Simulator) -> list[tuple[str, str]]:
    """Key and action of every job that Adobe ever took, in order."""
    return [(entry["key"], entry["action"]) for entry in simulator.ledger()]


@covers("privacy:call-decide")
def test_only_an_officer_of_the_organization_may(actors: Actors, undecided: PrivacyRequest) -> None:
    actors.act(address_of("call-decide", undecided, 1), {"decision": "give_up"})
    assert states(undecided) == [(CallState.CANCELLED, "")]


def test_looking_again_starts_the_looks_over(browser: Browser, undecided: PrivacyRequest) -> None:
    assert decide(browser, undecided, "look_again") == "The portal looks at Adobe's list again."
    call = undecided.submissions.get()
    assert (call.state, call.person_reason, call.looks_done) == (CallState.UNKNOWN, "", 0)
    work("look")
    assert undecided.submissions.get().looks_done == 1


def test_sending_goes_out_as_a_new_call(browser: Browser, undecided: PrivacyRequest, simulator: Simulator) -> None:
    assert simulator.ledger() == []
    assert decide(browser, undecided, "send_missing") == "What Adobe does not list goes out as a new call."
    assert states(undecided) == [(CallState.CANCELLED, ""), (CallState.QUEUED, "")]
    work("submit")
    assert len(simulator.ledger()) == 6
    assert again(undecided).status == RequestStatus.IN_PROGRESS


def test_sending_sends_only_what_adobe_does_not_list(browser: Browser, in_part: PrivacyRequest, simulator: Simulator) -> None:
    assert states(in_part) == [(CallState.UNKNOWN, PersonReason.SOME_FOUND)]
    first = pairs(simulator)
    decide(browser, in_part, "send_missing")
    work("submit")
    assert states(in_part) == [(CallState.SENT, ""), (CallState.SENT, "")]
    # Those two that Adobe had lost, under the keys that they had.
    assert pairs(simulator)[6:] == first[:2]


def test_giving_up_ends_its_jobs_as_not_sent(browser: Browser, undecided: PrivacyRequest, simulator: Simulator) -> None:
    assert decide(browser, undecided, "give_up") == "The call is closed. Its people count as not sent."
    assert set(undecided.jobs.values_list("status", flat=True)) == {JobStatus.NOT_SENT}
    assert again(undecided).status == RequestStatus.FAILED
    work("submit", "look")
    assert simulator.ledger() == []


def test_doubled_jobs_are_noted_and_nothing_is_sent(browser: Browser, doubled: PrivacyRequest, simulator: Simulator) -> None:
    assert again(doubled).status == RequestStatus.ATTENTION
    before = len(simulator.ledger())
    assert decide(browser, doubled, "acknowledge_doubled") == "Noted: the doubled jobs were seen."
    assert states(doubled) == [(CallState.SENT, "")]
    assert again(doubled).status == RequestStatus.IN_PROGRESS
    work("submit")
    assert len(simulator.ledger()) == before


@pytest.mark.parametrize("decision", ["look_again", "send_missing", "give_up"])
def test_a_decision_stands_in_the_trail_with_the_person(browser: Browser, undecided: PrivacyRequest, decision: str) -> None:
    decide(browser, undecided, decision)
    event = AuditEvent.objects.get(action="call.decided")
    assert (event.actor_name, event.root_id) == ("officer", str(undecided.pk))
    assert event.details == {"decision": decision, "call": 1}


@pytest.mark.parametrize("decision", ["send_missing", "give_up"])
def test_a_second_press_changes_nothing(browser: Browser, undecided: PrivacyRequest, decision: str) -> None:
    decide(browser, undecided, decision)
    before = states(undecided)
    assert decide(browser, undecided, decision).startswith("This call is no longer waiting for a decision.")
    assert states(undecided) == before
    assert undecided.jobs.count() == 6


@pytest.mark.parametrize("decision", ["look_again", "send_missing", "give_up", "acknowledge_doubled"])
def test_a_call_that_waits_for_nobody_takes_no_decision(
    browser: Browser, organization: Organization, officer: User, decision: str
) -> None:
    request = confirmed_request(organization, officer, payload(people(2)))
    before = list(request.submissions.values())
    assert decide(browser, request, decision).startswith("This call is no longer waiting for a decision.")
    assert list(request.submissions.values()) == before
    assert not AuditEvent.objects.filter(action="call.decided").exists()


@pytest.mark.parametrize("decision", ["send_missing", "give_up", "look_again"])
def test_doubled_jobs_are_not_decided_about_as_if_they_were_missing(
    browser: Browser, doubled: PrivacyRequest, decision: str
) -> None:
    decide(browser, doubled, decision)
    assert states(doubled) == [(CallState.SENT, PersonReason.DOUBLED)]


@pytest.mark.parametrize("decision", ["send_missing", "give_up"])
def test_while_the_portal_still_looks_nobody_decides(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User, decision: str
) -> None:
    simulator.fault("accept_then_cut", match=CREATE, times=1)
    request = sent_request(organization, officer)
    assert states(request) == [(CallState.UNKNOWN, "")]
    assert decide(browser, request, decision).startswith("This call is no longer waiting for a decision.")
    assert states(request) == [(CallState.UNKNOWN, "")]
    assert set(request.jobs.values_list("status", flat=True)) == {JobStatus.WAITING}


def test_a_call_without_doubled_jobs_is_not_noted_as_seen(browser: Browser, undecided: PrivacyRequest) -> None:
    assert decide(browser, undecided, "acknowledge_doubled").startswith("This call is no longer waiting for a decision.")
    assert states(undecided) == [(CallState.UNKNOWN, PersonReason.NONE_FOUND)]
    assert not AuditEvent.objects.filter(action="call.decided").exists()


@pytest.mark.parametrize("decision", ["", "burn"])
def test_without_a_choice_nothing_is_done(browser: Browser, undecided: PrivacyRequest, decision: str) -> None:
    assert decide(browser, undecided, decision) == "Choose what to do with the call."
    assert states(undecided) == [(CallState.UNKNOWN, PersonReason.NONE_FOUND)]


def test_a_call_that_is_not_there_is_no_page(browser: Browser, undecided: PrivacyRequest) -> None:
    for address in (
        address_of("call-decide", undecided, 2),
        "/requests/PR-2026-999999/calls/1/decide/",
        f"/requests/x/calls/{10**30}/decide/",
    ):
        assert browser.post(address, {"decision": "give_up"}).status_code == 404
