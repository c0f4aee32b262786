"""A day of following jobs, and one pass through Adobe's list."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from django.db import connection
from django.utils import timezone

from portal.connections import service_for
from portal.models import Organization
from privacy import polling, submission
from privacy.models import EventSource, Job, JobListing
from privacy.statuses import JOB_AT_ADOBE_OPEN, EventWay, JobStatus
from tests.bench import rows
from tests.bench.ground import LATENCY, Ground, prepared
from tests.bench.measure import Report

PEOPLE = 100_000
CHANGED = 0.05
MINUTES = 24 * 60
POLLS_A_DAY = 96
TIMES_FEWER = 500
MOST_GROWTH = 11.0


def run(folder: Path, postgres: Path) -> int:
    """The exit status."""
    people, report = int(os.environ.get("BENCH_PEOPLE", PEOPLE)), Report()
    with prepared(folder, postgres) as ground:
        few = _at_adobe(ground, people // 10, ims_org_id="1123456789ABCDEF01234567@AdobeOrg", name="Few")
        many = _at_adobe(ground, people)
        report.note("jobs", people)
        small = _pass_of(ground, few, report, f"{people // 10:,} jobs")
        large = _pass_of(ground, many, report, f"{people:,} jobs")
        grown = large / small
        report.note("cpu_of_a_pass_at_ten_times_the_jobs", round(grown, 2))
        report.expect(f"ten times the jobs cost {MOST_GROWTH} times the CPU at most", holds=grown <= MOST_GROWTH, found=grown)
        JobListing.objects.filter(organization=few).delete()
        _without_events(Day(ground, many), people, report)
        _with_events(Day(ground, many), report)
    print(report.last_line(), flush=True)
    return 1 if report.failures else 0


def _at_adobe(ground: Ground, people: int, **fields: Any) -> Organization:
    """So many open jobs that were sent just now."""
    organization = rows.make_acme(ground.stack.simulator.address, **fields)
    if fields:
        given = {"imsOrg": organization.ims_org_id, "clientId": f"bench-{people}", "clientSecret": "simulator-secret"}
        ground.stack.simulator.control("organizations", given)
        Organization.objects.filter(pk=organization.pk).update(client_id=given["clientId"])
        organization.refresh_from_db()
    rows.queued_request(organization, people)
    while submission.send_next():
        pass
    return organization


# --- A day ---


@dataclass
class Day:
    """Moves both clocks, lets jobs change, and works what is due."""

    ground: Ground
    organization: Organization
    passed: timedelta = timedelta()
    # Every pass begins anew with the jobs that are open.
    due_to_change: list[str] = field(default_factory=list)

    def play(self, told: Callable[[Sequence[str]], None] | None = None) -> tuple[Counter[str], int]:
        """Calls to Adobe by kind, and how many jobs changed. `told` is given the ids of those that just did."""
        open_jobs = Job.objects.filter(organization=self.organization, status__in=JOB_AT_ADOBE_OPEN)
        ids = [job_id for job_id in open_jobs.order_by("pk").values_list("adobe_job_id", flat=True) if job_id is not None]
        chance = random.Random(1)
        changing = chance.sample(ids, round(len(ids) * CHANGED))
        at_minute: dict[int, list[str]] = {}
        for job_id in changing:
            at_minute.setdefault(chance.randrange(MINUTES - 30), []).append(job_id)
        before = self._calls()
        with mock.patch("django.utils.timezone.now", self._now):
            for minute in range(MINUTES):
                self._pass_a_minute(at_minute.get(minute, []), told)
        return self._calls() - before, len(changing)

    def _pass_a_minute(self, changing: Sequence[str], told: Callable[[Sequence[str]], None] | None) -> None:
        if changing:
            self.ground.stack.simulator.control("finish", {"jobIds": list(changing)})
        self.ground.stack.simulator.advance(60)
        self.passed += timedelta(minutes=1)
        if told is not None and changing:
            told(changing)
        while polling.list_next():
            pass
        while polling.detail_next():
            pass

    def _now(self) -> datetime:
        return datetime.now(tz=timezone.get_default_timezone()) + self.passed

    def _calls(self) -> Counter[str]:
        return Counter(self.ground.stack.simulator.control("calls")["calls"])


def _without_events(day: Day, people: int, report: Report) -> None:
    with report.phase("a day without events"):
        calls, changed = day.play()
    ours, theirs = calls["list"] + calls["detail"], people * POLLS_A_DAY
    report.note("calls", {"list": calls["list"], "detail": calls["detail"]})
    report.note("calls_of_one_get_a_job_every_15_minutes", theirs)
    report.note("times_fewer", round(theirs / ours))
    report.expect(f"{TIMES_FEWER} times fewer calls", holds=theirs >= ours * TIMES_FEWER, found=round(theirs / ours))
    _expect_followed(day, changed, report)


def _with_events(day: Day, report: Report) -> None:
    """The events themselves are another bench: here a job that changes becomes due, as its event would make it."""
    JobListing.objects.update(next_list_at=timezone.now())
    EventSource.objects.create(organization=day.organization, way=EventWay.WEBHOOK, confirmed_at=timezone.now())
    already = Job.objects.filter(organization=day.organization, status=JobStatus.COMPLETE).count()
    pages = -(-(day.organization.jobs.count() + 1) // 1000)
    day.passed = timedelta(days=1)
    with report.phase("a day with events"):
        calls, changed = day.play(_tell)
    passes = calls["list"] / pages
    report.note("calls_with_events", {"list": calls["list"], "detail": calls["detail"]})
    report.note("passes_with_events", round(passes, 1))
    report.expect("at most one pass an hour", holds=passes <= 25, found=round(passes, 1))
    _expect_followed(day, already + changed, report)


def _tell(job_ids: Sequence[str]) -> None:
    Job.objects.filter(adobe_job_id__in=job_ids).update(next_poll_at=timezone.now())


def _expect_followed(day: Day, changed: int, report: Report) -> None:
    found = Job.objects.filter(organization=day.organization, status=JobStatus.COMPLETE).count()
    report.expect("every job that changed is known to have", holds=found == changed, found=f"{found} of {changed}")


# --- One pass ---


def _pass_of(ground: Ground, organization: Organization, report: Report, name: str) -> float:
    """CPU seconds of a pass that finds everything as it was. The first one notes a date for each job."""
    service_for(organization).ping()
    for turn in ("first", "second"):
        _list_only(organization)
        with _measured(ground) as cost:
            polling.list_next()
        report.note(f"{turn}_pass_of_{name.replace(' ', '_').replace(',', '')}", cost)
    ground.stack.simulator.control("settings", {"latency": LATENCY})
    _list_only(organization)
    with report.phase(f"one pass, {name}, at {LATENCY:.1f} s latency"):
        polling.list_next()
    ground.stack.simulator.control("settings", {"latency": 0})
    return float(cost["cpu"]) + float(cost["database_cpu"])


def _list_only(organization: Organization) -> None:
    """Its list is due now, and no other."""
    JobListing.objects.update(next_list_at=timezone.now() + timedelta(days=1))
    JobListing.objects.filter(organization=organization).update(next_list_at=timezone.now())


@contextmanager
def _measured(ground: Ground) -> Iterator[dict[str, float]]:
    statements: Counter[str] = Counter()

    def count(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        statements[sql.split(maxsplit=1)[0]] += 1
        return execute(sql, *rest)

    cost: dict[str, float] = {}
    written, database = _rows_written(), ground.database_seconds
    wall, cpu = time.monotonic(), time.process_time()
    with connection.execute_wrapper(count):
        yield cost
    cost |= {"wall": round(time.monotonic() - wall, 2), "cpu": round(time.process_time() - cpu, 2)}
    cost["database_cpu"] = round(ground.database_seconds - database, 2)
    cost |= {"statements": statements.total(), "rows_written": _rows_written() - written}


def _rows_written() -> int:
    with connection.cursor() as cursor:
        # Each session hands in what it has counted, now and then; here at once.
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT n_tup_upd + n_tup_ins FROM pg_stat_user_tables WHERE relname = %s", [Job._meta.db_table])
        return int(cursor.fetchone()[0])
