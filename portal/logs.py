"""The correlation id: one for each HTTP request and everything that follows from it, in logs, audit and task headers."""

from __future__ import annotations

import logging
import re
import uuid
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("correlation_id", default="")
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{8,64}")


def correlation_id() -> str:
    """The id of what is going on now; empty outside of any request or task."""
    return _current.get()


def start_correlation(proposed: str | None = None) -> str:
    """Begin a new story under `proposed` when that is a plain identifier, else under an id of our own."""
    value = proposed if proposed and _ACCEPTABLE.fullmatch(proposed) else uuid.uuid4().hex
    _current.set(value)
    return value


# Whoever has the address of a calendar can read it (portal.calendar); nobody needs it in a log.
_CALENDAR_TOKEN = re.compile(r"(/calendar/)[^/\s?]+?(\.ics)")


class TokenFilter(logging.Filter):
    """Takes tokens that stand in addresses out of what is logged: Django logs the path of a request that fails."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the words; never drop a record."""
        words = record.getMessage()
        masked = _CALENDAR_TOKEN.sub(r"\1…\2", words)
        if masked != words:
            record.msg, record.args = masked, ()
        return True


class CorrelationFilter(logging.Filter):
    """Gives every log record its correlation id."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the id; never drop a record."""
        record.correlation_id = _current.get() or "-"
        return True
