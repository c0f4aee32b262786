"""500 slow requests at once, all answered, while the control endpoints stay quick."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from tests.conftest import Simulator
from tests.portal.simulator.wire import JOBS, Adobe, body, person, running

MANY = 500
SECONDS = 4  # long enough for 500 calls to begin on a busy machine
PATIENCE = aiohttp.ClientTimeout(total=60)


@pytest.fixture(scope="module")
def latent() -> Iterator[Simulator]:
    """A simulator that takes its time for each answer of Adobe's paths."""
    with running("--latency", str(SECONDS)) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def patient(latent: Simulator) -> Adobe:
    """A caller of it who has waited for a token."""
    caller = Adobe(latent.address)
    start = time.monotonic()
    assert caller.token
    assert time.monotonic() - start >= SECONDS
    return caller


async def post(session: aiohttp.ClientSession, adobe: Adobe, key: str) -> tuple[int, Any]:
    async with session.post(adobe.address + JOBS, json=body(person(key=key)), headers=adobe.headers()) as answer:
        return answer.status, await answer.json()


async def watch(session: aiohttp.ClientSession, address: str, done: asyncio.Event) -> list[int]:
    """How many calls were in flight, again and again, until done."""
    seen: list[int] = []
    while not done.is_set():
        async with session.get(f"{address}/__simulator__/calls") as answer:
            seen.append((await answer.json())["inFlight"])
        await asyncio.sleep(0.05)
    return seen


async def flood(adobe: Adobe) -> tuple[list[tuple[int, Any]], list[int]]:
    """The answers to 500 creates sent at once, and what the control endpoint said meanwhile."""
    done = asyncio.Event()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=PATIENCE) as session:
        watching = asyncio.create_task(watch(session, adobe.address, done))
        answers = await asyncio.gather(*(post(session, adobe, str(n)) for n in range(MANY)))
        done.set()
        return list(answers), await watching


def assert_all_answered(simulator: Simulator, answers: list[tuple[int, Any]], in_flight: list[int]) -> None:
    assert [status for status, _ in answers] == [202] * MANY
    answered = {said["jobs"][0]["jobId"]: said["jobs"][0]["customer"]["user"]["key"] for _, said in answers}
    assert {entry["jobId"]: entry["key"] for entry in simulator.ledger()} == answered
    assert len(answered) == MANY
    assert simulator.control("calls")["maxInFlight"] >= MANY
    # The control endpoint was asked, and answered, while they waited.
    assert sum(count > 0 for count in in_flight) > 5


def test_it_holds_500_calls_with_latency(latent: Simulator, patient: Adobe) -> None:
    start = time.monotonic()
    answers, in_flight = asyncio.run(flood(patient))
    assert time.monotonic() - start >= SECONDS
    assert_all_answered(latent, answers, in_flight)


def test_it_holds_500_calls_that_a_fault_slows(simulator: Simulator, adobe: Adobe) -> None:
    assert adobe.token
    simulator.fault("slow", rate=1, seconds=SECONDS)
    answers, in_flight = asyncio.run(flood(adobe))
    assert_all_answered(simulator, answers, in_flight)


def test_latency_can_be_set_while_it_runs(simulator: Simulator, adobe: Adobe) -> None:
    assert adobe.token
    assert simulator.control("settings", {"latency": 0.3}) == {"speed": 1.0, "latency": 0.3}
    start = time.monotonic()
    adobe.listing()
    assert time.monotonic() - start >= 0.3
    simulator.reset()
    assert simulator.control("settings", {}) == {"speed": 1.0, "latency": 0.0}


def test_a_caller_who_hangs_up_during_the_latency_has_been_served(simulator: Simulator, adobe: Adobe) -> None:
    impatient = Adobe(adobe.address, timeout=0.1, _token=adobe.token)
    simulator.control("settings", {"latency": 1})
    with pytest.raises(Exception, match="timed out"):
        impatient.post(body())
    assert len(simulator.ledger()) == 1
