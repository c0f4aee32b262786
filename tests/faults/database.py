"""Reading and changing rows in the harness's own process, while the server is restarted under it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

T = TypeVar("T")
PATIENCE_SECONDS = 60.0


def patiently(work: Callable[[], T]) -> T:
    """The result of `work`, which may be done more than once. Raises the database's error when it is away for too long."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return work()
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
