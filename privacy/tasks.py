"""Celery tasks: each wakes one step. They take no arguments, because a message holds no truth."""

from __future__ import annotations

from django.utils.translation import gettext_noop as noop

from portal import registry, steps
from portal.celery import app
from privacy import archive, elsewhere, indexing, intake, polling, reconciling, submission, tables
from privacy.consent import sending
from privacy.events import journal, receiving, working
from privacy.history import counting
from privacy.models import (
    AdobeEvent,
    ConsentCall,
    CountedDay,
    EventSource,
    Job,
    JobListing,
    JobSync,
    PrivacyRequest,
    ResultArchive,
    Submission,
    TableImport,
    Upload,
)

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


@app.task(ignore_result=True)
def index() -> int:
    """Make what people and opt-outs are found by."""
    return steps.run(indexing.STEP, indexing.index_next)


@app.task(ignore_result=True, soft_time_limit=LONG_SOFT, time_limit=LONG_HARD)
def count_days() -> int:
    """Count the figures of days."""
    return steps.run(counting.STEP, counting.count_next)


@app.task(ignore_result=True, soft_time_limit=LONG_SOFT, time_limit=LONG_HARD)
def read_tables() -> int:
    """Read tables whose columns were chosen."""
    return steps.run(tables.STEP, tables.convert_next)


_STEPS = (
    registry.Step(tables.STEP, noop("Read tables"), TableImport.objects.to_read, "next_attempt_at", read_tables.delay),
    registry.Step("check", noop("Check request files"), Upload.objects.to_check, "next_attempt_at", check.delay),
    registry.Step("prepare", noop("Write people and calls"), PrivacyRequest.objects.to_prepare, "next_attempt_at", prepare.delay),
    registry.Step(
        "submit",
        noop("Send privacy requests"),
        Submission.objects.due_to_send,
        "next_attempt_at",
        submit.delay,
        also_due=submission.has_stale,
    ),
    registry.Step("look", noop("Look for calls of unknown outcome"), Submission.objects.due_to_look, "next_look_at", look.delay),
    registry.Step("list", noop("List jobs at Adobe"), JobListing.objects.due, "next_list_at", list_jobs.delay),
    registry.Step("detail", noop("Ask about single jobs"), Job.objects.due_for_detail, "next_poll_at", detail.delay),
    registry.Step("archive", noop("Fetch results"), ResultArchive.objects.due_to_fetch, "next_attempt_at", fetch_archives.delay),
    registry.Step(
        "consent",
        noop("Send opt-outs"),
        ConsentCall.objects.due_to_send,
        "next_attempt_at",
        consent.delay,
        also_due=sending.has_stale,
    ),
    registry.Step("sync", noop("Look for jobs made elsewhere"), JobSync.objects.due, "next_attempt_at", sync_jobs.delay),
    registry.Step(
        receiving.STEP, noop("Act on Adobe's events"), AdobeEvent.objects.waiting, "next_attempt_at", work_events.delay
    ),
    registry.Step(
        indexing.STEP,
        noop("Make people and opt-outs findable"),
        indexing.requests_due,
        "to_index_at",
        index.delay,
        also_due=indexing.has_opt_outs,
    ),
    registry.Step("journal", noop("Read journals of events"), EventSource.objects.to_read, "next_read_at", read_journals.delay),
    registry.Step(
        counting.STEP,
        noop("Count the figures of days"),
        CountedDay.objects.due,
        "next_count_at",
        count_days.delay,
        also_due=counting.has_new,
    ),
)


def register_steps() -> None:
    """Tell the sweep about this app's steps."""
    for step in _STEPS:
        registry.add_step(step)
