"""Old notices go: what they told stands in the trail and on the pages of what they are about."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from portal.models import Notice

KEPT = timedelta(days=180)
BATCH = 5000


def forget_old() -> None:
    """Remove those of half a year ago, read or not. What is told once a date stays told: its day is long over."""
    old = Notice.objects.filter(at__lt=timezone.now() - KEPT).order_by()
    while ids := list(old.values_list("pk", flat=True)[:BATCH]):
        Notice.objects.filter(pk__in=ids).delete()
