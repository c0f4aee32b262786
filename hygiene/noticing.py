"""Whom to tell of record deletes and dataset expirations, and of what (portal.notices).

Called in the transaction in which it happens. An expiration that was made at Adobe, and never changed here, is nobody's here: its
makers know of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext_noop as noop

from hygiene.models import DatasetExpiration, ExpirationOrder, RecordDelete
from hygiene.statuses import ExpirationStatus, RecordDeleteStatus
from portal.models import NoticeKind
from portal.notices import Telling, members_who_may, tell
from portal.outbound import LIST_UNREAD, CallState, PersonReason

# Before the id of a dataset; who reads a notice has the word in their language.
_WORD = noop("Dataset")
SEES, DECIDES = "hygiene.view_recorddelete", "hygiene.decide_workorder"
SEES_EXPIRATIONS, DECIDES_EXPIRATIONS = "hygiene.view_datasetexpiration", "hygiene.decide_expirationorder"
_KINDS = {
    RecordDeleteStatus.COMPLETE: NoticeKind.COMPLETE,
    RecordDeleteStatus.FAILED: NoticeKind.FAILED,
    RecordDeleteStatus.ATTENTION: NoticeKind.ATTENTION,
}


def moved(record_delete: RecordDelete, status: RecordDeleteStatus, event_id: uuid.UUID) -> None:
    """Its status has just changed to this, which the trail tells under `event_id`."""
    kind = _KINDS.get(status)
    if kind is None:
        return
    tell(
        Telling(
            kind=kind,
            organization_id=record_delete.organization_id,
            number=record_delete.number,
            address=reverse("hygiene:record-delete-detail", args=[record_delete.number]),
            # It may need a person several times; it is complete once.
            once=f"{kind}:{event_id if kind == NoticeKind.ATTENTION else record_delete.pk}",
            to=_recipients(record_delete, kind),
        )
    )


def _recipients(record_delete: RecordDelete, kind: NoticeKind) -> set[int]:
    """Who made it; every officer when that person is gone, or when it waits for a decision that anybody of them can take."""
    maker = {record_delete.created_by_id} & members_who_may(SEES, record_delete.organization_id)
    if maker and kind != NoticeKind.ATTENTION:
        return maker
    return members_who_may(DECIDES, record_delete.organization_id)


# --- Dataset expirations ---


def expiration_moved(row: DatasetExpiration) -> None:
    """What Adobe says of it has just changed: tell of a dataset that is gone now."""
    if row.status == ExpirationStatus.COMPLETED:
        _tell(row, NoticeKind.COMPLETE, f"complete:{row.pk}", _askers(row))


def expiration_settled(order: ExpirationOrder, state: CallState, reason: str, event_id: uuid.UUID) -> None:
    """A change of it came to this, which the trail tells under `event_id`: tell of a refusal, and of what waits for a person."""
    if state == CallState.REJECTED:
        _tell(order.expiration, NoticeKind.REFUSED, f"refused:{order.pk}", [order.asked_by_id])
    elif state == CallState.UNKNOWN and (reason == LIST_UNREAD or reason in PersonReason.values):
        _tell(order.expiration, NoticeKind.ATTENTION, f"attention:{event_id}", [])


def expiring(row: DatasetExpiration, which: str) -> None:
    """Its dataset is about to be removed. `which`: each of a row's reminders is told once for each date."""
    _tell(row, NoticeKind.DATASET_EXPIRING, f"{which}:{row.pk}:{_day(row)}", _askers(row))


def _askers(row: DatasetExpiration) -> list[int]:
    """Who made it and who changed it."""
    return list(row.orders.order_by().values_list("asked_by", flat=True).distinct())


def _tell(row: DatasetExpiration, kind: NoticeKind, once: str, to: Collection[int]) -> None:
    if kind != NoticeKind.ATTENTION and not to:
        return
    # In their place, when they are gone, whoever can do something about it.
    people = members_who_may(SEES_EXPIRATIONS, row.organization_id).intersection(to)
    tell(
        Telling(
            kind=kind,
            organization_id=row.organization_id,
            # Its name was typed by a person and may name one; the id is what Adobe's pages show too.
            number=f"{_WORD} {row.dataset_id}"[:40],
            address=reverse("hygiene:expiration-detail", args=[row.pk]),
            once=once,
            to=people or members_who_may(DECIDES_EXPIRATIONS, row.organization_id),
            due_on=_day(row) if kind == NoticeKind.DATASET_EXPIRING else None,
        )
    )


def _day(row: DatasetExpiration) -> date | None:
    """Where the organization is."""
    return row.expires_at.astimezone(ZoneInfo(row.organization.time_zone)).date() if row.expires_at else None
