"""Bringing every data key under the newest master key, so that an older one can be taken out of the settings.

Only the wrapping changes: what a data key has sealed is not touched and stays readable all the while, as long as both master keys
are in MASTER_KEYS. Each batch is one short transaction, so a run that was killed is simply started again.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import models, transaction

from portal import audit, crypto
from portal.models import DataKey

BATCH = 300


@dataclass
class Batch:
    """What became of up to BATCH data keys. `unreadable`: those that no listed master key opens, each with the reason."""

    rewrapped: int = 0
    unreadable: list[tuple[uuid.UUID, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Stored:
    """A data key as it was read."""

    id: uuid.UUID
    master_key_id: str
    wrapped: bytes


def rotate() -> Iterator[Batch]:
    """Rewrap every data key that is not under the newest master key; each batch is committed when it is given."""
    newest = crypto.master_keys()[0].id
    last = uuid.UUID(int=0)
    while rows := _next_rows(newest, last):
        yield _rewrap(rows, newest)
        last = rows[-1].id


def left_under() -> dict[str, int]:
    """How many data keys are under each master key: all that are listed, and all that are in use."""
    listed = {key.id: 0 for key in crypto.master_keys()}
    used = DataKey.objects.values_list("master_key_id").annotate(models.Count("pk")).order_by("master_key_id")
    return listed | dict(used)


def _next_rows(newest: str, after: uuid.UUID) -> list[_Stored]:
    # By id, so that keys which cannot be opened are passed once and do not come again.
    rows = DataKey.objects.exclude(master_key_id=newest).filter(pk__gt=after).order_by("pk")
    return [
        _Stored(pk, master, bytes(wrapped)) for pk, master, wrapped in rows.values_list("pk", "master_key_id", "wrapped")[:BATCH]
    ]


def _rewrap(rows: list[_Stored], newest: str) -> Batch:
    batch = Batch()
    fresh: list[tuple[_Stored, crypto.WrappedKey]] = []
    for row in rows:
        try:
            fresh.append((row, crypto.rewrap(row.id, row.master_key_id, row.wrapped)))
        except crypto.CannotDecrypt as error:
            batch.unreadable.append((row.id, str(error)))
    with transaction.atomic():
        batch.rewrapped = sum(_replace(row, wrapped) for row, wrapped in fresh)
        audit.record(
            "data_keys.rewrapped",
            actor=None,
            organization=None,
            obj=None,
            details={"master_key": newest, "rewrapped": batch.rewrapped, "unreadable": len(batch.unreadable)},
        )
    return batch


def _replace(row: _Stored, fresh: crypto.WrappedKey) -> int:
    # Only what was read is replaced: a key that was destroyed or rewrapped by somebody else meanwhile stays as it is.
    same = DataKey.objects.filter(pk=row.id, master_key_id=row.master_key_id, wrapped=row.wrapped)
    return same.update(master_key_id=fresh.master_key_id, wrapped=fresh.wrapped)
