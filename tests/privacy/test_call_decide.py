"""What a person decides about a call of unknown outcome; what counts is what Adobe has in the end."""

from __future__ import annotations

from collections import Counter

import pytest

from portal.models import AuditEvent, Organization, User
from portal.outbound import CallState
from privacy.models import PrivacyRequest
from privacy.statuses import RequestStatus
from tests.actors import Actors, covers
from tests.conftest import Simulator
from tests.states import address_of, again, undecided_request
from tests.steps import work

pytestmark = pytest.mark.django_db


@pytest.fixture
def undecided(simulator: Simulator, organization: Organization, officer: User) -> PrivacyRequest:
    """Three people with deletes, in a call that got no answer and that no look found: nothing of it is at Adobe."""
    request = undecided_request(organization, officer, simulator, "error500")
    assert request.status == RequestStatus.ATTENTION
    return request


def decide(actors: Actors, request: PrivacyRequest, decision: str) -> str:
    """Press a button; the words of the page that follows."""
    answer = actors.officer.post(address_of("call-decide", request, 1), {"decision": decision})
    assert answer.headers["Location"] == address_of("request-detail", request)
    return actors.officer.page(answer.headers["Location"]).text


def pairs(simulator: Simulator) -> Counter[tuple[str, str]]:
    """How often Adobe took each (key, action)."""
    return Counter((entry["key"], entry["action"]) for entry in simulator.ledger())


@covers("privacy:call-decide")
def test_only_those_with_the_right_may(actors: Actors, undecided: PrivacyRequest) -> None:
    actors.act(address_of("call-decide", undecided, 1), {"decision": "look_again"})


def test_a_viewer_finds_no_buttons(actors: Actors, undecided: PrivacyRequest) -> None:
    address = address_of("call-decide", undecided, 1)
    assert address in actors.officer.page(address_of("request-detail", undecided)).forms
    page = actors.viewer.page(address_of("request-detail", undecided))
    assert address not in page.forms
    assert "An officer of Acme can decide." in page.text


def test_sending_what_is_missing_sends_each_person_once(
    actors: Actors, undecided: PrivacyRequest, simulator: Simulator, officer: User
) -> None:
    assert "What Adobe does not list goes out as a new call." in decide(actors, undecided, "send_missing")
    assert "no longer waiting for a decision" in decide(actors, undecided, "send_missing")
    work("submit")
    assert len(pairs(simulator)) == 6
    assert set(pairs(simulator).values()) == {1}
    event = AuditEvent.objects.get(action="call.decided")
    assert (event.actor_name, event.details["decision"]) == (officer.get_username(), "send_missing")


def test_looking_again_sends_nothing(actors: Actors, undecided: PrivacyRequest, simulator: Simulator) -> None:
    decide(actors, undecided, "look_again")
    work("look", "submit")
    call = undecided.submissions.get()
    assert (call.state, call.person_reason, call.looks_done) == (CallState.UNKNOWN, "", 1)
    assert simulator.ledger() == []


def test_giving_up_ends_its_people_as_not_sent(actors: Actors, undecided: PrivacyRequest, simulator: Simulator) -> None:
    decide(actors, undecided, "give_up")
    work("look", "submit")
    request = again(undecided)
    assert (request.status, request.jobs_failed) == (RequestStatus.FAILED, 6)
    assert undecided.submissions.get().state == CallState.CANCELLED
    assert simulator.ledger() == []


@pytest.mark.parametrize("decision", ["", "erase_everything", "acknowledge_doubled"])
def test_what_is_no_decision_for_this_call_changes_nothing(actors: Actors, undecided: PrivacyRequest, decision: str) -> None:
    decide(actors, undecided, decision)
    call = undecided.submissions.get()
    assert (call.state, call.person_reason) == (CallState.UNKNOWN, "none_found")
    assert not AuditEvent.objects.filter(action="call.decided").exists()


def test_a_call_that_is_not_there_is_not_found(actors: Actors, undecided: PrivacyRequest) -> None:
    address = address_of("call-decide", undecided, 2)
    assert actors.officer.post(address, {"decision": "give_up"}).status_code == 404
