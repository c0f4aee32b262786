"""Faults of lists, details and the token endpoint: what they show, and that only what changed an answer counts as struck."""

from __future__ import annotations

import pytest
import urllib3
from urllib3.exceptions import HTTPError, NewConnectionError, ProtocolError

from tests.conftest import Simulator
from tests.portal.simulator.wire import DAY, TOKEN, Adobe, person, running

EVERY_LIST = {"path": "/data/core"}


def struck(simulator: Simulator) -> dict[str, int]:
    return dict(simulator.control("faults/struck"))


def five(adobe: Adobe) -> list[str]:
    """Newest first, as the list has them."""
    return adobe.create(*[person(key=str(n)) for n in range(5)])[::-1]


# --- Which page a list gives ---


def test_a_page_can_begin_some_rows_early_or_late(simulator: Simulator, adobe: Adobe) -> None:
    created = five(adobe)
    simulator.fault("list_repeat_page", page=1, rows=1)
    simulator.fault("list_miss_page", page=1, rows=1)
    assert adobe.listed(size=2, page=1) == created[1:3]
    assert adobe.listed(size=2, page=1) == created[3:5]
    assert adobe.listed(size=2, page=1) == created[2:4]


def test_the_total_of_work_orders_stays_when_rows_are_missed(simulator: Simulator, adobe: Adobe) -> None:
    orders = [adobe.order(displayName=name)["workorderId"] for name in "ABC"]
    simulator.fault("list_miss_page", match=EVERY_LIST, rows=1)
    page = adobe.orders(limit=2, orderBy="+createdAt")
    assert ([order["workorderId"] for order in page["results"]], page["total"]) == (orders[1:], 3)


def test_a_list_of_expirations_goes_wrong_like_the_others(simulator: Simulator, adobe: Adobe) -> None:
    adobe.expiration()
    simulator.fault("list_miss_page", match=EVERY_LIST)
    body = adobe.hygiene("GET", "/ttl").json
    assert (body["results"], body["total_count"]) == ([], 1)
    assert len(adobe.hygiene("GET", "/ttl").json["results"]) == 1


def test_a_list_can_go_wrong_by_chance_until_it_is_told_otherwise(simulator: Simulator, adobe: Adobe) -> None:
    created = five(adobe)
    armed = simulator.control("faults", {"kind": "list_miss_page", "rate": 0.5})
    shown = [adobe.listed() for _ in range(30)]
    assert 5 <= shown.count([]) <= 25
    assert shown.count([]) + shown.count(created) == 30
    assert struck(simulator) == {"list_miss_page": shown.count([])}
    assert simulator.control(f"faults/{armed['id']}", method="DELETE") == {"disarmed": True}
    assert [adobe.listed() for _ in range(10)] == [created] * 10


def test_the_seed_of_a_fault_alone_decides_which_calls_it_hits(simulator: Simulator, adobe: Adobe) -> None:
    """However many other faults are armed, or look at other calls in between."""
    runs = []
    for others in (0, 3):
        simulator.reset()
        for _ in range(others):
            simulator.fault("error500", rate=0.5, match={"operation": "ping"})
        simulator.fault("error503", rate=0.5, seed="two", match={"operation": "list"})
        runs.append([(adobe.call("GET", "/data/core/privacy/jobs/ping"), adobe.listing())[1].status for _ in range(20)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 503}


# --- Details ---


def test_a_detail_can_lag_behind(simulator: Simulator, adobe: Adobe) -> None:
    (job_id,) = adobe.create(person())
    order_id = adobe.order()["workorderId"]
    simulator.advance(DAY)
    simulator.control("finish", {})
    simulator.control("workorders/finish", {})
    simulator.fault("detail_lag", match=EVERY_LIST, seconds=DAY * 0.999)
    assert (adobe.job(job_id)["status"], adobe.hygiene("GET", f"/workorder/{order_id}").json["status"]) == (
        "submitted",
        "received",
    )
    assert struck(simulator) == {"detail_lag": 2}


def test_what_is_younger_than_a_lagging_detail_is_not_there(simulator: Simulator, adobe: Adobe) -> None:
    (job_id,) = adobe.create(person())
    order_id = adobe.order()["workorderId"]
    simulator.fault("detail_lag", seconds=60, times=1)
    simulator.fault("detail_lag", seconds=60, times=1, match={"operation": "workorder_detail"})
    answers = [(adobe.detail(job_id).status, adobe.hygiene("GET", f"/workorder/{order_id}").status) for _ in range(2)]
    assert answers == [(404, 404), (200, 200)]


# --- What counts ---


def test_what_changes_no_answer_has_not_struck(simulator: Simulator, adobe: Adobe) -> None:
    created = five(adobe)
    order_id = adobe.order()["workorderId"]
    simulator.advance(3600)
    for kind in ("list_lag", "list_repeat_page"):
        simulator.fault(kind, match=EVERY_LIST, times=1, seconds=1)
    simulator.fault("detail_lag", match=EVERY_LIST, times=1, seconds=0)
    # Nothing is new, there is no page before the first, and no other answer of no time ago.
    assert (adobe.listed(), adobe.orders()["count"], adobe.detail(created[0]).status) == (created, 1, 200)
    assert adobe.hygiene("GET", f"/workorder/{order_id}").status == 200
    assert struck(simulator) == {}
    assert [fault["left"] for fault in simulator.control("faults")["faults"]] == [1, 1, 1]


def test_what_struck_is_counted_by_kind_also_when_it_is_disarmed(simulator: Simulator, adobe: Adobe) -> None:
    created = five(adobe)
    simulator.fault("error503", times=2)
    simulator.fault("truncated_zip")
    assert [adobe.listing().status for _ in range(3)] == [503, 503, 200]
    simulator.control("faults", method="DELETE")
    simulator.fault("list_lag", seconds=60)
    assert (adobe.listed(), adobe.listed(page=1)) == ([], [])
    # The second page is empty with and without it.
    assert struck(simulator) == {"error503": 2, "list_lag": 1}
    simulator.reset()
    assert struck(simulator) == {}
    assert adobe.detail(created[0]).status == 404


def test_one_that_is_not_armed_cannot_be_disarmed(adobe: Adobe) -> None:
    answer = adobe.raw("DELETE", "/__simulator__/faults/7")
    assert (answer.status, answer.json) == (404, {"disarmed": False})


def test_rows_must_be_a_number(adobe: Adobe) -> None:
    answer = adobe.raw("POST", "/__simulator__/faults", b'{"kind": "list_miss_page", "rows": "many"}')
    assert answer.said == (400, {"error": "rows must be a number of at least 0"})


# --- Tokens ---


def test_the_token_endpoint_can_break_off(simulator: Simulator, adobe: Adobe) -> None:
    assert adobe.listing().status == 200
    simulator.fault("token_cut", times=2)
    for _ in range(2):
        with pytest.raises(ProtocolError):
            adobe.ims()
    assert (adobe.ims().status, adobe.listing().status) == (200, 200)
    assert struck(simulator) == {"token_cut": 2}


def test_the_port_of_tokens_can_be_closed_alone() -> None:
    with running("--ims-port", "0") as simulator:
        ims = Adobe(simulator.control("health")["imsAddress"])
        adobe = Adobe(simulator.address, _token=ims.token)
        simulator.fault("refuse", port="tokens", seconds=0.5)
        with pytest.raises(NewConnectionError):
            urllib3.PoolManager(retries=False).request("POST", f"{ims.address}{TOKEN}")
        # The connection that is kept to the other port has not been broken either.
        assert adobe.listing().status == 200
        assert struck(simulator) == {"refuse": 1}
        assert _answers_again(ims)


def test_there_may_be_no_port_for_tokens_alone(simulator: Simulator, adobe: Adobe) -> None:
    assert simulator.control("health")["imsAddress"] == simulator.address
    answer = adobe.raw("POST", "/__simulator__/faults", b'{"kind": "refuse", "port": "tokens"}')
    assert (answer.status, "--ims-port" in answer.json["error"]) == (400, True)
    answer = adobe.raw("POST", "/__simulator__/faults", b'{"kind": "refuse", "port": "everything"}')
    assert answer.said == (400, {"error": "port must be all or tokens"})


def _answers_again(adobe: Adobe) -> bool:
    retries = urllib3.Retry(total=40, backoff_factor=0.05, backoff_max=0.2, redirect=0)
    try:
        return urllib3.PoolManager(retries=retries).request("GET", f"{adobe.address}{TOKEN}").status == 401
    except HTTPError:
        return False
