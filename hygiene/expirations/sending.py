"""Sending one order to Adobe exactly once, and moving it and its expiration on by what came back."""

from __future__ import annotations

import logging
import uuid
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from hygiene.expirations import keeping
from hygiene.expirations.asking import LEAST_AHEAD, STEP
from hygiene.expirations.outcomes import Outcome, judge
from hygiene.models import DatasetExpiration, ExpirationOrder
from hygiene.querysets import ExpirationOrderQuerySet
from hygiene.statuses import ExpirationStatus
from portal import clock, connections, sending, steps
from portal.adobe import errors
from portal.adobe.dataset_expirations import DatasetExpirations
from portal.adobe.expiration_answers import ExpirationAnswer
from portal.models import Organization
from portal.outbound import (
    CallState,
    Claim,
    sent_fields,
    unknown_fields,
)

logger = logging.getLogger(__name__)

Kind = ExpirationOrder.Kind


def load(order_id: uuid.UUID) -> ExpirationOrder:
    """The order with all that its texts are sealed with."""
    order: ExpirationOrder = ExpirationOrder.objects.select_related("organization__data_key", "expiration").get(pk=order_id)
    order.expiration.organization = order.organization
    return order


def service_of(order: ExpirationOrder) -> DatasetExpirations:
    """Adobe, in the sandbox of the order's dataset."""
    return connections.expirations_for(order.organization, order.expiration.sandbox_name)


def _call(service: DatasetExpirations, order: ExpirationOrder, held: Claim) -> ExpirationAnswer | None:
    row = order.expiration
    if order.kind == Kind.CANCEL:
        return service.cancel(at_adobe(row), still_held=held.still_held)
    if order.expires_at is None:
        raise ValueError(f"expiration order {order.pk} has no time")
    name, description = order.name or "", order.description or ""
    if order.kind == Kind.CREATE:
        return service.create(
            row.dataset_id, name=name, description=description, expires_at=order.expires_at, still_held=held.still_held
        )
    return service.change(
        at_adobe(row), name=name, description=description, expires_at=_time_to_send(order), still_held=held.still_held
    )


def _time_to_send(order: ExpirationOrder) -> datetime | None:
    """Adobe refuses a time that is near, also one that stays as it is."""
    stays = order.expires_at == order.expiration.expires_at
    is_near = order.expires_at is not None and order.expires_at < timezone.now() + LEAST_AHEAD
    return None if stays and is_near else order.expires_at


def at_adobe(row: DatasetExpiration) -> str:
    """What Adobe knows an expiration by; older editions know the dataset only."""
    return row.ttl_id or row.dataset_id


# --- What an answer means ---


@transaction.atomic
def _settle_sent(order: ExpirationOrder, held: Claim, answer: ExpirationAnswer | None) -> None:
    if not held.settle(CallState.SENT, **sent_fields()):
        logger.error("the answer to expiration order %s came after its claim was gone", order.pk)
        return
    carried_out(order, answer)
    keeping.record_outcome(order, CallState.SENT, "")


def carried_out(order: ExpirationOrder, answer: ExpirationAnswer | None) -> None:
    """Its expiration is as it was wanted from now on; `answer` is what Adobe said of it, if anything."""
    row = order.expiration
    if order.kind == Kind.CANCEL:
        row.status, row.adobe_status = ExpirationStatus.CANCELLED, "cancelled"
    else:
        row.status, row.name, row.description = ExpirationStatus.PENDING, order.name, order.description
        row.expires_at = order.expires_at
    if answer is not None:
        keeping.keep(row, answer, clock.read())
    else:
        # The history is asked for by a step of its own, and tells the rest.
        row.history = None
        row.save(update_fields=["status", "adobe_status", "name_sealed", "description_sealed", "expires_at", "history_sealed"])
    steps.wake("expiration-list")


def _settle_refused(order: ExpirationOrder, held: Claim, error: errors.Rejected | errors.NotFound) -> None:
    """Adobe refuses what is there already, and what is over: how things stand tells whether it was done before."""
    asked_at = clock.read()
    try:
        found: ExpirationAnswer | None = find(order)
    except errors.AdobeError as trouble:
        _settle_unseen(order, held, error, trouble)
        return
    with transaction.atomic():
        if judge(order, found) is Outcome.DONE:
            _settle_sent(order, held, found)
            return
        if not _reject(order, held, error):
            return
        if order.kind == Kind.CREATE:
            return
        if found is None:
            keeping.keep_gone(order.expiration, asked_at)
        else:
            keeping.keep(order.expiration, found, asked_at)


def find(order: ExpirationOrder) -> ExpirationAnswer | None:
    """What Adobe has for the order's dataset, with its history; None when it has nothing. Raises AdobeError."""
    service, row = service_of(order), order.expiration
    for identifier in dict.fromkeys((at_adobe(row), row.dataset_id)):
        try:
            found = service.find(identifier)
        except errors.NotFound:
            continue
        if found.ttl_id in {"", row.ttl_id} or row.ttl_id is None:
            return found
    return None


def _settle_unseen(
    order: ExpirationOrder, held: Claim, error: errors.Rejected | errors.NotFound, trouble: errors.AdobeError
) -> None:
    """It was refused, and how things stand could not be read."""
    if order.first_sent_at is None:
        # This was its only attempt, so the refusal is the whole truth.
        with transaction.atomic():
            _reject(order, held, error)
        return
    with transaction.atomic():
        if held.settle(CallState.UNKNOWN, **unknown_fields(type(trouble).__name__, error.http_status)):
            keeping.record_outcome(order, CallState.UNKNOWN, "refused_after_unknown")


def _reject(order: ExpirationOrder, held: Claim, error: errors.Rejected | errors.NotFound) -> bool:
    reason = "not_found" if isinstance(error, errors.NotFound) else _reason(error)
    order.words = error.words or None
    fields = sent_fields(error.http_status) | {"last_error": reason, "words_sealed": order.words_sealed}
    if not held.settle(CallState.REJECTED, **fields):
        return False
    never_made(order, ExpirationStatus.REJECTED)
    keeping.record_outcome(order, CallState.REJECTED, reason)
    return True


def _reason(error: errors.Rejected) -> str:
    return "forbidden" if error.http_status == 403 else error.plain_code or "rejected"


def never_made(order: ExpirationOrder, status: ExpirationStatus) -> None:
    """What became of an expiration whose creation is over without success. Of one that Adobe has, nothing changes."""
    if order.kind == Kind.CREATE:
        DatasetExpiration.objects.filter(pk=order.expiration_id, ttl_id=None).update(status=status)


# --- How they are sent ---


class _Sender(sending.Sender[ExpirationOrder, ExpirationAnswer | None]):
    """How changes of expirations are sent."""

    sendable = ExpirationOrderQuerySet.SENDABLE

    def calls(self) -> ExpirationOrderQuerySet:
        return ExpirationOrder.objects.all()

    def due(self, now: clock.Moment) -> ExpirationOrderQuerySet:
        return ExpirationOrder.objects.due_to_send(now)

    def load(self, call_id: uuid.UUID) -> ExpirationOrder:
        return load(call_id)

    def organization_of(self, call: ExpirationOrder) -> Organization:
        return call.organization

    def make(self, call: ExpirationOrder, held: Claim) -> ExpirationAnswer | None:
        return _call(service_of(call), call, held)

    def settle_sent(self, call: ExpirationOrder, held: Claim, answer: ExpirationAnswer | None) -> None:
        _settle_sent(call, held, answer)

    def fail(self, call: ExpirationOrder, held: Claim, error: errors.AdobeError) -> None:
        """A refusal is judged by how things stand at Adobe, which is asked outside of any transaction."""
        if isinstance(error, errors.Rejected | errors.NotFound):
            _settle_refused(call, held, error)
        else:
            super().fail(call, held, error)

    def record(self, call: ExpirationOrder, state: CallState, reason: str) -> None:
        keeping.record_outcome(call, state, reason)

    def refresh(self, call: ExpirationOrder) -> None:
        """Its expiration is moved on together with it; nothing is counted."""


_SENDER = _Sender()
has_stale, send_next, send, sweep_stale = _SENDER.has_stale, _SENDER.send_next, _SENDER.send, _SENDER.sweep_stale


# --- From outside ---


def resume(organization_id: uuid.UUID) -> None:
    """After a hold: whatever is queued may go out now."""
    waiting = ExpirationOrder.objects.filter(organization=organization_id, state=CallState.QUEUED)
    waiting.filter(next_attempt_at__gt=clock.now()).update(next_attempt_at=clock.now())
    steps.wake(STEP)
