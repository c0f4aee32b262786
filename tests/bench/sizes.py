"""One request of many people on the real stack, and what it leaves behind."""

from __future__ import annotations

import os
from pathlib import Path

import urllib3
from django.conf import settings
from django.db import connection
from django.utils import timezone

from portal.models import Organization, User
from portal.steps import wake
from privacy import intake
from privacy.models import Job, JobListing, ResultArchive, Upload
from privacy.statuses import JOB_DONE, ArchiveStatus, UploadStatus
from tests.bench.measure import PeakMemory, Report, size_of
from tests.bench.population import Population
from tests.bench.run import arrived
from tests.stack import Stack

PEOPLE = 10_000
PAGES = ("/", "/requests/", "/jobs/")
LOOKS = 200


def run(folder: Path, _postgres: Path) -> int:
    """The exit status."""
    population, report = Population(int(os.environ.get("BENCH_PEOPLE", PEOPLE))), Report()
    report.note("people", population.people)
    names = ("DATABASE_URL", "BROKER_URL", "SWEEP_EVERY_SECONDS", "LIST_EVERY_SECONDS", "DETAIL_FIRST_SECONDS")
    variables = {name: os.environ[name] for name in names} | {"LOG_LEVEL": "INFO", "TASK_LOG_LEVEL": "INFO"}
    with Stack(folder, simulator_options=["--speed", "1000"], **variables) as stack, PeakMemory(stack) as memory:
        made = stack.seed()
        organization, officer = (
            Organization.objects.get(pk=made["organization"]["id"]),
            User.objects.get(pk=made["users"]["officer"]),
        )
        stack.start_worker(concurrency=2)
        stack.start_beat()
        address = stack.start_web(workers=2)
        before = _database_bytes(), size_of(Path(settings.MEDIA_ROOT))
        _everything(stack, population, organization, officer)
        _look_at_pages(address)
        after = _database_bytes(), size_of(Path(settings.MEDIA_ROOT))
        report.note("database_kb_a_person", round((after[0] - before[0]) / population.people / 1000, 1))
        report.note("media_kb_a_person", round((after[1] - before[1]) / population.people / 1000, 1))
        report.note("peak_memory_mb", memory.megabytes())
    print(report.last_line(), flush=True)
    return 0


def _everything(stack: Stack, population: Population, organization: Organization, officer: User) -> None:
    patience = 300 + population.people * 0.2
    upload = intake.receive(
        arrived(population.file()), organization=organization, user=officer, received_on=timezone.now().date()
    )
    wake("check")
    ready = Upload.objects.filter(pk=upload.pk, status=UploadStatus.READY)
    stack.wait_until(ready.exists, patience, "the check")
    upload.refresh_from_db()
    intake.confirm(upload, officer)
    stored = ResultArchive.objects.filter(status=ArchiveStatus.STORED)
    stack.wait_until(lambda: Job.objects.exclude(adobe_job_id=None).count() == population.jobs, patience, "the calls to be sent")
    stack.simulator.control("finish", {})
    JobListing.objects.update(next_list_at=timezone.now())
    wake("list")
    stack.wait_until(
        lambda: stored.count() == population.people and not Job.objects.exclude(status__in=JOB_DONE).exists(),
        patience,
        "every result to be stored",
        every=1,
    )


def _look_at_pages(address: str) -> None:
    with urllib3.PoolManager() as pool:
        for number in range(LOOKS):
            pool.request("GET", address + PAGES[number % len(PAGES)], redirect=True)


def _database_bytes() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        (size,) = cursor.fetchone()
    return int(size)
