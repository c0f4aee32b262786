"""The trail of an opt-out in plain words."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_noop as noop

from portal.models import AuditEvent
from portal.timeline import MOST_ENTRIES, Entry, Vocabulary


def of_opt_out(opt_out_id: UUID) -> list[Entry]:
    """Its newest entries."""
    return _WORDS.told(AuditEvent.objects.filter(root_id=str(opt_out_id))[:MOST_ENTRIES])


_WORDS = Vocabulary(
    sentences={
        "opt_out.drafted": (
            noop("Read and checked: {values:identity|identities}, {duplicates:duplicate|duplicates} removed"),
            "",
        ),
        "opt_out.confirmed": (noop("Confirmed: {values:identity|identities} in {calls:call|calls} to Adobe"), ""),
        "opt_out.discarded": (noop("Discarded before it was confirmed; what it named was removed"), "warning"),
        "opt_out.expired": (noop("Nobody confirmed it in a long time; what it named was removed"), "warning"),
        "opt_out.recalled": (noop("Cancelled before anything was sent"), "warning"),
        "opt_out.sending": (noop("Sending to Adobe"), ""),
        "opt_out.sent": (noop("Adobe has accepted all of it"), "good"),
        "opt_out.attention": (noop("A person is needed"), "warning"),
        "opt_out.rejected": (noop("Ended with a refusal of Adobe's"), "bad"),
        "opt_out.cancelled": (noop("Ended: not sent, or not all of it"), "warning"),
        "opt_out.shredded": (noop("The personal data was removed"), "warning"),
        "consent.sending": (noop("Call {call:|} is being sent to Adobe"), ""),
        "consent.queued": (noop("Call {call:|} goes back into the queue: {reason}"), "warning"),
        "consent.sent": (noop("Call {call:|} with {values:identity|identities} was accepted by Adobe{reason}"), "good"),
        "consent.rejected": (noop("Call {call:|} was refused by Adobe"), "bad"),
        "consent.unknown": (noop("Whether Adobe accepted call {call:|} is not known: {reason}"), "warning"),
        "consent.decided": (noop("Decision about call {call:|}: {decision}"), ""),
    },
    reasons={"late": noop(", as its late answer says")},
    decisions={
        "accepted": noop("it was accepted"),
        "send_again": noop("send it again"),
        "give_up": noop("it was not sent"),
    },
)
