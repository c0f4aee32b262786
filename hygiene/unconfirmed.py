"""Record deletes that nobody confirmed: what they name is removed after a time, as if somebody had discarded them."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from django.conf import settings

from hygiene import intake
from hygiene.models import RecordDelete
from hygiene.statuses import RecordDeleteStatus
from portal import clock

# A worker has none of these in its hands.
_AT_REST = (RecordDeleteStatus.READY, RecordDeleteStatus.REFUSED)


def discard_old() -> None:
    """Each by itself; who confirms one at this moment wins."""
    before = clock.read() - timedelta(days=settings.DRAFT_DAYS)
    old = RecordDelete.objects.filter(status__in=_AT_REST, created_at__lt=before)
    for record_delete in old.select_related("organization", "data_key").defer("result_sealed").order_by("created_at"):
        with suppress(intake.NotPossible):
            intake.discard(record_delete, None)
