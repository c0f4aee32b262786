"""The site of a fault run: the portal's own, with the waits and the full disk of its workers. It reaches no fail point."""

from __future__ import annotations

from portal.wsgi import application
from tests.faults import worker

__all__ = ["application", "worker"]
