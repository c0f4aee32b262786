"""Requests go to Adobe exactly once on PostgreSQL and Redis, with two workers, beat and the site as processes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import redis
from psycopg import sql

from tests.files import payload, people
from tests.marks import Marks
from tests.servers import Servers
from tests.services import places
from tests.services.everything import Everything, prepared, prepared_anew
from tests.services.words import Mouth
from tests.stack import Stack

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def running(real_servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everything]:
    """A stack on a database of its own, with two workers. Starting it takes longer than a test."""
    folder = tmp_path_factory.mktemp("stack")
    name = f"stack_{folder.name}".lower()
    with psycopg.connect(real_servers.database_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = f"{real_servers.database_url.rsplit('/', 1)[0]}/{name}"
    with (
        Stack(folder, DATABASE_URL=url, BROKER_URL=real_servers.broker_url) as stack,
        Mouth(stack.simulator.address, "").running() as mouth,
    ):
        yield prepared(stack, mouth, Marks())


@pytest.fixture
def portal(running: Everything) -> Everything:
    """The stack, with nothing in it but the seed and an officer who is signed in; Redis is empty."""
    everything = prepared_anew(running)
    with redis.Redis.from_url(everything.stack.environment["BROKER_URL"]) as client:
        client.flushall()
    everything.sign_in()
    return everything


def many(count: int, prefix: str) -> dict[str, Any]:
    """People who want access and deletion."""
    return payload(people(count, prefix=prefix))


def at_adobe(portal: Everything) -> Counter[tuple[str, str]]:
    """How often Adobe took each (key, action)."""
    return Counter((entry["key"], entry["action"]) for entry in portal.stack.simulator.ledger())


def expected(portal: Everything) -> Counter[tuple[str, str]]:
    """Each (wire key, action) of every request, once."""
    return Counter((key, action) for key, action in portal.command("wire-keys"))


def until_all_sent(portal: Everything, calls: int) -> None:
    """Wait until that many calls are made and none is left."""
    sent = "SELECT count(*) FROM privacy_submission WHERE state = 'sent'"
    portal.stack.wait_until(lambda: portal.stack.value(sent) == calls, 120, f"{calls} calls to be sent")
    assert portal.stack.value("SELECT count(*) FROM privacy_submission") == calls


def test_a_request_goes_from_the_upload_to_its_stored_results(portal: Everything) -> None:
    number = portal.confirmed("whole", many(5, "whole"))
    until_all_sent(portal, 1)
    portal.until_followed(number, "complete")
    portal.stack.wait_until(lambda: len(portal.results(number, "stored")) == 5, 60, "five results")
    assert at_adobe(portal) == expected(portal)
    assert sum(expected(portal).values()) == 10
    for job in portal.results(number, "stored"):
        assert portal.officer.get(f"/jobs/{job}/result/").content.startswith(b"PK")
    portal.stack.wait_until(
        lambda: (
            portal.stack.value("SELECT count(*) FROM portal_auditevent")
            == portal.stack.value("SELECT count(*) FROM portal_auditleaf")
        ),
        30,
        "every event to be sealed",
    )
    assert portal.stack.manage("audit", "verify")


def test_two_workers_share_many_calls_and_double_none(portal: Everything) -> None:
    places.execute(portal.stack.environment["DATABASE_URL"], SMALL_CALLS)
    portal.stack.simulator.control("settings", {"latency": 0.1})
    before = {name: len(portal.stack.log(name)) for name in ("one", "two")}
    for place in range(4):
        portal.confirmed(f"many {place}", many(40, f"many{place}"))
    until_all_sent(portal, 40)
    assert at_adobe(portal) == expected(portal)
    assert sum(expected(portal).values()) == 320
    assert all("privacy/jobs 202" in portal.stack.log(name)[length:] for name, length in before.items())


SMALL_CALLS = "UPDATE portal_organization SET max_people_per_call = 4"


def test_emptying_redis_loses_nothing(portal: Everything) -> None:
    places.execute(portal.stack.environment["DATABASE_URL"], SMALL_CALLS)
    broker = portal.stack.environment["BROKER_URL"]
    portal.stack.simulator.control("settings", {"latency": 0.1})
    numbers = []
    with redis.Redis.from_url(broker) as client:
        for place in range(3):
            numbers.append(portal.confirmed(f"emptied {place}", many(20, f"emptied{place}")))
            client.flushall()
        sent = "SELECT count(*) FROM privacy_submission WHERE state = 'sent'"
        portal.stack.wait_until(lambda: portal.stack.value(sent) >= 5, 120, "the first calls")
        assert portal.stack.value(sent) < 15, "all was sent before Redis was emptied half-way"
        client.flushall()
        until_all_sent(portal, 15)
        portal.stack.simulator.control("settings", {"latency": 0})
        client.flushall()
    assert at_adobe(portal) == expected(portal)
    portal.finish_at_adobe()
    for number in numbers:
        portal.stack.wait_until(lambda n=number: portal.request_row(n, "status") == "complete", 120, number)  # type: ignore[misc]


def test_messages_hold_no_data(portal: Everything) -> None:
    """What waits in Redis says which step to look at, and nothing else."""
    portal.stack.stop("one")
    portal.stack.stop("two")
    portal.confirmed("waiting", many(2, "waiting"))
    with redis.Redis.from_url(portal.stack.environment["BROKER_URL"]) as client:
        messages = [json.loads(message) for message in client.lrange("celery", 0, -1)]
    assert messages
    assert {json.dumps(message["headers"]["argsrepr"]) for message in messages} == {'"()"'}
    assert all(set(message["headers"]) >= {"task", "correlation_id_of_portal"} for message in messages)
