"""A database backup is restored: whatever happened at Adobe since, each identity is there exactly once."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from hygiene import intake
from hygiene.models import RecordDelete, WorkOrder
from hygiene.statuses import RecordDeleteStatus
from portal.models import Counter as Numbers
from portal.models import Organization, User
from portal.outbound import CallState, PersonReason
from tests.conftest import Simulator
from tests.hygiene_files import again, deleted, emails, expected, ledger, order_of, payload, queued_delete, taken_in
from tests.steps import let_pass, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def acme(media: Path, simulator: Simulator, organization: Organization) -> Organization:
    """Acme, whose calls reach the simulator."""
    media.mkdir(exist_ok=True)
    return organization


def put_back(model: type[RecordDelete | WorkOrder], rows: Iterable[Any]) -> None:
    """The rows as they stood when the backup was made."""
    for row in rows:
        model._default_manager.filter(pk=row["id"]).update(**row)


def run() -> str:
    """Run the command, as its operator would from a script."""
    out = io.StringIO()
    call_command("after_restore", "--yes", stdout=out)
    return out.getvalue()


def test_orders_sent_after_the_backup_are_found_and_not_sent_again(
    acme: Organization, simulator: Simulator, officer: User
) -> None:
    record_delete = queued_delete(acme, officer)
    orders, deletes = list(WorkOrder.objects.values()), list(RecordDelete.objects.values())
    work("hygiene-submit")
    put_back(WorkOrder, orders)
    put_back(RecordDelete, deletes)
    assert "work orders of unknown outcome now, to be looked for in Adobe's list: 1\n" in run()
    work("hygiene-submit", "hygiene-look", "hygiene-submit")
    assert order_of(record_delete).state == CallState.SENT
    assert deleted(simulator) == expected(record_delete)


def test_orders_that_never_went_wait_for_a_person(acme: Organization, simulator: Simulator, officer: User) -> None:
    record_delete = queued_delete(acme, officer)
    run()
    for _ in range(4):
        work("hygiene-submit", "hygiene-look")
        let_pass(timedelta(hours=7))
    assert (order_of(record_delete).state, order_of(record_delete).person_reason) == (
        CallState.UNKNOWN,
        PersonReason.NONE_FOUND,
    )
    assert ledger(simulator) == []


def test_a_delete_that_was_being_prepared_is_prepared_anew_and_found(
    acme: Organization, simulator: Simulator, officer: User, media: Path
) -> None:
    record_delete = taken_in(acme, officer, payload(emails(3)))
    intake.confirm(record_delete, officer)
    deletes, content = list(RecordDelete.objects.values()), record_delete.file_path.read_bytes()
    work("hygiene-prepare", "hygiene-submit")
    reference = order_of(record_delete).reference
    # The media folder comes from the same backup.
    WorkOrder.objects.all().delete()
    put_back(RecordDelete, deletes)
    record_delete.file_path.write_bytes(content)
    assert "Record deletes to be prepared anew" in run()
    work("hygiene-prepare", "hygiene-submit")
    let_pass(timedelta(minutes=6))
    work("hygiene-look", "hygiene-submit")
    assert order_of(record_delete).reference == reference
    assert order_of(record_delete).state == CallState.SENT
    assert again(record_delete).status == RecordDeleteStatus.IN_PROGRESS
    assert deleted(simulator) == expected(record_delete)


def test_a_delete_prepared_anew_with_another_limit_is_not_taken_for_what_went_out(
    acme: Organization, simulator: Simulator, officer: User
) -> None:
    record_delete = taken_in(acme, officer, payload(emails(3)))
    intake.confirm(record_delete, officer)
    deletes, content = list(RecordDelete.objects.values()), record_delete.file_path.read_bytes()
    work("hygiene-prepare", "hygiene-submit")
    WorkOrder.objects.all().delete()
    put_back(RecordDelete, deletes)
    record_delete.file_path.write_bytes(content)
    Organization.objects.update(max_identities_per_work_order=2)
    run()
    for _ in range(4):
        work("hygiene-prepare", "hygiene-look", "hygiene-submit")
        let_pass(timedelta(hours=7))
    assert set(record_delete.work_orders.values_list("person_reason", flat=True)) == {PersonReason.NONE_FOUND}
    assert len(ledger(simulator)) == 1


def test_numbers_given_after_the_backup_are_not_given_again(acme: Organization, officer: User) -> None:
    taken_in(acme, officer, payload(emails(1)))
    name = f"record-delete-{timezone.now().year}"
    before = Numbers.objects.get(name=name).value
    run()
    assert Numbers.objects.get(name=name).value == before + 1000
