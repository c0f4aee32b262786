"""Whom to tell of record deletes, and of what (portal.notices). Called in the transaction in which it happens."""

from __future__ import annotations

import uuid

from django.urls import reverse

from hygiene.models import RecordDelete
from hygiene.statuses import RecordDeleteStatus
from portal.models import NoticeKind
from portal.notices import Telling, members_who_may, tell

SEES, DECIDES = "hygiene.view_recorddelete", "hygiene.decide_workorder"
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
