"""The trail of an opt-out in plain words."""

from __future__ import annotations

from uuid import UUID

from portal.models import AuditEvent
from portal.timeline import MOST_ENTRIES, Entry, Vocabulary


def of_opt_out(opt_out_id: UUID) -> list[Entry]:
    """Its newest entries."""
    return _WORDS.told(AuditEvent.objects.filter(root_id=str(opt_out_id))[:MOST_ENTRIES])


_WORDS = Vocabulary(
    sentences={
        "opt_out.drafted": ("Read and checked: {values:identity|identities}, {duplicates:duplicate|duplicates} removed", ""),
        "opt_out.confirmed": ("Confirmed: {values:identity|identities} in {calls:call|calls} to Adobe", ""),
        "opt_out.discarded": ("Discarded before it was confirmed; what it named was removed", "warning"),
        "opt_out.recalled": ("Cancelled before anything was sent", "warning"),
        "opt_out.sending": ("Sending to Adobe", ""),
        "opt_out.sent": ("Adobe has accepted all of it", "good"),
        "opt_out.attention": ("A person is needed", "warning"),
        "opt_out.rejected": ("Ended with a refusal of Adobe's", "bad"),
        "opt_out.cancelled": ("Ended: not sent, or not all of it", "warning"),
        "opt_out.shredded": ("The personal data was removed", "warning"),
        "consent.sending": ("Call {call:|} is being sent to Adobe", ""),
        "consent.queued": ("Call {call:|} goes back into the queue: {reason}", "warning"),
        "consent.sent": ("Call {call:|} with {values:identity|identities} was accepted by Adobe{reason}", "good"),
        "consent.rejected": ("Call {call:|} was refused by Adobe", "bad"),
        "consent.unknown": ("Whether Adobe accepted call {call:|} is not known: {reason}", "warning"),
        "consent.decided": ("Decision about call {call:|}: {decision}", ""),
    },
    reasons={"late": ", as its late answer says"},
    decisions={
        "accepted": "it was accepted",
        "send_again": "send it again",
        "give_up": "it was not sent",
    },
)
