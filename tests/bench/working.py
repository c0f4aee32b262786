"""One Celery worker with more and more processes, all of them sending."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from portal import steps
from portal.connections import service_for
from portal.models import Organization, Wakeup
from portal.outbound import CallState
from privacy.models import Submission
from tests.bench import rows
from tests.bench.ground import LATENCY, Ground, cpu_seconds, machine_seconds, prepared
from tests.bench.measure import Report

PROCESSES = (1, 2, 4, 8)
PEOPLE_A_CALL = 20
CALLS_A_PROCESS = 40
LEAST_OF_LINEAR = 0.9
# From here on the cores count as full.
FULL = 0.85


@dataclass(frozen=True)
class Rate:
    """What so many processes did. Cores in use on average, by whose they were; `machine`: whatever else ran beside, too."""

    processes: int
    jobs_a_minute: float
    workers: float
    database: float
    simulator: float
    machine: float

    @property
    def cores(self) -> float:
        return self.workers + self.database + self.simulator

    @property
    def busiest(self) -> str:
        """Who has most of the cores."""
        parts = {"the workers": self.workers, "PostgreSQL": self.database, "the simulator": self.simulator}
        return max(parts, key=lambda name: parts[name])


def run(folder: Path, postgres: Path) -> int:
    """The exit status."""
    report, cores = Report(), len(os.sched_getaffinity(0))
    report.note("cores", cores)
    with prepared(folder, postgres) as ground:
        organization = rows.make_acme(ground.stack.simulator.address, max_people_per_call=PEOPLE_A_CALL)
        rates = [_rate(ground, organization, processes) for processes in PROCESSES]
    one = rates[0]
    for rate in rates:
        share = rate.jobs_a_minute / (one.jobs_a_minute * rate.processes)
        parts = f"workers {rate.workers:.2f}, PostgreSQL {rate.database:.2f}, simulator {rate.simulator:.2f}"
        print(f"{rate.processes} processes: {rate.jobs_a_minute:8,.0f} jobs a minute, {share:.2f} of linear", flush=True)
        print(f"             {rate.cores:.2f} of {cores} cores ({parts}); the machine {rate.machine:.2f}", flush=True)
        report.note(f"jobs_a_minute_{rate.processes}", round(rate.jobs_a_minute))
        report.note(f"of_linear_{rate.processes}", round(share, 2))
        if rate.machine >= FULL * cores:
            print(f"             the cores are full; of ours most go to {rate.busiest}", flush=True)
        else:
            holds = share >= LEAST_OF_LINEAR
            report.expect(f"{rate.processes}: {LEAST_OF_LINEAR} of linear while cores are free", holds=holds, found=share)
    print(report.last_line(), flush=True)
    return 1 if report.failures else 0


def _rate(ground: Ground, organization: Organization, processes: int) -> Rate:
    calls = processes * CALLS_A_PROCESS
    request = rows.queued_request(organization, calls * PEOPLE_A_CALL)
    ours = Submission.objects.filter(request=request)
    ours.update(next_attempt_at=timezone.now() + timedelta(days=1))
    ground.fresh(LATENCY)
    service_for(organization).ping()
    Wakeup.objects.all().delete()
    ground.stack.start_worker(concurrency=processes)
    before = _seconds(ground)
    began = time.monotonic()
    ours.update(next_attempt_at=timezone.now())
    steps.wake("submit")
    ground.stack.wait_until(lambda: not ours.exclude(state=CallState.SENT).exists(), 120, "the calls to be sent", every=0.05)
    wall = time.monotonic() - began
    spent = [(after - start) / wall for after, start in zip(_seconds(ground), before, strict=True)]
    ground.stack.stop("worker")
    return Rate(processes, calls * PEOPLE_A_CALL / wall * 60, *spent)


def _seconds(ground: Ground) -> tuple[float, float, float, float]:
    workers = sum(map(cpu_seconds, ground.stack.pids("worker")))
    return workers, ground.database_seconds, ground.simulator_seconds, machine_seconds()
