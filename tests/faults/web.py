"""The site of a fault run: the portal's own, with the same clock, waits and full disk as its workers. It reaches no fail point."""

from __future__ import annotations

from portal.wsgi import application
from tests.faults import worker

__all__ = ["application", "worker"]
