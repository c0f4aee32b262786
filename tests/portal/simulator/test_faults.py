"""Faults by a control endpoint: each kind, on which calls, how often, and what it leaves behind."""

from __future__ import annotations

import io
import json
import socket
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import urllib3
from urllib3.exceptions import HTTPError, IncompleteRead, NewConnectionError, ProtocolError

from portal.simulator.faults import KINDS
from tests.conftest import Simulator
from tests.portal.simulator.wire import DAY, JOBS, TOKEN, Adobe, Answer, Body, body, identity, person, us

ERRORS: dict[str, tuple[int, Body]] = {
    "unauthorized": (401, {"error_code": "401013", "message": "Oauth token is not valid"}),
    "forbidden": (403, {"error_code": "403027", "message": "Forbidden. The caller has no permission for this operation."}),
    "not_found": (404, {"error_code": "404000", "message": "The requested resource was not found"}),
    "error500": (500, {"error_code": "500001", "message": "Internal server error."}),
    "error503": (503, {"error_code": "503000", "message": "Service unavailable"}),
    "slow_unprocessed": (503, {"error_code": "503000", "message": "Service unavailable"}),
    "throttle": (429, {"error_code": "429050", "message": "Too many requests"}),
    "throttle_date": (429, {"error_code": "429050", "message": "Too many requests"}),
    "throttle_bare": (429, {"error_code": "429050", "message": "Too many requests"}),
}
REFUSED_BODIES = {
    "limit400": "Bad request. The daily upload limit for this organization has been exceeded",
    "reject400": "Bad request. users[0].userIDs[0].value is not acceptable",
}
CUTS = ["cut_before_answer", "accept_then_cut"]
TOKEN_ERRORS = {
    "token_down": (503, {"error": "server_error", "error_description": "service unavailable"}),
    "token_refused": (401, {"error": "invalid_client", "error_description": "invalid client_secret parameter"}),
}
# Those with a test of their own below, or in test_faults_of_reading.py.
OTHERS = {
    "redirect", "hang", "double", "fewer_jobs", "list_lag", "list_miss_page", "list_repeat_page", "accept_then_500",
    "garbage", "slow", "truncated_zip", "cut_zip", "zip_path_tricks", "detail_lag", "token_cut",
}  # fmt: skip


def accepted(simulator: Simulator) -> int:
    return len(simulator.ledger())


def finished(simulator: Simulator, adobe: Adobe) -> str:
    (job_id,) = adobe.create(person())
    simulator.control("finish", {})
    return job_id


def every_operation(adobe: Adobe, job_id: str) -> dict[str, Callable[[], Answer]]:
    return {
        "create": lambda: adobe.post(body()),
        "list": adobe.listing,
        "detail": lambda: adobe.detail(job_id),
        "content": lambda: adobe.content(job_id),
        "ping": lambda: adobe.call("GET", f"{JOBS}/ping"),
    }


def test_no_kind_is_without_a_test() -> None:
    assert {*ERRORS, *REFUSED_BODIES, *CUTS, *TOKEN_ERRORS, *OTHERS} == set(KINDS)


@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_strikes_the_next_call_of_any_kind_and_nothing_is_done(simulator: Simulator, adobe: Adobe, kind: str) -> None:
    operations = every_operation(adobe, finished(simulator, adobe))
    for name, call in operations.items():
        before = accepted(simulator)
        simulator.fault(kind, seconds=0)
        assert call().said == ERRORS[kind], name
        assert accepted(simulator) == before
        assert call().status < 300, name


@pytest.mark.parametrize(("given", "header"), [(7, "7"), (1.0, "1"), (0, "0")])
def test_retry_after_is_in_seconds(simulator: Simulator, adobe: Adobe, given: float, header: str) -> None:
    simulator.fault("throttle", retry_after=given)
    assert adobe.post(body()).headers["Retry-After"] == header


def test_retry_after_is_a_date(simulator: Simulator, adobe: Adobe) -> None:
    simulator.fault("throttle_date", retry_after=120)
    before = datetime.now(UTC).replace(microsecond=0)
    text = adobe.post(body()).headers["Retry-After"]
    assert text.endswith(" GMT")
    moment = parsedate_to_datetime(text)
    assert before + timedelta(seconds=120) <= moment <= datetime.now(UTC) + timedelta(seconds=120)


def test_retry_after_may_be_missing(simulator: Simulator, adobe: Adobe) -> None:
    simulator.fault("throttle_bare")
    answer = adobe.post(body())
    assert (answer.status, "Retry-After" in answer.headers) == (429, False)


@pytest.mark.parametrize("kind", REFUSED_BODIES)
def test_a_good_body_can_be_refused(simulator: Simulator, adobe: Adobe, kind: str) -> None:
    simulator.fault(kind)
    assert adobe.listing().status == 200
    assert adobe.post(body()).said == (400, {"error_code": "400001", "message": REFUSED_BODIES[kind]})
    assert accepted(simulator) == 0
    assert adobe.post(body()).status == 202


@pytest.mark.parametrize(("kind", "kept"), [("cut_before_answer", 0), ("accept_then_cut", 1)])
def test_the_connection_is_cut_before_an_answer(simulator: Simulator, adobe: Adobe, kind: str, kept: int) -> None:
    adobe.listing()
    simulator.fault(kind)
    with pytest.raises(ProtocolError):
        adobe.post(body())
    assert accepted(simulator) == kept
    assert simulator.control("calls")["answers"]["create"] == {"cut": 1}
    assert adobe.post(body()).status == 202


def test_an_accepted_call_can_be_answered_with_500(simulator: Simulator, adobe: Adobe) -> None:
    simulator.fault("accept_then_500")
    assert adobe.post(body()).said == ERRORS["error500"]
    assert accepted(simulator) == 1


def test_an_accepted_call_can_be_answered_with_garbage(simulator: Simulator, adobe: Adobe) -> None:
    simulator.fault("garbage")
    answer = adobe.post(body())
    assert (answer.status, answer.headers["Content-Type"].partition(";")[0]) == (202, "text/html")
    with pytest.raises(json.JSONDecodeError):
        _ = answer.json
    assert accepted(simulator) == 1


def test_a_list_can_be_answered_with_garbage_too(simulator: Simulator, adobe: Adobe) -> None:
    simulator.fault("garbage", match={"operation": "list"})
    answer = adobe.listing()
    assert (answer.status, answer.data) == (200, b"<html><body>OK</body></html>")


@pytest.mark.parametrize("kind", ["accept_then_cut", "accept_then_500", "garbage", "slow", "double", "fewer_jobs"])
def test_a_fault_after_acceptance_waits_for_a_call_that_is_accepted(simulator: Simulator, adobe: Adobe, kind: str) -> None:
    simulator.fault(kind, seconds=0, match={"operation": "create"})
    assert adobe.post(body(users=[])).status == 400
    (armed,) = simulator.control("faults")["faults"]
    assert (armed["left"], armed["hits"]) == (1, 0)


@pytest.mark.parametrize("kind", ["throttle", "throttle_date", "throttle_bare", "limit400", "reject400"])
def test_the_rate_is_the_last_check(simulator: Simulator, adobe: Adobe, kind: str) -> None:
    simulator.fault(kind)
    assert adobe.post(body(), x_api_key=None).status == 403
    assert adobe.post(body(users=[])).json["message"].startswith("Bad request. users must be a list")
    assert simulator.control("faults")["faults"][0]["left"] == 1


def test_a_slow_answer_comes_late_and_the_call_is_done_before(simulator: Simulator, adobe: Adobe) -> None:
    simulator.fault("slow", seconds=1)
    impatient = Adobe(adobe.address, timeout=0.3, _token=adobe.token)
    with pytest.raises(HTTPError):
        impatient.post(body())
    assert accepted(simulator) == 1


def test_a_slow_answer_arrives_whole(simulator: Simulator, adobe: Adobe) -> None:
    simulator.fault("slow", seconds=0.3)
    start = time.monotonic()
    answer = adobe.post(body())
    assert time.monotonic() - start >= 0.3
    assert (answer.status, answer.json["totalRecords"]) == (202, 1)


def test_a_hanging_call_is_never_answered_and_never_done(simulator: Simulator, adobe: Adobe) -> None:
    simulator.fault("hang", seconds=0.2)
    with pytest.raises(ProtocolError):
        adobe.post(body())
    simulator.fault("hang")
    with pytest.raises(HTTPError):
        Adobe(adobe.address, timeout=0.2, _token=adobe.token).post(body())
    assert accepted(simulator) == 0


def test_a_hanging_call_ends_when_the_caller_hangs_up(simulator: Simulator, adobe: Adobe) -> None:
    simulator.fault("hang", seconds=60)
    with pytest.raises(HTTPError):
        Adobe(adobe.address, timeout=0.1, _token=adobe.token).post(body())
    deadline = time.monotonic() + 10
    while not simulator.control("calls")["answers"].get("create") and time.monotonic() < deadline:
        time.sleep(0.02)
    assert simulator.control("calls")["answers"]["create"] == {"cut": 1}


def test_it_can_send_callers_elsewhere(simulator: Simulator, adobe: Adobe) -> None:
    simulator.fault("redirect", location="https://elsewhere.example.com/")
    answer = adobe.post(body())
    assert (answer.status, answer.headers["Location"]) == (302, "https://elsewhere.example.com/")
    assert accepted(simulator) == 0


def test_it_can_accept_a_call_twice(simulator: Simulator, adobe: Adobe) -> None:
    simulator.fault("double")
    answer = adobe.post(body(person("access", "delete")))
    assert answer.json["totalRecords"] == 2
    entries = simulator.ledger()
    assert [(entry["key"], entry["action"]) for entry in entries] == [("ada#1", "access"), ("ada#1", "delete")] * 2
    assert len({entry["jobId"] for entry in entries}) == 4
    assert [entry["jobId"] for entry in entries[:2]] == [job["jobId"] for job in answer.json["jobs"]]


@pytest.mark.parametrize(("options", "shown"), [({}, 2), ({"missing": 2}, 1), ({"missing": 3}, 0)])
def test_it_can_leave_jobs_out_of_an_answer(simulator: Simulator, adobe: Adobe, options: dict[str, int], shown: int) -> None:
    simulator.fault("fewer_jobs", **options)
    answer = adobe.post(body(*[person(key=str(n)) for n in range(3)])).json
    assert (len(answer["jobs"]), answer["totalRecords"], accepted(simulator)) == (shown, shown, 3)


@pytest.mark.parametrize("kind", TOKEN_ERRORS)
def test_the_token_endpoint_can_fail(simulator: Simulator, adobe: Adobe, kind: str) -> None:
    simulator.fault(kind)
    assert adobe.ims().said == TOKEN_ERRORS[kind]
    assert adobe.ims().status == 200


def test_a_list_can_lag_behind(simulator: Simulator, adobe: Adobe) -> None:
    """It shows what was true some time ago: neither the newest jobs nor the newest statuses."""
    (old,) = adobe.create(person(ids=[identity("slowproduct@example.com")]))
    simulator.advance(DAY)
    simulator.control("finish", {"jobIds": [old]})
    (new,) = adobe.create(person())
    simulator.fault("list_lag", seconds=DAY / 2)
    (seen,) = adobe.listing().json["jobDetails"]
    current = adobe.job(old)
    assert (seen["jobId"], seen["status"], current["status"]) == (old, "processing", "complete")
    assert us(seen["lastModifiedDate"]) < us(current["lastModifiedDate"])
    assert adobe.listed(status="complete") == []
    assert adobe.detail(new).status == 200
    simulator.advance(DAY / 2)
    assert adobe.listed() == [new, old]
    assert adobe.listed(status="complete") == [old]


def test_a_lagging_list_lags_until_it_is_cleared(simulator: Simulator, adobe: Adobe) -> None:
    simulator.fault("list_lag", seconds=3600)
    created = adobe.create(person())
    assert [adobe.listed() for _ in range(3)] == [[], [], []]
    simulator.control("faults", method="DELETE")
    assert adobe.listed() == created


def test_a_lagging_list_catches_up_after_the_set_time(simulator: Simulator, adobe: Adobe) -> None:
    simulator.fault("list_lag", seconds=3600)
    created = adobe.create(person())
    simulator.advance(3590)
    assert adobe.listed() == []
    simulator.advance(20)
    assert adobe.listed() == created


def test_a_list_can_miss_a_page(simulator: Simulator, adobe: Adobe) -> None:
    created = adobe.create(*[person(key=str(n)) for n in range(5)])[::-1]
    simulator.fault("list_miss_page", page=1)
    assert [adobe.listed(size=2, page=page) for page in range(3)] == [created[:2], [], created[4:]]
    assert adobe.listed(size=2, page=1) == created[2:4]


def test_a_list_can_skip_a_page(simulator: Simulator, adobe: Adobe) -> None:
    created = adobe.create(*[person(key=str(n)) for n in range(5)])[::-1]
    simulator.fault("list_miss_page", page=1, mode="skip")
    assert [adobe.listed(size=2, page=page) for page in range(3)] == [created[:2], created[4:], created[4:]]


def test_a_list_can_give_a_page_again(simulator: Simulator, adobe: Adobe) -> None:
    created = adobe.create(*[person(key=str(n)) for n in range(5)])[::-1]
    simulator.fault("list_repeat_page", page=1)
    assert [adobe.listed(size=2, page=page) for page in range(3)] == [created[:2], created[:2], created[4:]]


def test_a_file_can_be_half_a_file(simulator: Simulator, adobe: Adobe) -> None:
    job_id = finished(simulator, adobe)
    whole = adobe.content(job_id).data
    simulator.fault("truncated_zip")
    half = adobe.content(job_id)
    assert (half.status, half.data) == (200, whole[: len(whole) // 2])
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(half.data))
    assert adobe.content(job_id).data == whole


def test_a_file_can_end_before_its_length(simulator: Simulator, adobe: Adobe) -> None:
    job_id = finished(simulator, adobe)
    simulator.fault("cut_zip")
    with pytest.raises((IncompleteRead, ProtocolError)):
        adobe.content(job_id)
    assert adobe.content(job_id).status == 200


def test_a_file_can_have_names_that_lead_out_of_its_folder(simulator: Simulator, adobe: Adobe) -> None:
    job_id = finished(simulator, adobe)
    simulator.fault("zip_path_tricks")
    names = zipfile.ZipFile(io.BytesIO(adobe.content(job_id).data)).namelist()
    assert {"../../outside.json", "/absolute.json"} <= set(names)
    assert f"{job_id}/Profile/profile.json" in names


def test_a_fault_of_files_strikes_azure_addresses_too(simulator: Simulator, adobe: Adobe) -> None:
    simulator.control("switches", {"download_url": "azure"})
    job = adobe.job(finished(simulator, adobe))
    path = job["downloadUrl"].removeprefix(adobe.address)
    whole = adobe.raw("GET", path).data
    simulator.fault("truncated_zip")
    assert adobe.raw("GET", path).data == whole[: len(whole) // 2]


def test_refused_connections_are_refused_for_a_time(simulator: Simulator, adobe: Adobe) -> None:
    """The kernel refuses, so that not even a connection comes about; open ones break."""
    adobe.listing()
    idle = socket.create_connection(tuple(adobe.address.removeprefix("http://").split(":")), timeout=5)  # type: ignore[arg-type]
    simulator.fault("refuse", seconds=1.5)
    try:
        assert idle.recv(1) == b""
    except ConnectionResetError:
        pass
    finally:
        idle.close()
    with pytest.raises(NewConnectionError) as caught:
        urllib3.PoolManager(retries=False).request("GET", f"{adobe.address}{TOKEN}")
    assert "refused" in str(caught.value)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            status = Adobe(adobe.address).ims().status
        except HTTPError:
            time.sleep(0.05)
        else:
            assert status == 200
            return
    raise AssertionError("the port stays closed")


def test_a_fault_strikes_the_next_calls_and_no_more(simulator: Simulator, adobe: Adobe) -> None:
    simulator.fault("error503", times=3)
    assert [adobe.listing().status for _ in range(5)] == [503, 503, 503, 200, 200]
    (armed,) = simulator.control("faults")["faults"]
    assert (armed["kind"], armed["left"], armed["hits"]) == ("error503", 0, 3)


def test_a_fault_by_rate_strikes_some_calls_for_ever(simulator: Simulator, adobe: Adobe) -> None:
    simulator.fault("error503", rate=0.3)
    statuses = [adobe.listing().status for _ in range(200)]
    assert 30 <= statuses.count(503) <= 90
    assert statuses.count(200) == 200 - statuses.count(503)


@pytest.mark.parametrize(("rate", "statuses"), [(0, {200}), (1, {503})])
def test_a_rate_of_nothing_and_of_everything(simulator: Simulator, adobe: Adobe, rate: int, statuses: set[int]) -> None:
    simulator.fault("error503", rate=rate)
    assert {adobe.listing().status for _ in range(20)} == statuses


def test_a_rate_may_have_an_end(simulator: Simulator, adobe: Adobe) -> None:
    simulator.fault("error503", rate=0.5, times=4)
    assert [adobe.listing().status for _ in range(100)].count(503) == 4


def test_the_same_calls_fail_after_a_reset(simulator: Simulator, adobe: Adobe) -> None:
    runs: list[list[int]] = []
    for _ in range(2):
        simulator.reset()
        simulator.fault("error503", rate=0.5)
        runs.append([adobe.listing().status for _ in range(30)])
    assert runs[0] == runs[1]


def test_faults_strike_in_the_order_they_were_armed(simulator: Simulator, adobe: Adobe) -> None:
    for kind in ("error500", "unauthorized", "error503"):
        simulator.fault(kind)
    assert [adobe.listing().status for _ in range(4)] == [500, 401, 503, 200]


@pytest.mark.parametrize(
    ("match", "struck"),
    [
        ({"operation": "list"}, {"list"}),
        ({"method": "POST"}, {"create", "token"}),
        ({"method": "GET"}, {"list", "detail", "content", "ping"}),
        ({"path": f"{JOBS}/"}, {"detail", "content", "ping"}),
        ({"path": JOBS, "method": "GET"}, {"list", "detail", "content", "ping"}),
        ({"path": JOBS, "operation": "create"}, {"create"}),
        ({"path": TOKEN}, {"token"}),
        ({}, {"create", "list", "detail", "content", "ping"}),
    ],
)
def test_a_match_says_which_calls_are_struck(simulator: Simulator, adobe: Adobe, match: dict[str, str], struck: set[str]) -> None:
    calls = every_operation(adobe, finished(simulator, adobe)) | {"token": adobe.ims}
    simulator.fault("error503", times=100, match=match)
    assert {name for name, call in calls.items() if call().status == 503} == struck


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "kind must be refuse or one of: unauthorized,"),
        ({"kind": "earthquake"}, "kind must be refuse or one of: unauthorized,"),
        ({"kind": ["slow"]}, "kind must be refuse or one of: unauthorized,"),
        ({"kind": "slow", "count": 3}, "unknown: count; known: kind, match, times, rate,"),
        ({"kind": "refuse", "times": 3}, "unknown: times; known: kind, seconds, port"),
        ({"kind": "refuse", "seconds": -1}, "seconds must be a number of at least 0"),
        ({"kind": "slow", "match": "list"}, "match must be an object of texts"),
        ({"kind": "slow", "match": {"operation": ["list"]}}, "match must be an object of texts"),
        ({"kind": "slow", "match": {"verb": "GET"}}, "unknown: verb; known: operation, method, path"),
        ({"kind": "slow", "match": {"operation": "dance"}}, "operation must be one of: token, create,"),
        ({"kind": "slow", "times": -1}, "times must be a number of at least 0"),
        ({"kind": "slow", "times": "3"}, "times must be a number of at least 0"),
        ({"kind": "slow", "rate": True}, "rate must be a number of at least 0"),
        ({"kind": "slow", "seconds": float("inf")}, "seconds must be a number of at least 0"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(adobe: Adobe, given: dict[str, Any], words: str) -> None:
    answer = adobe.raw("POST", "/__simulator__/faults", json.dumps(given).encode())
    assert answer.status == 400
    assert answer.json["error"].startswith(words)
    assert adobe.raw("GET", "/__simulator__/faults").json == {"faults": []}


def test_control_endpoints_are_never_struck(simulator: Simulator, adobe: Adobe) -> None:
    adobe.listing()
    simulator.fault("error503", times=100, match={"path": "/"})
    assert adobe.listing().status == 503
    assert simulator.ledger() == []
