"""What waits in each step of the background work, and since when: for the page of the portal's health and for Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from portal import clock
from portal.steps import waiting_in
from privacy.events import journal, working
from privacy.models import (
    ConsentCall,
    Job,
    JobListing,
    JobSync,
    PrivacyRequest,
    ResultArchive,
    Submission,
    Upload,
)
from privacy.statuses import UploadStatus

Waiting = Callable[[], tuple[int, datetime | None]]


def _files() -> QuerySet[Any]:
    waiting = (UploadStatus.WAITING, UploadStatus.CHECKING)
    return Upload.objects.filter(status__in=waiting, next_attempt_at__lte=clock.now())


# By the name of the step: what it does, in words, and what waits in it.
QUEUES: dict[str, tuple[str, Waiting]] = {
    "check": ("Check request files", waiting_in(_files, "next_attempt_at")),
    "prepare": (
        "Write people and calls",
        waiting_in(lambda: PrivacyRequest.objects.to_prepare(clock.now()), "next_attempt_at"),
    ),
    "submit": (
        "Send privacy requests",
        waiting_in(lambda: Submission.objects.due_to_send(clock.now()), "next_attempt_at"),
    ),
    "look": (
        "Look for calls of unknown outcome",
        waiting_in(lambda: Submission.objects.due_to_look(clock.now()), "next_look_at"),
    ),
    "list": ("List jobs at Adobe", waiting_in(lambda: JobListing.objects.due(clock.now()), "next_list_at")),
    "detail": ("Ask about single jobs", waiting_in(lambda: Job.objects.due_for_detail(clock.now()), "next_poll_at")),
    "archive": (
        "Fetch results",
        waiting_in(lambda: ResultArchive.objects.due_to_fetch(clock.now()), "next_attempt_at"),
    ),
    "consent": ("Send opt-outs", waiting_in(lambda: ConsentCall.objects.due_to_send(clock.now()), "next_attempt_at")),
    "events": ("Act on Adobe's events", waiting_in(working.due, "next_attempt_at")),
    "journal": ("Read journals of events", waiting_in(journal.due, "next_read_at")),
    "sync": ("Look for jobs made elsewhere", waiting_in(lambda: JobSync.objects.due(clock.now()), "next_attempt_at")),
}
