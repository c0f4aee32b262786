"""The two sides of the bench of sending."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import urllib3
from django.db import connection, connections
from django.db.models import Q

from portal.celery import keep_what_was_loaded
from portal.connections import DatabaseTokens, service_for
from portal.models import Organization
from portal.outbound import CallState
from privacy import submission
from privacy.models import Job, PrivacyRequest, Submission
from privacy.statuses import JobStatus
from tests.bench import rows
from tests.bench.ground import LATENCY, Ground, prepared
from tests.bench.measure import Report

PEOPLE = 100_000
CONCURRENCY = 4
MOST_TIMES_THE_POOL = 1.5
MOST_GROWTH = 11.0
_FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Spent:
    """Seconds on the clock, and of the processor by whose they are."""

    wall: float
    ours: float
    database: float
    simulator: float

    @property
    def cpu(self) -> float:
        """Without Adobe's."""
        return self.ours + self.database

    def __str__(self) -> str:
        parts = f"ours {self.ours:.2f}, PostgreSQL {self.database:.2f}, the simulator {self.simulator:.2f}"
        return f"{self.wall:7.2f} s, CPU: {parts}"


def run(folder: Path, postgres: Path) -> int:
    """The exit status."""
    people, concurrency = int(os.environ.get("BENCH_PEOPLE", PEOPLE)), int(os.environ.get("BENCH_CONCURRENCY", CONCURRENCY))
    report = Report()
    with prepared(folder, postgres) as ground:
        organization = rows.make_acme(ground.stack.simulator.address)
        few = rows.queued_request(organization, people // 10)
        small = _ours(ground, few, concurrency)
        many = rows.queued_request(organization, people)
        bodies = [submission.outgoing(call).body for call in _calls(many)]
        before = _bare(ground, organization, bodies, concurrency)
        large = _ours(ground, many, concurrency)
        posts = ground.stack.simulator.control("calls")["calls"]["create"]
        after = _bare(ground, organization, bodies, concurrency)
        _print(report, concurrency, {"pool, before": before, "ours": large, "pool, after": after, "ours, a tenth": small})
        _judge(report, many, len(bodies), posts)
    ratio = large.wall / ((before.wall + after.wall) / 2)
    report.note("times_the_pool", round(ratio, 2))
    report.expect(f"within {MOST_TIMES_THE_POOL} times the pool", holds=ratio <= MOST_TIMES_THE_POOL, found=round(ratio, 2))
    grown = large.cpu / small.cpu
    report.note("cpu_at_ten_times_the_people", round(grown, 2))
    report.expect(f"ten times the people cost {MOST_GROWTH} times the CPU at most", holds=grown <= MOST_GROWTH, found=grown)
    print(report.last_line(), flush=True)
    return 1 if report.failures else 0


def _print(report: Report, concurrency: int, sides: dict[str, Spent]) -> None:
    report.note("concurrency", concurrency)
    for name, spent in sides.items():
        print(f"{name:<20} {spent}", flush=True)
        report.note_phase(name, spent.wall)
    ours = sides["ours"]
    cores = len(os.sched_getaffinity(0))
    report.note("cores_in_use_of_ours", round((ours.cpu + ours.simulator) / ours.wall, 2))
    report.note("cores", cores)


def _judge(report: Report, request: PrivacyRequest, calls: int, posts: int) -> None:
    jobs = Job.objects.filter(request=request)
    stored = jobs.filter(~Q(adobe_job_id=None), status=JobStatus.SUBMITTED).count()
    report.expect("every job has the id that Adobe gave it", holds=stored == jobs.count(), found=stored)
    sent = _calls(request).filter(state=CallState.SENT).count()
    report.expect("every call is sent", holds=sent == calls, found=sent)
    report.expect(f"no more POSTs than the limits force, {calls}", holds=posts == calls, found=posts)


def _calls(request: PrivacyRequest) -> Any:
    related = ("request__organization__data_key", "request__data_key")
    return Submission.objects.filter(request=request).select_related(*related).order_by("ordinal")


# --- Both sides ---


def _ours(ground: Ground, request: PrivacyRequest, concurrency: int) -> Spent:
    ground.fresh(LATENCY)
    service_for(request.organization).ping()
    return _measured(ground, [_send_all] * concurrency)


def _send_all() -> None:
    while submission.send_next():
        pass


def _bare(ground: Ground, organization: Organization, bodies: Sequence[bytes], concurrency: int) -> Spent:
    ground.fresh(LATENCY)
    service_for(organization).ping()
    token = DatabaseTokens(organization).read()
    assert token is not None
    headers = {
        "Authorization": f"Bearer {token.value}",
        "x-api-key": organization.client_id,
        "x-gw-ims-org-id": organization.ims_org_id,
        "Accept": "application/json",
        "Content-Type": "application/json",
    }
    address = f"{organization.gateway_url}/data/core/privacy/jobs"
    return _measured(ground, [partial(_post_all, address, headers, bodies, concurrency)])


def _post_all(address: str, headers: dict[str, str], bodies: Sequence[bytes], concurrency: int) -> None:
    pool = urllib3.PoolManager(maxsize=concurrency, block=True)

    def post(body: bytes) -> int:
        return pool.request("POST", address, body=body, headers=headers, retries=False).status

    with ThreadPoolExecutor(concurrency) as threads:
        statuses = set(threads.map(post, bodies))
    if statuses != {202}:
        raise RuntimeError(f"the pool was answered with {statuses}")


def _measured(ground: Ground, jobs: Sequence[Callable[[], None]]) -> Spent:
    """Do these, each in a process of its own, all at once."""
    connections.close_all()
    start, spent = _FORK.Barrier(len(jobs) + 1), _FORK.SimpleQueue()
    processes = [_FORK.Process(target=_child, args=(job, start, spent)) for job in jobs]
    for process in processes:
        process.start()
    start.wait()
    database, simulator, began = ground.database_seconds, ground.simulator_seconds, time.monotonic()
    for process in processes:
        process.join()
    wall = time.monotonic() - began
    if any(process.exitcode for process in processes):
        raise RuntimeError("a process of the bench has failed")
    ours = sum(spent.get() for _ in processes)
    return Spent(wall, ours, ground.database_seconds - database, ground.simulator_seconds - simulator)


def _child(job: Callable[[], None], start: Any, spent: Any) -> None:
    # As in a worker: its connection stands before the clock runs, and what was loaded is no garbage.
    connection.ensure_connection()
    keep_what_was_loaded()
    start.wait()
    began = time.process_time()
    job()
    spent.put(time.process_time() - began)
    connections.close_all()
