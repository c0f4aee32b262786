"""Record deletes with their work orders, dataset expirations, quotas."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from hygiene.models import DatasetExpiration, ExpirationOrder, QuotaReading, RecordDelete, ServiceProgress, WorkOrder
from hygiene.schema import Wanted
from hygiene.statuses import ExpirationStatus, RecordDeleteStatus, WorkOrderStatus
from portal import audit
from portal.outbound import CallState, PersonReason
from tests.grown.ground import Addresses, Ground, about, plain
from tests.hygiene_files import emails, payload, queued_delete, taken_in

PAGES = ("record-delete-list", "record-delete-new", "all-work-orders", "quota-list", "expiration-list", "expiration-new")
STATUSES = (WorkOrderStatus.FAILED, WorkOrderStatus.COMPLETED, WorkOrderStatus.WAITING, WorkOrderStatus.RECEIVED)
QUOTAS = [{"name": "dailyConsumerDeleteIdentitiesQuota", "description": "", "consumed": 10, "quota": 100}]


def grow(ground: Ground, count: int) -> Addresses:
    """`count` of each, with `count` parts each."""
    for organization in ground.user.organizations.all():
        QuotaReading.objects.create(organization=organization, quotas=QUOTAS)
    drafts = [_draft(ground, count) for _ in range(count)]
    sent = [_sent(ground, count) for _ in range(count)]
    finished = _sent(ground, count)
    RecordDelete.objects.filter(pk=finished.pk).update(status=RecordDeleteStatus.FAILED, finished_at=timezone.now())
    order = sent[0].work_orders.filter(status=WorkOrderStatus.RECEIVED).first() or sent[0].work_orders.get(ordinal=101)
    expirations = [_expiration(ground, count) for _ in range(count)]
    return {
        **plain("hygiene", *PAGES),
        "hygiene:record-delete-template": reverse("hygiene:record-delete-template", args=["json"]),
        **about("hygiene", drafts[0].number, "record-delete-detail", face="draft"),
        **about("hygiene", sent[0].number, "record-delete-detail", "record-delete-progress", "work-order-list"),
        **about("hygiene", finished.number, "record-delete-shred"),
        **about("hygiene", order.pk, "work-order-detail", "work-order-edit"),
        **about("hygiene", expirations[0].pk, "expiration-detail", "expiration-progress", "expiration-change"),
    }


def _draft(ground: Ground, count: int) -> RecordDelete:
    wanted = Wanted("Spring cleaning", "A reason", tuple(f"{ground.number():024x}" for _ in range(count)))
    return taken_in(ground.organization, ground.user, payload(emails(count, f"draft{ground.number()}-")), wanted)


def _sent(ground: Ground, count: int) -> RecordDelete:
    """Of its work orders some failed, some are done, some are open, some wait for a person."""
    found = queued_delete(ground.organization, ground.user, count)
    for place in range(count):
        status = STATUSES[place % len(STATUSES)]
        unknown = status == WorkOrderStatus.WAITING
        order = WorkOrder.objects.create(
            organization=ground.organization,
            record_delete=found,
            ordinal=101 + place,
            identities=1,
            reference=f"reference-{ground.number()}",
            status=status,
            state=CallState.UNKNOWN if unknown else CallState.SENT,
            person_reason=PersonReason.NONE_FOUND if unknown else "",
            adobe_work_order_id=None if unknown else f"order-{ground.number()}",
        )
        ServiceProgress.objects.bulk_create(
            ServiceProgress(work_order=order, service=f"service-{number}", status="waiting") for number in range(count)
        )
        audit.record("work_order.sent", actor=None, organization=ground.organization, obj=order, root_id=found.pk)
    RecordDelete.objects.filter(pk=found.pk).update(status=RecordDeleteStatus.ATTENTION, orders_total=count)
    return found


def _expiration(ground: Ground, count: int) -> DatasetExpiration:
    """Changed many times; nothing is under way."""
    row = DatasetExpiration(organization=ground.organization, sandbox_name="prod", dataset_id=f"{ground.number():024x}")
    row.ttl_id, row.status, row.expires_at = f"SD-{ground.number()}", ExpirationStatus.PENDING, timezone.now() + timedelta(days=9)
    row.name, row.dataset_name = "A name", "A dataset"
    row.save()
    kinds = list(ExpirationOrder.Kind)
    for place in range(count):
        ExpirationOrder.objects.create(
            organization=ground.organization,
            expiration=row,
            kind=kinds[place % len(kinds)],
            asked_by=ground.user,
            state=CallState.SENT,
        )
        audit.record("expiration.read", actor=ground.user, organization=ground.organization, obj=row, root_id=row.pk)
    return row
