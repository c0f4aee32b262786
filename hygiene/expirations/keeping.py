"""Writing what Adobe says of an expiration into its row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q

from hygiene import noticing
from hygiene.models import DatasetExpiration, ExpirationOrder
from hygiene.statuses import ExpirationStatus
from portal import audit
from portal.adobe.expiration_answers import ExpirationAnswer
from portal.models import AuditEvent
from portal.outbound import CallState

GONE_WORD = "no longer at Adobe"
_WRITTEN = (
    "ttl_id",
    "sandbox_name",
    "dataset_name_sealed",
    "name_sealed",
    "description_sealed",
    "expires_at",
    "status",
    "adobe_status",
    "adobe_updated_at",
    "history_sealed",
    "seen_at",
)


def keep(row: DatasetExpiration, answer: ExpirationAnswer, asked_at: datetime) -> bool:
    """Write an answer that was asked for at `asked_at`. False when the row has a younger one already.

    Without a history of its own, an answer that shows a change leaves the history to be asked for.
    """
    before = row.status
    fill(row, answer, asked_at)
    _take_over(row)
    values = {name: getattr(row, name) for name in _WRITTEN}
    older = DatasetExpiration.objects.filter(Q(seen_at=None) | Q(seen_at__lte=asked_at), pk=row.pk)
    if not older.update(**values):
        return False
    if row.status != before:
        note_status(row)
    return True


def fill(row: DatasetExpiration, answer: ExpirationAnswer, asked_at: datetime) -> None:
    """Put an answer into a row that still has to be saved."""
    news = answer.updated_at != row.adobe_updated_at or plain(answer.status_word, 60) != row.adobe_status
    row.ttl_id = plain(answer.ttl_id, 255) or row.ttl_id
    row.sandbox_name = plain(answer.sandbox_name, 80) or row.sandbox_name
    if answer.dataset_name:
        row.dataset_name = answer.dataset_name
    if answer.name:
        row.name = answer.name
    if answer.description:
        row.description = answer.description
    row.expires_at = answer.expiry or row.expires_at
    row.status = ExpirationStatus(answer.status)
    row.adobe_status = plain(answer.status_word, 60)
    row.adobe_updated_at = answer.updated_at
    row.seen_at = asked_at
    if answer.history is not None:
        row.history = list(answer.history)
    elif news:
        row.history = None


def keep_gone(row: DatasetExpiration, asked_at: datetime) -> None:
    """Adobe knows it no longer. What it said last stays."""
    same = DatasetExpiration.objects.filter(Q(seen_at=None) | Q(seen_at__lte=asked_at), pk=row.pk)
    if same.update(status=ExpirationStatus.OTHER, adobe_status=GONE_WORD, seen_at=asked_at):
        _record(row, "expiration.gone", {"status": row.status})


def history_of(answer: ExpirationAnswer) -> list[Mapping[str, Any]]:
    """Its history as it came; where an older edition gives none, what the answer itself says of the last change."""
    if answer.history is not None:
        return list(answer.history)
    return [
        {
            "status": answer.status_word,
            "expiry": answer.expiry.isoformat() if answer.expiry else None,
            "updatedAt": answer.updated_at.isoformat() if answer.updated_at else None,
            "updatedBy": answer.updated_by,
        }
    ]


def note_status(row: DatasetExpiration) -> None:
    """A line in the trail, and a notice where it is news: what it is now at Adobe."""
    _record(row, "expiration.status", {"status": row.status})
    noticing.expiration_moved(row)


def record_outcome(order: ExpirationOrder, state: CallState, reason: str) -> None:
    """A line in the trail, and a notice where a person is needed, for what became of an order."""
    event = _record(order.expiration, f"expiration.{state}", {"kind": order.kind, "reason": reason})
    noticing.expiration_settled(order, state, reason, event.pk)


def plain(text: str, most: int) -> str:
    """Text from outside for a column in clear: half of a surrogate pair fits into none."""
    return text.encode(errors="replace").decode()[:most]


def _take_over(row: DatasetExpiration) -> None:
    """The list may have shown an expiration before its own order knew the id: the two rows are one."""
    twins = DatasetExpiration.objects.filter(organization=row.organization, ttl_id=row.ttl_id).exclude(pk=row.pk)
    for twin in twins if row.ttl_id else ():
        twin.orders.update(expiration=row)
        twin.delete()


def _record(row: DatasetExpiration, action: str, details: Mapping[str, str]) -> AuditEvent:
    return audit.record(action, actor=None, organization=row.organization, obj=row, root_id=row.pk, details=details)
