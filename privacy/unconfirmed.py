"""What was begun and never confirmed: its personal data is removed after a time, as if somebody had discarded it.

Drafts count from their last saving; uploads, tables and opt-outs from the day they came. Who confirms one at this moment wins.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings

from portal import clock
from privacy import building, intake, tables
from privacy.consent import intake as opt_out_intake
from privacy.models import Draft, OptOut, TableImport, Upload
from privacy.statuses import OptOutStatus, TableStatus, UploadStatus

# A worker has none of these in its hands.
_UPLOADS_AT_REST = (UploadStatus.READY, UploadStatus.REFUSED)
_TABLES_AT_REST = (TableStatus.MAPPING, TableStatus.REFUSED)


def kept_until(touched: datetime) -> datetime:
    """When what was last touched then goes."""
    return touched + timedelta(days=settings.DRAFT_DAYS)


def discard_old() -> None:
    """Each in a transaction of its own."""
    before = clock.read() - timedelta(days=settings.DRAFT_DAYS)
    _discard_drafts(before)
    _discard_uploads(before)
    _discard_tables(before)
    _discard_opt_outs(before)


def _discard_drafts(before: datetime) -> None:
    for draft in Draft.objects.filter(saved_at__lt=before).defer("content_sealed").order_by("saved_at"):
        with suppress(Draft.DoesNotExist):
            building.discard(draft, None)


def _discard_uploads(before: datetime) -> None:
    """Not the preview of a draft that is still worked on: it goes with the draft."""
    old = Upload.objects.filter(status__in=_UPLOADS_AT_REST, created_at__lt=before, draft=None)
    for upload in old.select_related("organization", "data_key").defer("result_sealed").order_by("created_at"):
        with suppress(intake.NotPossible):
            intake.discard(upload, None)


def _discard_tables(before: datetime) -> None:
    old = TableImport.objects.filter(status__in=_TABLES_AT_REST, created_at__lt=before)
    for table in old.select_related("organization", "data_key").defer("head_sealed", "mapping_sealed").order_by("created_at"):
        with suppress(intake.NotPossible):
            tables.discard(table, None)


def _discard_opt_outs(before: datetime) -> None:
    old = OptOut.objects.filter(status=OptOutStatus.DRAFT, created_at__lt=before)
    for opt_out in old.select_related("organization", "data_key").defer("entities_sealed").order_by("created_at"):
        with suppress(intake.NotPossible):
            opt_out_intake.discard(opt_out, None)
