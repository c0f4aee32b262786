"""Dataset expirations: make, change, cancel, open again, list, and what happens when they are due."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from urllib3.exceptions import HTTPError

from tests.conftest import Simulator
from tests.portal.simulator.wire import DAY, HYGIENE, Adobe, Body, now

FAR = "2090-12-31T23:59:59Z"


def shown(adobe: Adobe, name: str, **query: str) -> Body:
    answer = adobe.hygiene("GET", f"/ttl/{name}?{urlencode(query)}")
    assert answer.status == 200, answer.data
    return dict(answer.json)


def refused(adobe: Adobe, method: str, path: str, body: Any) -> str:
    """The title of a problem."""
    answer = adobe.hygiene(method, path, body)
    assert answer.status == 400, answer.data
    problem = answer.json
    assert problem["type"] == "http://ns.adobe.com/aep/errors/HYGN-3102-400"
    assert problem["status"] == 400
    assert problem["report"] == {
        "tenantInfo": {"sandboxName": "prod", "sandboxId": "not-applicable", "imsOrgId": adobe.ims_org},
        "additionalContext": {"Invoking Client ID": adobe.client_id},
    }
    (link,) = problem["error-chain"]
    assert (link["serviceId"], link["errorCode"]) == ("HYGN", "HYGN-3102-400")
    return str(problem["title"])


def test_it_is_made_with_201(simulator: Simulator, adobe: Adobe) -> None:
    body = {"datasetId": "5b020a27e7040801dedbf46e", "expiry": FAR, "displayName": "Licence", "description": "Ends in 2090"}
    answer = adobe.hygiene("POST", "/ttl", body)
    made = answer.json
    assert answer.status == 201
    assert abs(datetime.fromisoformat(made.pop("updatedAt")) - now(simulator)) < timedelta(minutes=1)
    assert made.pop("updatedBy").count("@") == 3
    assert made.pop("ttlId").startswith("SD-")
    assert made == {
        **body,
        "datasetName": "Acme dataset f46e",
        "sandboxName": "prod",
        "imsOrg": adobe.ims_org,
        "status": "pending",
    }


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2090-12-31", "2090-12-31T00:00:00Z"),
        ("2090-12-31T10:00:00", "2090-12-31T10:00:00Z"),
        ("2090-12-31T10:00:00+02:00", "2090-12-31T08:00:00Z"),
        ("2090-12-31T10:00:00.123456Z", "2090-12-31T10:00:00.123456Z"),
    ],
)
def test_an_instant_may_be_written_in_many_ways(adobe: Adobe, given: str, kept: str) -> None:
    assert adobe.expiration(expiry=given)["expiry"] == kept


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ({"expiry": FAR}, "datasetId must not be empty"),
        ({"datasetId": "d"}, "expiry must not be empty"),
        ({"datasetId": "d", "expiry": 7}, "expiry must be a text"),
        ({"datasetId": "d", "expiry": "soon"}, "expiry must be a date and time of ISO 8601"),
        ({"datasetId": "d", "expiry": "2020-01-01"}, "expiry must be at least 24 hours in the future"),
        ({"datasetId": "nosuch", "expiry": FAR}, "Dataset nosuch does not exist"),
        ({"datasetId": "d", "expiry": FAR, "displayName": 7}, "displayName must be a text"),
        ([], "The body must be a JSON object"),
    ],
)
def test_a_wrong_body_is_a_problem(simulator: Simulator, adobe: Adobe, body: Any, title: str) -> None:
    assert refused(adobe, "POST", "/ttl", body) == title
    assert simulator.control("ledger/expirations") == {"entries": [], "total": 0}


def test_it_must_be_a_day_ahead(simulator: Simulator, adobe: Adobe) -> None:
    at = now(simulator)
    early, late = ((at + timedelta(hours=hours)).isoformat() for hours in (23.9, 24.1))
    assert refused(adobe, "POST", "/ttl", {"datasetId": "d", "expiry": early}).startswith("expiry must be at least 24 hours")
    assert adobe.expiration(expiry=late)["status"] == "pending"


def test_a_dataset_has_one_open_expiration(adobe: Adobe) -> None:
    adobe.expiration("d")
    assert refused(adobe, "POST", "/ttl", {"datasetId": "d", "expiry": FAR}) == "Dataset d has a dataset expiration already"
    assert adobe.hygiene("POST", "/ttl", {"datasetId": "d", "expiry": FAR}, sandbox="dev").status == 201
    adobe.hygiene("DELETE", "/ttl/d")
    assert adobe.expiration("d")["status"] == "pending"


def test_a_slash_at_the_end_of_a_create_is_not_found(adobe: Adobe) -> None:
    body = {"datasetId": "d", "expiry": FAR}
    assert adobe.call("POST", f"{HYGIENE}/ttl/", body, x_sandbox_name="prod").status == 404
    assert adobe.call("GET", f"{HYGIENE}/ttl/", x_sandbox_name="prod").status == 200


def test_it_is_changed_while_it_is_pending(simulator: Simulator, adobe: Adobe) -> None:
    made = adobe.expiration("d", displayName="Old")
    path = f"/ttl/{made['ttlId']}"
    simulator.advance(60)
    changed = adobe.hygiene("PUT", path, {"expiry": "2091-01-01", "description": "Why"}).json
    assert (changed["expiry"], changed["displayName"], changed["description"]) == ("2091-01-01T00:00:00Z", "Old", "Why")
    assert changed["updatedAt"] > made["updatedAt"]
    assert adobe.hygiene("PUT", path, {"displayName": "New"}).json["displayName"] == "New"
    assert refused(adobe, "PUT", path, {}) == "displayName, description or expiry must be given"
    assert refused(adobe, "PUT", path, {"expiry": "2020-01-01"}).startswith("expiry must be at least 24 hours")
    said = (404, {"error_code": "404003", "message": "Dataset expiration configuration d not found."})
    assert adobe.hygiene("PUT", "/ttl/d", {"displayName": "By dataset"}).said == said


def test_it_is_shown_by_its_own_id_and_by_its_datasets(adobe: Adobe, stranger: Adobe) -> None:
    made = adobe.expiration("d")
    assert shown(adobe, made["ttlId"]) == shown(adobe, "d") == made
    said = (404, {"error_code": "404003", "message": "Dataset expiration configuration d not found."})
    assert stranger.hygiene("GET", "/ttl/d").said == said
    assert adobe.hygiene("GET", "/ttl/d", sandbox="dev").said == said


def test_the_newest_of_a_dataset_is_shown(adobe: Adobe) -> None:
    adobe.expiration("d")
    adobe.hygiene("DELETE", "/ttl/d")
    second = adobe.expiration("d")
    assert shown(adobe, "d")["ttlId"] == second["ttlId"]


@pytest.mark.parametrize("by", ["ttlId", "datasetId"])
def test_cancelling_sets_its_instant_to_now(simulator: Simulator, adobe: Adobe, by: str) -> None:
    made = adobe.expiration("d")
    answer = adobe.hygiene("DELETE", f"/ttl/{made[by]}")
    assert (answer.status, answer.json["status"]) == (200, "cancelled")
    assert abs(datetime.fromisoformat(answer.json["expiry"]) - now(simulator)) < timedelta(minutes=1)
    again = adobe.hygiene("DELETE", f"/ttl/{made['ttlId']}")
    assert (again.status, again.json["error_code"]) == (404, "404003")
    assert adobe.hygiene("PUT", f"/ttl/{made['ttlId']}", {"displayName": "x"}).status == 404


def test_a_cancelled_one_is_opened_again_by_a_new_instant(adobe: Adobe) -> None:
    made = adobe.expiration("d")
    adobe.hygiene("DELETE", "/ttl/d")
    assert adobe.hygiene("PUT", f"/ttl/{made['ttlId']}", {"expiry": FAR}).json["status"] == "pending"
    history = shown(adobe, "d", include="history")["history"]
    assert [entry["status"] for entry in history] == ["created", "cancelled", "updated"]
    assert set(history[0]) == {"status", "expiry", "updatedAt", "updatedBy"}
    assert "history" not in shown(adobe, "d")


def test_it_is_executed_when_it_is_due(simulator: Simulator, adobe: Adobe) -> None:
    made = adobe.expiration("d", expiry=(now(simulator) + timedelta(days=2)).isoformat())
    simulator.advance(3 * DAY)
    assert shown(adobe, "d")["status"] == "executing"
    assert adobe.hygiene("DELETE", "/ttl/d").status == 404
    assert adobe.hygiene("PUT", f"/ttl/{made['ttlId']}", {"expiry": FAR}).status == 404
    assert refused(adobe, "POST", "/ttl", {"datasetId": "d", "expiry": FAR}) == "Dataset d has a dataset expiration already"
    simulator.advance(15 * DAY)
    done = shown(adobe, "d", include="history")
    assert done["status"] == "completed"
    assert [entry["status"] for entry in done["history"]] == ["created", "executing", "completed"]
    assert done["updatedAt"] == done["history"][-1]["updatedAt"]


@pytest.fixture
def three(simulator: Simulator, adobe: Adobe, noon: None) -> None:
    """Expirations of the datasets a, b and c, a day apart; a is cancelled, b of another sandbox."""
    adobe.expiration("a", displayName="Alpha", description="First")
    adobe.hygiene("DELETE", "/ttl/a")
    simulator.advance(DAY)
    adobe.hygiene("POST", "/ttl", {"datasetId": "b", "expiry": FAR, "displayName": "Beta"}, sandbox="dev")
    simulator.advance(DAY)
    adobe.expiration("c", displayName="Gamma", expiry="2080-01-01")


def found(adobe: Adobe, **query: str) -> str:
    answer = adobe.hygiene("GET", f"/ttl?{urlencode(query)}")
    assert answer.status == 200, answer.data
    return "".join(entry["datasetId"] for entry in answer.json["results"])


@pytest.mark.parametrize(
    ("query", "datasets"),
    [
        ({}, "ca"),
        ({"sandboxName": "*"}, "cba"),
        ({"status": "pending"}, "c"),
        ({"status": "cancelled,pending", "sandboxName": "*"}, "cba"),
        ({"datasetId": "a"}, "a"),
        ({"datasetName": "DATASET C"}, "c"),
        ({"displayName": "alph"}, "a"),
        ({"description": "first"}, "a"),
        ({"search": "gam"}, "c"),
        ({"search": "a"}, "ca"),
        ({"author": "LIKE %techacct%"}, "ca"),
        ({"author": "NOT LIKE %techacct%"}, ""),
        ({"orderBy": "+displayName"}, "ac"),
        ({"orderBy": "-expiry", "sandboxName": "*"}, "bca"),
        ({"expiryFromDate": "2080-01-01", "expiryToDate": "2080-01-01"}, "c"),
        ({"expiryDate": "2079-12-31T12:00:00Z"}, "c"),
        ({"completedDate": "2080-01-01"}, ""),
        ({"limit": "1"}, "c"),
        ({"size": "1", "page": "1"}, "a"),
    ],
)
def test_parameters_choose_and_sort(adobe: Adobe, three: None, query: dict[str, str], datasets: str) -> None:
    assert found(adobe, **query) == datasets


def test_dates_of_what_was_done_choose_too(simulator: Simulator, adobe: Adobe, three: None) -> None:
    today, before = (str((now(simulator) - timedelta(days=back)).date()) for back in (0, 2))
    assert found(adobe, createdDate=today) == found(adobe, updatedFromDate=today, updatedToDate=today) == "c"
    assert found(adobe, cancelledDate=before) == "a"


def test_a_list_counts_its_pages_from_0(adobe: Adobe, three: None) -> None:
    listed = adobe.hygiene("GET", "/ttl?limit=1&page=1").json
    assert {name: value for name, value in listed.items() if name != "results"} == {
        "current_page": 1,
        "total_pages": 2,
        "total_count": 2,
    }


@pytest.mark.parametrize("query", ["limit=101", "page=x", "status=gone", "orderBy=-size", "createdFromDate=2026-01-01"])
def test_a_wrong_parameter_is_a_problem(adobe: Adobe, query: str) -> None:
    assert refused(adobe, "GET", f"/ttl?{query}", None)


def test_the_ledger_has_every_change(simulator: Simulator, adobe: Adobe) -> None:
    made = adobe.expiration("d", displayName="Name")
    adobe.hygiene("PUT", f"/ttl/{made['ttlId']}", {"expiry": "2091-01-01"})
    adobe.hygiene("DELETE", "/ttl/d")
    simulator.control(f"expirations/{made['ttlId']}", method="DELETE")
    assert adobe.hygiene("GET", "/ttl/d").status == 404
    ledger = simulator.control("ledger/expirations")
    assert [(entry["n"], entry["change"]) for entry in ledger["entries"]] == [(1, "created"), (2, "updated"), (3, "cancelled")]
    entry = ledger["entries"][1]
    assert (entry["ttlId"], entry["datasetId"], entry["displayName"]) == (made["ttlId"], "d", "Name")
    assert entry["expiry"] == "2091-01-01T00:00:00.000Z"
    assert simulator.control("ledger/expirations?after=1&limit=1")["entries"] == [entry]


@pytest.mark.parametrize(("kind", "status", "kept"), [("error503", 503, 0), ("accept_then_500", 500, 1), ("garbage", 201, 1)])
def test_faults_strike_a_create(simulator: Simulator, adobe: Adobe, kind: str, status: int, kept: int) -> None:
    simulator.fault(kind, match={"operation": "ttl_create"})
    assert adobe.hygiene("POST", "/ttl", {"datasetId": "d", "expiry": FAR}).status == status
    assert simulator.control("ledger/expirations")["total"] == kept


def test_faults_strike_a_cancel(simulator: Simulator, adobe: Adobe) -> None:
    adobe.expiration("d")
    simulator.fault("accept_then_cut", match={"operation": "ttl_cancel"})
    with pytest.raises(HTTPError):
        adobe.hygiene("DELETE", "/ttl/d")
    assert shown(adobe, "d")["status"] == "cancelled"


def test_a_list_can_lag_behind(simulator: Simulator, adobe: Adobe) -> None:
    simulator.fault("list_lag", match={"operation": "ttl_list"}, seconds=600)
    adobe.expiration("d")
    assert found(adobe) == ""
    simulator.advance(601)
    assert found(adobe) == "d"
