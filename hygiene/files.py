"""Which stored files are this app's own: asked by the tidying before it removes a file."""

from __future__ import annotations

from collections.abc import Sequence

from hygiene.models import RecordDelete, WorkOrder


def owned_uploads(paths: Sequence[str]) -> set[str]:
    """Those of `paths` that are the file of a record delete."""
    return set(RecordDelete.objects.filter(path__in=paths).values_list("path", flat=True))


def owned_work_orders(paths: Sequence[str]) -> set[str]:
    """Those of `paths` that hold the identities of a work order."""
    return set(WorkOrder.objects.filter(path__in=paths).values_list("path", flat=True))
