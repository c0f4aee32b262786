"""Waits in words."""

from __future__ import annotations

from datetime import timedelta


def time_left(left: timedelta) -> str:
    """A wait in words, such as "2 hours 5 minutes": the two largest units, to the second in the last minutes."""
    seconds = max(int(left.total_seconds()), 0)
    parts = [
        (seconds // 86400, "day"),
        (seconds // 3600 % 24, "hour"),
        (seconds // 60 % 60, "minute"),
        (seconds % 60, "second"),
    ]
    first = next((place for place, (count, _) in enumerate(parts) if count), len(parts) - 1)
    shown = [(count, unit) for count, unit in parts[first : first + 2] if count]
    return " ".join(f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in shown) or "a moment"
