"""One run of `tests.bench.api`, once Django is set up."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.models import Organization
from privacy import intake
from tests.bench import crowd
from tests.bench.costs import Meter, cpu_seconds, database_cpu
from tests.bench.measure import Report
from tests.stack import Stack

SIZES = {1: 300, 50: 100, 1000: 12}
WARM_UP = 20
BULK, MANY = 50, 10_000
ADDRESS = "/api/v1/requests?confirm=true"
# A tenth of what Fides 2.78 took on a machine of this size, in bulk of 50: 36 ms a request.
MOST_MS_A_PERSON = 3.6
PUBLIC_STATEMENTS, PUBLIC_MS = 34, {1: 47, 50: 36}


@dataclass(frozen=True)
class Costs:
    """Of one call, in milliseconds of the processor."""

    web: float
    database: float
    wall: float
    statements: int
    prepare: float
    prepare_database: float

    @property
    def cpu(self) -> float:
        """Of everything."""
        return self.web + self.database + self.prepare + self.prepare_database


def run(folder: Path, variables: Mapping[str, str]) -> int:
    """The exit status."""
    report = Report()
    with Stack(folder, API_CALLS_PER_MINUTE="0", **variables) as stack:
        made = stack.seed()
        # Its limits of pace are not what is measured, and nothing is sent.
        Organization.objects.update(max_people_per_call=1000)
        address = stack.start_web()
        caller = _Caller(address, made["token"])
        caller.create(1, WARM_UP)
        found = {people: _measured(stack, caller, people, calls) for people, calls in SIZES.items()}
        many = int(os.environ.get("BENCH_PEOPLE", str(MANY)))
        in_all = _measured(stack, caller, BULK, -(-many // BULK))
    for people, costs in found.items():
        _tell(report, people, costs)
    at_50 = found[BULK].web / BULK
    report.note("web_cpu_ms_a_person_at_50", round(at_50, 2))
    report.expect(f"at most {MOST_MS_A_PERSON} ms a person at 50", holds=at_50 <= MOST_MS_A_PERSON, found=round(at_50, 2))
    counts = {costs.statements for costs in found.values()}
    report.expect("as many statements for 1,000 people as for one", holds=len(counts) == 1, found=sorted(counts))
    report.note("people", many)
    report.note("cpu_seconds", round(in_all.cpu * -(-many // BULK) / 1000, 2))
    print(report.last_line(), flush=True)
    return 1 if report.failures else 0


def _measured(stack: Stack, caller: _Caller, people: int, calls: int) -> Costs:
    statements = caller.statements(people)
    web = stack.pids("web")
    before = sum(map(cpu_seconds, web)), database_cpu(), time.perf_counter()
    caller.create(people, calls)
    after = sum(map(cpu_seconds, web)), database_cpu(), time.perf_counter()
    used, database, wall = (1000 * (end - start) / calls for start, end in zip(before, after, strict=True))
    prepared = _prepared()
    return Costs(used, database, wall, statements, *(1000 * seconds / prepared[0] for seconds in prepared[1:]))


def _prepared() -> tuple[int, float, float]:
    """Prepare everything that waits: how many requests, and the seconds of Python and of the database."""
    meter, done = Meter(), 0
    with meter.part("prepare"):
        while intake.prepare_next():
            done += 1
    return done, meter.parts["prepare"].python_cpu, meter.parts["prepare"].database_cpu


class _Caller:
    """An internal system. Every person that it names is a new one."""

    def __init__(self, address: str, token: str) -> None:
        self._address, self._number = address, 0
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._pool = urllib3.PoolManager(maxsize=1)

    def create(self, people: int, calls: int) -> None:
        """So many calls, one after the other."""
        for _ in range(calls):
            headers = self._headers | {"Idempotency-Key": str(uuid.uuid4())}
            answer = self._pool.request("POST", self._address + ADDRESS, body=self._body(people), headers=headers, retries=False)
            assert answer.status == 201, (answer.status, answer.data[:500])

    def statements(self, people: int) -> int:
        """Of one call, made in this process; of the second one, when everything that is kept is there."""
        client = Client(SERVER_NAME="127.0.0.1")
        for _ in range(2):
            headers = self._headers | {"Idempotency-Key": str(uuid.uuid4())}
            with CaptureQueriesContext(connection) as captured:
                answer = client.post(ADDRESS, self._body(people), "application/json", headers=headers)
            assert answer.status_code == 201, answer.content[:500]
        return len(captured)

    def _body(self, people: int) -> bytes:
        first = self._number + 1
        self._number += people
        users: list[dict[str, Any]] = [crowd.person(number, prefix="api") for number in range(first, first + people)]
        return json.dumps({"users": users, "include": list(crowd.PRODUCTS), "regulation": "gdpr"}).encode()


def _tell(report: Report, people: int, costs: Costs) -> None:
    report.note(f"web_ms_{people}", round(costs.web, 1))
    public = f"; Fides {PUBLIC_MS[people]} ms and {PUBLIC_STATEMENTS} statements a request" if people in PUBLIC_MS else ""
    print(
        f"{people:>5} people: web CPU {costs.web:7.1f} ms a call, {costs.web / people:6.2f} ms a person;"
        f" database {costs.database:6.1f} ms; {costs.wall:6.1f} ms on the clock; {costs.statements} statements{public}\n"
        f"              a worker prepares it in {costs.prepare:7.1f} ms a call, {costs.prepare / people:6.2f} ms a person;"
        f" database {costs.prepare_database:6.1f} ms",
        flush=True,
    )


if __name__ == "__main__":
    raise SystemExit("python -m tests.bench api")
