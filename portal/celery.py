"""Celery: the wake-ups of background work. No message holds data; each says only "look whether something is due"."""

from __future__ import annotations

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import before_task_publish, setup_logging, task_prerun, worker_process_init

from portal import logs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

CORRELATION_HEADER = "correlation_id_of_portal"


@setup_logging.connect
def keep_django_logging(**_: Any) -> None:
    """Django's LOGGING holds in workers too; connecting here keeps Celery from setting up its own."""


@worker_process_init.connect
def keep_what_was_loaded(**_: Any) -> None:
    """Code and classes stay for ever: looking through them for garbage, again and again, takes a fifth of a call's time."""
    gc.collect()
    gc.freeze()


@before_task_publish.connect
def send_correlation(headers: dict[str, Any], **_: Any) -> None:
    """A task carries the correlation id of what caused it."""
    headers.setdefault(CORRELATION_HEADER, logs.correlation_id())


@task_prerun.connect
def take_correlation(task: Any, **_: Any) -> None:
    """A task goes on under the correlation id that it came with."""
    logs.start_correlation(task.request.get(CORRELATION_HEADER))
