"""Sending one work order to Adobe exactly once, when the quota has room for it, and moving its row on by what came back.

What each answer means is one table, portal.sending.verdict; looking for an order of unknown outcome is reconciling.py.
"""

from __future__ import annotations

import json
import logging
import re
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from hygiene import naming, preparing, progress, quota, schema
from hygiene.models import QuotaReading, WorkOrder
from hygiene.querysets import WorkOrderQuerySet
from hygiene.settling import record_outcome, settle_sent, stop_when_queued
from hygiene.statuses import WorkOrderStatus
from portal import clock, connections, crypto, sending, steps
from portal.adobe import errors
from portal.adobe.hygiene_answers import WorkOrderAnswer
from portal.models import Organization
from portal.outbound import (
    CallState,
    Claim,
    backoff,
    queued_fields,
    sent_fields,
)

logger = logging.getLogger(__name__)

QUOTA = "quota"
TOO_LARGE = "larger_than_quota"
# Adobe's clock and ours differ a little, and everybody else's orders go at the same second.
AFTER_RESET_SECONDS = 60.0
# Another worker sends for the same organization at this moment: its order counts, and then we know what is left.
IN_FLIGHT_SECONDS = 5.0
# Refusals that may be about the reading of quotas alone, which has a right of its own at Adobe.
_ONLY_ABOUT_QUOTAS = ("forbidden", "wrong_address")
_QUOTA_WORDS = re.compile(r"\bquota", re.IGNORECASE)


def build_body(order: WorkOrder) -> bytes:
    """The body of the POST: from the order's own file, so that a re-send asks for exactly the same."""
    named = sent_naming(order)
    wanted = schema.Wanted(named.name, named.description, tuple(order.record_delete.datasets), order.record_delete.profile_only)
    display_name = naming.with_reference(named.name, order.reference)
    return json.dumps(schema.wire_body(wanted, display_name, preparing.identities_of(order))).encode()


def sent_naming(order: WorkOrder) -> naming.Naming:
    """What an order is sent with: a change that was made while it waited counts already."""
    return naming.Naming(order.edit["name"], order.edit["description"]) if order.edit else naming.first_naming(order)


# --- The quota ---


def _ask_quota(order: WorkOrder) -> tuple[bool, QuotaReading | None]:
    """Whether the order may go now, and what Adobe said of the quota. Where it may not, its row says when it may."""
    try:
        reading = quota.read(order.organization)
    except errors.Rejected:
        # Adobe answers, and tells this organization no numbers. The call itself will say whether it may go.
        return True, None
    except errors.OrganizationBlocked as error:
        if error.reason in _ONLY_ABOUT_QUOTAS:
            return True, None
        sending.hold(order.organization, error.reason, error.words)
        return False, None
    except errors.AdobeError as error:
        if isinstance(error, errors.Paced):
            _wait_for_pace(order, error.retry_after or 0)
            return False, None
        asked = error.retry_after or 0 if isinstance(error, errors.Throttled) else 0
        _postpone(order, max(asked, backoff(order.attempts + 1)), "quota_unread")
        return False, None
    except crypto.CannotDecrypt:
        _postpone(order, backoff(order.attempts + 1), "cannot_decrypt")
        return False, None
    now = clock.read()
    if quota.never_fits(reading, order.identities):
        _close_too_large(order)
        return False, None
    until = quota.fits_at(reading, order.identities, now)
    if until is not None:
        _wait_for_quota(order, until, now)
    return until is None, reading


def _postpone(order: WorkOrder, seconds: float, reason: str) -> None:
    """Nothing was begun: the order stays in the queue, due later."""
    queued = WorkOrder.objects.filter(pk=order.pk, state=CallState.QUEUED)
    queued.update(next_attempt_at=clock.now() + timedelta(seconds=seconds), last_error=reason, attempts=order.attempts + 1)


def _wait_for_pace(order: WorkOrder, seconds: float) -> None:
    """Our own rate had no room to ask for the quota: that was no attempt."""
    queued = WorkOrder.objects.filter(pk=order.pk, state=CallState.QUEUED)
    queued.update(next_attempt_at=clock.now() + timedelta(seconds=seconds), last_error=sending.PACED)


def _wait_for_quota(order: WorkOrder, until: datetime, now: datetime) -> None:
    fields = _waiting_fields(until, now)
    with transaction.atomic():
        waiting = WorkOrder.objects.filter(pk=order.pk, state=CallState.QUEUED)
        if waiting.update(**fields) and order.waits_for_quota_until != until:
            record_outcome(order, CallState.QUEUED, QUOTA)


def _close_too_large(order: WorkOrder) -> None:
    """Adobe has lowered the quota since it was prepared: no reset makes room for it. Taken in anew it becomes smaller orders."""
    fields = sent_fields() | {"last_error": TOO_LARGE, "status": WorkOrderStatus.NOT_SENT, "finished_at": timezone.now()}
    with transaction.atomic():
        waiting = WorkOrder.objects.filter(pk=order.pk, state=CallState.QUEUED)
        if waiting.update(state=CallState.CANCELLED, waits_for_quota_until=None, **fields):
            record_outcome(order, CallState.CANCELLED, TOO_LARGE)
            progress.refresh(order.record_delete_id)


def _waiting_fields(until: datetime, now: datetime, http_status: int | None = None) -> dict[str, Any]:
    delay = (until - now).total_seconds() + AFTER_RESET_SECONDS
    return queued_fields(delay, QUOTA, http_status) | {"waits_for_quota_until": until}


def _has_room_beside_others(order: WorkOrder, held: Claim, reading: QuotaReading) -> bool:
    """Whether the quota has room for everything that is being sent at this moment, this order with it."""
    room = quota.left(reading, clock.read())
    if room is None or quota.in_flight(order.organization) <= room:
        return True
    held.settle(CallState.QUEUED, **queued_fields(backoff(1, first=IN_FLIGHT_SECONDS), QUOTA))
    return False


# --- How they are sent ---


def _names_the_quota(error: errors.AdobeError) -> bool:
    """Whether a refusal is about the quota: somebody else used it up since we asked.

    Only the organization's record deletes have to wait for that, not everything else that it sends.
    """
    is_limit = isinstance(error, errors.OrganizationBlocked) and error.reason == "limit"
    return is_limit and _QUOTA_WORDS.search(error.words) is not None


def _cancel_without_file(order: WorkOrder, held: Claim) -> None:
    fields = sent_fields() | {
        "last_error": "file_missing",
        "status": WorkOrderStatus.NOT_SENT,
        "finished_at": timezone.now(),
        "next_poll_at": None,
    }
    if held.settle(CallState.CANCELLED, **fields):
        record_outcome(order, CallState.CANCELLED, "file_missing")
        progress.refresh(order.record_delete_id)


class _Sender(sending.Sender[WorkOrder, WorkOrderAnswer]):
    """How work orders are sent: the quota is asked before the claim, whose time is for the call alone."""

    sendable = WorkOrderQuerySet.SENDABLE

    def calls(self) -> WorkOrderQuerySet:
        return WorkOrder.objects.all()

    def due(self, now: clock.Moment) -> WorkOrderQuerySet:
        return WorkOrder.objects.due_to_send(now)

    def load(self, call_id: uuid.UUID) -> WorkOrder:
        related = ("organization__data_key", "record_delete__data_key")
        order: WorkOrder = WorkOrder.objects.select_related(*related).get(pk=call_id)
        return order

    def organization_of(self, call: WorkOrder) -> Organization:
        return call.organization

    def send(self, call_id: uuid.UUID) -> bool:
        """As every call, once the quota has room for it. True also when the order was moved to wait for that."""
        if self.put_off(call_id):
            return True
        may_go, reading = _ask_quota(self.load(call_id))
        if not may_go:
            return True
        held = self.take(call_id)
        if held is None:
            return False
        order = self.load(call_id)
        if reading is None or _has_room_beside_others(order, held, reading):
            self.carry(order, held)
        return True

    def carry(self, call: WorkOrder, held: Claim) -> None:
        """Without its file it cannot go: waiting brings no file back, and whom to delete is known to nobody else.

        Unless the folder of all orders is gone with it. Then a disk is not mounted, and it comes back.
        """
        try:
            super().carry(call, held)
        except FileNotFoundError:
            if not call.file_path.parent.is_dir():
                logger.error("the folder of stored identities is not there; work order %s waits", call.pk)  # noqa: TRY400
                held.settle(CallState.QUEUED, **queued_fields(backoff(call.attempts), "folder_missing"))
                return
            logger.error("the identities of work order %s are gone; it is not sent", call.pk)  # noqa: TRY400
            with transaction.atomic():
                _cancel_without_file(call, held)

    def make(self, call: WorkOrder, held: Claim) -> WorkOrderAnswer:
        return connections.hygiene_for(call.organization).create_work_order(build_body(call), still_held=held.still_held)

    def settle_sent(self, call: WorkOrder, held: Claim, answer: WorkOrderAnswer) -> None:
        settle_sent(call, held, answer)

    def blocked_by(self, call: WorkOrder, error: errors.AdobeError) -> str:
        return "" if _names_the_quota(error) else super().blocked_by(call, error)

    def verdict(self, call: WorkOrder, error: errors.AdobeError) -> tuple[CallState, dict[str, Any]]:
        now = clock.read()
        until = quota.next_reset(quota.Period.DAY, now) if _names_the_quota(error) else None
        if until is not None:
            return CallState.QUEUED, _waiting_fields(until, now, error.http_status)
        state, fields = super().verdict(call, error)
        ended = {"status": WorkOrderStatus.NOT_SENT, "finished_at": timezone.now()} if state == CallState.REJECTED else {}
        return state, fields | ended

    def after_failure(self, call: WorkOrder, state: CallState, error: errors.AdobeError) -> None:  # noqa: ARG002
        # This attempt brought nothing, but a late answer to one before told that Adobe has it.
        if state == CallState.QUEUED and WorkOrder.objects.filter(pk=call.pk).exclude(extra_adobe_ids=[]).exists():
            stop_when_queued(call)

    def record(self, call: WorkOrder, state: CallState, reason: str) -> None:
        record_outcome(call, state, reason)

    def refresh(self, call: WorkOrder) -> None:
        progress.refresh(call.record_delete_id)


_SENDER = _Sender()
has_stale, send_next, send, sweep_stale = _SENDER.has_stale, _SENDER.send_next, _SENDER.send, _SENDER.sweep_stale


def resume(organization_id: uuid.UUID) -> None:
    """After a hold: whatever is queued may go out now, but for what is in its recall period."""
    now = clock.now()
    queued = WorkOrder.objects.filter(organization=organization_id, state=CallState.QUEUED, next_attempt_at__gt=now)
    queued.exclude(WorkOrderQuerySet.NEVER_TRIED).update(next_attempt_at=now)
    for step in ("hygiene-submit", "hygiene-look", "hygiene-detail", "hygiene-edit"):
        steps.wake(step)
