"""Leases: how workers share due rows whose work may be repeated without harm (checks, looks, details, downloads).

A lease is a token written by conditional UPDATE together with a due time pushed ahead: the row comes back by itself when the
worker dies, and a row that raises does not come back at once.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, TypeVar

from django.db import models, transaction

from portal import clock, turns

Row = TypeVar("Row", bound=models.Model)


def take(
    due: models.QuerySet[Row], due_field: str, *, most: int, seconds: float, now: clock.Moment | None = None
) -> tuple[uuid.UUID, list[Any]]:
    """Lease up to `most` rows of `due` for `seconds`. Returns the lease and the ids that are really ours.

    All of them are of one organization, the one that has waited longest for this step.
    `now`: the moment that `due` was chosen by, such as `clock.now()`. The lease is measured by the same clock.
    """
    now = clock.now() if now is None else now
    candidates = _candidates(due, due_field, most)
    if not candidates:
        return uuid.UUID(int=0), []
    lease = uuid.uuid4()
    every = due.model._default_manager
    with transaction.atomic():
        # Another worker may have been faster with some of them. Who writes one at this moment is not waited for: a worker that
        # holds some rows and waits for others is half of a deadlock.
        free = every.filter(pk__in=candidates, **{f"{due_field}__lte": now}).select_for_update(skip_locked=True, no_key=True)
        ours = list(free.values_list("pk", flat=True))
        every.filter(pk__in=ours).update(lease=lease, **{due_field: clock.now() + timedelta(seconds=seconds)})
    return lease, ours


def locked_in_order(rows: models.QuerySet[Row]) -> models.QuerySet[Row]:
    """The same rows, locked until the caller's transaction ends, for an UPDATE of many.

    In the order of their keys, as everybody locks many rows of a table: an UPDATE alone takes them in any order, and two of
    them can wait for each other for ever.
    """
    keys = list(rows.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk", flat=True))
    return rows.model._default_manager.filter(pk__in=keys)


def _candidates(due: models.QuerySet[Row], step: str, most: int) -> list[Any]:
    for part in turns.by_organization(due, step):
        if found := list(part.values_list("pk", flat=True)[:most]):
            return found
    return []
