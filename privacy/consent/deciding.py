"""What a person decides about a consent call whose answer was lost. Adobe has no list to look at, so there is nothing else."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from portal import audit, clock, steps
from portal.models import User
from portal.outbound import CallState, sent_fields
from privacy.consent import progress
from privacy.intake import NotPossible
from privacy.models import ConsentCall


def accept(call: ConsentCall, user: User) -> None:
    """It was accepted, the person knows: close it as sent. Raises NotPossible, as the others do."""
    _decide(call, user, "accepted", CallState.SENT, **sent_fields())


def send_again(call: ConsentCall, user: User) -> None:
    """Send the same values once more."""
    fields = {
        "next_attempt_at": clock.now(),
        "unknown_since": None,
        "person_reason": "",
        "last_error": "",
        "token_refused": False,
    }
    # Without its claim: a process that still holds it can neither send nor take it back.
    _decide(call, user, "send_again", CallState.QUEUED, **fields, claim_token=None)


def give_up(call: ConsentCall, user: User) -> None:
    """Close it as not sent."""
    _decide(call, user, "give_up", CallState.CANCELLED, **sent_fields())


@transaction.atomic
def _decide(call: ConsentCall, user: User, decision: str, state: CallState, **fields: Any) -> None:
    undecided = ConsentCall.objects.filter(pk=call.pk, state=CallState.UNKNOWN).exclude(person_reason="")
    if not undecided.update(state=state, **fields):
        raise NotPossible(_("This call is no longer waiting for a decision. Load the page again to see where it is."))
    audit.record(
        "consent.decided",
        actor=user,
        organization=call.opt_out.organization,
        obj=call,
        root_id=call.opt_out_id,
        details={"decision": decision, "call": call.ordinal},
    )
    progress.refresh(call.opt_out_id)
    steps.wake("consent")
