"""Leases: how workers share due rows whose work may be repeated without harm (checks, looks, details, downloads).

A lease is a token written by conditional UPDATE together with a due time pushed ahead: the row comes back by itself when the
worker dies, and a row that raises does not come back at once.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, TypeVar

from django.db import models
from django.utils import timezone

from portal import clock, turns

Row = TypeVar("Row", bound=models.Model)


def take(
    due: models.QuerySet[Row], due_field: str, *, most: int, seconds: float, now: clock.Moment | None = None
) -> tuple[uuid.UUID, list[Any]]:
    """Lease up to `most` rows of `due` for `seconds`. Returns the lease and the ids that are really ours.

    All of them are of one organization, the one that has waited longest for this step.
    `now`: by which clock `due` was chosen; this process's own unless told otherwise. The lease is measured by the database's.
    """
    now = timezone.now() if now is None else now
    candidates = _candidates(due, due_field, most)
    if not candidates:
        return uuid.UUID(int=0), []
    lease = uuid.uuid4()
    rows = due.model._default_manager.filter(pk__in=candidates, **{f"{due_field}__lte": now})
    if not rows.update(lease=lease, **{due_field: clock.now() + timedelta(seconds=seconds)}):
        return lease, []
    # Another worker may have been faster with some of them.
    ours = due.model._default_manager.filter(pk__in=candidates, lease=lease).values_list("pk", flat=True)
    return lease, list(ours)


def _candidates(due: models.QuerySet[Row], step: str, most: int) -> list[Any]:
    for part in turns.by_organization(due, step):
        if found := list(part.values_list("pk", flat=True)[:most]):
            return found
    return []
