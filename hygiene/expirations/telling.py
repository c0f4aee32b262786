"""What happened to an expiration, as its page tells it."""

from __future__ import annotations

from uuid import UUID

from hygiene.statuses import ExpirationStatus
from portal.models import AuditEvent
from portal.timeline import MOST_ENTRIES, Entry, Vocabulary


def of_expiration(expiration_id: UUID) -> list[Entry]:
    """The newest entries."""
    return VOCABULARY.told(AuditEvent.objects.filter(root_id=str(expiration_id))[:MOST_ENTRIES])


VOCABULARY = Vocabulary(
    sentences={
        "expiration.create_asked": ("Asked for: the dataset is to be removed on {when}", ""),
        "expiration.change_asked": ("A change was asked for: the dataset is to be removed on {when}", ""),
        "expiration.cancel_asked": ("The cancellation was asked for", ""),
        "expiration.withdrawn": ("The {kind} was taken back before it was sent", "warning"),
        "expiration.sending": ("The {kind} is being sent to Adobe", ""),
        "expiration.sent": ("Adobe took the {kind}", "good"),
        "expiration.queued": ("The {kind} goes back into the queue: {reason}", "warning"),
        "expiration.unknown": ("Whether Adobe took the {kind} is not known: {reason}", "warning"),
        "expiration.rejected": ("Adobe refused the {kind}: {reason}", "bad"),
        "expiration.cancelled": ("The {kind} is not sent", "warning"),
        "expiration.decided": ("Decision about the {kind}: {decision}", ""),
        "expiration.status": ("At Adobe it is now: {status}", ""),
        "expiration.found": ("Found in Adobe's list; it was made outside of the portal", ""),
        "expiration.gone": ("Adobe no longer knows it; until then it was: {status}", "warning"),
        "expiration.refreshed": ("Adobe was asked about it", ""),
    },
    reasons={
        "rejected": "its words stand above",
        "not_pending": "it is no longer pending",
        "exists_already": "the dataset has an expiration of somebody else",
        "not_found": "it has no such expiration",
        "not_carried_out": "Adobe has not carried it out",
        "refused_after_unknown": "it was refused after an attempt without an answer",
        "found": "Adobe shows it",
        "decided": "a person decided so",
    },
    decisions={
        "create": "new expiration",
        "change": "change",
        "cancel": "cancellation",
        "look_again": "look again",
        "send_again": "send it again",
        "give_up": "not send it",
        **{status.value: status.label.lower() for status in ExpirationStatus},
    },
)
