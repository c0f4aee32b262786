"""What intake does not do, and says why."""

from __future__ import annotations


class NotPossible(Exception):
    """What was asked cannot be done now; `str()` says why, for the person who asked."""


class Unreadable(Exception):
    """The file is no request file; nothing of it was kept. `str()` says what is wrong, for the person who chose it."""
