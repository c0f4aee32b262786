"""Moving the row of a work order on by what Adobe says of it, with a line in the trail; also when that comes late."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.db import transaction

from hygiene.models import WorkOrder
from hygiene.statuses import WORK_ORDER_DONE, WorkOrderStatus
from portal import audit, clock, runtime, steps
from portal.adobe.hygiene_answers import WorkOrderAnswer
from portal.models import User
from portal.outbound import CallState, Claim, PersonReason, sent_fields, unknown_fields

logger = logging.getLogger(__name__)


def settle_sent(order: WorkOrder, held: Claim, answer: WorkOrderAnswer) -> None:
    """Adobe has taken it, if its answer is to be believed. Runs in a transaction."""
    order.answer = answer.raw
    if _is_taken(order, answer.work_order_id):
        # Adobe answered with the id of another order of ours. What that means nobody knows.
        if held.settle(CallState.UNKNOWN, **unknown_fields("unreadable"), answer_sealed=order.answer_sealed):
            record_outcome(order, CallState.UNKNOWN, "unreadable")
        return
    fields = sent_fields() | known_fields(answer) | {"answer_sealed": order.answer_sealed, "waits_for_quota_until": None}
    if not held.settle(CallState.SENT, **fields):
        logger.error("the answer to work order %s came after its claim was gone", order.pk)
        stop_when_queued(order)
        _keep_late_answer(order, fields)
        return
    _forget_sent_edit(order)
    raise_alarm_when_doubled(order)
    record_outcome(order, CallState.SENT, "")


def _keep_late_answer(order: WorkOrder, fields: dict[str, Any]) -> None:
    """The order has gone on without this: what Adobe has taken is followed, and what it has taken twice a person is told."""
    row = WorkOrder.objects.filter(pk=order.pk, record_delete__data_key__isnull=False)
    not_sent = row.filter(state__in=(CallState.CANCELLED, CallState.REJECTED))
    if not_sent.update(state=CallState.SENT, **fields):
        record_outcome(order, CallState.SENT, "late")
        return
    # It went out a second time, or is about to: a person is told now, not only when the order ends (hygiene.polling).
    with transaction.atomic():
        again = row.filter(state__in=(CallState.SENT, CallState.SENDING)).select_for_update(no_key=True, of=("self",)).first()
        late = fields["adobe_work_order_id"]
        if again is None or late in (again.adobe_work_order_id, *again.extra_adobe_ids):
            return
        row.update(extra_adobe_ids=[*again.extra_adobe_ids, late])
        if again.state == CallState.SENT:
            raise_alarm_when_doubled(order)


def _is_taken(order: WorkOrder, work_order_id: str) -> bool:
    others = WorkOrder.objects.filter(organization=order.organization, adobe_work_order_id=work_order_id)
    return others.exclude(pk=order.pk).exists()


def known_fields(answer: WorkOrderAnswer) -> dict[str, Any]:
    """What an answer says of an order from its beginning; it is followed from now on."""
    status = status_of(answer.status)
    done = status in WORK_ORDER_DONE
    now = clock.now()
    return {
        "adobe_work_order_id": answer.work_order_id,
        "adobe_bundle_id": answer.bundle_id,
        "status": status,
        "adobe_status": answer.status[:60],
        "adobe_created_at": answer.created_at,
        "adobe_updated_at": answer.updated_at,
        "quiet_polls": 0,
        "next_poll_at": now + timedelta(seconds=runtime.fraction("DETAIL_FIRST_SECONDS")),
        "finished_at": now if done else None,
    }


def status_of(word: str) -> WorkOrderStatus:
    """Our status for Adobe's word; OTHER for one that we do not know (one edition shows `in-progress`), and for ours."""
    return WorkOrderStatus(word) if word in _ADOBE_WORDS else WorkOrderStatus.OTHER


_ADOBE_WORDS = {
    WorkOrderStatus.RECEIVED,
    WorkOrderStatus.VALIDATED,
    WorkOrderStatus.SUBMITTED,
    WorkOrderStatus.INGESTED,
    WorkOrderStatus.COMPLETED,
    WorkOrderStatus.FAILED,
}


def record_outcome(order: WorkOrder, state: CallState, reason: str) -> None:
    """One line in the trail for what became of an order."""
    record(order, state, reason=reason, identities=order.identities)


def record(order: WorkOrder, act: str, user: User | None = None, **details: audit.Scalar) -> None:
    """One line in the trail about an order; without a user it was the portal itself."""
    audit.record(
        f"work_order.{act}",
        actor=user,
        organization=order.organization,
        obj=order,
        root_id=order.record_delete_id,
        details={"order": order.ordinal, **details},
    )


def raise_alarm_when_doubled(order: WorkOrder) -> None:
    """More than one work order at Adobe with one reference: a person must know."""
    from_adobe = WorkOrder.objects.filter(pk=order.pk).exclude(extra_adobe_ids=[])
    if from_adobe.update(person_reason=PersonReason.DOUBLED):
        record_outcome(order, CallState.SENT, "doubled")
        logger.error("work order %s is doubled at Adobe", order.pk)


def stop_when_queued(order: WorkOrder) -> None:
    """An order that waits to be sent again, though Adobe has it: it must not go, a look settles it."""
    queued = WorkOrder.objects.filter(pk=order.pk, state=CallState.QUEUED)
    if queued.update(state=CallState.UNKNOWN, **unknown_fields("seen_in_list")):
        record_outcome(order, CallState.UNKNOWN, "seen_in_list")


def _forget_sent_edit(order: WorkOrder) -> None:
    """What it was sent with, Adobe has; a change made meanwhile follows as a PUT."""
    row = WorkOrder.objects.filter(pk=order.pk)
    if order.edit_sealed is not None:
        row.filter(edit_sealed=order.edit_sealed).update(edit_sealed=None, edit_due_at=None)
    follow_edit(order)


def follow_edit(order: WorkOrder) -> None:
    """A change that waits while its order was not at Adobe is due now."""
    row = WorkOrder.objects.filter(pk=order.pk, edit_sealed__isnull=False)
    if row.update(edit_due_at=clock.now()):
        steps.wake("hygiene-edit")
