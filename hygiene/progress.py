"""How far a record delete is: the counts on its row, and the numbers of the bars on its page."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Count, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from hygiene import noticing
from hygiene.models import RecordDelete, ServiceProgress, WorkOrder
from hygiene.querysets import WorkOrderQuerySet
from hygiene.statuses import RECORD_DELETE_OPEN, WORK_ORDER_DONE, RecordDeleteStatus, WorkOrderStatus
from portal import audit
from portal.outbound import OPEN_STATES, CallState

# Data Hygiene API, work orders: the two words of `productStatus` that Adobe shows. The word of a failure is published nowhere.
SUCCESS, WAITING = "success", "waiting"
_FAILED = (WorkOrderStatus.FAILED, WorkOrderStatus.GONE, WorkOrderStatus.NOT_SENT)
# Ends that a late word of Adobe may still change.
_ENDS = (RecordDeleteStatus.COMPLETE, RecordDeleteStatus.FAILED, RecordDeleteStatus.CANCELLED)
# The order in which Adobe's own samples name them; others follow.
KNOWN_SERVICES = ("Data Management", "Identity Service", "Profile Service", "Journey Orchestrator")


@dataclass(frozen=True)
class Bar:
    """One progress bar: how many of `total` are done, of those how many failed."""

    name: str
    total: int
    done: int
    failed: int = 0
    # Adobe's words that are neither `success` nor `waiting`, with how many work orders each has.
    other: dict[str, int] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        """Not done yet, and nothing else was said of them."""
        return self.total - self.done - sum(self.other.values())

    @property
    def percent(self) -> int:
        """Whole percent, 100 only when all is done."""
        return 100 * self.done // self.total if self.total else 0


@dataclass(frozen=True)
class Progress:
    """The numbers of one record delete. `by_status` has every status that an order has, `services` one bar each."""

    overall: Bar
    by_status: dict[WorkOrderStatus, int]
    services: list[Bar]
    identities_sent: int


def of(record_delete: RecordDelete) -> Progress:
    """Two queries: its work orders by status, and what the services said of them."""
    orders = record_delete.work_orders.values_list("status", "state", "identities")
    by_status = Counter(WorkOrderStatus(status) for status, _, _ in orders)
    sent = sum(identities for status, state, identities in orders if state not in OPEN_STATES and status not in _UNSENT)
    overall = Bar(_("All work orders"), record_delete.orders_total, record_delete.orders_done, record_delete.orders_failed)
    return Progress(overall, dict(by_status), _services(record_delete), sent)


_UNSENT = (WorkOrderStatus.WAITING, WorkOrderStatus.NOT_SENT)


def _services(record_delete: RecordDelete) -> list[Bar]:
    said = ServiceProgress.objects.filter(work_order__record_delete=record_delete)
    words: dict[str, Counter[str]] = defaultdict(Counter)
    for service, word, count in said.order_by().values_list("service", "status").annotate(Count("pk")):
        words[service][word] += count
    known = [name for name in KNOWN_SERVICES if name in words]
    further = sorted(name for name in words if name not in KNOWN_SERVICES)
    return [_service_bar(name, words[name], record_delete.orders_total) for name in (*known, *further)]


def _service_bar(name: str, words: Counter[str], total: int) -> Bar:
    other = {word: count for word, count in words.items() if word not in (SUCCESS, WAITING)}
    return Bar(name, max(total, words.total()), words[SUCCESS], other=other)


@transaction.atomic
def refresh(record_delete_id: uuid.UUID) -> None:
    """Count its work orders anew and move its status on.

    The row is locked before it is counted: of two workers, the one that writes last has counted last.
    """
    record_delete = RecordDelete.objects.select_for_update(no_key=True).get(pk=record_delete_id)
    moving = (*RECORD_DELETE_OPEN, *_ENDS)
    if record_delete.status == RecordDeleteStatus.PREPARING or record_delete.status not in moving:
        return
    counts = WorkOrder.objects.filter(record_delete=record_delete).aggregate(
        total=Count("pk"),
        done=Count("pk", filter=Q(status__in=WORK_ORDER_DONE)),
        failed=Count("pk", filter=Q(status__in=_FAILED)),
        undecided=Count("pk", filter=~Q(person_reason="")),
        open=Count("pk", filter=Q(state__in=OPEN_STATES)),
        recalled=Count("pk", filter=Q(state=CallState.CANCELLED, last_error=WorkOrderQuerySet.RECALLED)),
    )
    status = _status(counts)
    finished = status in _ENDS
    RecordDelete.objects.filter(pk=record_delete_id).update(
        status=status,
        orders_total=counts["total"],
        orders_done=counts["done"],
        orders_failed=counts["failed"],
        finished_at=Coalesce("finished_at", timezone.now()) if finished else None,
    )
    # Who cancelled it stands in the trail already.
    if status not in (record_delete.status, RecordDeleteStatus.CANCELLED):
        event = audit.record(
            f"record_delete.{status}",
            actor=None,
            organization=record_delete.organization,
            obj=record_delete,
            root_id=record_delete.pk,
            details={"work_orders": counts["total"], "failed": counts["failed"]},
        )
        noticing.moved(record_delete, status, event.pk)


def _status(counts: dict[str, int]) -> RecordDeleteStatus:
    if counts["undecided"]:
        return RecordDeleteStatus.ATTENTION
    if counts["recalled"] == counts["total"]:
        return RecordDeleteStatus.CANCELLED
    if counts["done"] == counts["total"]:
        return RecordDeleteStatus.FAILED if counts["failed"] else RecordDeleteStatus.COMPLETE
    return RecordDeleteStatus.SENDING if counts["open"] else RecordDeleteStatus.IN_PROGRESS
