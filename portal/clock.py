"""The one clock that all processes share.

Machines disagree about the time, and one of them may be an hour wrong. What two processes decide together (when a claim has
run out, when the next look at Adobe's list is due) is measured by the database's clock alone. SQLite has none of its own: there
every process runs on one machine and reads that machine's clock.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

# What conditions and UPDATEs take; a timedelta can be added and taken away.
Moment = datetime | Now


def now() -> Moment:
    """The time of the statement that it is part of."""
    return Now() if connection.vendor == "postgresql" else timezone.now()
