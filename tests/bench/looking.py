"""Opens every page at one size of the portal, and again at a hundred times that size."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from hygiene.models import RecordDelete
from portal.models import User
from portal.search import keeping
from portal.search.finding import Wanted
from privacy.models import Job, OptOut, PrivacyRequest
from tests.bench.filling import Block, Ground, fill, ground
from tests.bench.filling_rest import RARE, RARE_KEY, figures, fill_rest, rare_person
from tests.bench.measure import Report

JOBS = 1_000_000
TIMES = 100
MOST_GROWTH = 1.5
MOST_STATEMENTS = 12
LOADS = 5
# A page that takes so long is not loaded as often.
SLOW = 2.0
# Below these a page is fast whatever the ratio says: the clock and the machine have more to do with it than the rows.
TOO_FAST_TO_TELL = 0.015
# A report is a sum over all requests of its months: more of them take longer.
SUMS = {"report"}
LISTS = {
    "privacy:request-list": ["", "due=overdue", "due=week", "order=due", "status=in_progress", "law=ccpa", "assignee=me"],
    "privacy:all-jobs": [
        "",
        "state=open",
        "state=failed",
        "product=analytics",
        "product=analytics&state=failed",
        "product=analytics&state=open",
        "due=week",
        "due=overdue",
        "law=ccpa",
        "action=delete",
        "assignee=me",
        "result=stored",
        "result=expiring",
        "sent=DAY",
        "finished=DAY&state=failed",
    ],
    "privacy:person-list": ["", "state=open", "state=failed", "due=week", "law=ccpa", "action=delete"],
    "privacy:opt-out-list": [""],
    "privacy:upload-list": ["", "show=all"],
    "hygiene:record-delete-list": [""],
    "hygiene:all-work-orders": [""],
    "home": ["", "days=365", "law=ccpa", "whose=mine"],
    "privacy:report": [""],
    "privacy:hand-over": [""],
    "privacy:sync-list": [""],
    "notices": [""],
    "health": [""],
}


@dataclass(frozen=True)
class Look:
    """One page: its quickest load in seconds, how many rows it shows, its statements, how long they take in all, the slowest."""

    seconds: float
    rows: int
    statements: int
    in_database: float
    slowest: float
    sql: str


def run() -> int:
    """The exit status."""
    report, jobs = Report(), int(os.environ.get("BENCH_JOBS", JOBS))
    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("migrate", verbosity=0)
    on, block = ground(), Block(jobs // TIMES)
    with report.phase(f"filling {block.jobs:,} jobs"):
        _fill(on, block, 1, 1)
        rare_person(on)
    addresses = _addresses(on)
    with report.phase("looking"):
        few = {name: _look(on.user, address) for name, address in addresses.items()}
    with report.phase(f"filling {jobs:,} jobs"):
        _fill(on, block, 2, TIMES)
    report.note("jobs", Job.objects.count())
    with report.phase("looking again"):
        many = {name: _look(on.user, address) for name, address in addresses.items()}
    _tell(report, few, many)
    print(report.last_line(), flush=True)
    return 1 if report.failures else 0


def _fill(on: Ground, block: Block, first: int, last: int) -> None:
    fill(on, block, first, last)
    fill_rest(on)
    figures(on)


# --- Pages ---


def _addresses(on: Ground) -> Mapping[str, str]:
    """Every page by a name. Details are about rows of the first block, which are there at both sizes."""
    day = (timezone.now() - timedelta(days=60)).date().isoformat()
    lists = {
        f"{name.rpartition(':')[2]} {query}".strip(): f"{reverse(name)}?{query.replace('DAY', day)}"
        for name, queries in LISTS.items()
        for query in queries
    }
    searches = {
        f"search by {what}": reverse("search-result", args=[keeping.keep(on.user, Wanted(text)).pk])
        for what, text in _wanted().items()
    }
    return {**lists, **searches, **_details()}


def _wanted() -> Mapping[str, str]:
    return {
        "identity": RARE,
        "key": RARE_KEY,
        "number": "PR-2025-000007",
        "job id": str(Job.objects.order_by("pk").values_list("adobe_job_id", flat=True)[0]),
        "nothing": "nobody@example.com",
    }


def _details() -> Mapping[str, str]:
    large = PrivacyRequest.objects.order_by("-people")[0]
    small = PrivacyRequest.objects.filter(people=1, status="complete").order_by("number")[0]
    rare = PrivacyRequest.objects.filter(people=1).order_by("number")[0].subjects.get()
    opt_out, record_delete = OptOut.objects.order_by("number").first(), RecordDelete.objects.order_by("number").first()
    assert opt_out is not None
    assert record_delete is not None
    order = record_delete.work_orders.order_by("ordinal")[0]
    job = large.jobs.order_by("pk")[0]
    return {
        f"request of {large.people:,}": reverse("privacy:request-detail", args=[large.number]),
        f"progress of {large.people:,}": reverse("privacy:request-progress", args=[large.number]),
        f"people of {large.people:,}": reverse("privacy:request-people", args=[large.number]),
        f"jobs of {large.people:,}": reverse("privacy:job-list", args=[large.number]),
        f"failed jobs of {large.people:,}": f"{reverse('privacy:job-list', args=[large.number])}?state=failed",
        "request of 1": reverse("privacy:request-detail", args=[small.number]),
        "job": reverse("privacy:job-detail", args=[job.pk]),
        "person": reverse("privacy:person", args=[rare.pk]),
        "opt-out": reverse("privacy:opt-out-detail", args=[opt_out.number]),
        "record delete": reverse("hygiene:record-delete-detail", args=[record_delete.number]),
        "work order": reverse("hygiene:work-order-detail", args=[order.pk]),
    }


def _look(user: User, address: str) -> Look:
    client = Client()
    client.force_login(user)
    cache.clear()
    # What a process keeps for a while is kept before it is measured, as it is in one that serves.
    first, rows = _load(client, address)
    # The quickest one: others had the machine's other work in their way.
    seconds = min(_load(client, address)[0] for _ in range(1 if first > SLOW else LOADS))
    with CaptureQueriesContext(connection) as captured:
        _load(client, address)
    times = [float(query["time"]) for query in captured.captured_queries]
    slowest = captured.captured_queries[times.index(max(times))]["sql"]
    if os.environ.get("BENCH_TALK"):
        print(f"{seconds:8.3f} s {max(times)} s {address}", flush=True)
    return Look(seconds, rows, len(captured), sum(times), max(times), slowest)


def _load(client: Client, address: str) -> tuple[float, int]:
    """Seconds, and how many rows the page shows."""
    began = time.perf_counter()
    answer = client.get(address)
    seconds = time.perf_counter() - began
    assert answer.status_code == 200, (address, answer.status_code)
    return seconds, answer.content.count(b"<tr")


# --- What came of it ---


def _tell(report: Report, few: Mapping[str, Look], many: Mapping[str, Look]) -> None:
    print(f"{'page':<44} {'few':>8} {'many':>8} {'ratio':>6} {'rows':>9} {'statements':>10} {'slowest':>8}", flush=True)
    slower, asking = [], []
    for name, then in few.items():
        now = many[name]
        ratio = now.seconds / then.seconds
        missed = name not in SUMS and _has_grown(then, now)
        slower += [name] * missed
        asking += [name] * (now.statements > MOST_STATEMENTS)
        milliseconds = f"{then.seconds * 1000:5.0f} ms {now.seconds * 1000:5.0f} ms {ratio:6.2f}"
        shown = f"{then.rows:>4} {now.rows:>4}"
        print(f"{name:<44} {milliseconds} {shown} {now.statements:>10} {now.slowest * 1000:5.0f} ms{' <' * missed}", flush=True)
        if missed and os.environ.get("BENCH_EXPLAIN"):
            _explain(now.sql)
    report.note("pages", len(few))
    report.note("slowest_ms", round(max(look.seconds for look in many.values()) * 1000))
    report.note("home_ms", round(many["home"].seconds * 1000))
    report.note("median_ratio", round(statistics.median(many[name].seconds / few[name].seconds for name in few), 2))
    report.note("more_than_twelve_statements", ", ".join(asking))
    report.expect(
        f"no page takes {MOST_GROWTH} times as long at {TIMES} times the jobs", holds=not slower, found=", ".join(slower)
    )


def _has_grown(then: Look, now: Look) -> bool:
    """A page that has more rows to show takes longer to write: of such a one its statements are judged."""
    before, after = (then.seconds, now.seconds) if now.rows <= then.rows else (then.in_database, now.in_database)
    return after >= before * MOST_GROWTH and after - before > TOO_FAST_TO_TELL


def _explain(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS) " + sql.replace("%", "%%"))
        print(sql, *(line for (line,) in cursor.fetchall()), sep="\n    ", flush=True)
