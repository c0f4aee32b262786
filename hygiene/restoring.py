"""After a database backup was restored: what it says of record deletes that were not finished cannot be believed.

As with privacy calls: nothing may be sent before Adobe's list was looked at. Work orders that were not finished become UNKNOWN;
record deletes that were being prepared are prepared anew, with the same references, and their orders start as UNKNOWN too.
Changes of dataset expirations that were not finished are looked up at Adobe before anything is sent.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from hygiene import progress
from hygiene.intake import COUNTER
from hygiene.models import ExpirationOrder, RecordDelete, WorkOrder
from hygiene.statuses import RecordDeleteStatus
from portal import audit, clock, steps
from portal.audit import AuditRecord
from portal.models import Counter
from portal.outbound import OPEN_STATES, CallState, mark_unfinished_as_unknown

# Numbers given out after the backup are not in it, and must not be given again.
NUMBERS_LEFT_OUT = 1000
_REASON = "restored_from_backup"


@transaction.atomic
def after_restore() -> list[str]:
    """Put everything unfinished into a state from which nothing is sent twice. No worker may run yet.

    A second run does no harm: it starts the looks over. Gives what was done, in lines for the operator.
    """
    Counter.objects.filter(name__startswith=COUNTER).update(value=F("value") + NUMBERS_LEFT_OUT)
    preparing = _prepare_again()
    orders = _look_for_orders()
    expirations = _look_for_expirations()
    for step in ("hygiene-prepare", "hygiene-look", "expiration-look"):
        steps.wake(step)
    lost = [record_delete.number for record_delete in preparing if not record_delete.file_path.is_file()]
    lines = [
        f"Record delete work orders of unknown outcome now, to be looked for in Adobe's list: {orders:,}",
        f"Record deletes to be prepared anew, their work orders looked for as well: {len(preparing):,}",
        f"Changes of dataset expirations to be looked up at Adobe: {expirations:,}",
        f"Record delete numbers left out, as they may have been given since the backup: {NUMBERS_LEFT_OUT:,} a year",
    ]
    if lost:
        lines.append(f"The stored file of {', '.join(lost)} is gone: restore the media folder of the same backup.")
    return lines


def _prepare_again() -> list[RecordDelete]:
    """Without their lease, so that no process from before the restore goes on writing them."""
    preparing = RecordDelete.objects.filter(status=RecordDeleteStatus.PREPARING)
    preparing.update(restored=True, lease=None, next_attempt_at=clock.now())
    rows = list(preparing.select_related("organization").order_by("number"))
    audit.record_many(
        [AuditRecord("record_delete.restored", organization=row.organization, obj=row, root_id=row.pk) for row in rows]
    )
    return rows


def _look_for_orders() -> int:
    """Orders of record deletes that are still being prepared are left alone: preparing anew replaces them."""
    settled = WorkOrder.objects.exclude(record_delete__status=RecordDeleteStatus.PREPARING)
    orders = list(settled.filter(state__in=OPEN_STATES).select_related("organization"))
    marked = mark_unfinished_as_unknown(settled)
    audit.record_many(
        [
            AuditRecord(
                f"work_order.{CallState.UNKNOWN}",
                organization=order.organization,
                obj=order,
                root_id=order.record_delete_id,
                details={"order": order.ordinal, "reason": _REASON},
            )
            for order in orders
        ]
    )
    for record_delete_id in {order.record_delete_id for order in orders}:
        progress.refresh(record_delete_id)
    return marked


def _look_for_expirations() -> int:
    return mark_unfinished_as_unknown(ExpirationOrder.objects.all())
