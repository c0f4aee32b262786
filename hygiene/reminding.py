"""Datasets that are about to be removed: told once a night to who made or changed the expiration, while it can be cancelled."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from hygiene import noticing
from hygiene.models import DatasetExpiration, ExpirationOrder
from hygiene.statuses import ExpirationStatus
from portal.outbound import OPEN_STATES

SOON = timedelta(days=7)
# Told a night before the last: the step runs once a day.
TOMORROW = timedelta(days=2)


def tell_of_removals() -> None:
    """Tell of each dataset that is removed within seven days, and again a day or two before; each of them once."""
    now = timezone.now()
    on_their_way = ExpirationOrder.objects.filter(
        expiration=OuterRef("pk"), kind=ExpirationOrder.Kind.CANCEL, state__in=OPEN_STATES
    )
    pending = DatasetExpiration.objects.filter(status=ExpirationStatus.PENDING, expires_at__range=(now, now + SOON))
    for row in pending.exclude(Exists(on_their_way)).select_related("organization").order_by("expires_at", "pk"):
        is_near = row.expires_at is not None and row.expires_at <= now + TOMORROW
        noticing.expiring(row, "tomorrow" if is_near else "removal")
