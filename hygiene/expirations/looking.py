"""Finding out what became of an order whose answer was lost, and what a person may decide when looking does not settle it.

A look asks for the dataset's expiration with its history. An order that was not carried out may be sent again: Adobe itself
refuses a second expiration of a dataset, and a change or a cancellation does no harm twice. It is sent again by itself once;
after that a person decides. After a restore a person decides at once: since the backup somebody may have taken the order back.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from hygiene.expirations import keeping
from hygiene.expirations.asking import STEP
from hygiene.expirations.outcomes import Outcome, judge
from hygiene.expirations.sending import carried_out, find, load, never_made
from hygiene.models import ExpirationOrder
from hygiene.statuses import ExpirationStatus
from portal import audit, clock, crypto, leases, steps
from portal.adobe import errors
from portal.adobe.expiration_answers import ExpirationAnswer
from portal.models import User
from portal.outbound import (
    LIST_UNREAD,
    CallState,
    PersonReason,
    applying_look,
    counted_look_fields,
    look_failed,
    next_look,
    queued_fields,
    same_look,
    sent_fields,
)

LOOK_LEASE_SECONDS = 300.0
MOST_SENDINGS = 2
Kind = ExpirationOrder.Kind


def look_next() -> int:
    """Look for one order. Returns how many were looked for."""
    now = clock.now()
    due = ExpirationOrder.objects.due_to_look(now)
    _, ids = leases.take(due, "next_look_at", most=1, seconds=LOOK_LEASE_SECONDS, now=now)
    for order_id in ids:
        look(order_id)
    return len(ids)


def look(order_id: uuid.UUID) -> None:
    """One look for one UNKNOWN order. A failed look changes its times and `last_error` only."""
    order = load(order_id)
    if order.state != CallState.UNKNOWN:
        return
    asked_at = clock.read()
    try:
        found = find(order)
    except (errors.AdobeError, crypto.CannotDecrypt) as error:
        _look_failed(order, error)
        return
    with applying_look(order.pk):
        if same_look(ExpirationOrder.objects.all(), order).update(lease=None):
            _apply(order, found, asked_at)


@transaction.atomic
def _look_failed(order: ExpirationOrder, error: Exception) -> None:
    if look_failed(ExpirationOrder.objects.all(), order, error):
        keeping.record_outcome(order, CallState.UNKNOWN, LIST_UNREAD)


def _apply(order: ExpirationOrder, found: ExpirationAnswer | None, asked_at: datetime) -> None:
    outcome = judge(order, found)
    if outcome is Outcome.DONE:
        if _move(order, CallState.SENT, "found", **sent_fields()):
            carried_out(order, found)
        return
    if found is not None and order.kind != Kind.CREATE:
        keeping.keep(order.expiration, found, asked_at)
    if outcome is Outcome.NOT_DONE:
        _count_look(order)
    elif _move(order, CallState.REJECTED, outcome.value, **(sent_fields() | {"last_error": outcome.value})):
        never_made(order, ExpirationStatus.REJECTED)


def _count_look(order: ExpirationOrder) -> None:
    fields = counted_look_fields(order)
    later = next_look(order.unknown_since or clock.read(), fields["looks_done"])
    if later is not None:
        ExpirationOrder.objects.filter(pk=order.pk).update(**fields, next_look_at=later)
        return
    ExpirationOrder.objects.filter(pk=order.pk).update(**fields)
    # Only a restore takes the claim of an order whose outcome is unknown.
    is_restored = order.claim_token is None
    if order.attempts < MOST_SENDINGS and not is_restored:
        _move(order, CallState.QUEUED, "not_carried_out", **queued_fields(0, "not_carried_out"))
        steps.wake(STEP)
        return
    undecided = ExpirationOrder.objects.filter(pk=order.pk, state=CallState.UNKNOWN)
    if undecided.update(person_reason=PersonReason.NONE_FOUND, next_look_at=None):
        keeping.record_outcome(order, CallState.UNKNOWN, PersonReason.NONE_FOUND)


def _move(order: ExpirationOrder, state: CallState, reason: str, **fields: Any) -> bool:
    """UNKNOWN -> `state`, under a claim token that no late answer can match any more when it goes back into the queue."""
    if state == CallState.QUEUED:
        fields["claim_token"] = None
    moved = ExpirationOrder.objects.filter(pk=order.pk, state=CallState.UNKNOWN).update(state=state, **fields)
    if moved:
        order.state = state
        keeping.record_outcome(order, state, reason)
    return bool(moved)


# --- What a person decides ---


class CannotDecide(Exception):
    """The order is not waiting for this decision; `str()` says so to the person."""


@transaction.atomic
def look_again(order: ExpirationOrder, user: User) -> None:
    """Start the looks over. Raises CannotDecide."""
    now = clock.now()
    _decide(order, user, "look_again", person_reason="", looks_done=0, next_look_at=now, unknown_since=now)
    steps.wake("expiration-look")


@transaction.atomic
def send_again(order: ExpirationOrder, user: User) -> None:
    """Adobe refuses a second expiration of a dataset, so that nothing can happen twice. Raises CannotDecide."""
    _decide(order, user, "send_again", state=CallState.QUEUED, claim_token=None, **queued_fields(0, "decided"))
    steps.wake(STEP)


@transaction.atomic
def give_up(order: ExpirationOrder, user: User) -> None:
    """Close it as not carried out. Raises CannotDecide."""
    _decide(order, user, "give_up", **(sent_fields() | {"state": CallState.CANCELLED}))
    never_made(order, ExpirationStatus.CANCELLED)


def _decide(order: ExpirationOrder, user: User, decision: str, **fields: Any) -> None:
    waiting = ExpirationOrder.objects.filter(pk=order.pk, state=CallState.UNKNOWN).exclude(person_reason="")
    if not waiting.update(**fields):
        raise CannotDecide(_("This change is no longer waiting for a decision. Load the page again to see where it is."))
    audit.record(
        "expiration.decided",
        actor=user,
        organization=order.organization,
        obj=order.expiration,
        root_id=order.expiration_id,
        details={"decision": decision, "kind": order.kind},
    )
