"""Writing what must not be lost because the database is away for a moment: Adobe's answer exists in this process alone."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, connection

logger = logging.getLogger(__name__)

# A restart takes seconds, a failover about half a minute. The task's own time limit may end the waiting earlier.
LONGEST_SECONDS = 60.0
_PAUSE_SECONDS = 0.5


def persist(write: Callable[[], None], longest: float = LONGEST_SECONDS) -> None:
    """Do this, and do it again while the database cannot be reached, is locked or chose us to end a deadlock.

    `write` is one transaction that may be repeated: it may have been committed although the connection broke before it said so.
    Raises the database's error when that lasts for longer, and at once inside somebody's transaction.
    """
    until = time.monotonic() + longest
    while True:
        try:
            write()
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block or time.monotonic() >= until:
                raise
            logger.warning("an answer is not stored yet, the database says %s; trying again", type(error).__name__)
            # The next statement opens a new connection.
            connection.close()
            time.sleep(_PAUSE_SECONDS)
        else:
            return
