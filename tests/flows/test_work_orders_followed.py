"""Following work orders to their end: services, words that nobody knows, orders that vanish; and new names on the way."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from hygiene import editing, intake, naming, polling, progress, shredding
from hygiene.models import RecordDelete, WorkOrder
from hygiene.statuses import RecordDeleteStatus, WorkOrderStatus
from portal import connections
from portal.models import AuditEvent, DataKey, Organization, User
from portal.outbound import CallState
from tests.conftest import Simulator
from tests.hygiene_files import (
    CREATE,
    EVERYWHERE,
    WORK_ORDERS,
    again,
    ledger,
    order_of,
    payload,
    queued_delete,
    taken_in,
)
from tests.steps import let_pass, work

pytestmark = pytest.mark.django_db(transaction=True)

DETAIL = {"method": "GET", "path": f"{WORK_ORDERS}/"}
RENAME = {"method": "PUT", "path": f"{WORK_ORDERS}/"}


@pytest.fixture
def acme(media: Path, simulator: Simulator, organization: Organization) -> Organization:
    """Acme, whose calls reach the simulator."""
    return organization


@pytest.fixture
def sent(acme: Organization, officer: User) -> RecordDelete:
    """A record delete that Adobe has taken."""
    record_delete = queued_delete(acme, officer)
    work("hygiene-submit")
    return again(record_delete)


def sent_with(organization: Organization, user: User, *values: str) -> RecordDelete:
    """A record delete of these very values, which decide what the simulator does with it."""
    record_delete = taken_in(organization, user, payload(values), EVERYWHERE)
    intake.confirm(record_delete, user)
    work("hygiene-prepare", "hygiene-submit")
    return again(record_delete)


def ask() -> None:
    """Ask Adobe about everything, now."""
    WorkOrder.objects.filter(next_poll_at__isnull=False).update(next_poll_at=timezone.now())
    work("hygiene-detail")


def test_it_follows_an_order_to_its_end_service_by_service(sent: RecordDelete, simulator: Simulator) -> None:
    ask()
    assert progress.of(again(sent)).services == []
    simulator.control("workorders/finish", {})
    ask()
    order = order_of(sent)
    assert (order.status, order.next_poll_at, again(sent).status) == (
        WorkOrderStatus.COMPLETED,
        None,
        RecordDeleteStatus.COMPLETE,
    )
    shown = progress.of(again(sent))
    assert [(bar.name, bar.done, bar.waiting) for bar in shown.services] == [
        ("Data Management", 1, 0),
        ("Identity Service", 1, 0),
        ("Profile Service", 1, 0),
        ("Journey Orchestrator", 1, 0),
    ]
    assert (shown.overall.percent, shown.identities_sent) == (100, 3)
    assert AuditEvent.objects.filter(action="work_order.completed").count() == 1
    assert AuditEvent.objects.filter(action="record_delete.complete").count() == 1


def test_an_order_that_fails_fails_its_record_delete(acme: Organization, simulator: Simulator, officer: User) -> None:
    record_delete = sent_with(acme, officer, "profile-fails@example.com")
    simulator.advance(40 * 86_400)
    ask()
    assert order_of(record_delete).status == WorkOrderStatus.FAILED
    assert again(record_delete).status == RecordDeleteStatus.FAILED
    bars = {bar.name: bar for bar in progress.of(again(record_delete)).services}
    assert bars["Profile Service"].done == 0
    assert sum(bars["Profile Service"].other.values()) == 1


def test_words_and_services_that_nobody_knows_are_kept_and_shown(acme: Organization, simulator: Simulator, officer: User) -> None:
    record_delete = sent_with(acme, officer, "orderodd@example.com", "oddservice@example.com")
    words = set()
    for _ in range(60):
        simulator.advance(86_400 / 2)
        ask()
        words.add(order_of(record_delete).status_words)
    assert "in-progress" in words
    assert order_of(record_delete).status == WorkOrderStatus.COMPLETED
    assert "Query Ledger Service" in [bar.name for bar in progress.of(again(record_delete)).services]


@pytest.mark.parametrize("switches", [{"workorder_shape": "brief"}, {"workorder_id": "bare"}])
def test_answers_in_their_older_shapes_are_read(
    acme: Organization, simulator: Simulator, officer: User, switches: dict[str, str]
) -> None:
    simulator.control("switches", switches)
    record_delete = sent_with(acme, officer, "a@example.com")
    simulator.control("workorders/finish", {})
    ask()
    assert (order_of(record_delete).status, again(record_delete).status) == ("completed", "complete")
    assert order_of(record_delete).adobe_created_at is not None


def test_looks_grow_rarer_while_nothing_changes_and_come_once_a_day(sent: RecordDelete, simulator: Simulator) -> None:
    waits = []
    for _ in range(12):
        ask()
        order = order_of(sent)
        assert order.next_poll_at is not None
        assert order.detail_at is not None
        waits.append((order.next_poll_at - order.detail_at).total_seconds())
    assert waits[1] < waits[4] < waits[-1] <= 86_400


def test_a_failed_question_changes_no_status(sent: RecordDelete, simulator: Simulator) -> None:
    simulator.fault("forbidden", match=DETAIL, times=1)
    ask()
    order = order_of(sent)
    assert (order.status, order.last_error) == (WorkOrderStatus.RECEIVED, "OrganizationBlocked")
    organization = Organization.objects.get()
    assert organization.hold_reason == "forbidden"
    organization.resume()
    ask()
    assert order_of(sent).last_error == ""


def test_a_lone_404_is_believed_only_the_second_time(sent: RecordDelete, simulator: Simulator) -> None:
    simulator.fault("not_found", match=DETAIL, times=1)
    ask()
    assert order_of(sent).status == WorkOrderStatus.RECEIVED
    ask()
    assert (order_of(sent).status, order_of(sent).last_error) == (WorkOrderStatus.RECEIVED, "")
    simulator.control(f"workorders/{order_of(sent).adobe_work_order_id}", method="DELETE")
    ask()
    assert order_of(sent).status == WorkOrderStatus.RECEIVED
    ask()
    assert (order_of(sent).status, order_of(sent).adobe_status) == (WorkOrderStatus.GONE, "received")
    assert again(sent).status == RecordDeleteStatus.FAILED


def test_an_answer_that_was_overtaken_is_dropped(sent: RecordDelete, simulator: Simulator, officer: User) -> None:
    order = order_of(sent)
    lease = order.pk
    simulator.control("workorders/finish", {})
    # Its lease is not this one: a younger answer is on its way.
    polling.ask(order, lease)
    assert order_of(sent).status == WorkOrderStatus.RECEIVED
    polling.refresh_now(order_of(sent), officer)
    work("hygiene-detail")
    assert order_of(sent).status == WorkOrderStatus.COMPLETED
    assert AuditEvent.objects.filter(action="work_order.refreshed", actor_name="officer").exists()


# --- New names ---


@pytest.mark.parametrize("spelling", ["any", "name", "displayName"])
def test_a_new_name_reaches_adobe_in_the_spelling_it_takes(
    sent: RecordDelete, simulator: Simulator, officer: User, spelling: str
) -> None:
    simulator.control("switches", {"update_key": spelling})
    editing.edit(order_of(sent), name="Autumn", description="Another reason", user=officer)
    assert naming.current_naming(order_of(sent)) == naming.Naming("Autumn", "Another reason")
    work("hygiene-edit")
    order = order_of(sent)
    assert (order.edit, order.edit_due_at, order.edit_error) == (None, None, "")
    assert naming.current_naming(order) == naming.Naming("Autumn", "Another reason")
    ask()
    assert naming.current_naming(order_of(sent)) == naming.Naming("Autumn", "Another reason")
    service = connections.hygiene_for(order.organization)
    assert service.work_order(order.adobe_work_order_id or "").display_name == f"Autumn {order.reference}"


def test_a_new_name_that_adobe_refuses_is_said_and_not_tried_for_ever(
    sent: RecordDelete, simulator: Simulator, officer: User
) -> None:
    editing.edit(order_of(sent), name="Autumn", description="", user=officer)
    simulator.fault("reject400", match=RENAME, times=2)
    work("hygiene-edit")
    order = order_of(sent)
    assert (order.edit, order.edit_due_at, order.edit_error) == (None, None, "400001")
    assert order.words
    assert naming.current_naming(order).name == "Spring cleaning"
    assert AuditEvent.objects.filter(action="work_order.edit_refused").count() == 1


@pytest.mark.parametrize("kind", ["error500", "cut_before_answer", "throttle", "unauthorized"])
def test_a_new_name_that_does_not_get_through_is_tried_again(
    sent: RecordDelete, simulator: Simulator, officer: User, kind: str
) -> None:
    editing.edit(order_of(sent), name="Autumn", description="", user=officer)
    simulator.fault(kind, match=RENAME, times=1)
    editing.edit_next()
    assert (order_of(sent).edit or {}).get("name") == "Autumn"
    let_pass(timedelta(hours=1))
    work("hygiene-edit")
    assert order_of(sent).edit is None
    assert naming.current_naming(order_of(sent)).name == "Autumn"


def test_a_name_changed_before_it_was_sent_goes_with_it(acme: Organization, simulator: Simulator, officer: User) -> None:
    record_delete = queued_delete(acme, officer)
    editing.edit(order_of(record_delete), name="Better", description="", user=officer)
    work("hygiene-edit", "hygiene-submit", "hygiene-edit")
    order = order_of(record_delete)
    assert ledger(simulator)[0]["displayName"] == f"Better {order.reference}"
    assert (order.edit, order.edit_due_at) == (None, None)


def test_a_name_changed_while_the_outcome_is_unknown_follows_once_it_is_found(
    acme: Organization, simulator: Simulator, officer: User
) -> None:
    record_delete = queued_delete(acme, officer)
    simulator.fault("accept_then_cut", match=CREATE, times=1)
    work("hygiene-submit")
    editing.edit(order_of(record_delete), name="Better", description="", user=officer)
    let_pass(timedelta(minutes=6))
    work("hygiene-look", "hygiene-edit", "hygiene-detail")
    assert order_of(record_delete).state == CallState.SENT
    assert naming.current_naming(order_of(record_delete)).name == "Better"


# --- The end of it ---


def test_shredding_waits_for_the_end_and_leaves_nothing_personal(
    sent: RecordDelete, simulator: Simulator, officer: User, media: Path
) -> None:
    with pytest.raises(shredding.NotShreddable):
        shredding.shred(sent, officer)
    simulator.control("workorders/finish", {})
    ask()
    order, key = order_of(sent), again(sent).data_key
    assert key is not None
    shredding.shred(again(sent), officer)
    shredded = again(sent)
    assert (shredded.status, shredded.data_key) == (RecordDeleteStatus.SHREDDED, None)
    assert not DataKey.objects.filter(owner_id=key.owner_id).exists()
    assert not order.file_path.is_file()
    row = WorkOrder.objects.get(pk=order.pk)
    assert (row.answer_sealed, row.words_sealed, row.edit_sealed, row.path) == (None, None, None, "")
    assert (row.status, row.adobe_work_order_id) == (WorkOrderStatus.COMPLETED, order.adobe_work_order_id)
    assert [path for path in media.rglob("*") if path.is_file()] == []
    with pytest.raises(shredding.NotShreddable):
        shredding.shred(shredded, officer)
