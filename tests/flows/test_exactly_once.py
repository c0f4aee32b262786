"""Every transition of one outbound call, reached by a real fault over a socket; what counts is the simulator's ledger."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.conf import LazySettings

from portal import connections, crypto
from portal.models import DataKey, Organization, User
from portal.outbound import CallState, PersonReason
from privacy import reconciling, submission
from privacy.models import Job, PrivacyRequest, Submission
from privacy.statuses import JobStatus, RequestStatus
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.steps import let_pass, work

pytestmark = pytest.mark.django_db(transaction=True)

JOBS = {"method": "POST", "path": "/data/core/privacy/jobs"}


@pytest.fixture
def queued(transactional_db: None, simulator: Simulator, organization: Organization, officer: User) -> PrivacyRequest:
    """Three people who want access and deletion, waiting to be sent."""
    return confirmed_request(organization, officer, payload(people(3)))


def call(request: PrivacyRequest) -> Submission:
    """The request's only call, as it is now."""
    return request.submissions.get()


def pairs(simulator: Simulator) -> Counter[tuple[str, str]]:
    """How often Adobe took each (key, action)."""
    return Counter((entry["key"], entry["action"]) for entry in simulator.ledger())


def expected(request: PrivacyRequest) -> Counter[tuple[str, str]]:
    """Each (wire key, action) of the request, once."""
    jobs = Job.objects.filter(request=request).select_related("subject__request__data_key")
    return Counter((job.subject.wire_key or "", job.action) for job in jobs if job.subject)


def test_it_sends_each_person_and_action_once(queued: PrivacyRequest, simulator: Simulator) -> None:
    work("submit")
    assert call(queued).state == CallState.SENT
    assert pairs(simulator) == expected(queued)
    assert not Job.objects.filter(request=queued).exclude(status=JobStatus.SUBMITTED).exists()


def test_a_second_send_of_the_same_call_finds_nothing_to_claim(queued: PrivacyRequest, simulator: Simulator) -> None:
    assert submission.send(call(queued).pk)
    assert not submission.send(call(queued).pk)
    assert pairs(simulator) == expected(queued)


@pytest.mark.parametrize("kind", ["throttle", "throttle_date", "throttle_bare"])
def test_it_waits_when_adobe_throttles(queued: PrivacyRequest, simulator: Simulator, kind: str) -> None:
    simulator.fault(kind, match=JOBS, times=1, retry_after=30)
    work("submit")
    assert call(queued).state == CallState.QUEUED
    assert simulator.ledger() == []
    let_pass(timedelta(minutes=20))
    work("submit")
    assert pairs(simulator) == expected(queued)


def test_a_refused_token_is_refreshed_once(queued: PrivacyRequest, simulator: Simulator) -> None:
    simulator.fault("unauthorized", match=JOBS, times=1)
    work("submit")
    assert call(queued).state == CallState.SENT
    assert pairs(simulator) == expected(queued)


@pytest.mark.parametrize(
    ("kind", "times", "reason"),
    [
        ("unauthorized", 2, "unauthorized"),
        ("forbidden", 1, "forbidden"),
        ("not_found", 1, "wrong_address"),
        ("limit400", 1, "limit"),
    ],
)
def test_a_blocked_organization_is_held_until_a_person_resumes(
    queued: PrivacyRequest, simulator: Simulator, organization: Organization, kind: str, times: int, reason: str
) -> None:
    simulator.fault(kind, match=JOBS, times=times)
    work("submit")
    organization.refresh_from_db()
    assert (organization.is_on_hold, organization.hold_reason) == (True, reason)
    assert call(queued).state == CallState.QUEUED
    assert simulator.ledger() == []
    organization.resume()
    submission.resume(organization.pk)
    work("submit")
    assert pairs(simulator) == expected(queued)


def test_a_refused_body_is_the_end_of_the_call(queued: PrivacyRequest, simulator: Simulator) -> None:
    simulator.fault("reject400", match=JOBS, times=1)
    work("submit")
    assert call(queued).state == CallState.REJECTED
    assert call(queued).words
    queued.refresh_from_db()
    assert queued.status == RequestStatus.FAILED
    let_pass(timedelta(days=1))
    work("submit", "look")
    assert simulator.ledger() == []


@pytest.mark.parametrize("kind", ["accept_then_cut", "accept_then_500", "garbage", "fewer_jobs"])
def test_an_accepted_call_without_a_clear_answer_is_found_and_not_sent_again(
    queued: PrivacyRequest, simulator: Simulator, kind: str
) -> None:
    simulator.fault(kind, match=JOBS, times=1)
    work("submit")
    assert call(queued).state == CallState.UNKNOWN
    let_pass(timedelta(minutes=6))
    work("look")
    assert call(queued).state == CallState.SENT
    let_pass(timedelta(days=1))
    work("submit", "look")
    assert pairs(simulator) == expected(queued)


@pytest.mark.parametrize("kind", ["cut_before_answer", "error500", "error503"])
def test_deletes_that_no_look_finds_wait_for_a_person(queued: PrivacyRequest, simulator: Simulator, kind: str) -> None:
    simulator.fault(kind, match=JOBS, times=1)
    work("submit")
    assert call(queued).state == CallState.UNKNOWN
    for _ in range(3):
        let_pass(timedelta(hours=7))
        work("look", "submit")
    assert (call(queued).state, call(queued).person_reason) == (CallState.UNKNOWN, PersonReason.NONE_FOUND)
    queued.refresh_from_db()
    assert queued.status == RequestStatus.ATTENTION
    assert simulator.ledger() == []


def test_a_person_can_send_what_no_look_found(queued: PrivacyRequest, simulator: Simulator, officer: User) -> None:
    test_deletes_that_no_look_finds_wait_for_a_person(queued, simulator, "error500")
    reconciling.send_missing(call(queued), officer)
    work("submit")
    assert pairs(simulator) == expected(queued)
    assert set(queued.submissions.values_list("state", flat=True)) == {CallState.CANCELLED, CallState.SENT}


def test_access_that_no_look_finds_is_queued_again(
    transactional_db: None, simulator: Simulator, organization: Organization, officer: User
) -> None:
    request = confirmed_request(organization, officer, payload(people(2, "access")))
    simulator.fault("error500", match=JOBS, times=1)
    work("submit")
    for _ in range(3):
        let_pass(timedelta(hours=7))
        work("look")
    work("submit")
    assert call(request).state == CallState.SENT
    assert pairs(simulator) == expected(request)


@pytest.mark.parametrize("switches", [{"list_status": "docs"}, {"legacy_codes": "reject"}])
def test_a_listing_that_adobe_does_not_offer_does_not_stop_a_look(
    transactional_db: None, simulator: Simulator, organization: Organization, officer: User, switches: dict[str, str]
) -> None:
    simulator.control("switches", switches)
    request = confirmed_request(organization, officer, payload(people(2), regulation="cpra_ca_usa"))
    simulator.fault("accept_then_cut", match=JOBS, times=1)
    work("submit")
    let_pass(timedelta(minutes=6))
    work("look")
    assert call(request).state == CallState.SENT
    assert pairs(simulator) == expected(request)


def test_a_failed_look_does_not_count(queued: PrivacyRequest, simulator: Simulator) -> None:
    simulator.fault("accept_then_cut", match=JOBS, times=1)
    work("submit")
    simulator.fault("error500", match={"method": "GET", "path": "/data/core/privacy/jobs"}, times=20)
    let_pass(timedelta(minutes=6))
    reconciling.look(call(queued).pk)
    assert (call(queued).state, call(queued).looks_done) == (CallState.UNKNOWN, 0)
    simulator.control("faults", method="DELETE")
    let_pass(timedelta(minutes=30))
    work("look")
    assert call(queued).state == CallState.SENT


def test_calls_of_one_law_are_looked_for_with_one_listing(
    simulator: Simulator, organization: Organization, officer: User
) -> None:
    requests = [confirmed_request(organization, officer, payload(people(2, prefix=f"n{n}"))) for n in range(3)]
    simulator.fault("accept_then_cut", match=JOBS, times=2)
    simulator.fault("cut_before_answer", match=JOBS, times=1)
    work("submit")
    assert {call(one).state for one in requests} == {CallState.UNKNOWN}
    let_pass(timedelta(minutes=6))
    assert reconciling.look_next() == 3
    together = simulator.control("calls")["calls"]["list"]
    assert sorted(call(one).state for one in requests) == [CallState.SENT, CallState.SENT, CallState.UNKNOWN]
    (missing,) = (one for one in requests if call(one).state == CallState.UNKNOWN)
    assert call(missing).looks_done == 1
    reconciling.look(call(missing).pk)
    # One call alone costs as many pages as all of them did.
    assert simulator.control("calls")["calls"]["list"] == 2 * together


def test_a_worker_that_dies_while_sending_leaves_an_unknown_call(queued: PrivacyRequest, simulator: Simulator) -> None:
    before = queued.created_at - timedelta(hours=1)
    Submission.objects.update(state=CallState.SENDING, claimed_at=before, first_sent_at=before)
    work("submit")
    assert call(queued).state == CallState.UNKNOWN
    assert simulator.ledger() == []


def test_a_worker_that_dies_before_the_first_byte_leaves_a_call_that_is_sent(
    queued: PrivacyRequest, simulator: Simulator
) -> None:
    Submission.objects.update(state=CallState.SENDING, claimed_at=queued.created_at - timedelta(hours=1))
    work("submit")
    assert (call(queued).state, simulator.ledger()) == (CallState.QUEUED, [])
    let_pass(timedelta(minutes=1))
    work("submit")
    assert call(queued).state == CallState.SENT


def test_a_connection_refused_is_tried_again(
    queued: PrivacyRequest, simulator: Simulator, organization: Organization, settings: LazySettings
) -> None:
    Organization.objects.update(gateway_url="http://127.0.0.1:9")
    work("submit")
    assert (call(queued).state, call(queued).last_error) == (CallState.QUEUED, "connect")
    Organization.objects.update(gateway_url=simulator.address)
    let_pass(timedelta(hours=1))
    work("submit")
    assert pairs(simulator) == expected(queued)


def test_doubled_jobs_raise_an_alarm(queued: PrivacyRequest, simulator: Simulator) -> None:
    simulator.fault("double", match=JOBS, times=1)
    simulator.fault("accept_then_cut", match=JOBS, times=1)
    work("submit")
    let_pass(timedelta(minutes=6))
    work("look")
    assert call(queued).person_reason == PersonReason.DOUBLED
    queued.refresh_from_db()
    assert queued.status == RequestStatus.ATTENTION


def test_a_look_that_was_overtaken_counts_for_nothing(queued: PrivacyRequest, simulator: Simulator) -> None:
    simulator.fault("error500", match=JOBS, times=1)
    work("submit")
    stale = Submission.objects.select_related("request__organization__data_key").get()
    let_pass(timedelta(minutes=6))
    work("look")
    assert call(queued).looks_done == 1
    reconciling._apply(stale, [])
    assert (call(queued).state, call(queued).looks_done) == (CallState.UNKNOWN, 1)


def test_a_look_that_finds_a_call_queued_again_keeps_it_from_going_out(
    transactional_db: None, simulator: Simulator, organization: Organization, officer: User
) -> None:
    request = confirmed_request(organization, officer, payload(people(2, "access")))
    simulator.fault("accept_then_cut", match=JOBS, times=1)
    work("submit")
    stale = Submission.objects.select_related("request__organization__data_key").get()
    found = reconciling.listed_jobs(connections.service_for(stale.request.organization), stale)
    # One job only: what this look saw of the call is a part.
    Submission.objects.update(state=CallState.QUEUED, unknown_since=None, next_look_at=None)
    reconciling._apply(stale, found[:1])
    assert call(request).state == CallState.UNKNOWN
    let_pass(timedelta(hours=1))
    work("submit", "look")
    assert call(request).state == CallState.SENT
    assert pairs(simulator) == expected(request)


def test_a_call_that_does_not_decrypt_waits_and_stops_no_other(
    queued: PrivacyRequest, simulator: Simulator, organization: Organization, officer: User
) -> None:
    other = confirmed_request(organization, officer, payload(people(2, prefix="other")))
    key = queued.data_key
    assert key is not None
    kept = bytes(key.wrapped)
    DataKey.objects.filter(pk=key.pk).update(wrapped=kept[:-1] + bytes([kept[-1] ^ 1]))
    crypto.forget(key.pk)
    work("submit")
    assert (call(queued).state, call(queued).last_error) == (CallState.QUEUED, "cannot_decrypt")
    assert call(other).state == CallState.SENT
    DataKey.objects.filter(pk=key.pk).update(wrapped=kept)
    let_pass(timedelta(hours=1))
    work("submit")
    assert pairs(simulator) == expected(queued) + expected(other)
