"""A new name and description of a work order, and taking it to Adobe (PUT) in whichever of two spellings Adobe understands."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction

from hygiene import naming
from hygiene.models import WorkOrder
from hygiene.settling import record
from portal import clock, connections, crypto, leases, sending, steps
from portal.adobe import errors
from portal.adobe.data_hygiene import DataHygiene
from portal.adobe.hygiene_answers import WorkOrderAnswer
from portal.models import User
from portal.outbound import CallState, backoff

logger = logging.getLogger(__name__)

LEASE_SECONDS = 300.0
# Adobe's newest page says `name`, older ones and its answers `displayName`.
SPELLINGS = ("name", "displayName")


class NotTaken(Exception):
    """Adobe takes the change in neither spelling. `reason` is a code, `words` are Adobe's own."""

    def __init__(self, reason: str, words: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.words = words


def edit(order: WorkOrder, *, name: str, description: str, user: User) -> None:
    """Change what an order is called. One that is not sent yet goes out with it; for one at Adobe a PUT follows."""
    row = WorkOrder.objects.filter(pk=order.pk)
    order.edit = {"name": name.strip(), "description": description.strip()}
    now = clock.now()
    with transaction.atomic():
        row.update(edit_sealed=order.edit_sealed, edit_attempts=0, edit_error="")
        # Which of the two it is may change at this moment; the row itself decides.
        row.filter(state=CallState.SENT).update(edit_due_at=now)
        record(order, "renamed", user)
        steps.wake("hygiene-edit")


def edit_next() -> int:
    """Send one change. Returns how many were sent or failed."""
    lease, ids = leases.take(WorkOrder.objects.due_to_edit(clock.now()), "edit_due_at", most=1, seconds=LEASE_SECONDS)
    for order in WorkOrder.objects.filter(pk__in=ids).select_related("organization__data_key", "record_delete__data_key"):
        send_edit(order, lease)
    return len(ids)


def send_edit(order: WorkOrder, lease: uuid.UUID) -> None:
    """Send one leased change. It does no harm twice, so whatever goes wrong on the way is tried again."""
    sealed = order.edit_sealed
    still = WorkOrder.objects.filter(pk=order.pk, lease=lease, edit_sealed=sealed)
    try:
        if order.edit is None or order.adobe_work_order_id is None:
            still.update(edit_due_at=None)
            return
        answer = _rename(connections.hygiene_for(order.organization), order, lambda: still.exists())  # noqa: PLW0108
    except NotTaken as refused:
        order.words = refused.words or order.words
        fields = {"edit_sealed": None, "edit_due_at": None, "edit_error": refused.reason, "words_sealed": order.words_sealed}
        with transaction.atomic():
            if still.update(**fields):
                record(order, "edit_refused", reason=refused.reason)
    except (errors.AdobeError, crypto.CannotDecrypt) as error:
        _try_later(order, error)
    else:
        order.answer = answer.raw
        fields = {"edit_sealed": None, "edit_due_at": None, "edit_error": "", "answer_sealed": order.answer_sealed}
        with transaction.atomic():
            # A newer change that came meanwhile stays, and follows.
            if still.update(**fields):
                record(order, "edited")


def _rename(service: DataHygiene, order: WorkOrder, still_held: Callable[[], bool]) -> WorkOrderAnswer:
    """Raises NotTaken, and AdobeError for what may go better later."""
    wanted = naming.Naming(order.edit["name"], order.edit["description"])
    name = naming.with_reference(wanted.name, order.reference)
    reason, words = "not_changed", ""
    for spelling in SPELLINGS:
        try:
            answer = service.rename_work_order(
                order.adobe_work_order_id or "",
                field=spelling,
                name=name,
                description=wanted.description,
                still_held=still_held,
            )
        except errors.Rejected as error:
            reason, words = error.plain_code or "rejected", error.words
        except errors.NotFound:
            raise NotTaken("not_found") from None
        else:
            if (answer.display_name, answer.description) == (name, wanted.description):
                return answer
    raise NotTaken(reason, words)


def _try_later(order: WorkOrder, error: Exception) -> None:
    blocked = sending.blocks_organization(order, error) if isinstance(error, errors.AdobeError) else ""
    if blocked and isinstance(error, errors.AdobeError):
        sending.hold(order.organization, blocked, error.words)
    asked = error.retry_after or 0 if isinstance(error, errors.Throttled) else 0
    attempts = order.edit_attempts + 1
    WorkOrder.objects.filter(pk=order.pk, edit_sealed=order.edit_sealed).update(
        edit_due_at=clock.now() + timedelta(seconds=max(asked, backoff(attempts))),
        edit_attempts=attempts,
        edit_error=type(error).__name__,
    )
