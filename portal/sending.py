"""Sending outbound calls, whichever kind they are: who is next, the claim, the call itself, and what its answer means.

`Sender` holds the order of things once; a kind of call (jobs, consent, work orders, expirations) says what is special about it.
"""

from __future__ import annotations

import logging
import uuid
from abc import ABC, abstractmethod
from datetime import timedelta
from functools import partial
from typing import Any, Generic, TypeVar

from django.db import models, transaction
from django.db.models import Q

from portal import audit, clock, crypto, fail_points, pace, turns
from portal.adobe import errors
from portal.fail_points import FailPoint
from portal.models import Organization
from portal.outbound import (
    CallState,
    Claim,
    OutboundCall,
    backoff,
    claim,
    queued_fields,
    release_stale,
    sent_fields,
    stale,
    unknown_fields,
)
from portal.persistence import persist

logger = logging.getLogger(__name__)

CallT = TypeVar("CallT", bound=OutboundCall)
AnswerT = TypeVar("AnswerT")
PACED = errors.Paced.REASON


def verdict(call: OutboundCall, error: errors.AdobeError) -> tuple[CallState, dict[str, Any]]:
    """What the call becomes, with the fields that say so."""
    status, again = error.http_status, backoff(call.attempts)
    match error:
        case errors.Paced():
            # Nobody refused anything, so this was no attempt.
            waited = queued_fields(error.retry_after or 0, error.code)
            return CallState.QUEUED, waited | {"attempts": max(call.attempts - 1, 0)}
        case errors.Throttled():
            return CallState.QUEUED, queued_fields(max(error.retry_after or 0, again), "throttled", status)
        case errors.NotSent():
            return CallState.QUEUED, queued_fields(again, error.reason, status)
        case errors.Unauthorized():
            return CallState.QUEUED, queued_fields(0, "unauthorized", status) | {"token_refused": not call.token_refused}
        case errors.OrganizationBlocked():
            return CallState.QUEUED, queued_fields(0, error.reason, status)
        case errors.Rejected():
            # Adobe may quote what it refuses anywhere, so of its code only what looks like one is shown and logged.
            return CallState.REJECTED, sent_fields(status) | {"last_error": error.plain_code or "rejected"}
        case errors.OutcomeUnknown():
            return CallState.UNKNOWN, unknown_fields(error.reason, status)
        case _:
            # A kind of failure that nobody thought of: what cannot be judged is unknown.
            return CallState.UNKNOWN, unknown_fields("unreadable", status)


def blocks_organization(call: OutboundCall, error: errors.AdobeError) -> str:
    """Why no call of this organization can work now, or nothing."""
    if isinstance(error, errors.OrganizationBlocked):
        return error.reason
    # The first refusal of a token costs only the token; a fresh one that is refused too means the credential.
    return "unauthorized" if isinstance(error, errors.Unauthorized) and call.token_refused else ""


@transaction.atomic
def hold(organization: Organization, reason: str, words: str) -> None:
    """Stop the organization's queue until a person resumes it; `words` are Adobe's."""
    if organization.hold(reason, words):
        audit.record("organization.held", actor=None, organization=organization, obj=organization, details={"reason": reason})


class Sender(ABC, Generic[CallT, AnswerT]):
    """Sends the calls of one kind, each exactly once.

    `sendable` is part of the UPDATE that claims a call: what may not go now cannot be claimed, whatever was read before.
    """

    sendable: Q

    # --- What is special about a kind of call ---

    @abstractmethod
    def calls(self) -> models.QuerySet[CallT, CallT]:
        """All of them."""

    @abstractmethod
    def due(self, now: clock.Moment) -> models.QuerySet[CallT, CallT]:
        """Those to be sent now, the most urgent first."""

    @abstractmethod
    def load(self, call_id: uuid.UUID) -> CallT:
        """One, with everything that sending it reads."""

    @abstractmethod
    def organization_of(self, call: CallT) -> Organization:
        """Whose credential it goes out with."""

    @abstractmethod
    def make(self, call: CallT, held: Claim) -> AnswerT:
        """The call itself. Raises AdobeError, and before the first byte CannotDecrypt."""

    @abstractmethod
    def settle_sent(self, call: CallT, held: Claim, answer: AnswerT) -> None:
        """Move the row on when Adobe has answered well. Runs in a transaction."""

    @abstractmethod
    def record(self, call: CallT, state: CallState, reason: str) -> None:
        """One line in the trail."""

    @abstractmethod
    def refresh(self, call: CallT) -> None:
        """Count what the call belongs to anew. Runs in the transaction that moved the call on."""

    def blocked_by(self, call: CallT, error: errors.AdobeError) -> str:
        """Why the organization is put on hold after this error, or nothing."""
        return blocks_organization(call, error)

    def verdict(self, call: CallT, error: errors.AdobeError) -> tuple[CallState, dict[str, Any]]:
        """What the call becomes after this error."""
        return verdict(call, error)

    def after_failure(self, call: CallT, state: CallState, error: errors.AdobeError) -> None:
        """What else changes with a call that did not get through. Runs in its transaction."""

    # --- The order of things ---

    def has_stale(self) -> bool:
        """Whether a call has been in sending for longer than its claim."""
        return self.calls().filter(stale()).exists()

    def send_next(self) -> int:
        """Send one due call, of the organization that has waited longest. Returns how many were moved."""
        self.sweep_stale()
        return int(any(self.send(call_id) for call_id in turns.ids_in_turn(self.due(clock.now()))))

    @transaction.atomic
    def sweep_stale(self) -> None:
        """Calls whose claim ran out go on, each with a line in the trail: to be looked for, or back into the queue."""
        for call_id, state in release_stale(self.calls()):
            call = self.load(call_id)
            self.record(call, state, "claim_ran_out")
            self.after_release(call, state)
            self.refresh(call)

    def after_release(self, call: CallT, state: CallState) -> None:
        """What else changes with a call whose process died or froze. Runs in the transaction of the sweep."""

    def send(self, call_id: uuid.UUID) -> bool:
        """Claim one call, make it, and settle it. False when it could not be claimed; true also when it was put off."""
        if self.put_off(call_id):
            return True
        held = self.take(call_id)
        if held is None:
            return False
        self.carry(self.load(call_id), held)
        return True

    def put_off(self, call_id: uuid.UUID) -> bool:
        """Let a call that has no room now wait without an attempt, and without a line in the trail. True when it does."""
        waiting = self.calls().filter(pk=call_id, state=CallState.QUEUED, next_attempt_at__lte=clock.now())
        path = turns.path_to_organization(waiting.model)
        organization = Organization.objects.filter(pk__in=waiting.values(path)).first()
        if organization is None:
            return False
        reason, until = self.why_wait(organization, call_id)
        return bool(reason) and bool(waiting.update(next_attempt_at=until, last_error=reason))

    def why_wait(self, organization: Organization, call_id: uuid.UUID) -> tuple[str, clock.Moment]:  # noqa: ARG002 - for others
        """Why the organization's own limits keep this call back (nothing: they do not), and until when."""
        now = clock.now()
        seconds = pace.must_wait(organization)
        return (PACED, now + timedelta(seconds=seconds)) if seconds > 0 else ("", now)

    def take(self, call_id: uuid.UUID) -> Claim | None:
        """The right to make this call, or None."""
        return claim(self.calls(), call_id, self.sendable)

    def carry(self, call: CallT, held: Claim) -> None:
        """Make a claimed call and settle it.

        Its row and what it belongs to change in one transaction, so that no crash can part the two. Until that is through, this
        process alone knows what Adobe said: a database that restarts meanwhile is waited for.
        """
        # Evidence before the act: should this process die, the trail says that it began.
        self.record(call, CallState.SENDING, "")
        try:
            answer = self.make(call, held)
        except errors.AdobeError as error:
            fail_points.reach(FailPoint.AFTER_ANSWER, held.call_id)
            persist(partial(self.fail, call, held, error))
        except crypto.CannotDecrypt:
            # Before the first byte: only the token, the secret and the body are opened.
            logger.error("%s %s cannot be opened; it waits", self._kind(call), call.pk)  # noqa: TRY400 - says all there is to say
            held.settle(CallState.QUEUED, **queued_fields(backoff(call.attempts), "cannot_decrypt"))
        else:
            fail_points.reach(FailPoint.AFTER_ANSWER, held.call_id)
            persist(partial(self.keep, call, held, answer))
        fail_points.reach(FailPoint.AFTER_SETTLED, held.call_id)

    @transaction.atomic
    def keep(self, call: CallT, held: Claim, answer: AnswerT) -> None:
        """Move the row on after a good answer."""
        self.settle_sent(call, held, answer)
        self.refresh(call)
        fail_points.reach(FailPoint.BEFORE_SETTLED, held.call_id)

    @transaction.atomic
    def fail(self, call: CallT, held: Claim, error: errors.AdobeError) -> None:
        """Move the row on after an error, and hold the organization when no call of it can work."""
        if blocked := self.blocked_by(call, error):
            hold(self.organization_of(call), blocked, error.words)
        state, fields = self.verdict(call, error)
        call.words = error.words or None
        if held.settle(state, **fields, words_sealed=call.words_sealed):
            self.record(call, state, str(fields["last_error"]))
            self.after_failure(call, state, error)
            logger.info("%s %s is %s after %s", self._kind(call), call.pk, state, fields["last_error"])
        self.refresh(call)
        fail_points.reach(FailPoint.BEFORE_SETTLED, held.call_id)

    @staticmethod
    def _kind(call: CallT) -> str:
        return str(call._meta.verbose_name)
