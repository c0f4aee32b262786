"""Making record deletes for tests, the way the portal itself takes them in."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from hygiene import intake, preparing
from hygiene.models import RecordDelete, WorkOrder
from hygiene.schema import ALL, Wanted
from portal import crypto
from portal.ids import new_id
from portal.models import DataKey, Organization, User
from portal.uploads import UPLOAD_LABEL, StoredUpload
from tests.conftest import Simulator

WORK_ORDERS = "/data/core/hygiene/workorder"
CREATE = {"method": "POST", "path": WORK_ORDERS}
DATASET = "7eab61f3e5c34810a49a1ab3"
WANTED = Wanted("Spring cleaning", "Asked for by ticket 12345.", (DATASET,))
EVERYWHERE = Wanted("Spring cleaning", "", (ALL,))


def stored_file(content: bytes, name: str = "people.json") -> StoredUpload:
    """A file as the upload handler hands it over."""
    file_id = new_id()
    key = DataKey.new("upload", file_id)
    file = StoredUpload(name=name, path=f"uploads/{file_id}", size=len(content), data_key=key, too_large=False, refused=False)
    with crypto.write_sealed(file.file_path, crypto.box_for(key), UPLOAD_LABEL) as sealed:
        sealed.write(content)
    return file


def payload(values: Sequence[str], namespace: str = "email", **fields: Any) -> dict[str, Any]:
    """Adobe's shape of today."""
    return {"namespacesIdentities": [{"namespace": {"code": namespace}, "ids": list(values)}]} | fields


def emails(count: int, prefix: str = "person") -> list[str]:
    """So many addresses, none like another."""
    return [f"{prefix}{number}@example.com" for number in range(1, count + 1)]


def taken_in(organization: Organization, user: User, body: Any, wanted: Wanted = WANTED) -> RecordDelete:
    """A record delete that was taken in and checked."""
    return intake.take_in(stored_file(json.dumps(body).encode()), wanted, organization=organization, user=user)


def queued_delete(organization: Organization, user: User, count: int = 3, wanted: Wanted = WANTED) -> RecordDelete:
    """A record delete of so many e-mail addresses, confirmed, its work orders waiting to be sent."""
    record_delete = taken_in(organization, user, payload(emails(count)), wanted)
    assert record_delete.error_count == 0, record_delete.result
    intake.confirm(record_delete, user)
    assert preparing.prepare_next() == 1
    return again(record_delete)


def again(record_delete: RecordDelete) -> RecordDelete:
    """The record delete as it stands in the database now."""
    found: RecordDelete = RecordDelete.objects.select_related("organization__data_key", "data_key").get(pk=record_delete.pk)
    return found


def order_of(record_delete: RecordDelete, ordinal: int = 1) -> WorkOrder:
    """One of its work orders, as it is now."""
    found: WorkOrder = WorkOrder.objects.select_related("organization__data_key", "record_delete__data_key").get(
        record_delete=record_delete, ordinal=ordinal
    )
    return found


def ledger(simulator: Simulator) -> list[dict[str, Any]]:
    """Every work order that Adobe ever accepted."""
    return list(simulator.control("ledger/workorders")["entries"])


def deleted(simulator: Simulator) -> Counter[str]:
    """How often Adobe took each identity."""
    return Counter(value for entry in ledger(simulator) for group in entry["namespacesIdentities"] for value in group["ids"])


def expected(*deletes: RecordDelete) -> Counter[str]:
    """Each identity of the record deletes, once."""
    orders = WorkOrder.objects.filter(record_delete__in=deletes).select_related("record_delete__data_key")
    return Counter(identity.value for order in orders for identity in preparing.identities_of(order))
