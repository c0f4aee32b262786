"""Taking back what was not sent of a record delete: in its recall period, in the queue, or while it waits for the quota.

What went out, is going out or may have gone out stays as it is: Adobe knows no way to take a work order back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Min, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from hygiene import preparing, progress
from hygiene.intake import NotPossible
from hygiene.models import RecordDelete, WorkOrder
from hygiene.querysets import WorkOrderQuerySet
from hygiene.statuses import RecordDeleteStatus, WorkOrderStatus
from hygiene.submission import TOO_LARGE
from portal import audit, clock, crypto
from portal.audit import AuditRecord
from portal.models import User
from portal.outbound import CallState

GONE_OUT = noop(
    "It is too late to cancel: every work order was sent, is being sent or may have been sent, and Adobe knows no way to take "
    "one back. Nothing was changed."
)
MAYBE_OUT = noop(
    "A backup was restored, so that it is not known whether this record delete went out. The portal looks at Adobe's list first. "
    "Nothing was changed."
)
_OVER = {
    RecordDeleteStatus.CANCELLED: noop("This record delete was cancelled already."),
    RecordDeleteStatus.SHREDDED: noop("The personal data of this record delete was removed already."),
}


@dataclass(frozen=True)
class Part:
    """Some work orders of a record delete."""

    orders: int
    identities: int


@dataclass(frozen=True)
class Standing:
    """All of these about one record delete. `orders`: all that there are; `too_large`: refused by the quota for good.

    `quota_waits`: how many wait for a reset, and when the first and the last of them may go.
    """

    orders: int
    can_cancel: bool
    unsent: Part
    taken_back: Part
    others: int
    recall_until: datetime | None
    too_large: int
    quota_waits: int
    quota_next: datetime | None
    quota_last: datetime | None


def standing(record_delete: RecordDelete) -> Standing:
    """The same as the functions below, with one statement."""
    counts = record_delete.work_orders.aggregate(**_COUNTS, departure=Min("next_attempt_at", filter=_in_recall()))
    is_prepared = record_delete.status != RecordDeleteStatus.PREPARING
    return Standing(
        orders=counts["orders"],
        can_cancel=counts["unsent"] > 0 if is_prepared else not record_delete.restored,
        unsent=Part(counts["unsent"], counts["unsent_identities"]),
        taken_back=Part(counts["taken_back"], counts["taken_back_identities"]),
        others=counts["others"],
        recall_until=counts["departure"] if is_prepared else recall_until(record_delete),
        too_large=counts["too_large"],
        quota_waits=counts["quota_waits"],
        quota_next=counts["quota_next"],
        quota_last=counts["quota_last"],
    )


def can_cancel(record_delete: RecordDelete) -> bool:
    """Whether anything of it was not sent as things stand. `cancel` decides."""
    if record_delete.status == RecordDeleteStatus.PREPARING:
        return not record_delete.restored
    return _untouched(record_delete).exists()


def unsent(record_delete: RecordDelete) -> Part:
    """What `cancel` would take back now; no orders while they are being written."""
    return _part(_untouched(record_delete))


def taken_back(record_delete: RecordDelete) -> Part:
    """What was cancelled before it was sent."""
    return _part(record_delete.work_orders.recalled())


def others(record_delete: RecordDelete) -> int:
    """How many work orders a cancelling would leave, or has left, as they are."""
    count: int = record_delete.work_orders.exclude(state=CallState.CANCELLED).exclude(_UNTOUCHED).count()
    return count


def recall_until(record_delete: RecordDelete) -> datetime | None:
    """Until when nothing of it is sent; None without a recall period, or after it."""
    now = clock.read()
    if record_delete.status == RecordDeleteStatus.PREPARING:
        until: datetime | None = preparing.first_departure(record_delete)
    else:
        until = record_delete.work_orders.in_recall(now).aggregate(first=Min("next_attempt_at"))["first"]
    return until if until is not None and until > now else None


def cancel(record_delete: RecordDelete, user: User) -> None:
    """Cancel every work order of which no byte was sent; its identities stay stored until they are shredded.

    Raises NotPossible, and changes nothing, when there is none.
    """
    if not _stop_preparing(record_delete, user) and not _cancel_orders(record_delete, user):
        raise NotPossible(_why_not(RecordDelete.objects.get(pk=record_delete.pk)))


_UNTOUCHED = WorkOrderQuerySet.UNTOUCHED
_TAKEN_BACK = WorkOrderQuerySet.TAKEN_BACK
_WAITS = Q(state=CallState.QUEUED, waits_for_quota_until__isnull=False)
_COUNTS: dict[str, Any] = {
    "orders": Count("pk"),
    "unsent": Count("pk", filter=_UNTOUCHED),
    "unsent_identities": Sum("identities", filter=_UNTOUCHED, default=0),
    "taken_back": Count("pk", filter=_TAKEN_BACK),
    "taken_back_identities": Sum("identities", filter=_TAKEN_BACK, default=0),
    "others": Count("pk", filter=~Q(state=CallState.CANCELLED) & ~_UNTOUCHED),
    "too_large": Count("pk", filter=Q(state=CallState.CANCELLED, last_error=TOO_LARGE)),
    "quota_waits": Count("pk", filter=_WAITS),
    "quota_next": Min("waits_for_quota_until", filter=_WAITS),
    "quota_last": Max("waits_for_quota_until", filter=_WAITS),
}


def _in_recall() -> Q:
    return WorkOrderQuerySet.NEVER_TRIED & Q(next_attempt_at__gt=clock.read())


def _untouched(record_delete: RecordDelete) -> WorkOrderQuerySet:
    untouched: WorkOrderQuerySet = record_delete.work_orders.filter(_UNTOUCHED)
    return untouched


def _part(orders: WorkOrderQuerySet) -> Part:
    numbers = orders.aggregate(orders=Count("pk"), identities=Sum("identities"))
    return Part(numbers["orders"], numbers["identities"] or 0)


def _stop_preparing(record_delete: RecordDelete, user: User) -> bool:
    """End one whose work orders are still being written. Its lease goes with the status: the worker finds that out."""
    row = RecordDelete.objects.filter(pk=record_delete.pk, status=RecordDeleteStatus.PREPARING, restored=False)
    with transaction.atomic():
        if not row.update(status=RecordDeleteStatus.CANCELLED, lease=None, finished_at=timezone.now(), orders_total=0):
            return False
        paths = [record_delete.file_path, *preparing.forget_orders(record_delete)]
        audit.record_many([_told(record_delete, user, cancelled=0, kept=0)])
    for path in paths:
        crypto.discard(path)
    return True


@transaction.atomic
def _cancel_orders(record_delete: RecordDelete, user: User) -> bool:
    """By one conditional UPDATE that a claim at the same moment either precedes or misses.

    Orders first, then their record delete, as workers do: nobody waits for one who waits for him.
    """
    now = timezone.now()
    cancelled = _untouched(record_delete).update(
        state=CallState.CANCELLED,
        status=WorkOrderStatus.NOT_SENT,
        waits_for_quota_until=None,
        last_error=WorkOrderQuerySet.RECALLED,
        settled_at=now,
        finished_at=now,
    )
    if not cancelled:
        return False
    progress.refresh(record_delete.pk)
    orders = record_delete.work_orders.recalled().filter(settled_at=now)
    told = [_told_of_order(record_delete, order, user) for order in orders.only("ordinal", "identities")]
    audit.record_many([*told, _told(record_delete, user, cancelled=cancelled, kept=others(record_delete))])
    return True


def _told(record_delete: RecordDelete, user: User, *, cancelled: int, kept: int) -> AuditRecord:
    return AuditRecord(
        "record_delete.cancelled_in_part" if kept else "record_delete.cancelled",
        actor=user,
        organization=record_delete.organization,
        obj=record_delete,
        root_id=record_delete.pk,
        details={"number": record_delete.number, "work_orders": cancelled, "kept": kept},
    )


def _told_of_order(record_delete: RecordDelete, order: WorkOrder, user: User) -> AuditRecord:
    return AuditRecord(
        f"work_order.{CallState.CANCELLED}",
        actor=user,
        organization=record_delete.organization,
        obj=order,
        root_id=record_delete.pk,
        details={"order": order.ordinal, "reason": WorkOrderQuerySet.RECALLED, "identities": order.identities},
    )


def _why_not(record_delete: RecordDelete) -> str:
    status = RecordDeleteStatus(record_delete.status)
    if status == RecordDeleteStatus.PREPARING:
        return _(MAYBE_OUT)
    if record_delete.confirmed_at is None:
        return _("This record delete was never confirmed. Discard it instead.")
    return _(_OVER.get(status, GONE_OUT))
