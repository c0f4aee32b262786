"""Taking record deletes in, checking them, confirming or discarding them; and preparing their work orders."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.utils import timezone

from hygiene import intake, naming, preparing
from hygiene.models import DatasetExpiration, RecordDelete, WorkOrder
from hygiene.schema import Identity, Wanted
from hygiene.statuses import ExpirationStatus, RecordDeleteStatus
from portal.models import AuditEvent, DataKey, Organization, User
from tests.hygiene_files import DATASET, WANTED, again, emails, order_of, payload, queued_delete, stored_file, taken_in
from tests.steps import work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


def identities(record_delete: RecordDelete) -> list[Identity]:
    orders = record_delete.work_orders.select_related("record_delete__data_key").order_by("ordinal")
    return [identity for order in orders for identity in preparing.identities_of(order)]


def test_a_small_file_is_checked_at_once(organization: Organization, officer: User) -> None:
    made = taken_in(organization, officer, payload([*emails(3), "PERSON1@example.com"]))
    assert (made.status, made.identities, made.orders_total, made.counts) == (RecordDeleteStatus.READY, 3, 1, {"email": 3})
    assert made.result["summary"]["duplicates_removed"] == 1
    assert made.number.startswith(f"RD-{timezone.now().year}-")
    stored = again(made)
    assert (stored.name, stored.description, stored.datasets) == ("Spring cleaning", "Asked for by ticket 12345.", [DATASET])
    acts = AuditEvent.objects.filter(root_id=str(made.pk)).values_list("action", flat=True)
    assert set(acts) == {"record_delete.received", "record_delete.checked"}


def test_nothing_of_the_file_is_stored_in_clear(organization: Organization, officer: User, media: Path) -> None:
    made = taken_in(organization, officer, payload(emails(3), displayName="Marked name"), Wanted(datasets=(DATASET,)))
    stored = [file.read_bytes() for file in media.rglob("*") if file.is_file()]
    row = repr(RecordDelete.objects.filter(pk=made.pk).values().get())
    assert not any(b"example.com" in content for content in stored)
    assert "example.com" not in row
    assert "Marked" not in row


def test_a_namespace_of_ones_own_is_not_named_in_clear(organization: Organization, officer: User) -> None:
    made = taken_in(organization, officer, payload(["1"], "Jane Doe's cards"))
    assert made.counts == {"other": 1}
    assert made.result["summary"]["namespaces"] == {"jane doe's cards": 1}


def test_a_large_file_is_checked_by_a_worker(organization: Organization, officer: User, settings: LazySettings) -> None:
    settings.UPLOAD_INLINE_BYTES = 10
    made = taken_in(organization, officer, payload(emails(3)))
    assert made.status == RecordDeleteStatus.WAITING
    work("hygiene-check")
    assert (again(made).status, again(made).identities) == (RecordDeleteStatus.READY, 3)


def test_a_large_file_that_is_none_is_refused_and_goes(organization: Organization, officer: User, settings: LazySettings) -> None:
    settings.UPLOAD_INLINE_BYTES = 0
    made = intake.take_in(stored_file(b"{"), WANTED, organization=organization, user=officer)
    work("hygiene-check")
    assert (again(made).status, again(made).error_count) == (RecordDeleteStatus.REFUSED, 1)
    assert not made.file_path.exists()


def test_a_small_file_that_is_none_is_not_kept(organization: Organization, officer: User) -> None:
    with pytest.raises(intake.Unreadable, match="ends before"):
        intake.take_in(stored_file(b"{"), WANTED, organization=organization, user=officer)
    assert not RecordDelete.objects.exists()


def test_errors_refuse_it(organization: Organization, officer: User) -> None:
    made = taken_in(organization, officer, payload(["  "]))
    assert (made.status, made.error_count) == (RecordDeleteStatus.REFUSED, 1)
    with pytest.raises(intake.NotPossible):
        intake.confirm(made, officer)


def test_typed_identities_are_kept_as_a_file_like_any_other(organization: Organization, officer: User) -> None:
    typed = "value\na@example.com\n\n  b,c@example.com \na@example.com\n"
    made = intake.take_typed(typed, "Email", WANTED, organization=organization, user=officer)
    assert (made.status, made.identities) == (RecordDeleteStatus.READY, 3)
    intake.confirm(made, officer)
    work("hygiene-prepare")
    assert [one.value for one in identities(made)] == ["value", "a@example.com", "b,c@example.com"]


@pytest.mark.parametrize(("lines", "namespace"), [(" \n ", "email"), ("a@example.com", " ")])
def test_nothing_typed_is_said(organization: Organization, officer: User, media: Path, lines: str, namespace: str) -> None:
    with pytest.raises(intake.Unreadable):
        intake.take_typed(lines, namespace, WANTED, organization=organization, user=officer)
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_a_dataset_that_is_about_to_expire_is_worth_a_warning(organization: Organization, officer: User) -> None:
    DatasetExpiration.objects.create(
        organization=organization, sandbox_name="prod", dataset_id=DATASET, status=ExpirationStatus.PENDING
    )
    made = taken_in(organization, officer, payload(emails(1)))
    assert [finding["code"] for finding in made.result["findings"]] == ["expiring-dataset"]
    assert (made.status, made.warning_count) == (RecordDeleteStatus.READY, 1)


def test_it_is_confirmed_once(organization: Organization, officer: User) -> None:
    made = taken_in(organization, officer, payload(emails(1)))
    stale = again(made)
    intake.confirm(made, officer)
    assert made.status == RecordDeleteStatus.PREPARING
    for row in (stale, made):
        with pytest.raises(intake.NotPossible):
            intake.confirm(row, officer)
    with pytest.raises(intake.NotPossible):
        intake.discard(stale, officer)


def test_discarding_leaves_nothing_personal(organization: Organization, officer: User) -> None:
    made = taken_in(organization, officer, payload(emails(1)))
    key = made.data_key
    assert key is not None
    intake.discard(made, officer)
    row = RecordDelete.objects.get(pk=made.pk)
    assert (row.status, row.result_sealed, row.name_sealed, row.path) == (RecordDeleteStatus.DISCARDED, None, None, "")
    assert not DataKey.objects.filter(owner_id=key.owner_id).exists()
    assert not made.file_path.is_file()


# --- Preparing ---


def test_orders_keep_the_order_and_the_limit(organization: Organization, officer: User) -> None:
    Organization.objects.update(max_identities_per_work_order=2)
    organization.refresh_from_db()
    made = queued_delete(organization, officer, 5)
    assert list(made.work_orders.order_by("ordinal").values_list("identities", flat=True)) == [2, 2, 1]
    assert [one.value for one in identities(made)] == emails(5)
    assert (made.status, made.orders_total, made.identities_prepared) == (RecordDeleteStatus.SENDING, 3, 5)
    assert naming.first_naming(order_of(made, 2)).name == "Spring cleaning (2 of 3)"
    assert not made.file_path.exists()


def test_preparing_again_gives_the_same_references_to_the_same_identities(organization: Organization, officer: User) -> None:
    made = taken_in(organization, officer, payload(emails(4)))
    first = naming.reference_for(made, 1, b"content")
    assert naming.reference_for(made, 1, b"content") == first
    assert naming.reference_for(made, 2, b"content") != first
    assert naming.reference_for(made, 1, b"other content") != first
    assert naming.without_reference(naming.with_reference("A name", first)) == "A name"


def test_a_preparation_that_was_cut_off_starts_over(organization: Organization, officer: User, media: Path) -> None:
    made = taken_in(organization, officer, payload(emails(2)))
    intake.confirm(made, officer)
    lease = uuid.uuid4()
    RecordDelete.objects.update(lease=lease)
    left = preparing._write_order(again(made), 1, [Identity("email", "left@example.com")])
    left.save(force_insert=True)
    preparing.prepare(again(made), lease)
    assert [one.value for one in identities(made)] == emails(2)
    assert not left.file_path.exists()


def test_a_preparation_whose_lease_is_gone_writes_nothing(organization: Organization, officer: User) -> None:
    made = taken_in(organization, officer, payload(emails(2)))
    intake.confirm(made, officer)
    with pytest.raises(preparing.LeaseLost):
        preparing.prepare(again(made), uuid.uuid4())
    assert not WorkOrder.objects.exists()


def test_a_lost_file_ends_it_unsent(organization: Organization, officer: User) -> None:
    made = taken_in(organization, officer, payload(emails(2)))
    intake.confirm(made, officer)
    made.file_path.unlink()
    work("hygiene-prepare")
    assert again(made).status == RecordDeleteStatus.FAILED
    assert AuditEvent.objects.filter(action="record_delete.file_lost").count() == 1


def test_numeric_namespaces_survive_the_way(organization: Organization, officer: User) -> None:
    body = {"identities": [{"namespace": {"id": 12345}, "id": "x"}, {"namespace": {"id": 6}, "id": "a@example.com"}]}
    made = taken_in(organization, officer, json.loads(json.dumps(body)))
    intake.confirm(made, officer)
    work("hygiene-prepare")
    assert identities(made) == [Identity(12345, "x"), Identity("Email", "a@example.com")]
