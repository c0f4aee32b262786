"""The known residue: a frozen process sends a call that another has sent meanwhile. What the answer tells, a person is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from hygiene import editing
from hygiene import reconciling as hygiene_reconciling
from hygiene import submission as hygiene_submission
from hygiene.models import RecordDelete, WorkOrder
from hygiene.statuses import RecordDeleteStatus
from portal.adobe.answers import CreatedJobs
from portal.adobe.data_hygiene import DataHygiene
from portal.adobe.hygiene_answers import WorkOrderAnswer
from portal.adobe.privacy_service import PrivacyService
from portal.models import Organization, User
from portal.outbound import CallState, PersonReason
from privacy import reconciling, submission
from privacy.models import Job, Submission
from privacy.statuses import RequestStatus
from tests import hygiene_files
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.states import again
from tests.steps import let_pass, work

pytestmark = pytest.mark.django_db(transaction=True)


def test_jobs_that_adobe_took_twice_are_told_though_no_list_is_read(
    simulator: Simulator, organization: Organization, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first process freezes before its first byte; the call is looked for, queued, sent by another, and then it thaws."""
    request = confirmed_request(organization, officer, payload(people(2, "access")))
    create = PrivacyService.create_jobs

    def frozen(self: PrivacyService, body: bytes, **more: object) -> CreatedJobs:
        monkeypatch.setattr(PrivacyService, "create_jobs", create)
        Submission.objects.update(claimed_at=timezone.now() - timedelta(hours=1))
        submission.sweep_stale()
        for _ in range(3):
            let_pass(timedelta(hours=7))
            reconciling.look_next()
        work("submit")
        assert Submission.objects.get().state == CallState.SENT
        return create(self, body, **more | {"still_held": lambda: True})  # type: ignore[arg-type]

    monkeypatch.setattr(PrivacyService, "create_jobs", frozen)
    work("submit")
    assert set(Counter(entry["key"] for entry in simulator.ledger()).values()) == {2}
    known = {adobe_id for job in Job.objects.all() for adobe_id in (job.adobe_job_id, *job.extra_adobe_job_ids)}
    assert known == {entry["jobId"] for entry in simulator.ledger()}
    assert Submission.objects.get().person_reason == PersonReason.DOUBLED
    assert again(request).status == RequestStatus.ATTENTION


Create = Callable[..., WorkOrderAnswer]


@pytest.fixture
def record_delete(simulator: Simulator, organization: Organization, officer: User) -> RecordDelete:
    """Of an organization that has deletes sent again when no look finds them."""
    organization.resend_deletes = True
    organization.save(update_fields=["resend_deletes"])
    return hygiene_files.queued_delete(organization, officer)


def overtaken(monkeypatch: pytest.MonkeyPatch, second: Callable[[], None]) -> Create:
    """Sends as a process that freezes before its first byte; it thaws once the order was looked for, queued and sent again."""
    create = DataHygiene.create_work_order

    def frozen(self: DataHygiene, body: bytes, **more: object) -> WorkOrderAnswer:
        monkeypatch.setattr(DataHygiene, "create_work_order", create)
        WorkOrder.objects.update(claimed_at=timezone.now() - timedelta(hours=1))
        hygiene_submission.sweep_stale()
        for _ in range(3):
            let_pass(timedelta(hours=7))
            hygiene_reconciling.look_next()
        second()
        return create(self, body, **more | {"still_held": lambda: True})  # type: ignore[arg-type]

    return frozen


@pytest.mark.parametrize("second", ["sent", "rejected"])
def test_a_work_order_that_adobe_took_is_followed_or_told(
    record_delete: RecordDelete, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, second: str
) -> None:
    def send_again() -> None:
        if second == "rejected":
            simulator.fault("reject400", match=hygiene_files.CREATE)
        work("hygiene-submit")
        assert WorkOrder.objects.get().state == second

    monkeypatch.setattr(DataHygiene, "create_work_order", overtaken(monkeypatch, send_again))
    work("hygiene-submit")
    ids = [entry["workorderId"] for entry in hygiene_files.ledger(simulator)]
    order = WorkOrder.objects.get()
    assert sorted([order.adobe_work_order_id or "", *order.extra_adobe_ids]) == sorted(ids)
    assert order.state == CallState.SENT
    doubled = second == "sent"
    assert (len(ids), order.person_reason) == ((2, PersonReason.DOUBLED) if doubled else (1, ""))
    status = RecordDeleteStatus.ATTENTION if doubled else RecordDeleteStatus.IN_PROGRESS
    assert hygiene_files.again(record_delete).status == status


class Died(BaseException):
    """The process is gone."""


def sent_and_died(monkeypatch: pytest.MonkeyPatch) -> None:
    """An order that Adobe has twice, and no process that has read the second answer."""
    thawing = overtaken(monkeypatch, lambda: work("hygiene-submit"))

    def dying(self: DataHygiene, body: bytes, **more: object) -> WorkOrderAnswer:
        thawing(self, body, **more)
        raise Died

    monkeypatch.setattr(DataHygiene, "create_work_order", dying)
    with pytest.raises(Died):
        work("hygiene-submit")
    order = WorkOrder.objects.get()
    assert (order.state, order.extra_adobe_ids, order.person_reason) == (CallState.SENT, [], "")


def end(simulator: Simulator) -> WorkOrder:
    """Adobe is done with every work order, and asked about ours."""
    simulator.control("workorders/finish", {})
    WorkOrder.objects.update(next_poll_at=timezone.now())
    work("hygiene-detail")
    return WorkOrder.objects.get()


def rename(user: User) -> None:
    editing.edit(WorkOrder.objects.get(), name="Renamed", description="", user=user)


@pytest.mark.parametrize("renamed", ["never", "before it was sent", "at Adobe"])
def test_a_work_order_that_adobe_took_twice_is_told_at_its_end_though_the_process_died(
    record_delete: RecordDelete, simulator: Simulator, officer: User, monkeypatch: pytest.MonkeyPatch, renamed: str
) -> None:
    if renamed == "before it was sent":
        rename(officer)
    sent_and_died(monkeypatch)
    if renamed == "at Adobe":
        rename(officer)
        work("hygiene-edit")
    assert not WorkOrder.objects.exclude(edit_sealed=None).exists()
    order = end(simulator)
    ids = {entry["workorderId"] for entry in hygiene_files.ledger(simulator)}
    assert len(ids) == 2
    assert {order.adobe_work_order_id, *order.extra_adobe_ids} == ids
    assert (order.status, order.person_reason) == ("completed", PersonReason.DOUBLED)
    assert hygiene_files.again(record_delete).status == RecordDeleteStatus.ATTENTION


def test_a_list_that_cannot_be_read_at_the_end_is_read_later(
    record_delete: RecordDelete, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent_and_died(monkeypatch)
    simulator.fault("error500", match={"operation": "workorder_list"}, times=20)
    order = end(simulator)
    assert (order.status, order.person_reason, order.extra_adobe_ids) == ("completed", "", [])
    assert order.next_poll_at is not None
    simulator.control("faults", method="DELETE")
    order = end(simulator)
    assert (order.person_reason, len(order.extra_adobe_ids), order.next_poll_at) == (PersonReason.DOUBLED, 1, None)


def test_the_end_of_an_order_that_was_tried_once_asks_for_no_list(record_delete: RecordDelete, simulator: Simulator) -> None:
    work("hygiene-submit")
    assert end(simulator).status == "completed"
    assert simulator.control("calls")["calls"]["workorder_list"] == 0
