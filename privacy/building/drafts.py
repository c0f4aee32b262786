"""Drafts: begun, saved as they grow, turned into an upload, discarded. Nobody but their owner sees one."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import audit, uploads
from portal.ids import new_id
from portal.models import DataKey, Organization, User
from privacy import forms, intake
from privacy.building import faults
from privacy.building.content import Content
from privacy.building.faults import Fault
from privacy.models import Draft, Upload
from privacy.statuses import UPLOAD_OPEN, Origin, UploadStatus


@dataclass(frozen=True)
class Stamp:
    """What a page says of itself when it saves: the version it was made from, its own id, and how often something was typed."""

    version: int
    page: str
    edit: int


class Stale(Exception):
    """Another page has saved this draft since this one was made. `draft`: as it stands."""

    def __init__(self, draft: Draft) -> None:
        super().__init__("the draft was saved from another page")
        self.draft = draft


class Faulty(Exception):
    """The draft cannot become an upload."""

    def __init__(self, found: Sequence[Fault]) -> None:
        super().__init__("the draft has errors")
        self.found = list(found)


def start(organization: Organization, owner: User) -> Draft:
    """A new draft. Nothing is chosen beforehand but today as the day of receipt: what goes to Adobe, somebody has chosen."""
    draft_id = new_id()
    content = Content(received_on=forms.today_of([organization]).isoformat())
    with transaction.atomic():
        draft = Draft(
            id=draft_id, organization=organization, owner=owner, data_key=DataKey.objects.make("draft", draft_id), version=1
        )
        draft.content = content.to_dict()
        draft.save(force_insert=True)
        audit.record("draft.started", actor=owner, organization=organization, obj=draft, root_id=draft.pk)
    return draft


def save(draft: Draft, content: Content, stamp: Stamp) -> Draft:
    """Keep what a page holds. Raises Stale; Draft.DoesNotExist when it was discarded meanwhile.

    A page that saves twice at once overtakes nobody but itself: of its own saves the one with more typing counts. A save that
    comes a second time changes nothing, not even the version: the page that was opened since stays as good as it was.
    """
    with transaction.atomic():
        row = _locked(draft)
        kept: dict[str, Any] = row.content
        if row.version != stamp.version and kept.get("page") != stamp.page:
            raise Stale(row)
        if kept.get("page") == stamp.page and _has_already(kept.get("edit", 0), stamp.edit):
            return row
        new = content.to_dict()
        is_as_checked = kept.get("is_checked", False) and new == {name: kept[name] for name in new}
        row.content = new | {"page": stamp.page, "edit": stamp.edit, "is_checked": is_as_checked}
        row.version += 1
        row.saved_at = timezone.now()
        row.save(update_fields=["content_sealed", "version", "saved_at"])
    return row


def _has_already(kept: int, edit: int) -> bool:
    """Whether a page's own later or same save was before. Without scripts nobody counts, and each save is a new one."""
    return kept > edit or kept == edit > 0


def to_upload(draft: Draft, user: User) -> Upload:
    """Take the draft in as an uploaded file would be. Raises Faulty with all that is wrong.

    Asked a second time for the same, it gives the same upload; an earlier one of this draft that is not confirmed goes.
    """
    with transaction.atomic():
        row = _locked(draft)
        if row.content.get("is_checked") and row.upload is not None and row.upload.status == UploadStatus.READY:
            return row.upload
        content = Content.from_dict(row.content)
        content.drop_blanks()
        found = faults.check(content, row.organization)
        if any(fault.is_error for fault in found):
            raise Faulty(found)
        upload = _take_in(content, row.organization, user)
        if row.upload is not None and row.upload.status in UPLOAD_OPEN:
            intake.discard(row.upload, user)
        # Rows of the upload are rows of the form.
        row.content = row.content | content.to_dict() | {"is_checked": True}
        row.upload = upload
        row.save(update_fields=["content_sealed", "upload"])
    return upload


def _take_in(content: Content, organization: Organization, user: User) -> Upload:
    """Raises Faulty."""
    received_on = faults.received_day(content)
    if received_on is None:
        raise ValueError("a draft without a day of receipt has faults")
    raw = content.to_file(organization.ims_org_id, content.people, content.actions)
    stored = uploads.store(BytesIO(raw), name=_("Built in the portal"), size=len(raw))
    try:
        return intake.take_in(stored, organization=organization, user=user, received_on=received_on, origin=Origin.BUILDER)
    except intake.Unreadable as problem:
        raise Faulty([Fault("error", str(problem), "", "key-1")]) from None
    finally:
        if not stored.kept:
            stored.drop()


def discard(draft: Draft, user: User | None) -> None:
    """Remove a draft and all that was typed, and the upload that came of it unless it is confirmed. None: nobody came back to it.

    Raises Draft.DoesNotExist when it is gone already.
    """
    with transaction.atomic():
        row = _locked(draft)
        if user is None and row.version != draft.version:
            return
        upload = row.upload
        key = row.data_key
        Draft.objects.filter(pk=row.pk).delete()
        if key is not None:
            key.destroy()
        audit.record(f"draft.{audit.discarded_by(user)}", actor=user, organization=row.organization, obj=draft, root_id=draft.pk)
    if upload is not None and upload.status in UPLOAD_OPEN:
        # Somebody may have confirmed it this moment.
        with suppress(intake.NotPossible):
            intake.discard(upload, user)


def _locked(draft: Draft) -> Draft:
    """The row as it is, for this transaction alone. Raises Draft.DoesNotExist."""
    rows = Draft.objects.select_related("organization__data_key", "data_key", "upload__data_key")
    row: Draft = rows.select_for_update(of=("self",)).get(pk=draft.pk)
    return row
