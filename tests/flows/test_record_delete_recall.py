"""Cancelling a record delete: what was not sent is never sent, and what went out, or may have, stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from hygiene import intake, preparing, quota, recalling, shredding, submission
from hygiene.intake import NotPossible
from hygiene.models import RecordDelete, WorkOrder
from hygiene.schema import Identity
from hygiene.statuses import RecordDeleteStatus, WorkOrderStatus
from portal.models import AuditEvent, Organization, User
from portal.outbound import CallState
from tests.actors import stored_files
from tests.conftest import Simulator
from tests.hygiene_files import CREATE, again, emails, ledger, order_of, payload, queued_delete, taken_in
from tests.steps import let_pass, step_is_due, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def acme(media: Path, simulator: Simulator, organization: Organization) -> Organization:
    """Acme with two identities in one work order at most."""
    organization.max_identities_per_work_order = 2
    organization.save()
    return organization


@pytest.fixture
def careful(acme: Organization) -> Organization:
    """Acme, which waits a quarter of an hour before it sends."""
    acme.recall_minutes = 15
    acme.save(update_fields=["recall_minutes"])
    return acme


def states(record_delete: RecordDelete) -> list[str]:
    """The states of its work orders, in order."""
    return list(record_delete.work_orders.order_by("ordinal").values_list("state", flat=True))


def everything_of(record_delete: RecordDelete) -> list[Any]:
    """All that cancelling could change."""
    return [list(RecordDelete.objects.filter(pk=record_delete.pk).values()), list(record_delete.work_orders.values())]


# --- The recall period ---


def test_nothing_is_sent_before_the_period_is_over_and_then_all_of_it(
    careful: Organization, officer: User, simulator: Simulator
) -> None:
    before = timezone.now()
    record_delete = queued_delete(careful, officer, 5)
    until = recalling.recall_until(record_delete)
    assert until is not None
    assert before + timedelta(minutes=15) <= until <= timezone.now() + timedelta(minutes=15)
    assert not step_is_due("hygiene-submit")
    # Nothing makes it due at once: neither the end of a hold, nor a reading of the quota, nor a shorter period of later ones.
    submission.resume(careful.pk)
    quota.read_now(careful)
    Organization.objects.update(recall_minutes=0)
    submission.resume(careful.pk)
    work("hygiene-submit")
    assert [submission.send(order.pk) for order in record_delete.work_orders.all()] == [False] * 3
    assert (set(states(record_delete)), ledger(simulator)) == ({CallState.QUEUED}, [])
    let_pass(timedelta(minutes=15))
    assert recalling.recall_until(again(record_delete)) is None
    work("hygiene-submit")
    assert (set(states(record_delete)), len(ledger(simulator))) == ({CallState.SENT}, 3)


def test_after_a_hold_what_was_put_off_goes_at_once(acme: Organization, officer: User, simulator: Simulator) -> None:
    record_delete = queued_delete(acme, officer, 2)
    simulator.fault("throttle_bare", match=CREATE, times=1)
    work("hygiene-submit")
    assert states(record_delete) == [CallState.QUEUED]
    submission.resume(acme.pk)
    work("hygiene-submit")
    assert states(record_delete) == [CallState.SENT]


def test_a_cancelled_one_is_never_sent_and_can_be_shredded(careful: Organization, officer: User, simulator: Simulator) -> None:
    record_delete = queued_delete(careful, officer, 5)
    recalling.cancel(record_delete, officer)
    record_delete = again(record_delete)
    assert (record_delete.status, set(states(record_delete))) == (RecordDeleteStatus.CANCELLED, {CallState.CANCELLED})
    assert record_delete.finished_at is not None
    assert set(record_delete.work_orders.values_list("status", flat=True)) == {WorkOrderStatus.NOT_SENT}
    told = AuditEvent.objects.get(action="record_delete.cancelled")
    assert (told.actor_name, told.details["work_orders"], told.details["kept"]) == ("officer", 3, 0)
    assert AuditEvent.objects.filter(action="work_order.cancelled", actor_name="officer").count() == 3
    submission.resume(careful.pk)
    let_pass(timedelta(days=1))
    work("hygiene-prepare", "hygiene-submit", "hygiene-look", "hygiene-detail")
    assert ledger(simulator) == []
    with pytest.raises(NotPossible, match="cancelled already"):
        recalling.cancel(record_delete, officer)
    shredding.shred(record_delete, officer)
    assert stored_files() == set()
    with pytest.raises(NotPossible, match="removed already"):
        recalling.cancel(again(record_delete), officer)


# --- A part of it is out ---


def test_what_waits_for_the_quota_is_cancelled_and_what_is_out_goes_on(
    acme: Organization, officer: User, simulator: Simulator
) -> None:
    simulator.control("quotas", {"daily": 2})
    record_delete = queued_delete(acme, officer, 5)
    work("hygiene-submit")
    assert order_of(record_delete, 3).waits_for_quota_until is not None
    assert (recalling.unsent(record_delete), recalling.others(record_delete)) == (recalling.Part(2, 3), 1)
    recalling.cancel(record_delete, officer)
    assert states(record_delete) == [CallState.SENT, CallState.CANCELLED, CallState.CANCELLED]
    assert order_of(record_delete, 3).waits_for_quota_until is None
    assert again(record_delete).status == RecordDeleteStatus.IN_PROGRESS
    assert AuditEvent.objects.get(action="record_delete.cancelled_in_part").details["kept"] == 1
    simulator.advance(86_400)
    let_pass(timedelta(days=2))
    quota.read_now(acme)
    work("hygiene-submit")
    assert len(ledger(simulator)) == 1
    simulator.control("workorders/finish", {})
    let_pass(timedelta(days=1))
    work("hygiene-detail")
    row = again(record_delete)
    assert (row.status, row.orders_total, row.orders_done, row.orders_failed) == (RecordDeleteStatus.FAILED, 3, 3, 2)
    assert recalling.taken_back(row) == recalling.Part(2, 3)


@pytest.mark.parametrize("fault", ["", "throttle", "cut_before_answer", "reject400"])
def test_what_was_sent_even_once_is_not_cancelled(acme: Organization, officer: User, simulator: Simulator, fault: str) -> None:
    record_delete = queued_delete(acme, officer, 2)
    if fault:
        simulator.fault(fault, match=CREATE, times=1)
    assert submission.send_next() == 1
    before = everything_of(record_delete)
    assert not recalling.can_cancel(again(record_delete))
    with pytest.raises(NotPossible, match="too late"):
        recalling.cancel(record_delete, officer)
    assert everything_of(record_delete) == before
    assert not AuditEvent.objects.filter(action__startswith="record_delete.cancelled").exists()


def test_one_that_is_being_sent_at_that_moment_goes_out_and_the_person_is_told(
    acme: Organization, officer: User, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_delete = queued_delete(acme, officer, 2)
    build, told = submission.build_body, []

    def cancelled_in_between(order: WorkOrder) -> bytes:
        with pytest.raises(NotPossible) as reason:
            recalling.cancel(record_delete, officer)
        told.append(str(reason.value))
        return build(order)

    monkeypatch.setattr(submission, "build_body", cancelled_in_between)
    work("hygiene-submit")
    assert told == [recalling.GONE_OUT]
    assert (states(record_delete), len(ledger(simulator))) == ([CallState.SENT], 1)


def test_one_whose_quota_is_being_read_at_that_moment_is_cancelled_and_not_sent(
    acme: Organization, officer: User, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_delete = queued_delete(acme, officer, 2)
    read = quota.read

    def cancelled_in_between(organization: Organization) -> Any:
        recalling.cancel(record_delete, officer)
        return read(organization)

    monkeypatch.setattr(quota, "read", cancelled_in_between)
    assert not submission.send(order_of(record_delete).pk)
    assert (states(record_delete), ledger(simulator)) == ([CallState.CANCELLED], [])
    assert again(record_delete).status == RecordDeleteStatus.CANCELLED


# --- While it is being prepared ---


def test_a_worker_that_prepares_it_at_the_same_moment_loses_its_lease(
    careful: Organization, officer: User, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_delete = taken_in(careful, officer, payload(emails(5)))
    intake.confirm(record_delete, officer)
    write = preparing._write_order

    def cancelled_in_between(row: RecordDelete, ordinal: int, identities: Iterator[Identity]) -> WorkOrder:
        order = write(row, ordinal, identities)
        if ordinal == 1:
            recalling.cancel(record_delete, officer)
        return order

    monkeypatch.setattr(preparing, "_write_order", cancelled_in_between)
    assert recalling.can_cancel(again(record_delete))
    assert preparing.prepare_next() == 1
    row = again(record_delete)
    assert (row.status, row.lease, row.orders_total) == (RecordDeleteStatus.CANCELLED, None, 0)
    assert not WorkOrder.objects.exists()
    assert not row.file_path.exists()
    assert not step_is_due("hygiene-prepare")
    let_pass(timedelta(days=1))
    work("hygiene-prepare", "hygiene-submit")
    assert ledger(simulator) == []


def test_what_may_have_gone_out_before_a_restore_is_not_called_cancelled(careful: Organization, officer: User) -> None:
    record_delete = taken_in(careful, officer, payload(emails(2)))
    with pytest.raises(NotPossible, match="never confirmed"):
        recalling.cancel(record_delete, officer)
    intake.confirm(record_delete, officer)
    RecordDelete.objects.update(restored=True)
    assert not recalling.can_cancel(again(record_delete))
    with pytest.raises(NotPossible, match="A backup was restored"):
        recalling.cancel(again(record_delete), officer)
    assert again(record_delete).status == RecordDeleteStatus.PREPARING
