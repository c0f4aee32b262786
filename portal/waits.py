"""Waits in words."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def _both(singular: str, plural: str) -> tuple[str, str]:
    """Marks a noun in both numbers for translation."""
    return singular, plural


def time_left(left: timedelta) -> str:
    """A wait in words, such as "2 hours 5 minutes": the two largest units, to the second in the last minutes."""
    seconds = max(int(left.total_seconds()), 0)
    parts = [
        (seconds // 86400, _both("%(count)s day", "%(count)s days")),
        (seconds // 3600 % 24, _both("%(count)s hour", "%(count)s hours")),
        (seconds // 60 % 60, _both("%(count)s minute", "%(count)s minutes")),
        (seconds % 60, _both("%(count)s second", "%(count)s seconds")),
    ]
    first = next((place for place, (count, _words) in enumerate(parts) if count), len(parts) - 1)
    shown = [(count, unit) for count, unit in parts[first : first + 2] if count]
    return " ".join(ngettext(*unit, count) % {"count": count} for count, unit in shown) or _("a moment")
