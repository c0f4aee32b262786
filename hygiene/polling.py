"""Following work orders: each is asked about ever more rarely, at least once a day, until Adobe is done with it.

A failed question changes only its own times and `last_error`, never the status of an order.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DataError, transaction
from django.utils import timezone

from hygiene import naming, progress, reconciling
from hygiene.models import ServiceProgress, WorkOrder
from hygiene.settling import raise_alarm_when_doubled, record, status_of
from hygiene.statuses import WORK_ORDER_AT_ADOBE_OPEN, WORK_ORDER_DONE, WorkOrderStatus
from portal import clock, connections, crypto, leases, runtime, sending, steps
from portal.adobe import errors
from portal.adobe.data_hygiene import DataHygiene
from portal.adobe.hygiene_answers import ServiceAnswer, WorkOrderAnswer
from portal.models import User
from portal.outbound import LookDoesNotCount, backoff

logger = logging.getLogger(__name__)

LEASE_SECONDS = 300.0
NOT_FOUND = "not_found"
# An order that has ended, with services still open at Adobe or a list that could not be read: so often is it asked about again.
MOST_LATE_POLLS = 10
# What writing lets through of an answer that fits into no column: half a surrogate pair, a date or a number out of all range.
_UNKEEPABLE = (DataError, UnicodeEncodeError, OverflowError)


def detail_next() -> int:
    """Ask about one order, and write what came. Returns how many were asked about."""
    due = WorkOrder.objects.due_for_detail(clock.now())
    lease, ids = leases.take(due, "next_poll_at", most=1, seconds=LEASE_SECONDS)
    for order in WorkOrder.objects.filter(pk__in=ids).select_related("organization__data_key", "record_delete__data_key"):
        ask(order, lease)
    return len(ids)


def refresh_now(order: WorkOrder, user: User | None = None) -> None:
    """A person asked: the order is due at once."""
    if WorkOrder.objects.filter(pk=order.pk, adobe_work_order_id__isnull=False).update(next_poll_at=clock.now()):
        if user is not None:
            record(order, "refreshed", user)
        steps.wake("hygiene-detail")


def ask(order: WorkOrder, lease: uuid.UUID) -> None:
    """Ask Adobe about one leased order."""
    if order.adobe_work_order_id is None or order.record_delete.data_key is None:
        WorkOrder.objects.filter(pk=order.pk).update(next_poll_at=None)
        return
    asked_at = clock.read()
    try:
        # What comes is sealed with it.
        crypto.box_for(order.data_key)
        service = connections.hygiene_for(order.organization)
        answer = service.work_order(order.adobe_work_order_id)
        named_alike = _named_alike(service, order, answer)
    except errors.NotFound:
        _gone(order)
    except errors.AdobeError as error:
        _ask_failed(order, error)
    except crypto.CannotDecrypt:
        logger.error("work order %s cannot be asked about: its keys do not open", order.pk)  # noqa: TRY400
        _ask_failed(order, errors.BadAnswer(code="cannot_decrypt"))
    else:
        _keep(order, _Told(answer, named_alike, asked_at), lease)


@dataclass(frozen=True)
class _Told:
    """What Adobe says of one order. `named_alike`: its ids of all orders with our reference; None when it could not tell."""

    answer: WorkOrderAnswer
    named_alike: list[str] | None
    at: datetime


def _named_alike(service: DataHygiene, order: WorkOrder, answer: WorkOrderAnswer) -> list[str] | None:
    """Asked for once, at the end of an order that was tried more than once.

    A process that froze in its last instruction before the first byte may have sent it after another had, and died of it: then no
    answer told (`settling`), and no other list of work orders is read that would.
    """
    if order.attempts < 2 or status_of(answer.status) not in WORK_ORDER_DONE:
        return []
    try:
        first = naming.with_reference(naming.first_naming(order).name, order.reference)
        # It may have been renamed, before it was sent or after.
        return reconciling.find_by_names(service, order, {first, answer.display_name} - {""})
    except (errors.AdobeError, LookDoesNotCount):
        return None


def _keep(order: WorkOrder, told: _Told, lease: uuid.UUID) -> None:
    try:
        with transaction.atomic():
            _write(order, told, lease)
            progress.refresh(order.record_delete_id)
    except _UNKEEPABLE as error:
        logger.error("what Adobe says of work order %s cannot be kept: %s", order.pk, type(error).__name__)  # noqa: TRY400
        stored = WorkOrder.objects.select_related("organization").get(pk=order.pk)
        _ask_failed(stored, errors.BadAnswer(code="unkeepable"))


def _write(order: WorkOrder, told: _Told, lease: uuid.UUID) -> None:
    """Unless the order was leased anew since (a younger answer is on its way), or its personal data was removed."""
    answer, asked_at = told.answer, told.at
    mine = WorkOrder.objects.filter(pk=order.pk, lease=lease)
    # Kept until the transaction ends: who removes its personal data does so before this or after it, never in between.
    if not mine.update(detail_at=asked_at) or not mine.filter(record_delete__data_key__isnull=False).exists():
        return
    was_done = order.status in WORK_ORDER_DONE
    news = (answer.status[:60], answer.updated_at) != (order.adobe_status, order.adobe_updated_at)
    changed = _write_services(order, answer.services)
    order.quiet_polls = 0 if news or changed else order.quiet_polls + 1
    order.status, order.adobe_status = status_of(answer.status), answer.status[:60]
    order.adobe_bundle_id = answer.bundle_id or order.adobe_bundle_id
    order.adobe_created_at, order.adobe_updated_at = answer.created_at, answer.updated_at
    order.detail_at, order.last_error, order.lease = asked_at, "", None
    order.answer = answer.raw
    done = order.status in WORK_ORDER_DONE
    order.next_poll_at = None if done and not _has_more_to_say(order, told) else next_poll(order, asked_at)
    order.finished_at = (order.finished_at or timezone.now()) if done else None
    order.save(update_fields=_FIELDS)
    if done and not was_done:
        record(order, order.status)
    _note_twins(order, told.named_alike or [])


def _note_twins(order: WorkOrder, named_alike: list[str]) -> None:
    if not named_alike:
        return
    known = WorkOrder.objects.values_list("extra_adobe_ids", flat=True).get(pk=order.pk)
    if twins := [one for one in named_alike if one not in (order.adobe_work_order_id, *known)]:
        WorkOrder.objects.filter(pk=order.pk).update(extra_adobe_ids=[*known, *twins])
        raise_alarm_when_doubled(order)


_FIELDS = [
    "quiet_polls",
    "status",
    "adobe_status",
    "adobe_bundle_id",
    "adobe_created_at",
    "adobe_updated_at",
    "detail_at",
    "last_error",
    "lease",
    "answer_sealed",
    "next_poll_at",
    "finished_at",
]


def _has_more_to_say(order: WorkOrder, told: _Told) -> bool:
    """Adobe says that an order completes when all services confirm. One that says otherwise is asked about a while longer, and so
    is one whose like could not be looked for.
    """
    waiting = any(one.status == progress.WAITING for one in told.answer.services)
    awaited = (waiting and order.status == WorkOrderStatus.COMPLETED) or told.named_alike is None
    return awaited and order.quiet_polls < MOST_LATE_POLLS


def next_poll(order: WorkOrder, asked_at: datetime) -> datetime:
    """When to ask again: ever more rarely while nothing changes, at least once a day."""
    longest = runtime.fraction("DETAIL_AT_LEAST_EVERY_SECONDS")
    first = max(runtime.fraction("LIST_EVERY_SECONDS"), runtime.fraction("DETAIL_FIRST_SECONDS"))
    return asked_at + timedelta(seconds=min(backoff(order.quiet_polls + 1, first=first, longest=longest), longest))


def _write_services(order: WorkOrder, services: tuple[ServiceAnswer, ...]) -> bool:
    """Returns whether any of them has news."""
    before = dict(order.services.values_list("service", "status"))
    rows = [ServiceProgress(work_order=order, service=one.service[:100], status=one.status[:60], at=one.at) for one in services]
    ServiceProgress.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["work_order", "service"], update_fields=["status", "at", "seen_at"]
    )
    return any(before.get(row.service) != row.status for row in rows)


def _gone(order: WorkOrder) -> None:
    """Adobe no longer knows it, twice in a row: its last known word stays beside the new status.

    A gateway that fails, or an address that is wrong, says 404 as well.
    """
    row = WorkOrder.objects.filter(pk=order.pk)
    if order.last_error != NOT_FOUND and order.status in WORK_ORDER_AT_ADOBE_OPEN:
        again = clock.now() + timedelta(seconds=runtime.fraction("LIST_EVERY_SECONDS") * 4)
        row.update(last_error=NOT_FOUND, next_poll_at=again)
        return
    with transaction.atomic():
        gone = row.filter(status__in=WORK_ORDER_AT_ADOBE_OPEN).update(
            status=WorkOrderStatus.GONE, next_poll_at=None, finished_at=timezone.now(), last_error=NOT_FOUND
        )
        if gone:
            record(order, "gone")
            progress.refresh(order.record_delete_id)
        else:
            # It had ended before, so there is nothing to wait for.
            row.update(next_poll_at=None, last_error=NOT_FOUND)


def _ask_failed(order: WorkOrder, error: errors.AdobeError) -> None:
    if isinstance(error, errors.OrganizationBlocked):
        sending.hold(order.organization, error.reason, error.words)
    failures = order.quiet_polls + 1
    asked = error.retry_after or 0 if isinstance(error, errors.Throttled) else 0
    wait = max(asked, backoff(failures, first=min(5.0, runtime.fraction("LIST_EVERY_SECONDS"))))
    WorkOrder.objects.filter(pk=order.pk).update(
        next_poll_at=clock.now() + timedelta(seconds=wait), quiet_polls=failures, last_error=type(error).__name__
    )
