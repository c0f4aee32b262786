"""One organization's many people do not hold up another's one: real workers, on PostgreSQL and Redis."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from psycopg import sql

from tests.conftest import OTHER_IMS_ORG
from tests.servers import Servers
from tests.stack import Stack

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]
MANY = 40
SMALL = {"imsOrg": OTHER_IMS_ORG, "clientId": "small-client", "clientSecret": "simulator-secret"}
QUEUE = f"""
from portal.models import Organization, User
from tests.files import confirmed_request, payload, people
Organization.objects.update(max_people_per_call=1)
Organization.objects.filter(name="Other").update(client_id="small-client")
large, small = Organization.objects.get(name="Acme"), Organization.objects.get(name="Other")
confirmed_request(large, User.objects.get(username="officer"), payload(people({MANY}, "access", prefix="large")))
confirmed_request(small, User.objects.get(username="colleague"), payload(people(1, "access", prefix="small")))
"""
SENT = "SELECT count(*) FROM privacy_submission WHERE state = 'sent'"


@pytest.fixture
def stack(real_servers: Servers, tmp_path: Path) -> Iterator[Stack]:
    """A stack on a database of its own, whose Adobe knows both organizations."""
    name = f"turns_{tmp_path.name}".lower()
    with psycopg.connect(real_servers.database_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    with redis.Redis.from_url(real_servers.broker_url) as client:
        client.flushall()
    url = f"{real_servers.database_url.rsplit('/', 1)[0]}/{name}"
    options = ["--organization", json.dumps(SMALL)]
    with Stack(tmp_path, simulator_options=options, DATABASE_URL=url, BROKER_URL=real_servers.broker_url) as running:
        yield running


def test_the_only_call_of_the_small_organization_goes_among_the_first(stack: Stack) -> None:
    stack.seed()
    stack.manage("shell", "--no-imports", "--command", QUEUE)
    stack.simulator.control("settings", {"latency": 0.1})
    stack.start_worker("one", concurrency=2)
    stack.start_beat()
    stack.wait_until(lambda: stack.value(SENT) == MANY + 1, 120, "every call to be sent")
    keys = [entry["key"] for entry in stack.simulator.ledger()]
    place = next(number for number, key in enumerate(keys) if key.startswith("small"))
    # Two children of the worker: each may have taken one call of the large organization first, and one more each in flight.
    assert place <= 4
