"""Sending one consent call exactly once.

Adobe answers with 202 and nothing else, and has no list of opt-outs: when the answer is lost, nobody can look whether the call
arrived. Such a call waits for a person at once.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now

from portal import audit, clock, connections, sending, steps
from portal.adobe import errors
from portal.models import Organization
from portal.outbound import (
    CallState,
    Claim,
    PersonReason,
    sent_fields,
)
from privacy.consent import progress
from privacy.consent.entities import Entity
from privacy.models import ConsentCall
from privacy.querysets import ConsentCallQuerySet

logger = logging.getLogger(__name__)

# By the database's clock, in the very statement that claims the call.
RECALL_IS_OVER = Q(opt_out__recall_until=None) | Q(opt_out__recall_until__lte=Now())
# There is no list to look at, so no look is due.
FOR_A_PERSON: dict[str, Any] = {"person_reason": PersonReason.NO_LIST, "next_look_at": None}


def reference(call: ConsentCall) -> str:
    """Our name for the call, for Adobe's support to find it by."""
    return f"{call.opt_out.number}-{call.ordinal}"


def build_body(call: ConsentCall) -> bytes:
    """The body of the POST, the same on every attempt (Privacy Service API, consent). Raises CannotDecrypt."""
    entities: Iterable[dict[str, Any]] = call.entities or ()
    body = {
        "optOutOfSale": call.opt_out.opt_out_of_sale,
        "entities": [Entity.from_dict(entity).wire() for entity in entities],
        "transactionId": reference(call),
    }
    return json.dumps(body).encode()


# --- What an answer means ---


def _settle_sent(call: ConsentCall, held: Claim, status: int) -> None:
    if held.settle(CallState.SENT, **sent_fields(status)):
        record_outcome(call, CallState.SENT, "")
        return
    # A person has decided meanwhile, without knowing this: what Adobe has accepted is neither unsent nor to be sent again.
    decided = ConsentCall.objects.filter(pk=call.pk, state__in=(CallState.QUEUED, CallState.CANCELLED))
    if decided.update(state=CallState.SENT, **sent_fields(status)):
        record_outcome(call, CallState.SENT, "late")
    logger.error("the answer to consent call %s came after its claim was gone", call.pk)


def record_outcome(call: ConsentCall, state: CallState, reason: str) -> None:
    """One line in the trail for what became of a call."""
    audit.record(
        f"consent.{state}",
        actor=None,
        organization=call.opt_out.organization,
        obj=call,
        root_id=call.opt_out_id,
        details={"call": call.ordinal, "values": call.values, "reason": reason},
    )


# --- How they are sent ---


class _Sender(sending.Sender[ConsentCall, int]):
    """How consent calls are sent. The answer is an HTTP status."""

    sendable = ConsentCallQuerySet.SENDABLE & RECALL_IS_OVER

    def calls(self) -> ConsentCallQuerySet:
        return ConsentCall.objects.all()

    def due(self, now: clock.Moment) -> ConsentCallQuerySet:
        return ConsentCall.objects.due_to_send(now).filter(RECALL_IS_OVER)

    def load(self, call_id: uuid.UUID) -> ConsentCall:
        related = ("opt_out__organization__data_key", "opt_out__data_key")
        call: ConsentCall = ConsentCall.objects.select_related(*related).get(pk=call_id)
        return call

    def organization_of(self, call: ConsentCall) -> Organization:
        return call.opt_out.organization

    def make(self, call: ConsentCall, held: Claim) -> int:
        return connections.service_for(call.opt_out.organization).consent(build_body(call), still_held=held.still_held)

    def settle_sent(self, call: ConsentCall, held: Claim, answer: int) -> None:
        _settle_sent(call, held, answer)

    def verdict(self, call: ConsentCall, error: errors.AdobeError) -> tuple[CallState, dict[str, Any]]:
        state, fields = super().verdict(call, error)
        return state, (fields | FOR_A_PERSON if state == CallState.UNKNOWN else fields)

    def record(self, call: ConsentCall, state: CallState, reason: str) -> None:
        record_outcome(call, state, reason)

    def refresh(self, call: ConsentCall) -> None:
        progress.refresh(call.opt_out_id)

    def after_release(self, call: ConsentCall, state: CallState) -> None:
        """Nobody can look for one of unknown outcome, so a person decides at once."""
        if state == CallState.UNKNOWN:
            # Its process may have lived after all, and settled it since.
            self.calls().filter(pk=call.pk, state=CallState.UNKNOWN, person_reason="").update(**FOR_A_PERSON)


_SENDER = _Sender()
has_stale, send_next, send, sweep_stale = _SENDER.has_stale, _SENDER.send_next, _SENDER.send, _SENDER.sweep_stale


def resume(organization_id: uuid.UUID) -> None:
    """After a hold: whatever is queued may go out now, but for what can still be recalled."""
    now = clock.now()
    queued = ConsentCall.objects.filter(opt_out__organization=organization_id, state=CallState.QUEUED, next_attempt_at__gt=now)
    # The condition joins another table; an UPDATE cannot, a subquery in its WHERE can.
    due = queued.filter(RECALL_IS_OVER).values("pk")
    ConsentCall.objects.filter(pk__in=due, state=CallState.QUEUED).update(next_attempt_at=now)
    steps.wake("consent")
