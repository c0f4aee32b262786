"""Working off background steps inside a test, without a broker: the rows are the truth, so nothing else is needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from hygiene import editing, preparing
from hygiene import intake as hygiene_intake
from hygiene import polling as hygiene_polling
from hygiene import reconciling as hygiene_reconciling
from hygiene import submission as hygiene_submission
from hygiene.expirations import looking, mirroring
from hygiene.expirations import sending as expiration_sending
from hygiene.models import ExpirationOrder, WorkOrder
from portal import registry
from portal.models import Pace
from privacy import archive, elsewhere, indexing, intake, polling, reconciling, submission, tables
from privacy.consent import sending
from privacy.events import journal, working
from privacy.history import counting
from privacy.models import AdobeEvent, ConsentCall, EventSource, Job, JobListing, JobSync, ResultArchive, Submission

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
    "tables": tables.convert_next,
    "events": working.work_next,
    "journal": journal.read_next,
    "figures": counting.count_next,
    "index": indexing.index_next,
    "hygiene-check": hygiene_intake.check_next,
    "hygiene-prepare": preparing.prepare_next,
    "hygiene-submit": hygiene_submission.send_next,
    "hygiene-look": hygiene_reconciling.look_next,
    "hygiene-detail": hygiene_polling.detail_next,
    "hygiene-edit": editing.edit_next,
    "expiration-submit": expiration_sending.send_next,
    "expiration-look": looking.look_next,
    "expiration-list": mirroring.read_next_history,
}


def work(*names: str) -> None:
    """Work the named steps (all, when none is named) until nothing is due in them."""
    for _ in range(1000):
        if not sum(WORK[name]() for name in names or WORK):
            return
    raise AssertionError("the steps do not come to an end")


def step_is_due(name: str) -> bool:
    """Whether a worker would find something to do in this step now."""
    return registry.steps()[name].is_due()


def let_pass(delta: timedelta) -> None:
    """Move every due time into the past by `delta`, as if that time had gone by for us."""
    for model, fields in (
        (Submission, ["next_attempt_at", "next_look_at", "unknown_since", "claimed_at"]),
        (Job, ["next_poll_at"]),
        (JobListing, ["next_list_at"]),
        (ResultArchive, ["next_attempt_at"]),
        (JobSync, ["next_attempt_at"]),
        (AdobeEvent, ["next_attempt_at", "received_at"]),
        (EventSource, ["next_read_at", "confirmed_at"]),
        (WorkOrder, ["next_attempt_at", "next_look_at", "unknown_since", "claimed_at", "next_poll_at", "edit_due_at"]),
        (ExpirationOrder, ["next_attempt_at", "next_look_at", "unknown_since", "claimed_at"]),
        (ConsentCall, ["next_attempt_at", "unknown_since", "claimed_at"]),
    ):
        for name in fields:
            model.objects.filter(**{f"{name}__isnull": False}).update(**{name: F(name) - delta})
    Pace.objects.update(free_at=F("free_at") - delta.total_seconds())


def everything_due() -> None:
    """All jobs and listings are to be looked at now."""
    now = timezone.now()
    Job.objects.open_at_adobe().update(next_poll_at=now)
    JobListing.objects.update(next_list_at=now)
