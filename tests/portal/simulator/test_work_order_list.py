"""The list of work orders: pages, filters, order, and links that lead nowhere."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.conftest import Simulator
from tests.portal.simulator.wire import DAY, Adobe, now, order_body


@pytest.fixture
def three(simulator: Simulator, adobe: Adobe, noon: None) -> list[str]:
    """Orders called Alpha, Beta and Gamma, a day apart; Alpha is completed, Beta of another sandbox."""
    alpha = adobe.order(displayName="Alpha [PP-1]", datasetId="data-1")["workorderId"]
    simulator.control("workorders/finish", {})
    simulator.advance(DAY)
    beta = adobe.hygiene("POST", "/workorder", order_body(displayName="Beta"), sandbox="dev").json["workorderId"]
    simulator.advance(DAY)
    gamma = adobe.order("x", displayName="Gamma", description="Other")["workorderId"]
    return [alpha, beta, gamma]


def found(adobe: Adobe, **query: Any) -> str:
    """The first letters of the names of what is listed, in order."""
    return "".join(order["displayName"][0] for order in adobe.orders(**query)["results"])


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, "GA"),
        ({"sandboxName": "*"}, "GBA"),
        ({"sandboxName": "dev"}, "B"),
        ({"displayName": "alpha"}, "A"),
        ({"displayName": "[PP-1]"}, "A"),
        ({"displayName": "nothing"}, ""),
        ({"description": "OTHER"}, "G"),
        ({"search": "bounced"}, "A"),
        ({"search": "data-1"}, "A"),
        ({"search": "gamm"}, "G"),
        ({"status": "completed"}, "A"),
        ({"status": "received,completed"}, "GA"),
        ({"type": "identity-delete"}, "GA"),
        ({"author": "LIKE %techacct%"}, "GA"),
        ({"author": "NOT LIKE %techacct%"}, ""),
        ({"author": "somebody"}, ""),
        ({"orderBy": "+displayName"}, "AG"),
        ({"orderBy": "displayName"}, "AG"),
        ({"orderBy": "-displayName", "sandboxName": "*"}, "GBA"),
        ({"orderBy": "+createdAt"}, "AG"),
        ({"orderBy": "-status"}, "GA"),
        ({"limit": "1"}, "G"),
        ({"limit": "1", "page": "1"}, "A"),
        ({"limit": "1", "page": "2"}, ""),
    ],
)
def test_parameters_choose_and_sort(adobe: Adobe, three: list[str], query: dict[str, str], names: str) -> None:
    assert found(adobe, **query) == names


def test_an_order_is_found_by_its_whole_id(adobe: Adobe, three: list[str]) -> None:
    alpha, _, gamma = three
    assert found(adobe, workorderId=alpha) == "A"
    assert found(adobe, search=gamma) == "G"
    assert found(adobe, workorderId=alpha[:-1]) == found(adobe, search=gamma[:-1]) == ""


def test_dates_are_days_both_ends_included_or_a_day_from_an_instant(simulator: Simulator, adobe: Adobe, three: list[str]) -> None:
    today = now(simulator)
    day = [(today - timedelta(days=back)).date().isoformat() for back in range(4)]
    everywhere = {"sandboxName": "*"}
    assert found(adobe, fromDate=day[2], toDate=day[1], **everywhere) == "BA"
    assert found(adobe, fromDate=day[3], toDate=day[3], **everywhere) == ""
    since = (today - timedelta(hours=1)).isoformat()
    assert found(adobe, fromDate=since, toDate=(today + timedelta(hours=1)).isoformat(), **everywhere) == "G"
    assert found(adobe, filterDate=day[1], **everywhere) == "B"


def test_properties_choose_fields(adobe: Adobe, three: list[str]) -> None:
    assert adobe.orders(properties="displayName,status")["results"][0] == {"displayName": "Gamma", "status": "received"}


def test_a_list_says_how_many_there_are(adobe: Adobe, three: list[str]) -> None:
    listed = adobe.orders(limit=1)
    assert (listed["total"], listed["count"], len(listed["results"])) == (2, 1, 1)
    assert "productStatusDetails" not in adobe.orders(displayName="Alpha")["results"][0]


def test_its_links_lack_the_base_path_and_lead_nowhere(adobe: Adobe, three: list[str]) -> None:
    links = adobe.orders(limit=1)["_links"]
    assert links == {
        "next": {"href": f"{adobe.address}/workorder?page=1&limit=1", "templated": False},
        "page": {"href": f"{adobe.address}/workorder?limit={{limit}}&page={{page}}", "templated": True},
    }
    assert adobe.hygiene("GET", "/workorder?page=1&limit=1").json["count"] == 1
    assert adobe.call("GET", "/workorder?page=1&limit=1", x_sandbox_name="prod").status == 404


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"limit": "0"}, "limit must be from 1 to 100"),
        ({"limit": "101"}, "limit must be from 1 to 100"),
        ({"page": "-1"}, "page must be a whole number"),
        ({"status": "Completed"}, "status must be of: received, validated, submitted, ingested, completed, failed, in-progress"),
        ({"type": "other"}, "type must be identity-delete"),
        ({"fromDate": "2026-01-01"}, "fromDate and toDate must be used together"),
        ({"filterDate": "2026-01-01", "toDate": "2026-01-01"}, "filterDate cannot be used with fromDate and toDate"),
        ({"filterDate": "yesterday"}, "filterDate must be a date and time of ISO 8601"),
        ({"filterDate": "9999-12-31"}, "filterDate must be in this era"),
        ({"orderBy": "-datasetName"}, "orderBy must be + or - and one of: displayName, description, id,"),
        ({"properties": "identities"}, "properties must be of: action, bundleId,"),
    ],
)
def test_a_wrong_parameter_is_refused_with_a_sentence(adobe: Adobe, query: dict[str, str], words: str) -> None:
    answer = adobe.hygiene("GET", f"/workorder?{urlencode(query)}")
    assert (answer.status, answer.json["error_code"]) == (400, "400001")
    assert answer.json["message"].startswith(f"Bad request. {words}")


def test_a_list_can_lag_behind(simulator: Simulator, adobe: Adobe) -> None:
    simulator.fault("list_lag", match={"path": "/data/core/hygiene/workorder"}, seconds=600)
    order = adobe.order()
    assert adobe.orders()["total"] == 0
    assert adobe.hygiene("GET", f"/workorder/{order['workorderId']}").status == 200
    simulator.advance(601)
    assert adobe.orders()["total"] == 1


@pytest.mark.parametrize(
    ("kind", "options", "names"),
    [("list_miss_page", {}, ""), ("list_miss_page", {"mode": "skip"}, "A"), ("list_repeat_page", {}, "G")],
)
def test_a_list_can_go_wrong(
    simulator: Simulator, adobe: Adobe, three: list[str], kind: str, options: dict[str, str], names: str
) -> None:
    simulator.fault(kind, match={"operation": "workorder_list"}, **options)
    assert found(adobe, limit="1") == names
    assert found(adobe, limit="1") == "G"
