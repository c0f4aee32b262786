"""What the state at Adobe says about an order whose answer was lost or was a refusal. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum

from hygiene.models import ExpirationOrder
from portal.adobe.expiration_answers import CANCELLED, EXECUTING, PENDING, ExpirationAnswer, read_history_entry

Kind = ExpirationOrder.Kind
# Adobe's clock and ours need not agree.
CLOCKS_DIFFER = timedelta(minutes=10)
_MADE = {"created", "updated"}


class Outcome(Enum):
    """Whether an order was carried out."""

    DONE = "done"
    # It was not, and sending it again can only be refused.
    NOT_PENDING = "not_pending"
    EXISTS_ALREADY = "exists_already"
    # It was not, so far.
    NOT_DONE = "not_done"


def judge(order: ExpirationOrder, found: ExpirationAnswer | None) -> Outcome:
    """`found` is what Adobe has for the dataset, None when it has nothing."""
    if found is None:
        return Outcome.NOT_DONE
    match order.kind:
        case Kind.CREATE:
            return _of_creation(order, found)
        case Kind.CHANGE:
            if found.status != PENDING:
                return Outcome.NOT_PENDING
            return Outcome.DONE if _is_as_wanted(order, found) else Outcome.NOT_DONE
        case _:
            if found.status == CANCELLED:
                return Outcome.DONE
            return Outcome.NOT_DONE if found.status == PENDING else Outcome.NOT_PENDING


def _of_creation(order: ExpirationOrder, found: ExpirationAnswer) -> Outcome:
    if _was_made_since(order, found) or (found.status != CANCELLED and _is_as_wanted(order, found)):
        return Outcome.DONE
    # Somebody else's: while it stands, Adobe takes no second one.
    return Outcome.EXISTS_ALREADY if found.status in {PENDING, EXECUTING} else Outcome.NOT_DONE


def _is_as_wanted(order: ExpirationOrder, found: ExpirationAnswer) -> bool:
    """What older answers leave out is passed over."""
    names = found.name in {"", order.name} and found.description in {"", order.description or ""}
    return names and _same_second(found.expiry, order.expires_at)


def _was_made_since(order: ExpirationOrder, found: ExpirationAnswer) -> bool:
    """Whether its history shows our time, written after we first sent it; others may have changed or cancelled it since."""
    if order.first_sent_at is None:
        return False
    since = order.first_sent_at - CLOCKS_DIFFER
    entries = [read_history_entry(entry) for entry in found.history or ()]
    return any(
        entry.status.lower() in _MADE
        and _same_second(entry.expiry, order.expires_at)
        and entry.updated_at is not None
        and entry.updated_at >= since
        for entry in entries
    )


def _same_second(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and other is not None and one.replace(microsecond=0) == other.replace(microsecond=0)
