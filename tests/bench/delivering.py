"""Deliveries of signed events to one web process, and the same ones to a view that does nothing."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3
from django.db import connections

from privacy.models import AdobeEvent
from tests.adobe_events import address_of, as_body, event, key_host, make_source, signed
from tests.bench import rows
from tests.bench.ground import Ground, cpu_seconds, prepared
from tests.bench.measure import Report

EVENTS = 3000
CONNECTIONS = 4
LEAST_SHARE = 0.5
_FORK = multiprocessing.get_context("fork")
Delivery = tuple[bytes, dict[str, str]]


@dataclass(frozen=True)
class Turn:
    """A second, and a second of the web process's processor time."""

    a_second: float
    a_cpu_second: float


def run(folder: Path, postgres: Path) -> int:
    """The exit status."""
    number, report = int(os.environ.get("BENCH_EVENTS", EVENTS)), Report()
    with prepared(folder, postgres) as ground, key_host() as host:
        source = make_source(rows.make_acme(ground.stack.simulator.address))
        ground.stack.environment["ADOBE_EVENT_KEYS_URL"] = host.url
        address = _start_web(ground)
        targets = {"events": address + address_of(source), "a bare view": f"{address}/bench-answers/"}
        for url in targets.values():
            _deliver(ground, url, _deliveries(100))
        turns: dict[str, list[Turn]] = {name: [] for name in targets}
        for name in ("a bare view", "events") * 2:
            turns[name].append(_deliver(ground, targets[name], _deliveries(number)))
        stored = AdobeEvent.objects.filter(source=source).count()
        _judge(report, turns, stored, expected=2 * number + 100)
    print(report.last_line(), flush=True)
    return 1 if report.failures else 0


def _judge(report: Report, turns: dict[str, list[Turn]], stored: int, *, expected: int) -> None:
    for name, each in turns.items():
        for turn in each:
            print(f"{name:<12} {turn.a_second:8,.0f} a second, {turn.a_cpu_second:8,.0f} a second of its processor", flush=True)
    means = {
        name: Turn(sum(turn.a_second for turn in each) / len(each), sum(turn.a_cpu_second for turn in each) / len(each))
        for name, each in turns.items()
    }
    ours, bare = means["events"], means["a bare view"]
    report.note("events_a_second", round(ours.a_second))
    report.note("events_a_cpu_second", round(ours.a_cpu_second))
    report.note("share_of_a_bare_view", round(ours.a_second / bare.a_second, 2))
    share = ours.a_cpu_second / bare.a_cpu_second
    report.note("share_by_processor_time", round(share, 2))
    report.expect("every event is stored once", holds=stored == expected, found=stored)
    report.expect(f"at least {LEAST_SHARE} of a bare view", holds=ours.a_second >= bare.a_second * LEAST_SHARE, found=share)


def _start_web(ground: Ground) -> str:
    command = [sys.executable, "-m", "gunicorn", "tests.bench.answering:application", "--workers", "1", "--threads", "4"]
    options = ["--bind", "127.0.0.1:0", "--no-control-socket"]
    ready = ground.stack.start("web", [*command, *options], r"Listening at: http://127\.0\.0\.1:(\d+)")
    return f"http://127.0.0.1:{ready[1]}"


def _deliveries(number: int) -> list[Delivery]:
    """Signed before the clock runs."""
    bodies = [as_body(event(job_id=f"job-{place}")) for place in range(number)]
    return [(body, signed(body) | {"Content-Type": "application/json"}) for body in bodies]


def _deliver(ground: Ground, url: str, deliveries: Sequence[Delivery]) -> Turn:
    """From a process of its own, so that signing and counting are not in the way."""
    connections.close_all()
    result = _FORK.SimpleQueue()
    before = _web_seconds(ground)
    process = _FORK.Process(target=_post_all, args=(url, deliveries, result))
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError(ground.stack.log("web")[-2000:])
    wall = result.get()
    return Turn(len(deliveries) / wall, len(deliveries) / max(_web_seconds(ground) - before, 0.01))


def _web_seconds(ground: Ground) -> float:
    return sum(map(cpu_seconds, ground.stack.pids("web")))


def _post_all(url: str, deliveries: Sequence[Delivery], result: Any) -> None:
    pool = urllib3.PoolManager(maxsize=CONNECTIONS, block=True)

    def post(delivery: Delivery) -> int:
        body, headers = delivery
        return pool.request("POST", url, body=body, headers=headers, retries=False).status

    began = time.monotonic()
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        statuses = set(threads.map(post, deliveries))
    wall = time.monotonic() - began
    if statuses != {200}:
        raise RuntimeError(f"answered with {statuses}")
    result.put(wall)
