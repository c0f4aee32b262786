"""Working off background steps inside a test, without a broker: the rows are the truth, so nothing else is needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from privacy import archive, elsewhere, intake, polling, reconciling, submission
from privacy.consent import sending
from privacy.models import ConsentCall, Job, JobListing, JobSync, ResultArchive, Submission

WORK: dict[str, Callable[[], int]] = {
    "check": intake.check_next,
    "prepare": intake.prepare_next,
    "submit": submission.send_next,
    "look": reconciling.look_next,
    "list": polling.list_next,
    "detail": polling.detail_next,
    "archive": archive.fetch_next,
    "consent": sending.send_next,
    "sync": elsewhere.sync_next,
}


def work(*names: str) -> None:
    """Work the named steps (all, when none is named) until nothing is due in them."""
    for _ in range(1000):
        if not sum(WORK[name]() for name in names or WORK):
            return
    raise AssertionError("the steps do not come to an end")


def let_pass(delta: timedelta) -> None:
    """Move every due time into the past by `delta`, as if that time had gone by for us."""
    for model, fields in (
        (Submission, ["next_attempt_at", "next_look_at", "unknown_since", "claimed_at"]),
        (Job, ["next_poll_at"]),
        (JobListing, ["next_list_at"]),
        (ResultArchive, ["next_attempt_at"]),
        (JobSync, ["next_attempt_at"]),
        (ConsentCall, ["next_attempt_at", "unknown_since", "claimed_at"]),
    ):
        for name in fields:
            model.objects.filter(**{f"{name}__isnull": False}).update(**{name: F(name) - delta})


def everything_due() -> None:
    """All jobs and listings are to be looked at now."""
    now = timezone.now()
    Job.objects.open_at_adobe().update(next_poll_at=now)
    JobListing.objects.update(next_list_at=now)
