"""The rows that a page is about. What the person may not see is not there, so it is a 404."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from hygiene.models import RecordDelete, WorkOrder


def get_record_delete(request: HttpRequest, number: str) -> RecordDelete:
    """The record delete of this number."""
    visible = RecordDelete.objects.visible_to(request.user).select_related("organization__data_key", "data_key", "created_by")
    found: RecordDelete = get_object_or_404(visible, number=number)
    return found


def get_work_order(request: HttpRequest, pk: UUID) -> WorkOrder:
    """The work order of this id."""
    visible = WorkOrder.objects.visible_to(request.user).select_related(
        "organization__data_key", "record_delete__data_key", "record_delete__organization"
    )
    found: WorkOrder = get_object_or_404(visible.prefetch_related("services"), pk=pk)
    return found
