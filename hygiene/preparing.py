"""From a confirmed record delete to its work orders, each with an encrypted file of its identities.

Nothing can be sent before the last order is written, so a crash half-way is mended by starting over.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, cast

from django.db import transaction
from django.utils import timezone

from hygiene import checking, intake, naming, progress, quota
from hygiene.models import RecordDelete, WorkOrder
from hygiene.schema import Identity
from hygiene.splitting import split
from hygiene.statuses import RecordDeleteStatus
from portal import audit, clock, crypto, leases, steps
from portal.ids import new_id
from portal.outbound import CallState, unknown_fields

logger = logging.getLogger(__name__)

FOLDER = "work-orders"
FILE_LABEL = "hygiene.workorder.identities"
LEASE_SECONDS = 120.0
# How often a preparation says that it lives.
SAY_EVERY = 20_000


class LeaseLost(Exception):
    """Another worker has taken this record delete over."""


def prepare_next() -> int:
    """Write the work orders of one confirmed record delete. Returns how many were prepared."""
    due = RecordDelete.objects.to_prepare(clock.now())
    lease, ids = leases.take(due, "next_attempt_at", most=1, seconds=LEASE_SECONDS)
    for record_delete in RecordDelete.objects.filter(pk__in=ids).select_related("organization__data_key", "data_key"):
        try:
            prepare(record_delete, lease)
        except LeaseLost:
            logger.info("another worker prepares record delete %s", record_delete.pk)
        except crypto.MasterKeyMissing:
            # The file is well: a worker that has the key prepares it once this lease has run out.
            raise
        except FileNotFoundError:
            if not record_delete.file_path.parent.is_dir():
                # Not its file alone: a disk is not mounted. Once it is, and this lease has run out, it is prepared.
                raise
            _give_up(record_delete)
        except crypto.CannotDecrypt:
            _give_up(record_delete)
    return len(ids)


def prepare(record_delete: RecordDelete, lease: uuid.UUID) -> None:
    """Write every work order, then open the queue in one last UPDATE."""
    _start_over(record_delete, lease)
    identities = checking.read_identities(lambda: intake.open_file(record_delete))
    orders, done = [], 0
    for ordinal, part in enumerate(split(identities, most_in_one(record_delete)), start=1):
        order = _write_order(record_delete, ordinal, _saying(part, record_delete, lease, done))
        done += order.identities
        orders.append(order)
    with transaction.atomic():
        _prove_lease(
            record_delete,
            lease,
            status=RecordDeleteStatus.SENDING,
            identities=done,
            identities_prepared=done,
            orders_total=len(orders),
        )
        WorkOrder.objects.bulk_create(orders)
        audit.record(
            "record_delete.prepared",
            actor=None,
            organization=record_delete.organization,
            obj=record_delete,
            root_id=record_delete.pk,
            details={"identities": done, "work_orders": len(orders)},
        )
        progress.refresh(record_delete.pk)
        steps.wake("hygiene-look" if record_delete.restored else "hygiene-submit")
    # What is to be deleted lives in the orders now; the uploaded file is not needed again.
    crypto.discard(record_delete.file_path)


def most_in_one(record_delete: RecordDelete) -> int:
    """How many identities go into one work order: the organization's limit, and what a day's quota can take at all."""
    organization = record_delete.organization
    return min(
        organization.max_identities_per_work_order, quota.largest(organization) or organization.max_identities_per_work_order
    )


def _start_over(record_delete: RecordDelete, lease: uuid.UUID) -> None:
    """Nothing of a record delete in preparation was sent, so what an earlier try has written can go.

    Only under the lease: another worker may have prepared and sent it since this one was given it.
    """
    with transaction.atomic():
        _prove_lease(record_delete, lease, identities_prepared=0)
        paths = forget_orders(record_delete)
    for path in paths:
        crypto.discard(path)


def forget_orders(record_delete: RecordDelete) -> list[Path]:
    """Remove what an earlier try has written of one in preparation. Gives the files, to be removed once that is committed."""
    paths = [order.file_path for order in record_delete.work_orders.all()]
    record_delete.work_orders.all().delete()
    return paths


def first_departure(record_delete: RecordDelete) -> datetime:
    """When its work orders may go at the earliest: the organization's recall period begins with the confirmation."""
    begin = record_delete.confirmed_at or clock.read()
    return begin + timedelta(minutes=record_delete.organization.recall_minutes)


def _prove_lease(record_delete: RecordDelete, lease: uuid.UUID, **fields: Any) -> None:
    alive_until = clock.now() + timedelta(seconds=LEASE_SECONDS)
    held = RecordDelete.objects.filter(pk=record_delete.pk, lease=lease, status=RecordDeleteStatus.PREPARING)
    if not held.update(next_attempt_at=alive_until, **fields):
        raise LeaseLost(record_delete.number)


def _saying(
    identities: Iterable[Identity], record_delete: RecordDelete, lease: uuid.UUID, done_before: int
) -> Iterator[Identity]:
    """The same identities; now and then the row is told how far they are."""
    for count, identity in enumerate(identities, start=1):
        if count % SAY_EVERY == 0:
            _prove_lease(record_delete, lease, identities_prepared=done_before + count)
        yield identity


def _write_order(record_delete: RecordDelete, ordinal: int, identities: Iterable[Identity]) -> WorkOrder:
    order = WorkOrder(
        id=new_id(),
        organization=record_delete.organization,
        record_delete=record_delete,
        ordinal=ordinal,
        identities=0,
        next_attempt_at=first_departure(record_delete),
    )
    order.path = f"{FOLDER}/{order.pk}"
    content = hashlib.sha256()
    with crypto.write_sealed(order.file_path, crypto.box_for(order.data_key), FILE_LABEL) as file:
        for identity in identities:
            line = json.dumps([identity.namespace, identity.value], separators=(",", ":")).encode() + b"\n"
            content.update(line)
            file.write(line)
            order.identities += 1
    order.reference = naming.reference_for(record_delete, ordinal, content.digest())
    if record_delete.restored:
        _start_as_unknown(order)
    return order


def _start_as_unknown(order: WorkOrder) -> None:
    """A backup was restored while it was being prepared: it may have gone out since."""
    order.state = CallState.UNKNOWN
    for name, value in unknown_fields("restored_from_backup").items():
        setattr(order, name, value)
    order.first_sent_at = order.record_delete.confirmed_at


def identities_of(order: WorkOrder) -> Iterator[Identity]:
    """The identities of a work order, in the order they are sent. Raises CannotDecrypt, FileNotFoundError."""
    sealed = crypto.open_sealed(order.file_path, crypto.box_for(order.data_key), FILE_LABEL)
    # Python's text reader takes whole chunks; the lines of a sealed file itself would be read byte by byte.
    with io.TextIOWrapper(cast("IO[bytes]", sealed), encoding="ascii") as lines:
        for line in lines:
            namespace, value = json.loads(line)
            yield Identity(namespace, value)


def _give_up(record_delete: RecordDelete) -> None:
    """Its file is gone or damaged: nothing will be sent. Said at once, so that a person takes it in again.

    Nothing was sent, unless a backup was restored since: then it may be out, and the person must compare first.
    """
    lost = "record_delete.file_lost_after_restore" if record_delete.restored else "record_delete.file_lost"
    preparing = RecordDelete.objects.filter(pk=record_delete.pk, status=RecordDeleteStatus.PREPARING)
    with transaction.atomic():
        if not preparing.update(status=RecordDeleteStatus.FAILED, finished_at=timezone.now(), lease=None):
            # Somebody cancelled it, and its file went with that.
            return
        paths = forget_orders(record_delete)
        audit.record(lost, actor=None, organization=record_delete.organization, obj=record_delete, root_id=record_delete.pk)
    for path in paths:
        crypto.discard(path)
    logger.error("the file of record delete %s cannot be read", record_delete.pk)
