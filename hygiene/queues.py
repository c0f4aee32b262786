"""What waits in each step of the background work, and since when: for the page of the portal's health and for Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from hygiene.models import DatasetExpiration, ExpirationOrder, RecordDelete, WorkOrder
from portal import clock
from portal.outbound import CallState
from portal.steps import waiting_in

Waiting = Callable[[], tuple[int, datetime | None]]


def _edits() -> QuerySet[Any]:
    at_adobe = WorkOrder.objects.filter(state=CallState.SENT, adobe_work_order_id__isnull=False, organization__held_at=None)
    return at_adobe.filter(edit_due_at__lte=clock.now())


def _histories() -> QuerySet[Any]:
    return DatasetExpiration.objects.filter(organization__held_at=None, history_sealed=None).exclude(ttl_id=None)


# By the name of the step: what it does, in words, and what waits in it.
QUEUES: dict[str, tuple[str, Waiting]] = {
    "hygiene-check": (
        "Check record delete files",
        waiting_in(lambda: RecordDelete.objects.to_check(clock.now()), "next_attempt_at"),
    ),
    "hygiene-prepare": (
        "Write work orders",
        waiting_in(lambda: RecordDelete.objects.to_prepare(clock.now()), "next_attempt_at"),
    ),
    "hygiene-submit": (
        "Send work orders",
        waiting_in(lambda: WorkOrder.objects.due_to_send(clock.now()), "next_attempt_at"),
    ),
    "hygiene-look": (
        "Look for work orders of unknown outcome",
        waiting_in(lambda: WorkOrder.objects.due_to_look(clock.now()), "next_look_at"),
    ),
    "hygiene-detail": (
        "Ask about work orders",
        waiting_in(lambda: WorkOrder.objects.due_for_detail(clock.now()), "next_poll_at"),
    ),
    "hygiene-edit": ("Send new names of work orders", waiting_in(_edits, "edit_due_at")),
    "expiration-submit": (
        "Send changes of dataset expirations",
        waiting_in(lambda: ExpirationOrder.objects.due_to_send(clock.now()), "next_attempt_at"),
    ),
    "expiration-look": (
        "Look for changes of unknown outcome",
        waiting_in(lambda: ExpirationOrder.objects.due_to_look(clock.now()), "next_look_at"),
    ),
    # Since when a history is missing is kept nowhere: it is asked for as soon as a list shows the expiration.
    "expiration-list": ("Read histories of dataset expirations", waiting_in(_histories, "created_at")),
}
