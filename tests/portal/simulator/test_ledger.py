"""The ledger and the counts: what was ever accepted, whatever became of it."""

from __future__ import annotations

import time
from datetime import datetime

import pytest
from urllib3.exceptions import HTTPError

from portal.simulator.calls import OPERATIONS
from tests.conftest import Simulator
from tests.portal.simulator.wire import DAY, JOBS, Adobe, accepted_at, body, person


def test_it_has_every_accepted_job_with_its_key(simulator: Simulator, adobe: Adobe) -> None:
    first = adobe.post(body(person("access", "delete", key="a#1"), person(key="b#2"), regulation="cpra_usa")).json
    second = adobe.post(body(person(key=None))).json
    answer = simulator.control("ledger")
    ids = [job["jobId"] for job in first["jobs"] + second["jobs"]]
    assert answer["total"] == 4
    assert [(entry["n"], entry["call"], entry["key"], entry["action"]) for entry in answer["entries"]] == [
        (1, 1, "a#1", "access"),
        (2, 1, "a#1", "delete"),
        (3, 1, "b#2", "access"),
        (4, 2, None, "access"),
    ]
    assert [entry["jobId"] for entry in answer["entries"]] == ids
    entry = answer["entries"][0]
    assert set(entry) == {
        "n", "org", "requestId", "jobId", "key", "action", "regulation", "include", "acceptedAt", "call",
    }  # fmt: skip
    assert (entry["org"], entry["requestId"], entry["regulation"]) == (adobe.ims_org, first["requestId"], "cpra_usa")
    assert entry["include"] == ["analytics", "profileService"]
    assert datetime.fromisoformat(entry["acceptedAt"]) == accepted_at(first["requestId"])


def test_it_has_the_jobs_of_every_organization(simulator: Simulator, adobe: Adobe, stranger: Adobe) -> None:
    adobe.create(person())
    stranger.create(person())
    assert [entry["org"] for entry in simulator.ledger()] == [adobe.ims_org, stranger.ims_org]


def test_it_keeps_jobs_that_adobe_has_forgotten(simulator: Simulator, adobe: Adobe) -> None:
    (forgotten,), (expired,) = adobe.create(person()), adobe.create(person())
    simulator.control(f"jobs/{forgotten}", method="DELETE")
    simulator.control("finish", {})
    simulator.advance(100 * DAY)
    assert [adobe.detail(job_id).status for job_id in (forgotten, expired)] == [404, 404]
    assert [entry["jobId"] for entry in simulator.ledger()] == [forgotten, expired]


def test_it_keeps_a_job_whose_answer_nobody_got(simulator: Simulator, adobe: Adobe) -> None:
    simulator.fault("accept_then_500")
    adobe.post(body(person(key="lost")))
    (entry,) = simulator.ledger()
    assert entry["key"] == "lost"
    assert adobe.listed() == [entry["jobId"]]


def test_it_has_nothing_that_was_refused(simulator: Simulator, adobe: Adobe) -> None:
    adobe.post(body(include=[]))
    adobe.post(body(), authorization=None)
    simulator.fault("throttle")
    adobe.post(body())
    assert simulator.control("ledger") == {"entries": [], "total": 0}


def test_it_can_be_read_in_parts(simulator: Simulator, adobe: Adobe) -> None:
    adobe.create(*[person(key=str(n)) for n in range(1, 6)])

    def keys(query: str) -> list[str]:
        answer = simulator.control(f"ledger?{query}")
        assert answer["total"] == 5
        return [entry["key"] for entry in answer["entries"]]

    assert keys("limit=2") == ["1", "2"]
    assert keys("after=2&limit=2") == ["3", "4"]
    assert keys("after=4") == ["5"]
    assert keys("after=5") == keys("limit=0") == []


@pytest.mark.parametrize("query", ["after=-1", "limit=all"])
def test_it_refuses_parts_that_make_no_sense(adobe: Adobe, query: str) -> None:
    name = query.partition("=")[0]
    answer = adobe.raw("GET", f"/__simulator__/ledger?{query}")
    assert answer.said == (400, {"error": f"{name} must be a whole number"})


def test_a_reset_empties_it(simulator: Simulator, adobe: Adobe) -> None:
    adobe.create(person())
    simulator.reset()
    assert simulator.control("ledger") == {"entries": [], "total": 0}
    assert adobe.listed() == []


def test_calls_are_counted_by_operation_and_answer(simulator: Simulator, adobe: Adobe) -> None:
    (job_id,) = adobe.create(person())
    adobe.post(body(users=[]))
    adobe.detail(job_id)
    adobe.content(job_id)
    adobe.call("GET", f"{JOBS}/ping")
    adobe.call("DELETE", JOBS)
    counts = simulator.control("calls")
    assert set(counts["calls"]) == set(OPERATIONS)
    assert {name: count for name, count in counts["calls"].items() if count} == {
        "token": 1, "create": 2, "detail": 1, "content": 1, "ping": 1, "other": 1,
    }  # fmt: skip
    assert counts["answers"] == {
        "token": {"200": 1},
        "create": {"202": 1, "400": 1},
        "detail": {"200": 1},
        "content": {"404": 1},
        "ping": {"200": 1},
        "other": {"405": 1},
    }
    assert counts["createsAccepted"] == 1


def test_a_slow_call_is_not_counted_after_a_reset(simulator: Simulator, adobe: Adobe) -> None:
    impatient = Adobe(adobe.address, timeout=0.1, _token=adobe.token)
    before = simulator.control("calls")["inFlight"]
    simulator.fault("slow", seconds=0.3)
    with pytest.raises(HTTPError):
        impatient.listing()
    simulator.reset()
    deadline = time.monotonic() + 10
    while simulator.control("calls")["inFlight"] > before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert simulator.control("calls")["answers"] == {}
