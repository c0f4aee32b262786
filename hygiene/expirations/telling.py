"""What happened to an expiration, as its page tells it."""

from __future__ import annotations

from uuid import UUID

from django.utils.functional import lazy
from django.utils.translation import gettext_noop as noop

from hygiene.statuses import ExpirationStatus
from portal.models import AuditEvent
from portal.timeline import MOST_ENTRIES, Entry, Vocabulary


def of_expiration(expiration_id: UUID) -> list[Entry]:
    """The newest entries."""
    return VOCABULARY.told(AuditEvent.objects.filter(root_id=str(expiration_id))[:MOST_ENTRIES])


def _in_lower_case(status: ExpirationStatus) -> str:
    return str(status.label).lower()


_lower = lazy(_in_lower_case, str)
VOCABULARY = Vocabulary(
    sentences={
        "expiration.create_asked": (noop("Asked for: the dataset is to be removed on {when}"), ""),
        "expiration.change_asked": (noop("A change was asked for: the dataset is to be removed on {when}"), ""),
        "expiration.cancel_asked": (noop("The cancellation was asked for"), ""),
        "expiration.withdrawn": (noop("The {kind} was taken back before it was sent"), "warning"),
        "expiration.sending": (noop("The {kind} is being sent to Adobe"), ""),
        "expiration.sent": (noop("Adobe took the {kind}"), "good"),
        "expiration.queued": (noop("The {kind} goes back into the queue: {reason}"), "warning"),
        "expiration.unknown": (noop("Whether Adobe took the {kind} is not known: {reason}"), "warning"),
        "expiration.rejected": (noop("Adobe refused the {kind}: {reason}"), "bad"),
        "expiration.cancelled": (noop("The {kind} is not sent"), "warning"),
        "expiration.decided": (noop("Decision about the {kind}: {decision}"), ""),
        "expiration.status": (noop("At Adobe it is now: {status}"), ""),
        "expiration.found": (noop("Found in Adobe's list; it was made outside of the portal"), ""),
        "expiration.gone": (noop("Adobe no longer knows it; until then it was: {status}"), "warning"),
        "expiration.refreshed": (noop("Adobe was asked about it"), ""),
    },
    reasons={
        "rejected": noop("its words stand above"),
        "not_pending": noop("it is no longer pending"),
        "exists_already": noop("the dataset has an expiration of somebody else"),
        "not_found": noop("it has no such expiration"),
        "not_carried_out": noop("Adobe has not carried it out"),
        "refused_after_unknown": noop("it was refused after an attempt without an answer"),
        "found": noop("Adobe shows it"),
        "decided": noop("a person decided so"),
    },
    decisions={
        "create": noop("new expiration"),
        "change": noop("change"),
        "cancel": noop("cancellation"),
        "look_again": noop("look again"),
        "send_again": noop("send it again"),
        "give_up": noop("not send it"),
        **{status.value: _lower(status) for status in ExpirationStatus},
    },
)
