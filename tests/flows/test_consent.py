"""Opt-outs from the officer to Adobe, by both ways; each end of a consent call is reached by a real fault over a socket."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.utils import timezone

from portal import crypto, registry
from portal.adobe.privacy_service import PrivacyService
from portal.models import AuditEvent, DataKey, Organization, User
from portal.outbound import CallState, PersonReason
from privacy.consent import deciding, intake, sending
from privacy.intake import NotPossible
from privacy.models import ConsentCall, OptOut
from privacy.statuses import JobStatus, OptOutStatus, RequestStatus
from tests.conftest import Simulator
from tests.files import payload as request_payload
from tests.files import people
from tests.opt_outs import CONSENT, ECID, again, confirmed, draft, only_call, payload, taken
from tests.states import finish, sent_request
from tests.steps import let_pass, step_is_due, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def queued(transactional_db: None, simulator: Simulator, organization: Organization, officer: User) -> OptOut:
    """Three identities of two namespaces, waiting to be sent."""
    return confirmed(organization, officer)


def state(opt_out: OptOut) -> tuple[str, str, str]:
    """State of its only call, why it waits for a person, and the status of the whole."""
    call = only_call(opt_out)
    return call.state, call.person_reason, again(opt_out).status


SENT = (CallState.SENT, "", OptOutStatus.SENT)
UNDECIDED = (CallState.UNKNOWN, PersonReason.NO_LIST, OptOutStatus.ATTENTION)


def test_adobe_gets_each_identity_once_under_our_reference(queued: OptOut, simulator: Simulator) -> None:
    work("consent")
    assert state(queued) == SENT
    (entry,) = taken(simulator)
    assert entry["optOutOfSale"] is True
    assert entry["entities"] == [
        {"nameSpace": "email", "values": ["dsmith@acme.com", "ajones@acme.com"]},
        {"nameSpace": "ECID", "values": [ECID]},
    ]
    assert entry["transactionId"] == f"{queued.number}-1"
    call = only_call(queued)
    assert (call.http_status, call.attempts) == (202, 1)
    assert call.first_byte_at is not None
    assert again(queued).finished_at is not None
    work("consent")
    assert len(taken(simulator)) == 1


def test_many_identities_go_in_as_few_calls_as_the_limit_allows(
    transactional_db: None, simulator: Simulator, organization: Organization, officer: User
) -> None:
    organization.max_identities_per_call = 10
    organization.save()
    emails = [f"p{number}@example.com" for number in range(24)]
    opt_out = confirmed(organization, officer, payload(*emails))
    work("consent")
    entries = taken(simulator)
    assert [[len(entity["values"]) for entity in entry["entities"]] for entry in entries] == [[10], [10], [4, 1]]
    assert [value for entry in entries for entity in entry["entities"] for value in entity["values"]] == [*emails, ECID]
    assert len({entry["transactionId"] for entry in entries}) == 3
    assert again(opt_out).status == OptOutStatus.SENT


def test_what_adobe_does_not_describe_is_sent_as_it_was_asked_for(
    transactional_db: None, simulator: Simulator, organization: Organization, officer: User
) -> None:
    confirmed(organization, officer, payload(optOutOfSale=False))
    work("consent")
    assert [entry["optOutOfSale"] for entry in taken(simulator)] == [False]


def test_a_draft_and_a_discarded_one_are_never_sent(
    transactional_db: None, simulator: Simulator, organization: Organization, officer: User
) -> None:
    draft(organization, officer)
    intake.discard(draft(organization, officer), officer)
    assert not step_is_due("consent")
    work("consent")
    assert taken(simulator) == []


@pytest.mark.parametrize("kind", ["throttle", "throttle_date", "throttle_bare"])
def test_it_waits_when_adobe_throttles(queued: OptOut, simulator: Simulator, kind: str) -> None:
    simulator.fault(kind, match=CONSENT, times=1, retry_after=30)
    work("consent")
    assert state(queued) == (CallState.QUEUED, "", OptOutStatus.SENDING)
    assert taken(simulator) == []
    let_pass(timedelta(minutes=20))
    work("consent")
    assert state(queued) == SENT
    assert len(taken(simulator)) == 1


def test_a_refused_token_is_refreshed_once(queued: OptOut, simulator: Simulator) -> None:
    simulator.fault("unauthorized", match=CONSENT, times=1)
    work("consent")
    assert state(queued) == SENT
    assert len(taken(simulator)) == 1


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
    queued: OptOut, simulator: Simulator, organization: Organization, kind: str, times: int, reason: str
) -> None:
    simulator.fault(kind, match=CONSENT, times=times)
    work("consent")
    organization.refresh_from_db()
    assert (organization.is_on_hold, organization.hold_reason) == (True, reason)
    assert state(queued) == (CallState.QUEUED, "", OptOutStatus.SENDING)
    assert taken(simulator) == []
    organization.resume()
    registry.resumed(organization.pk)
    work("consent")
    assert state(queued) == SENT
    assert len(taken(simulator)) == 1


def test_a_refused_body_is_the_end_of_the_call_and_adobes_words_are_kept(
    transactional_db: None, simulator: Simulator, organization: Organization, officer: User
) -> None:
    opt_out = confirmed(organization, officer, payload("refused@example.com"))
    work("consent")
    assert state(opt_out) == (CallState.REJECTED, "", OptOutStatus.REJECTED)
    assert "not acceptable" in (only_call(opt_out).words or "")
    let_pass(timedelta(days=1))
    work("consent")
    assert taken(simulator) == []


@pytest.mark.parametrize("kind", ["accept_then_cut", "accept_then_500", "garbage", "cut_before_answer", "error500", "error503"])
def test_a_lost_answer_waits_for_a_person_at_once_and_nothing_goes_out_again(
    queued: OptOut, simulator: Simulator, kind: str
) -> None:
    simulator.fault(kind, match=CONSENT, times=1)
    work("consent")
    assert state(queued) == UNDECIDED
    arrived = len(taken(simulator))
    assert arrived == (0 if kind in ("cut_before_answer", "error500", "error503") else 1)
    let_pass(timedelta(days=60))
    work()
    assert state(queued) == UNDECIDED
    assert len(taken(simulator)) == arrived


def test_a_person_can_close_it_as_accepted_send_it_again_or_give_it_up(
    transactional_db: None, simulator: Simulator, organization: Organization, officer: User
) -> None:
    ends = {}
    for decide in (deciding.accept, deciding.send_again, deciding.give_up):
        simulator.fault("error500", match=CONSENT, times=1)
        opt_out = confirmed(organization, officer, payload(f"{decide.__name__}@example.com", ecids=()))
        work("consent")
        decide(only_call(opt_out), officer)
        work("consent")
        ends[decide.__name__] = state(opt_out)
        for once_more in (deciding.accept, deciding.send_again, deciding.give_up):
            with pytest.raises(NotPossible):
                once_more(only_call(opt_out), officer)
        assert state(opt_out) == ends[decide.__name__]
    assert ends == {"accept": SENT, "send_again": SENT, "give_up": (CallState.CANCELLED, "", OptOutStatus.CANCELLED)}
    assert [entry["entities"][0]["values"] for entry in taken(simulator)] == [["send_again@example.com"]]


def test_a_worker_that_dies_while_sending_leaves_a_call_for_a_person(queued: OptOut, simulator: Simulator) -> None:
    an_hour_ago = timezone.now() - timedelta(hours=1)
    ConsentCall.objects.update(state=CallState.SENDING, claimed_at=an_hour_ago, first_sent_at=an_hour_ago)
    assert step_is_due("consent")
    work("consent")
    assert state(queued) == UNDECIDED
    assert taken(simulator) == []
    assert AuditEvent.objects.filter(action="consent.unknown", root_id=str(queued.pk)).count() == 1


def test_a_worker_that_dies_before_the_first_byte_asks_nobody(queued: OptOut, simulator: Simulator) -> None:
    ConsentCall.objects.update(state=CallState.SENDING, claimed_at=timezone.now() - timedelta(hours=1))
    work("consent")
    assert state(queued)[0] == CallState.QUEUED
    let_pass(timedelta(minutes=1))
    work("consent")
    assert state(queued) == SENT
    assert len(taken(simulator)) == 1


@pytest.mark.parametrize("decide", [deciding.send_again, deciding.give_up])
def test_a_late_answer_is_believed_whatever_a_person_has_decided_meanwhile(
    queued: OptOut, simulator: Simulator, officer: User, monkeypatch: pytest.MonkeyPatch, decide: object
) -> None:
    consent = PrivacyService.consent

    def frozen(self: PrivacyService, body: bytes, **more: object) -> int:
        monkeypatch.setattr(PrivacyService, "consent", consent)
        status = consent(self, body, **more)  # type: ignore[arg-type]
        # The machine sleeps for an hour; the claim runs out, and a person decides.
        ConsentCall.objects.update(claimed_at=timezone.now() - timedelta(hours=1))
        sending.sweep_stale()
        assert callable(decide)
        decide(only_call(queued), officer)
        return status

    monkeypatch.setattr(PrivacyService, "consent", frozen)
    work("consent")
    assert state(queued) == SENT
    assert len(taken(simulator)) == 1


def test_a_connection_refused_is_tried_again(queued: OptOut, simulator: Simulator, organization: Organization) -> None:
    Organization.objects.update(gateway_url="http://127.0.0.1:9")
    work("consent")
    assert (only_call(queued).state, only_call(queued).last_error) == (CallState.QUEUED, "connect")
    Organization.objects.update(gateway_url=simulator.address)
    let_pass(timedelta(hours=1))
    work("consent")
    assert state(queued) == SENT
    assert len(taken(simulator)) == 1


def test_a_call_that_does_not_decrypt_waits_and_stops_no_other(
    queued: OptOut, simulator: Simulator, organization: Organization, officer: User
) -> None:
    other = confirmed(organization, officer, payload("other@example.com"))
    key = queued.data_key
    assert key is not None
    kept = bytes(key.wrapped)
    DataKey.objects.filter(pk=key.pk).update(wrapped=kept[:-1] + bytes([kept[-1] ^ 1]))
    crypto.forget(key.pk)
    work("consent")
    assert (only_call(queued).state, only_call(queued).last_error) == (CallState.QUEUED, "cannot_decrypt")
    assert state(other) == SENT
    DataKey.objects.filter(pk=key.pk).update(wrapped=kept)
    let_pass(timedelta(hours=1))
    work("consent")
    assert state(queued) == SENT
    assert len(taken(simulator)) == 2


# --- Recall ---


@pytest.fixture
def recallable(transactional_db: None, simulator: Simulator, organization: Organization, officer: User) -> OptOut:
    """Confirmed with a recall period of ten minutes."""
    organization.recall_minutes = 10
    organization.save()
    return confirmed(organization, officer)


def test_nothing_goes_out_within_the_recall_period_whatever_is_resumed(
    recallable: OptOut, simulator: Simulator, organization: Organization
) -> None:
    assert not step_is_due("consent")
    registry.resumed(organization.pk)
    # A due time alone does not let it go.
    ConsentCall.objects.update(next_attempt_at=timezone.now() - timedelta(hours=1))
    work("consent")
    assert state(recallable) == (CallState.QUEUED, "", OptOutStatus.SENDING)
    assert taken(simulator) == []
    OptOut.objects.update(recall_until=timezone.now() - timedelta(seconds=1))
    work("consent")
    assert state(recallable) == SENT
    assert len(taken(simulator)) == 1


def test_it_can_be_cancelled_until_it_has_gone_out(recallable: OptOut, simulator: Simulator, officer: User) -> None:
    intake.cancel(recallable, officer)
    assert state(recallable) == (CallState.CANCELLED, "", OptOutStatus.CANCELLED)
    OptOut.objects.update(recall_until=None)
    let_pass(timedelta(days=1))
    work("consent")
    assert taken(simulator) == []


def test_what_has_gone_out_cannot_be_cancelled_not_even_in_part(
    transactional_db: None, simulator: Simulator, organization: Organization, officer: User
) -> None:
    organization.max_identities_per_call = 9
    organization.save()
    opt_out = confirmed(organization, officer, payload(*[f"p{number}@example.com" for number in range(18)], ecids=()))
    assert sending.send_next() == 1
    with pytest.raises(NotPossible):
        intake.cancel(opt_out, officer)
    assert list(opt_out.calls.values_list("state", flat=True)) == [CallState.SENT, CallState.QUEUED]
    work("consent")
    with pytest.raises(NotPossible):
        intake.cancel(opt_out, officer)
    assert len(taken(simulator)) == 2


# --- A restored backup ---


def test_after_a_restore_a_person_decides_about_every_call_that_was_not_finished(
    queued: OptOut, simulator: Simulator, organization: Organization, officer: User, settings: LazySettings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    work("consent")
    # The backup knows nothing of that.
    ConsentCall.objects.update(state=CallState.QUEUED, settled_at=None, first_byte_at=None, first_sent_at=None, attempts=0)
    OptOut.objects.update(status=OptOutStatus.SENDING, finished_at=None)
    draft(organization, officer)
    out = io.StringIO()
    call_command("after_restore", "--yes", stdout=out)
    assert "Opt-out calls that a person decides about, because Adobe has no list of them: 1" in out.getvalue()
    assert "1 opt-outs wait to be confirmed." in out.getvalue()
    work()
    assert state(queued) == UNDECIDED
    assert len(taken(simulator)) == 1
    with pytest.raises(NotPossible):
        intake.cancel(queued, officer)
    deciding.accept(only_call(queued), officer)
    assert state(queued) == SENT
    # Numbers that were given out since the backup are not given again.
    assert int(draft(organization, officer).number[-6:]) > 1000


# --- The other way: privacy jobs ---


def test_a_request_of_opt_outs_alone_is_followed_to_its_end(
    transactional_db: None, media: Path, simulator: Simulator, organization: Organization, officer: User
) -> None:
    body = request_payload(people(3, "opt-out-of-sale"), regulation="ccpa")
    request = sent_request(organization, officer, body["users"], regulation="ccpa")
    assert (request.opt_out, request.status, request.jobs_total) == (True, RequestStatus.IN_PROGRESS, 3)
    assert {entry["action"] for entry in simulator.ledger()} == {"opt-out-of-sale"}
    assert len(simulator.ledger()) == 3
    finish(simulator)
    request.refresh_from_db()
    assert request.status == RequestStatus.COMPLETE
    assert set(request.jobs.values_list("status", "action")) == {(JobStatus.COMPLETE, "opt-out-of-sale")}
    # Nothing comes back for an opt-out, so nothing is fetched.
    assert not request.archives.exists()
