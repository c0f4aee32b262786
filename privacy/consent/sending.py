"""Sending one consent call exactly once.

Adobe answers with 202 and nothing else, and has no list of opt-outs: when the answer is lost, nobody can look whether the call
arrived. Such a call waits for a person at once.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from portal import audit, connections, crypto, sending, steps
from portal.adobe import errors
from portal.outbound import (
    CallState,
    Claim,
    PersonReason,
    backoff,
    claim,
    mark_stale_as_unknown,
    queued_fields,
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


def calls_to_send() -> bool:
    """Whether a call is due, or one has been in sending for longer than its claim."""
    now = timezone.now()
    stale = ConsentCall.objects.stale(now - timedelta(seconds=settings.CLAIM_SECONDS))
    return _due(now).exists() or stale.exists()


def send_next() -> int:
    """Send one due call. Returns how many were claimed."""
    sweep_stale()
    for call_id in _due(timezone.now()).values_list("pk", flat=True)[:20]:
        if send(call_id):
            return 1
    return 0


def _due(now: datetime) -> ConsentCallQuerySet:
    due: ConsentCallQuerySet = ConsentCall.objects.due_to_send(now).filter(RECALL_IS_OVER)
    return due


@transaction.atomic
def sweep_stale() -> None:
    """Calls whose claim ran out become UNKNOWN, with a line in the trail."""
    marked = mark_stale_as_unknown(ConsentCall.objects.all())
    for call in ConsentCall.objects.filter(pk__in=marked).select_related("opt_out__organization"):
        # Its process may have lived after all, and settled it since.
        waiting = ConsentCall.objects.filter(pk=call.pk, state=CallState.UNKNOWN, person_reason="")
        if waiting.update(**FOR_A_PERSON):
            record_outcome(call, CallState.UNKNOWN, "claim_ran_out")
            progress.refresh(call.opt_out_id)


def send(call_id: uuid.UUID) -> bool:
    """Claim one call, make it, and settle it. False when it could not be claimed."""
    held = claim(ConsentCall.objects.all(), call_id, ConsentCallQuerySet.SENDABLE & RECALL_IS_OVER)
    if held is None:
        return False
    call = ConsentCall.objects.select_related("opt_out__organization__data_key", "opt_out__data_key").get(pk=call_id)
    # Evidence before the act: should this process die, the trail says that it began.
    record_outcome(call, CallState.SENDING, "")
    try:
        service = connections.service_for(call.opt_out.organization)
        status = service.consent(build_body(call), still_held=held.still_held)
    except errors.AdobeError as error:
        # Counted before the commit, here and below: no crash can part a call's end from its opt-out's.
        with transaction.atomic():
            _settle_failure(call, held, error)
            progress.refresh(call.opt_out_id)
    except crypto.CannotDecrypt:
        # Before the first byte: only the token, the secret and the body are opened.
        logger.error("consent call %s cannot be opened; it waits", call_id)  # noqa: TRY400 - says all there is to say
        held.settle(CallState.QUEUED, **queued_fields(backoff(call.attempts), "cannot_decrypt"))
    else:
        with transaction.atomic():
            _settle_sent(call, held, status)
            progress.refresh(call.opt_out_id)
    return True


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


def _settle_failure(call: ConsentCall, held: Claim, error: errors.AdobeError) -> None:
    organization = call.opt_out.organization
    if blocked := sending.blocks_organization(call, error):
        sending.hold(organization, blocked, error.words)
    state, fields = sending.verdict(call, error)
    if state == CallState.UNKNOWN:
        fields |= FOR_A_PERSON
    call.words = error.words or None
    if held.settle(state, **fields, words_sealed=call.words_sealed):
        record_outcome(call, state, str(fields["last_error"]))
        logger.info("consent call %s is %s after %s", call.pk, state, fields["last_error"])


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


def resume(organization_id: uuid.UUID) -> None:
    """After a hold: whatever is queued may go out now, but for what can still be recalled."""
    now = timezone.now()
    queued = ConsentCall.objects.filter(opt_out__organization=organization_id, state=CallState.QUEUED, next_attempt_at__gt=now)
    # The condition joins another table; an UPDATE cannot, a subquery in its WHERE can.
    due = queued.filter(RECALL_IS_OVER).values("pk")
    ConsentCall.objects.filter(pk__in=due, state=CallState.QUEUED).update(next_attempt_at=now)
    steps.wake("consent")
