"""Celery tasks: each wakes one step. They take no arguments, because a message holds no truth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portal import registry, steps
from portal.celery import app
from privacy import archive, elsewhere, intake, polling, reconciling, submission
from privacy.consent import sending
from privacy.events import journal, receiving, working
from privacy.queues import QUEUES

# Files, lists and results may be of any size, and Adobe slow. These steps send nothing; a lease brings them back when they die.
LONG_SOFT, LONG_HARD = 3600, 3660


@app.task(ignore_result=True, soft_time_limit=LONG_SOFT, time_limit=LONG_HARD)
def check() -> int:
    """Check uploaded files."""
    return steps.run("check", intake.check_next)


@app.task(ignore_result=True, soft_time_limit=LONG_SOFT, time_limit=LONG_HARD)
def prepare() -> int:
    """Write the people and calls of confirmed requests."""
    return steps.run("prepare", intake.prepare_next)


@app.task(ignore_result=True)
def submit() -> int:
    """Send due calls."""
    return steps.run("submit", submission.send_next)


@app.task(ignore_result=True, soft_time_limit=LONG_SOFT, time_limit=LONG_HARD)
def look() -> int:
    """Look for calls of unknown outcome."""
    return steps.run("look", reconciling.look_next)


@app.task(ignore_result=True, soft_time_limit=LONG_SOFT, time_limit=LONG_HARD)
def list_jobs() -> int:
    """List the jobs of laws in use."""
    return steps.run("list", polling.list_next)


@app.task(ignore_result=True)
def detail() -> int:
    """Ask about jobs that changed."""
    return steps.run("detail", polling.detail_next)


@app.task(ignore_result=True, soft_time_limit=LONG_SOFT, time_limit=LONG_HARD)
def fetch_archives() -> int:
    """Fetch results."""
    return steps.run("archive", archive.fetch_next)


@app.task(ignore_result=True, soft_time_limit=LONG_SOFT, time_limit=LONG_HARD)
def sync_jobs() -> int:
    """Look for jobs made outside the portal."""
    return steps.run("sync", elsewhere.sync_next)


@app.task(ignore_result=True)
def work_events() -> int:
    """Act on what Adobe told."""
    return steps.run(receiving.STEP, working.work_next)


@app.task(ignore_result=True)
def read_journals() -> int:
    """Read the journals of events."""
    return steps.run("journal", journal.read_next)


@app.task(ignore_result=True)
def consent() -> int:
    """Send due opt-outs through the consent endpoint."""
    return steps.run("consent", sending.send_next)


_STEPS: list[tuple[str, Callable[[], bool], Any]] = [
    ("check", intake.uploads_to_check, check),
    ("prepare", intake.requests_to_prepare, prepare),
    ("submit", submission.calls_to_send, submit),
    ("look", reconciling.calls_to_look_for, look),
    ("list", polling.listings_due, list_jobs),
    ("detail", polling.details_due, detail),
    ("archive", archive.archives_due, fetch_archives),
    ("consent", sending.calls_to_send, consent),
    ("sync", elsewhere.syncs_due, sync_jobs),
    (receiving.STEP, working.events_due, work_events),
    ("journal", journal.journals_due, read_journals),
]


def register_steps() -> None:
    """Tell the sweep about this app's steps."""
    for name, is_due, task in _STEPS:
        registry.add_step(registry.Step(name, is_due, task.delay, *QUEUES.get(name, ("", None))))
