"""Every transition of one work order, reached by a real fault over a socket; what counts is the simulator's ledger."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from hygiene import reconciling, submission
from hygiene.models import RecordDelete, WorkOrder
from hygiene.statuses import RecordDeleteStatus, WorkOrderStatus
from portal import connections, crypto
from portal.adobe.data_hygiene import DataHygiene
from portal.adobe.hygiene_answers import WorkOrderAnswer
from portal.models import AuditEvent, DataKey, Organization, User
from portal.outbound import CallState, PersonReason
from tests.conftest import Simulator
from tests.hygiene_files import CREATE, WORK_ORDERS, again, deleted, emails, expected, ledger, order_of, queued_delete
from tests.steps import let_pass, work

pytestmark = pytest.mark.django_db(transaction=True)

LIST = {"method": "GET", "path": WORK_ORDERS}


@pytest.fixture
def queued(media: Path, simulator: Simulator, organization: Organization, officer: User) -> RecordDelete:
    """Three identities in one work order, waiting to be sent."""
    return queued_delete(organization, officer)


def look_three_times() -> None:
    """All the looks that there are."""
    for _ in range(3):
        let_pass(timedelta(hours=7))
        work("hygiene-look", "hygiene-submit")


def test_it_sends_each_identity_once_and_names_our_reference(queued: RecordDelete, simulator: Simulator) -> None:
    work("hygiene-submit")
    order = order_of(queued)
    assert (order.state, order.status, again(queued).status) == (
        CallState.SENT,
        WorkOrderStatus.RECEIVED,
        RecordDeleteStatus.IN_PROGRESS,
    )
    assert deleted(simulator) == Counter(emails(3))
    (entry,) = ledger(simulator)
    assert entry["displayName"] == f"Spring cleaning {order.reference}"
    assert (entry["workorderId"], entry["datasetId"], entry["sandbox"]) == (
        order.adobe_work_order_id,
        "7eab61f3e5c34810a49a1ab3",
        "prod",
    )
    acts = AuditEvent.objects.filter(root_id=str(queued.pk)).order_by("at", "id").values_list("action", flat=True)
    assert [act for act in acts if act.startswith("work_order")] == ["work_order.sending", "work_order.sent"]


def test_a_second_send_of_the_same_order_finds_nothing_to_claim(queued: RecordDelete, simulator: Simulator) -> None:
    assert submission.send(order_of(queued).pk)
    assert not submission.send(order_of(queued).pk)
    assert deleted(simulator) == expected(queued)


def test_it_waits_when_adobe_throttles(queued: RecordDelete, simulator: Simulator) -> None:
    simulator.fault("throttle", match=CREATE, times=1, retry_after=30)
    work("hygiene-submit")
    assert (order_of(queued).state, order_of(queued).last_error) == (CallState.QUEUED, "throttled")
    assert ledger(simulator) == []
    let_pass(timedelta(minutes=20))
    work("hygiene-submit")
    assert deleted(simulator) == expected(queued)


def test_a_refused_token_is_refreshed_once(queued: RecordDelete, simulator: Simulator) -> None:
    simulator.fault("unauthorized", match=CREATE, times=1)
    work("hygiene-submit")
    assert order_of(queued).state == CallState.SENT
    assert deleted(simulator) == expected(queued)


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
    queued: RecordDelete, simulator: Simulator, organization: Organization, kind: str, times: int, reason: str
) -> None:
    simulator.fault(kind, match=CREATE, times=times)
    work("hygiene-submit")
    organization.refresh_from_db()
    assert (organization.is_on_hold, organization.hold_reason) == (True, reason)
    assert order_of(queued).state == CallState.QUEUED
    assert ledger(simulator) == []
    organization.resume()
    submission.resume(organization.pk)
    work("hygiene-submit")
    assert deleted(simulator) == expected(queued)


def test_a_refused_body_is_the_end_of_the_order(queued: RecordDelete, simulator: Simulator) -> None:
    simulator.fault("reject400", match=CREATE, times=1)
    work("hygiene-submit")
    order = order_of(queued)
    assert (order.state, order.status) == (CallState.REJECTED, WorkOrderStatus.NOT_SENT)
    assert order.words
    assert again(queued).status == RecordDeleteStatus.FAILED
    let_pass(timedelta(days=1))
    work("hygiene-submit", "hygiene-look")
    assert ledger(simulator) == []


@pytest.mark.parametrize("kind", ["accept_then_cut", "accept_then_500", "garbage"])
def test_an_accepted_order_without_a_clear_answer_is_found_and_not_sent_again(
    queued: RecordDelete, simulator: Simulator, kind: str
) -> None:
    simulator.fault(kind, match=CREATE, times=1)
    work("hygiene-submit")
    assert order_of(queued).state == CallState.UNKNOWN
    let_pass(timedelta(minutes=6))
    work("hygiene-look")
    order = order_of(queued)
    assert (order.state, order.adobe_work_order_id) == (CallState.SENT, ledger(simulator)[0]["workorderId"])
    let_pass(timedelta(days=1))
    work("hygiene-submit", "hygiene-look", "hygiene-detail")
    assert order_of(queued).adobe_bundle_id.startswith("BN-")
    assert deleted(simulator) == expected(queued)


@pytest.mark.parametrize("kind", ["cut_before_answer", "error500", "error503"])
def test_a_delete_that_no_look_finds_waits_for_a_person(queued: RecordDelete, simulator: Simulator, kind: str) -> None:
    simulator.fault(kind, match=CREATE, times=1)
    work("hygiene-submit")
    assert order_of(queued).state == CallState.UNKNOWN
    look_three_times()
    assert (order_of(queued).state, order_of(queued).person_reason) == (CallState.UNKNOWN, PersonReason.NONE_FOUND)
    assert again(queued).status == RecordDeleteStatus.ATTENTION
    assert ledger(simulator) == []


def test_a_person_can_send_what_no_look_found(queued: RecordDelete, simulator: Simulator, officer: User) -> None:
    test_a_delete_that_no_look_finds_waits_for_a_person(queued, simulator, "error500")
    reference = order_of(queued).reference
    reconciling.send_again(order_of(queued), officer)
    with pytest.raises(reconciling.CannotDecide):
        reconciling.give_up(order_of(queued), officer)
    work("hygiene-submit")
    assert order_of(queued).state == CallState.SENT
    assert [entry["displayName"] for entry in ledger(simulator)] == [f"Spring cleaning {reference}"]
    assert again(queued).status == RecordDeleteStatus.IN_PROGRESS


def test_a_person_can_close_what_no_look_found(queued: RecordDelete, simulator: Simulator, officer: User) -> None:
    test_a_delete_that_no_look_finds_waits_for_a_person(queued, simulator, "error500")
    reconciling.look_again(order_of(queued), officer)
    look_three_times()
    reconciling.give_up(order_of(queued), officer)
    order = order_of(queued)
    assert (order.state, order.status, order.person_reason) == (CallState.CANCELLED, WorkOrderStatus.NOT_SENT, "")
    assert again(queued).status == RecordDeleteStatus.FAILED
    assert ledger(simulator) == []


def test_it_is_queued_again_by_itself_where_the_organization_says_so(queued: RecordDelete, simulator: Simulator) -> None:
    Organization.objects.update(resend_deletes=True)
    simulator.fault("error500", match=CREATE, times=1)
    work("hygiene-submit")
    look_three_times()
    assert order_of(queued).state == CallState.SENT
    assert deleted(simulator) == expected(queued)


def test_an_old_order_that_no_look_finds_is_never_sent_again_by_itself(queued: RecordDelete, simulator: Simulator) -> None:
    Organization.objects.update(resend_deletes=True)
    simulator.fault("error500", match=CREATE, times=1)
    work("hygiene-submit")
    WorkOrder.objects.update(first_sent_at=queued.created_at - timedelta(days=46))
    look_three_times()
    assert order_of(queued).person_reason == PersonReason.TOO_OLD
    assert ledger(simulator) == []


@pytest.mark.parametrize("kind", ["error500", "list_miss_page"])
def test_a_failed_or_short_look_does_not_count(queued: RecordDelete, simulator: Simulator, kind: str) -> None:
    simulator.fault("accept_then_cut", match=CREATE, times=1)
    work("hygiene-submit")
    simulator.fault(kind, match=LIST, times=20)
    let_pass(timedelta(minutes=6))
    reconciling.look(order_of(queued).pk)
    assert (order_of(queued).state, order_of(queued).looks_done) == (CallState.UNKNOWN, 0)
    simulator.control("faults", method="DELETE")
    let_pass(timedelta(minutes=30))
    work("hygiene-look")
    assert order_of(queued).state == CallState.SENT


def test_an_order_among_many_pages_is_found(queued: RecordDelete, simulator: Simulator, organization: Organization) -> None:
    simulator.fault("accept_then_cut", match=CREATE, times=1)
    work("hygiene-submit")
    stale = order_of(queued)
    service = connections.hygiene_for(organization)
    for number in range(105):
        body = submission.build_body(stale).replace(stale.reference.encode(), f"number {number}".encode())
        service.create_work_order(body, still_held=lambda: True)
    assert [one.work_order_id for one in reconciling._listed(service, stale, None)][-1] == ledger(simulator)[0]["workorderId"]
    let_pass(timedelta(minutes=6))
    work("hygiene-look")
    assert order_of(queued).adobe_work_order_id == ledger(simulator)[0]["workorderId"]


def test_a_list_that_lags_behind_is_looked_at_again(queued: RecordDelete, simulator: Simulator) -> None:
    simulator.fault("accept_then_cut", match=CREATE, times=1)
    work("hygiene-submit")
    simulator.fault("list_lag", match=LIST, seconds=3600)
    let_pass(timedelta(minutes=6))
    work("hygiene-look")
    assert (order_of(queued).state, order_of(queued).looks_done) == (CallState.UNKNOWN, 1)
    simulator.advance(7200)
    let_pass(timedelta(hours=1))
    work("hygiene-look")
    assert order_of(queued).state == CallState.SENT


def test_doubled_orders_raise_an_alarm(queued: RecordDelete, simulator: Simulator, officer: User) -> None:
    simulator.fault("double", match=CREATE, times=1)
    simulator.fault("accept_then_cut", match=CREATE, times=1)
    work("hygiene-submit")
    let_pass(timedelta(minutes=6))
    work("hygiene-look")
    order = order_of(queued)
    assert (order.state, order.person_reason, len(order.extra_adobe_ids)) == (CallState.SENT, PersonReason.DOUBLED, 1)
    assert again(queued).status == RecordDeleteStatus.ATTENTION
    reconciling.acknowledge_doubled(order, officer)
    assert again(queued).status == RecordDeleteStatus.IN_PROGRESS


def test_a_look_that_was_overtaken_counts_for_nothing(queued: RecordDelete, simulator: Simulator) -> None:
    simulator.fault("error500", match=CREATE, times=1)
    work("hygiene-submit")
    stale = order_of(queued)
    let_pass(timedelta(minutes=6))
    work("hygiene-look")
    assert order_of(queued).looks_done == 1
    assert not reconciling._was_not_overtaken(stale)


def test_a_worker_that_dies_while_sending_leaves_an_unknown_order(queued: RecordDelete, simulator: Simulator) -> None:
    before = queued.created_at - timedelta(hours=1)
    WorkOrder.objects.update(state=CallState.SENDING, claimed_at=before, first_sent_at=before)
    work("hygiene-submit")
    assert (order_of(queued).state, order_of(queued).last_error) == (CallState.UNKNOWN, "claim_ran_out")
    assert ledger(simulator) == []


def test_a_connection_refused_is_tried_again(queued: RecordDelete, simulator: Simulator) -> None:
    Organization.objects.update(gateway_url="http://127.0.0.1:9")
    work("hygiene-submit")
    assert order_of(queued).state == CallState.QUEUED
    Organization.objects.update(gateway_url=simulator.address)
    let_pass(timedelta(hours=1))
    work("hygiene-submit")
    assert deleted(simulator) == expected(queued)


def test_an_order_that_does_not_decrypt_waits_and_stops_no_other(
    queued: RecordDelete, simulator: Simulator, organization: Organization, officer: User
) -> None:
    other = queued_delete(organization, officer, 2)
    key = queued.data_key
    assert key is not None
    kept = bytes(key.wrapped)
    DataKey.objects.filter(pk=key.pk).update(wrapped=kept[:-1] + bytes([kept[-1] ^ 1]))
    crypto.forget(key.pk)
    work("hygiene-submit")
    assert (order_of(queued).state, order_of(queued).last_error) == (CallState.QUEUED, "cannot_decrypt")
    assert order_of(other).state == CallState.SENT
    DataKey.objects.filter(pk=key.pk).update(wrapped=kept)
    let_pass(timedelta(hours=1))
    work("hygiene-submit")
    assert deleted(simulator) == expected(queued) + expected(other)


def test_an_order_whose_file_is_gone_ends_unsent(queued: RecordDelete, simulator: Simulator) -> None:
    order_of(queued).file_path.unlink()
    work("hygiene-submit")
    assert (order_of(queued).state, order_of(queued).last_error) == (CallState.CANCELLED, "file_missing")
    assert again(queued).status == RecordDeleteStatus.FAILED
    assert ledger(simulator) == []


def test_an_answer_that_comes_after_giving_up_is_not_lost(
    queued: RecordDelete, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = DataHygiene.create_work_order

    def frozen(self: DataHygiene, *body: object, **more: object) -> WorkOrderAnswer:
        answer = create(self, *body, **more)  # type: ignore[arg-type]
        WorkOrder.objects.update(claimed_at=queued.created_at - timedelta(hours=1))
        submission.sweep_stale()
        WorkOrder.objects.update(person_reason=PersonReason.NONE_FOUND)
        reconciling.give_up(order_of(queued), officer)
        return answer

    monkeypatch.setattr(DataHygiene, "create_work_order", frozen)
    work("hygiene-submit")
    order = order_of(queued)
    assert (order.state, order.status, order.finished_at) == (CallState.SENT, WorkOrderStatus.RECEIVED, None)
    assert again(queued).status == RecordDeleteStatus.IN_PROGRESS


def test_a_page_that_one_pass_misses_is_no_proof_that_an_order_is_not_there(
    queued: RecordDelete, simulator: Simulator, organization: Organization, officer: User
) -> None:
    """Adobe's search for names shows nothing, and in the first pass the list begins with an order of long ago."""
    simulator.fault("accept_then_cut", match=CREATE, times=1)
    work("hygiene-submit")
    queued_delete(organization, officer)
    work("hygiene-submit")
    mine, other = (entry["workorderId"] for entry in ledger(simulator))
    simulator.control(f"workorders/{mine}/age", {"seconds": 600})
    simulator.control(f"workorders/{other}/age", {"seconds": 864_000})
    for _ in range(3):
        # The search is the first of the three listings of a look.
        simulator.fault("list_lag", match=LIST, seconds=3600, times=1)
        simulator.fault("list_miss_page", match=LIST, rows=1, times=1)
        let_pass(timedelta(hours=7))
        work("hygiene-look")
        assert order_of(queued).last_error == "look: LookDoesNotCount"
    assert (order_of(queued).state, order_of(queued).looks_done) == (CallState.UNKNOWN, 0)
    let_pass(timedelta(hours=7))
    work("hygiene-look")
    assert order_of(queued).state == CallState.SENT
