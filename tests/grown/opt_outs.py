"""Opt-outs of sale, drafted and with calls in every state."""

from __future__ import annotations

from django.utils import timezone

from portal.outbound import CallState, PersonReason
from privacy.models import ConsentCall, OptOut
from privacy.statuses import OptOutStatus
from tests.grown.ground import Addresses, Ground, about, plain
from tests.grown.requests import SHARED
from tests.opt_outs import confirmed, draft, payload

PAGES = ("opt-out-list", "opt-out-new", "opt-out-template-json", "opt-out-template-csv")


def grow(ground: Ground, count: int) -> Addresses:
    """`count` of each."""
    drafts = [draft(ground.organization, ground.user, payload(*_values(ground, count))) for _ in range(count)]
    sent = [_sent(ground, count) for _ in range(count)]
    finished = _sent(ground, count)
    finished.calls.update(state=CallState.SENT, person_reason="")
    OptOut.objects.filter(pk=finished.pk).update(status=OptOutStatus.SENT, finished_at=timezone.now())
    return {
        **plain("privacy", *PAGES),
        **about("privacy", drafts[0].number, "opt-out-detail", face="draft"),
        **about("privacy", sent[0].number, "opt-out-detail", "opt-out-progress"),
        **about("privacy", finished.number, "opt-out-shred"),
    }


def _values(ground: Ground, count: int) -> list[str]:
    return [SHARED, *(f"person{ground.number()}@example.com" for _ in range(count))]


def _sent(ground: Ground, count: int) -> OptOut:
    """Of its calls some were taken, some refused, some wait for a person."""
    opt_out = confirmed(ground.organization, ground.user, payload(*_values(ground, count)))
    for place in range(count):
        state = (CallState.SENT, CallState.REJECTED, CallState.UNKNOWN)[place % 3]
        reason = PersonReason.NO_LIST if state == CallState.UNKNOWN else ""
        call = ConsentCall(opt_out=opt_out, ordinal=101 + place, values=1, state=state, person_reason=reason)
        call.words = "No" if state == CallState.REJECTED else None
        call.save()
    OptOut.objects.filter(pk=opt_out.pk).update(status=OptOutStatus.ATTENTION)
    return opt_out
