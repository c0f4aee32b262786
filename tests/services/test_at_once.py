"""What two workers do at the same moment, on the database where that is possible: PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from portal import leases
from portal.models import Counter, Organization, User
from portal.outbound import claim
from privacy import progress
from privacy.models import Job, PrivacyRequest, Submission
from privacy.querysets import SubmissionQuerySet
from privacy.statuses import JobStatus, RequestStatus
from tests.files import confirmed_request, payload, people

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

WORKERS = 6


def at_once(work: Callable[[], Any], times: int = WORKERS) -> list[Any]:
    """Do the same in that many threads at the same moment, each with a connection of its own."""
    barrier = threading.Barrier(times)

    def run(_: int) -> Any:
        try:
            barrier.wait()
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


@pytest.fixture
def request_row(transactional_db: None, organization: Organization, officer: User) -> PrivacyRequest:
    """Twenty people, prepared."""
    return confirmed_request(organization, officer, payload(people(20)))


def test_a_call_is_claimed_by_one(request_row: PrivacyRequest) -> None:
    call = request_row.submissions.get()
    claims = at_once(lambda: claim(Submission.objects.all(), call.pk, SubmissionQuerySet.SENDABLE))
    assert sum(one is not None for one in claims) == 1
    call.refresh_from_db()
    assert call.attempts == 1


def test_a_row_is_leased_by_one(request_row: PrivacyRequest) -> None:
    Job.objects.update(next_poll_at="2026-01-01T00:00:00Z")
    taken = at_once(lambda: leases.take(Job.objects.order_by("next_poll_at"), "next_poll_at", most=10, seconds=60)[1])
    ids = [pk for part in taken for pk in part]
    assert ids
    assert len(ids) == len(set(ids))


def test_a_number_is_given_once(transactional_db: None) -> None:
    numbers = at_once(lambda: [Counter.next("numbers") for _ in range(10)])
    assert sorted(number for part in numbers for number in part) == list(range(1, 10 * WORKERS + 1))


def test_the_last_job_that_ends_completes_the_request(request_row: PrivacyRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """One worker has counted and not yet written when the other one ends the last job: its count must not win."""
    first, *others = Job.objects.filter(request=request_row).values_list("pk", flat=True)
    Job.objects.filter(pk__in=others).update(status=JobStatus.COMPLETE)
    has_counted, other_is_done = threading.Event(), threading.Event()
    decide = progress._status

    def decide_slowly(request: PrivacyRequest) -> RequestStatus:
        status = decide(request)
        if not has_counted.is_set():
            has_counted.set()
            other_is_done.wait(1)
        return status

    def end_the_last_job() -> None:
        has_counted.wait(10)
        Job.objects.filter(pk=first).update(status=JobStatus.COMPLETE)
        progress.refresh(request_row.pk)
        other_is_done.set()

    monkeypatch.setattr(progress, "_status", decide_slowly)
    steps = iter([lambda: progress.refresh(request_row.pk), end_the_last_job])
    lock = threading.Lock()

    def take_a_step() -> None:
        with lock:
            step = next(steps)
        step()

    at_once(take_a_step, times=2)
    request_row.refresh_from_db()
    assert (request_row.status, request_row.jobs_done) == (RequestStatus.COMPLETE, request_row.jobs_total)
