"""Periodic tasks that span both apps."""

from __future__ import annotations

from django.conf import settings

from portal import audit, steps
from portal.celery import app

app.conf.beat_schedule = {
    # A message that was not taken before the next one comes is stale and expires.
    "sweep": {
        "task": "portal.tasks.sweep",
        "schedule": settings.SWEEP_EVERY_SECONDS,
        "options": {"expires": settings.SWEEP_EVERY_SECONDS},
    },
    "seal-audit": {
        "task": "portal.tasks.seal_audit",
        "schedule": settings.AUDIT_SEAL_EVERY_SECONDS,
        "options": {"expires": settings.AUDIT_SEAL_EVERY_SECONDS},
    },
}


@app.task(ignore_result=True)
def sweep() -> None:
    """Wake every step that has a due row."""
    steps.sweep()


@app.task(ignore_result=True)
def seal_audit() -> None:
    """Seal the audit events that are not sealed yet."""
    audit.seal()
