"""Clocks, workers, beat, and work that should have been done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings

from portal import heartbeats
from portal.doctor.findings import Finding, ok, problem, warning
from portal.health import picture
from portal.models import ProcessKind
from portal.waits import time_left

CLOCK, WORKERS, BEAT, QUEUES = "clock", "workers", "beat", "queues"
SKEW_TO_SEE_TO = 2_000  # milliseconds
SYNCHRONIZE = "Let an NTP service (systemd-timesyncd, chrony) set the clocks of this machine and of the database's."
# A worker that died yesterday was replaced, or somebody has heard of it.
SILENCE_TO_MENTION = timedelta(days=1)


def clock() -> Iterator[Finding]:
    """This machine's clock beside the database's."""
    yield _skew(heartbeats.clock_skew(), "This machine's clock")


def _skew(milliseconds: int, whose: str) -> Finding:
    ahead = "ahead of" if milliseconds > 0 else "behind"
    words = f"{whose} is {abs(milliseconds) / 1000:,.1f} s {ahead} the database's."
    if abs(milliseconds) >= _skew_that_harms():
        return problem(CLOCK, words, f"{SYNCHRONIZE} So far apart, a call that is still being made can be taken for lost.")
    if abs(milliseconds) >= SKEW_TO_SEE_TO:
        return warning(CLOCK, words, SYNCHRONIZE)
    return ok(CLOCK, words)


def _skew_that_harms() -> float:
    """Half the time between the end of a task and the end of its claim, in milliseconds."""
    return (settings.CLAIM_SECONDS - settings.TASK_HARD_LIMIT_SECONDS) * 1000 / 2


def workers() -> Iterator[Finding]:
    """At least one is alive, and none went away without a word."""
    found = picture.workers()
    alive = [one for one in found if not one.is_silent]
    if not alive:
        yield problem(
            WORKERS,
            "No worker is alive.",
            "Start one: celery -A portal.celery worker. If it runs, it has lost its broker or its database: see its log.",
        )
    else:
        names = ", ".join(one.name for one in alive)
        yield ok(WORKERS, f"{len(alive)} alive: {names}.")
    for one in found:
        if one.is_silent and one.age < SILENCE_TO_MENTION:
            yield warning(
                WORKERS,
                f"{one.name} is silent: it was last seen {time_left(one.age)} ago and did not end in good order.",
                "It was killed, hangs, or has lost its broker: see its log, and start it again.",
            )
        if not one.is_silent and abs(one.clock_skew) >= SKEW_TO_SEE_TO:
            yield _skew(one.clock_skew, f"The clock of {one.name}")


def beat() -> Iterator[Finding]:
    """Its messages are taken."""
    found = next((one for one in heartbeats.processes() if one.kind == ProcessKind.BEAT), None)
    if found is None:
        yield problem(BEAT, "Beat has not shown itself.", "Start it: celery -A portal.celery beat, once in all.")
    elif found.is_silent:
        yield problem(
            BEAT,
            f"The last beat was {time_left(found.age)} ago.",
            "Start beat (once in all). If it runs, no worker takes its messages: see the lines about broker and workers.",
        )
    else:
        yield ok(BEAT, f"The last beat was {time_left(found.age)} ago.")


def queues() -> Iterator[Finding]:
    """Nothing has been due for long."""
    found = picture.queues()
    for queue in found:
        if queue.is_late:
            yield warning(
                QUEUES,
                f"{queue.label}: {queue.depth_words} due, the oldest for {time_left(queue.age)}.",
                "Start more workers, or look for the error in their logs.",
            )
    if not any(queue.is_late for queue in found):
        yield ok(QUEUES, f"{sum(queue.depth for queue in found):,} rows are due, none of them for long.")
