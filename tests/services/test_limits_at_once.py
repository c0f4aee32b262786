"""Many processes at one organization's limits, on a real PostgreSQL: together they make no call more than it allows."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar
from uuid import UUID

import pytest
from django.db import connection

from portal import job_days, pace, tally
from portal.adobe.errors import Paced
from portal.adobe.metering import ONCE, PAGE, READ
from portal.models import Organization

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
PROCESSES = 6
SECONDS = 4.0
LIMIT = 300
T = TypeVar("T")


def in_processes(work: Callable[[UUID, int], T], organization: Organization) -> list[T]:
    """What `work` gives in each of the processes, which do it at the same time."""
    # A connection that is open now would be shared by all of them.
    connection.close()
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("fork")) as pool:
        return list(pool.map(work, [organization.pk] * PROCESSES, range(PROCESSES)))


def _keep_calling(organization_id: UUID, number: int) -> list[float]:
    """When the calls of one process went, by the machine's clock."""
    organization = Organization.objects.get(pk=organization_id)
    went, end = [], time.time() + SECONDS
    while time.time() < end:
        try:
            pace.wait(organization, (ONCE, READ, PAGE)[number % 3])
        except Paced as refused:
            time.sleep(min(refused.retry_after or 0, 0.2))
        else:
            went.append(time.time())
            tally.note(organization.pk, "GET /here", "200", 1)
    return went


def _take_jobs(organization_id: UUID, number: int) -> int:
    """How many jobs one process could have counted for today."""
    organization = Organization.objects.get(pk=organization_id)
    taken = 0
    for _ in range(40):
        if (day := job_days.take(organization, 7)) is None:
            continue
        taken += 7
        if number == 0 and taken % 14 == 0:
            job_days.give_back(organization, day, 7)
            taken -= 7
    return taken


def test_many_processes_keep_one_rate_and_lose_no_count(organization: Organization) -> None:
    Organization.objects.update(calls_per_minute=LIMIT)
    parts = in_processes(_keep_calling, organization)
    went = sorted(moment for part in parts for moment in part)
    rate = pace.rate_of(LIMIT)
    # In any stretch of time: what may go at once, one for each interval, and what was on its way when the stretch began.
    for first, begin in enumerate(went):
        for last in range(first, len(went)):
            assert last - first + 1 <= (went[last] - begin + rate.lead) / rate.interval + 2 + PROCESSES
    # Nor much less: what may go at once went, and everybody got some of it.
    assert len(went) >= rate.lead / rate.interval
    assert all(parts)
    assert sum(line.calls for line in tally.last_minutes(organization, 5)) == len(went)


def test_many_processes_count_no_job_above_the_limit(organization: Organization) -> None:
    Organization.objects.update(jobs_per_day=500)
    taken = in_processes(_take_jobs, organization)
    assert sum(taken) == job_days.sent_today(organization)
    assert 490 <= sum(taken) <= 500
