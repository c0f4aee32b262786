"""Periodic tasks that span both apps."""

from __future__ import annotations

from contextlib import ExitStack

from celery.schedules import crontab
from django.conf import settings
from django.utils.translation import gettext as _

from portal import audit, clock, heartbeats, passes, registry, steps, tidying
from portal.celery import app
from portal.models import ProcessKind
from portal.notices import mailing
from portal.notices.telling import STEP as MAIL
from portal.webhooks import delivering
from portal.webhooks import events as webhooks

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
    "daily": {
        "task": "portal.tasks.daily",
        "schedule": crontab(hour=2, minute=20),
        "options": {"expires": 3600},
    },
    "tidy": {
        "task": "portal.tasks.tidy",
        "schedule": crontab(hour=3, minute=10),
        "options": {"expires": 3600},
    },
}

# Tidying looks at every stored file. When it is killed half-way, the next day's goes over all of them again.
TIDY_SOFT_LIMIT, TIDY_HARD_LIMIT = 3600, 3660


@app.task(ignore_result=True)
def sweep() -> None:
    """Wake every step that has a due row, and note that beat is alive: nobody else publishes this."""
    heartbeats.note(heartbeats.BEAT, ProcessKind.BEAT)
    began = clock.read()
    passes.ended_as_ever("sweep", began, len(steps.sweep()))


@app.task(ignore_result=True)
def seal_audit() -> None:
    """Seal the audit events that are not sealed yet."""
    with passes.noted("seal-audit") as one:
        seal = audit.seal()
        one.done = seal.event_count if seal else 0


@app.task(ignore_result=True)
def deliver_webhooks() -> int:
    """Tell internal systems what has happened."""
    return steps.run(webhooks.STEP, delivering.deliver_next)


@app.task(ignore_result=True)
def mail_notices() -> int:
    """Mail notices to people."""
    return steps.run(MAIL, mailing.mail_next)


@app.task(ignore_result=True)
def daily() -> None:
    """Begin what is done once a night. One that fails stops none of the others; its error is raised when all have begun."""
    with passes.noted("daily") as one, ExitStack() as each:
        one.done = len(registry.daily())
        for begin in reversed(registry.daily()):
            each.callback(begin)


@app.task(ignore_result=True, soft_time_limit=TIDY_SOFT_LIMIT, time_limit=TIDY_HARD_LIMIT)
def tidy() -> None:
    """Remove files that nobody needs any more."""
    with passes.noted("tidy") as one:
        removed = tidying.tidy()
        one.done = removed.parts + removed.files


def register_steps() -> None:
    """Tell the sweep about the steps of the portal itself."""
    registry.add_step(
        registry.Step(webhooks.STEP, _("Tell internal systems"), delivering.due, "next_attempt_at", deliver_webhooks.delay)
    )
    registry.add_step(registry.Step(MAIL, _("Mail notices"), mailing.due, "mail_due_at", mail_notices.delay))
