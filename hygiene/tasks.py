"""Celery tasks: each wakes one step. They take no arguments, because a message holds no truth."""

from __future__ import annotations

import logging

from django.conf import settings
from django.utils.translation import gettext_noop as noop
from kombu.exceptions import OperationalError

from hygiene import editing, intake, polling, preparing, reconciling, submission
from hygiene.expirations import looking, mirroring, sending
from hygiene.models import ExpirationOrder, RecordDelete, WorkOrder
from portal import registry, steps
from portal.celery import app

logger = logging.getLogger(__name__)

# Files and lists may be of any size, and Adobe slow. These steps send nothing; a lease brings them back when they die.
LONG_SOFT, LONG_HARD = 3600, 3660
# Reading the quota comes before the claim and may take as long as the call. Dead before a claim ends, all the same.
SUBMIT_HARD = settings.CLAIM_SECONDS - 1
SUBMIT_SOFT = SUBMIT_HARD - (settings.TASK_HARD_LIMIT_SECONDS - settings.TASK_SOFT_LIMIT_SECONDS)


@app.task(ignore_result=True, soft_time_limit=LONG_SOFT, time_limit=LONG_HARD)
def check() -> int:
    """Check files of record deletes."""
    return steps.run("hygiene-check", intake.check_next)


@app.task(ignore_result=True, soft_time_limit=LONG_SOFT, time_limit=LONG_HARD)
def prepare() -> int:
    """Write the work orders of confirmed record deletes."""
    return steps.run("hygiene-prepare", preparing.prepare_next)


@app.task(ignore_result=True, soft_time_limit=SUBMIT_SOFT, time_limit=SUBMIT_HARD)
def submit() -> int:
    """Send due work orders."""
    return steps.run("hygiene-submit", submission.send_next)


@app.task(ignore_result=True, soft_time_limit=LONG_SOFT, time_limit=LONG_HARD)
def look() -> int:
    """Look for work orders of unknown outcome."""
    return steps.run("hygiene-look", reconciling.look_next)


@app.task(ignore_result=True)
def detail() -> int:
    """Ask about work orders."""
    return steps.run("hygiene-detail", polling.detail_next)


@app.task(ignore_result=True)
def edit() -> int:
    """Send new names of work orders."""
    return steps.run("hygiene-edit", editing.edit_next)


@app.task(ignore_result=True)
def submit_expirations() -> int:
    """Send due changes of dataset expirations."""
    return steps.run("expiration-submit", sending.send_next)


@app.task(ignore_result=True)
def look_for_expirations() -> int:
    """Look for changes of dataset expirations of unknown outcome."""
    return steps.run("expiration-look", looking.look_next)


@app.task(ignore_result=True)
def read_histories() -> int:
    """Read the histories of dataset expirations that changed."""
    return steps.run("expiration-list", mirroring.read_next_history)


@app.task(ignore_result=True, soft_time_limit=LONG_SOFT, time_limit=LONG_HARD)
def read_expirations() -> None:
    """Read Adobe's lists of dataset expirations; a night that is missed is made up for by the next."""
    mirroring.read_every_list()


_STEPS = (
    registry.Step(
        "hygiene-check", noop("Check record delete files"), RecordDelete.objects.to_check, "next_attempt_at", check.delay
    ),
    registry.Step(
        "hygiene-prepare", noop("Write work orders"), RecordDelete.objects.to_prepare, "next_attempt_at", prepare.delay
    ),
    registry.Step(
        "hygiene-submit",
        noop("Send work orders"),
        WorkOrder.objects.due_to_send,
        "next_attempt_at",
        submit.delay,
        also_due=submission.has_stale,
    ),
    registry.Step(
        "hygiene-look", noop("Look for work orders of unknown outcome"), WorkOrder.objects.due_to_look, "next_look_at", look.delay
    ),
    registry.Step(
        "hygiene-detail", noop("Ask about work orders"), WorkOrder.objects.due_for_detail, "next_poll_at", detail.delay
    ),
    registry.Step(
        "hygiene-edit", noop("Send new names of work orders"), WorkOrder.objects.due_to_edit, "edit_due_at", edit.delay
    ),
    registry.Step(
        "expiration-submit",
        noop("Send changes of dataset expirations"),
        ExpirationOrder.objects.due_to_send,
        "next_attempt_at",
        submit_expirations.delay,
        also_due=sending.has_stale,
    ),
    registry.Step(
        "expiration-look",
        noop("Look for changes of unknown outcome"),
        ExpirationOrder.objects.due_to_look,
        "next_look_at",
        look_for_expirations.delay,
    ),
    # Since when a history is missing is kept nowhere: it is asked for as soon as a list shows the expiration.
    registry.Step(
        "expiration-list",
        noop("Read histories of dataset expirations"),
        lambda _now: mirroring.without_history(),
        "created_at",
        read_histories.delay,
    ),
)


def register_steps() -> None:
    """Tell the sweep about this app's steps."""
    for step in _STEPS:
        registry.add_step(step)


def begin_nightly() -> None:
    """What is read at Adobe once a night."""
    try:
        read_expirations.delay()
    except (OperationalError, OSError):
        # The broker is away; the next night reads the same.
        logger.warning("could not begin to read the lists of dataset expirations")
