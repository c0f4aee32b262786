"""A worker whose clock is an hour wrong decides nothing by it that others decide with it: the database's clock does."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal import clock, job_days
from portal.models import Organization, User
from portal.outbound import CallState
from privacy import reconciling, submission
from privacy.models import Job, JobListing, PrivacyRequest, ResultArchive, Submission
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.steps import step_is_due, work

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def move_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Move this process's clock by so many hours."""
    right = timezone.now

    def move(hours: float) -> None:
        def moved() -> datetime:
            return right() + timedelta(hours=hours)

        monkeypatch.setattr(timezone, "now", moved)

    return move


@pytest.fixture
def request_in_doubt(simulator: Simulator, organization: Organization, officer: User, media: Path) -> PrivacyRequest:
    """A request whose only call was taken, and its answer lost."""
    assert connection.vendor == "postgresql"
    found = confirmed_request(organization, officer, payload(people(1, "access")))
    simulator.fault("accept_then_cut", times=1)
    return found


@pytest.mark.parametrize("hours", [1, -1])
def test_a_wrong_clock_brings_no_look_forward(
    request_in_doubt: PrivacyRequest, move_clock: Callable[[float], None], hours: float
) -> None:
    work("submit")
    move_clock(hours)
    assert not step_is_due("look")
    assert reconciling.look_next() == 0
    assert request_in_doubt.submissions.get().looks_done == 0


@pytest.mark.parametrize("hours", [1, -1])
def test_what_a_wrong_clock_wrote_is_looked_for_in_time_by_the_others(
    request_in_doubt: PrivacyRequest, move_clock: Callable[[float], None], hours: float
) -> None:
    Submission.objects.update(next_attempt_at=timezone.now() - timedelta(hours=2))
    move_clock(hours)
    work("submit")
    move_clock(0)
    call = request_in_doubt.submissions.get()
    assert call.state == CallState.UNKNOWN
    assert call.next_look_at is not None
    assert timedelta() < call.next_look_at - timezone.now() < timedelta(minutes=6)
    assert not step_is_due("look")


@pytest.mark.parametrize("hours", [1, -1])
def test_a_wrong_clock_takes_no_claim_away(
    request_in_doubt: PrivacyRequest, move_clock: Callable[[float], None], hours: float
) -> None:
    call = request_in_doubt.submissions.get()
    Submission.objects.update(next_attempt_at=timezone.now() - timedelta(hours=2))
    move_clock(hours)
    held = submission._SENDER.take(call.pk)
    assert held is not None
    for other in (1, 0, -1):
        move_clock(other)
        submission.sweep_stale()
        assert held.still_held()


# --- Due times of other steps ---

WRONG = pytest.mark.parametrize("hours", [1, -1])
HALF_AN_HOUR = timedelta(minutes=30)


def is_near(moment: datetime | None, expected: datetime) -> bool:
    """By a clock that is right, but for the time that the test itself takes."""
    return moment is not None and abs(moment - expected) < timedelta(minutes=2)


@WRONG
def test_a_call_is_claimed_and_queued_again_by_the_databases_clock(
    request_in_doubt: PrivacyRequest, simulator: Simulator, move_clock: Callable[[float], None], hours: float
) -> None:
    simulator.control("faults", method="DELETE")
    simulator.fault("throttle", match={"operation": "create"}, times=1, retry_after=600)
    call, now = request_in_doubt.submissions.get(), timezone.now()
    Submission.objects.update(next_attempt_at=now + HALF_AN_HOUR)
    move_clock(hours)
    assert submission._SENDER.take(call.pk) is None
    Submission.objects.update(next_attempt_at=now - timedelta(hours=2))
    assert submission.send(call.pk)
    call.refresh_from_db()
    assert (call.state, call.last_error) == (CallState.QUEUED, "throttled")
    assert is_near(call.next_attempt_at, now + timedelta(minutes=10))


@WRONG
def test_jobs_are_listed_asked_about_and_fetched_by_the_databases_clock(
    request_in_doubt: PrivacyRequest, simulator: Simulator, move_clock: Callable[[float], None], hours: float
) -> None:
    simulator.control("faults", method="DELETE")
    work("submit")
    now = timezone.now()
    JobListing.objects.update(next_list_at=now + HALF_AN_HOUR)
    move_clock(hours)
    assert not step_is_due("list")
    move_clock(0)
    JobListing.objects.update(next_list_at=now)
    simulator.control("finish", {})
    move_clock(hours)
    work("list")
    assert is_near(JobListing.objects.get().next_list_at, now + timedelta(minutes=15))
    assert is_near(Job.objects.get().next_poll_at, now)
    work("detail")
    assert is_near(Job.objects.get().detail_at, now)
    assert is_near(ResultArchive.objects.get().next_attempt_at, now)
    ResultArchive.objects.update(next_attempt_at=now + HALF_AN_HOUR)
    assert not step_is_due("archive")
    ResultArchive.objects.update(next_attempt_at=now)
    simulator.fault("error503", match={"operation": "content"}, times=3)
    work("archive")
    assert timedelta() < ResultArchive.objects.get().next_attempt_at - now < timedelta(minutes=2)


def test_a_day_of_jobs_is_the_databases_day(organization: Organization, move_clock: Callable[[float], None]) -> None:
    before = timezone.now()
    move_clock(24)
    day = job_days.take(organization, 5)
    move_clock(-24)
    assert (job_days.take(organization, 2), job_days.sent_today(organization)) == (day, 7)
    assert timedelta() < job_days.next_day(organization.pk) - before < timedelta(days=1, minutes=3)


def test_the_databases_clock_is_asked_once_a_minute_and_when_this_machines_clock_was_set(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert connection.vendor == "postgresql"
    monkeypatch.setattr(clock, "ASK_EVERY_SECONDS", 60.0)
    clock.read()
    with CaptureQueriesContext(connection) as asked:
        assert is_near(clock.read(), timezone.now())
        assert len(asked) == 0
        set_by = time.time() + 3600
        monkeypatch.setattr(time, "time", lambda: set_by)
        assert is_near(clock.read(), timezone.now())
        assert len(asked) == 1
        later = time.monotonic() + clock.ASK_EVERY_SECONDS
        monkeypatch.setattr(time, "monotonic", lambda: later)
        assert is_near(clock.read(), timezone.now())
        assert len(asked) == 2


@WRONG
def test_what_is_due_is_sent_by_the_databases_clock_and_nothing_else(
    request_in_doubt: PrivacyRequest, simulator: Simulator, move_clock: Callable[[float], None], hours: float
) -> None:
    simulator.control("faults", method="DELETE")
    now = timezone.now()
    Submission.objects.update(next_attempt_at=now + HALF_AN_HOUR)
    move_clock(hours)
    assert not step_is_due("submit")
    work("submit")
    assert simulator.ledger() == []
    Submission.objects.update(next_attempt_at=now)
    work("submit")
    assert len(simulator.ledger()) == 1
