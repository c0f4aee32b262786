"""Work orders: what is accepted, what is refused, and how an order goes on."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from urllib3.exceptions import HTTPError

from tests.conftest import Simulator
from tests.portal.simulator.wire import DAY, Adobe, Body, now, order_body, register

UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
ALL_SERVICES = ["profile", "datalake", "identity", "ajo"]
SERVICE_NAMES = ["Data Management", "Identity Service", "Profile Service", "Journey Orchestrator"]
# The body of the oldest pages.
BRIEF = {
    "action": "delete_identity",
    "datasetId": "c48b51623ec641a2949d339bad69cb15",
    "displayName": "Example Consumer Delete Request",
    "description": "Cleanup identities required by Jira request 12345.",
    "identities": [
        {"namespace": {"code": "email"}, "id": "poul.anderson@example.com"},
        {"namespace": {"code": "email"}, "id": "cordwainer.smith@gmail.com"},
        {"namespace": {"code": "ECID"}, "id": "1123A4D5690B32A"},
    ],
}


def entries(simulator: Simulator) -> list[Body]:
    return list(simulator.control("ledger/workorders")["entries"])


def shown(adobe: Adobe, order: Body) -> Body:
    answer = adobe.hygiene("GET", f"/workorder/{order['workorderId']}")
    assert answer.status == 200, answer.data
    return dict(answer.json)


def words(order: Body) -> list[str]:
    """What the services say, in their order."""
    return [entry["productStatus"] for entry in order.get("productStatusDetails", [])]


def course(simulator: Simulator, adobe: Adobe, *ids: str, **fields: Any) -> list[str]:
    """Every status an order has in 31 days, looked at twice a day."""
    order = adobe.order(*ids, **fields)
    seen = [order["status"]]
    for _ in range(31 * 2):
        simulator.advance(DAY / 2)
        status = shown(adobe, order)["status"]
        if status != seen[-1]:
            seen.append(status)
    return seen


def test_todays_sample_is_accepted_with_200(simulator: Simulator, adobe: Adobe) -> None:
    before = now(simulator)
    answer = adobe.hygiene("POST", "/workorder", order_body("a@b", "c@d", datasetId="7eab61f3e5c34810a49a1ab3"))
    order = answer.json
    assert answer.status == 200
    assert re.fullmatch(f"DI-{UUID}", order["workorderId"])
    assert re.fullmatch(f"BN-{UUID}", order["bundleId"])
    assert datetime.fromisoformat(order["createdAt"]) >= before - timedelta(milliseconds=1)
    assert re.fullmatch(r"\S+ <\S+> [0-9A-F]{24}@\S+", order["createdBy"])
    fixed = {name: value for name, value in order.items() if name not in {"workorderId", "bundleId", "createdAt", "createdBy"}}
    assert fixed == {
        "orgId": adobe.ims_org,
        "action": "identity-delete",
        "updatedAt": order["createdAt"],
        "operationCount": 1,
        "targetServices": ALL_SERVICES,
        "status": "received",
        "datasetId": "7eab61f3e5c34810a49a1ab3",
        "datasetName": "Acme dataset 1ab3",
        "displayName": "Clean-up [PP-1]",
        "description": "Bounced addresses",
    }


def test_the_oldest_sample_is_accepted_and_read_as_todays(simulator: Simulator, adobe: Adobe) -> None:
    assert adobe.hygiene("POST", "/workorder", BRIEF).json["operationCount"] == 2
    (entry,) = entries(simulator)
    assert entry["identities"] == 3
    assert entry["namespacesIdentities"] == [
        {"namespace": {"code": "email"}, "ids": ["poul.anderson@example.com", "cordwainer.smith@gmail.com"]},
        {"namespace": {"code": "ECID"}, "ids": ["1123A4D5690B32A"]},
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"datasetId": "6707eb36eef4d42ab86d9fbe,6643f00c16ddf51767fcf780"},
        {"namespacesIdentities": [{"namespace": {"id": 411}, "ids": ["x"]}]},
        {"namespacesIdentities": [{"namespace": {"id": 6, "code": "email"}, "IDs": ["x"]}]},
        {"displayName": None, "description": None},
        {"action": "delete-identity"},
    ],
)
def test_other_shapes_are_accepted(adobe: Adobe, fields: Body) -> None:
    assert adobe.order(**fields)["status"] == "received"


def test_a_profile_only_delete_names_its_services(adobe: Adobe) -> None:
    assert adobe.order(targetServices=["ajo", "identity", "profile"])["targetServices"] == ["profile", "identity", "ajo"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"action": "delete"}, "action must be one of: delete_identity, delete-identity"),
        ({"datasetId": None}, "datasetId must not be empty"),
        ({"datasetId": "a,,b"}, "datasetId must be an id, ids with commas between, or ALL"),
        ({"datasetId": "a,ALL"}, "datasetId must not mix ALL with ids"),
        ({"datasetId": "nosuch"}, "Dataset nosuch does not exist"),
        ({"datasetId": "noprimary"}, "The schema of dataset noprimary has no primary identity"),
        (
            {"datasetId": "onlyemail", "namespacesIdentities": [{"namespace": {"code": "ECID"}, "ids": ["1"]}]},
            "The primary identity of dataset onlyemail has another namespace",
        ),
        ({"displayName": 7}, "displayName must be a text"),
        ({"targetServices": ["profile"]}, 'targetServices must be ["identity","profile","ajo"]'),
        ({"targetServices": ["ajo", "identity", "profile"], "datasetId": "a"}, "targetServices needs datasetId ALL"),
        (
            {"identities": BRIEF["identities"]},
            "Identities and NamespacesIdentities are not allowed at the same time",
        ),
        ({"namespacesIdentities": None}, "Identities are Empty for Delete Identity request."),
        ({"namespacesIdentities": []}, "Identities are Empty for Delete Identity request."),
        ({"namespacesIdentities": ["a"]}, "namespacesIdentities[0] must be an object"),
        ({"namespacesIdentities": [{"ids": ["a"]}]}, "namespacesIdentities[0].namespace must have a code"),
        (
            {"namespacesIdentities": [{"namespace": {"code": "NoSuch"}, "ids": ["a"]}]},
            "namespacesIdentities[0].namespace does not exist for this organization",
        ),
        (
            {"namespacesIdentities": [{"namespace": {"code": "email"}, "ids": []}]},
            "namespacesIdentities[0].ids must be a list with at least one entry",
        ),
        (
            {"namespacesIdentities": [{"namespace": {"code": "email"}, "ids": ["a", " "]}]},
            "namespacesIdentities[0] has an id that is empty or no text",
        ),
        (
            {"namespacesIdentities": [{"namespace": {"code": "email"}, "ids": ["a", "Refused@b"]}]},
            "namespacesIdentities[0] has an id that is not acceptable",
        ),
    ],
)
def test_a_wrong_body_is_refused_with_a_sentence(simulator: Simulator, adobe: Adobe, fields: Body, message: str) -> None:
    answer = adobe.hygiene("POST", "/workorder", order_body(**fields))
    assert answer.said == (400, {"error_code": "400001", "message": f"Bad request. {message}"})
    assert entries(simulator) == []


def test_a_hundred_thousand_identities_are_the_most(simulator: Simulator, adobe: Adobe) -> None:
    ids = [f"{n}@example.com" for n in range(100_001)]
    assert adobe.hygiene("POST", "/workorder", order_body(*ids)).status == 400
    assert adobe.order(*ids[1:])["status"] == "received"
    assert [entry["identities"] for entry in entries(simulator)] == [100_000]


def test_a_dataset_that_is_about_to_expire_is_refused(adobe: Adobe) -> None:
    adobe.expiration("dataset-1")
    answer = adobe.hygiene("POST", "/workorder", order_body(datasetId="dataset-2,dataset-1"))
    assert answer.status == 400
    assert answer.json["message"].endswith("Dataset dataset-1 has a dataset expiration that is not finished")
    adobe.hygiene("DELETE", "/ttl/dataset-1")
    assert adobe.order(datasetId="dataset-1")["status"] == "received"


@pytest.mark.parametrize("path", ["/workorder", "/workorder/DI-1", "/ttl", "/ttl/SD-1"])
def test_a_call_without_a_sandbox_is_refused(adobe: Adobe, path: str) -> None:
    assert adobe.hygiene("GET", path, sandbox=None).said == (400, {"error_code": "400003", "message": "Missing header"})


def test_bodies_must_be_json_objects(adobe: Adobe) -> None:
    assert adobe.hygiene("POST", "/workorder", order_body(), content_type="text/plain").json["title"] == "BadRequestError"
    assert adobe.hygiene("POST", "/workorder", [1]).json["message"] == "Bad request. The body must be a JSON object"


def test_an_order_is_shown_with_and_without_a_slash_at_the_end(adobe: Adobe) -> None:
    order = adobe.order()
    assert adobe.hygiene("GET", f"/workorder/{order['workorderId']}/").json == shown(adobe, order) == order


def test_what_adobe_does_not_have_is_not_found(simulator: Simulator, adobe: Adobe, stranger: Adobe) -> None:
    order = adobe.order()
    said = (404, {"error_code": "404003", "message": f"Work order {order['workorderId']} not found."})
    assert stranger.hygiene("GET", f"/workorder/{order['workorderId']}").said == said
    assert adobe.hygiene("GET", f"/workorder/{order['bundleId']}").status == 404
    assert adobe.hygiene("PUT", "/workorder/DI-1", {"name": "x"}).status == 404
    simulator.control(f"workorders/{order['workorderId']}", method="DELETE")
    assert adobe.hygiene("GET", f"/workorder/{order['workorderId']}").said == said
    assert adobe.orders()["total"] == 0
    assert len(entries(simulator)) == 1


def test_there_is_no_cancelling(adobe: Adobe) -> None:
    assert adobe.hygiene("DELETE", f"/workorder/{adobe.order()['workorderId']}").status == 405


@pytest.mark.parametrize("key", ["displayName", "name"])
def test_name_and_description_can_be_changed(simulator: Simulator, adobe: Adobe, key: str) -> None:
    order = adobe.order()
    simulator.advance(60)
    path = f"/workorder/{order['workorderId']}/"
    changed = adobe.hygiene("PUT", path, {key: "New name"}).json
    assert (changed["displayName"], changed["description"]) == ("New name", "Bounced addresses")
    assert changed["updatedAt"] > order["updatedAt"]
    assert adobe.hygiene("PUT", path, {"description": "Why"}).json["description"] == "Why"
    assert adobe.hygiene("PUT", path, {"status": "completed"}).status == 400
    assert [entry["displayName"] for entry in entries(simulator)] == ["Clean-up [PP-1]"]


def test_orders_of_a_day_and_sandbox_travel_in_one_bundle(simulator: Simulator, adobe: Adobe, noon: None) -> None:
    first, second = adobe.order(), adobe.order()
    other = adobe.hygiene("POST", "/workorder", order_body(), sandbox="dev").json
    simulator.advance(DAY)
    bundles = [order["bundleId"] for order in (first, second, other, adobe.order())]
    assert bundles[0] == bundles[1]
    assert len(set(bundles)) == 3


def test_an_order_goes_through_its_states(simulator: Simulator, adobe: Adobe) -> None:
    ways: dict[str, list[str]] = {adobe.order()["workorderId"]: ["received"] for _ in range(8)}
    for step in [60.0] * 10 + [DAY / 4] * 31 * 4:
        simulator.advance(step)
        for order in adobe.orders()["results"]:
            if order["status"] != ways[order["workorderId"]][-1]:
                ways[order["workorderId"]].append(order["status"])
    full = ["received", "validated", "submitted", "ingested", "completed"]
    assert all(way == [status for status in full if status in way] for way in ways.values())
    assert {status for way in ways.values() for status in way} == set(full)
    assert {way[-1] for way in ways.values()} == {"completed"}


def test_services_speak_from_the_hand_off_on(simulator: Simulator, adobe: Adobe) -> None:
    order = adobe.order()
    while (now_shown := shown(adobe, order))["status"] in {"received", "validated"}:
        assert "productStatusDetails" not in now_shown
        simulator.advance(DAY / 24)
    assert [entry["productName"] for entry in now_shown["productStatusDetails"]] == SERVICE_NAMES
    assert all(re.fullmatch(r"[\d-]{10}T[\d:]{8}\.\d{6}Z", entry["createdAt"]) for entry in now_shown["productStatusDetails"])
    while now_shown["status"] != "completed":
        assert "waiting" in words(now_shown)
        simulator.advance(DAY / 4)
        now_shown = shown(adobe, order)
    assert words(now_shown) == ["success"] * 4
    assert now_shown["updatedAt"][:23] >= max(entry["createdAt"][:23] for entry in now_shown["productStatusDetails"])


def test_the_speed_divides_how_long_an_order_takes(simulator: Simulator, adobe: Adobe) -> None:
    simulator.control("settings", {"speed": 1_000_000_000})
    order = adobe.order()
    simulator.advance(0.01)
    assert shown(adobe, order)["status"] == "completed"


def test_test_values_decide_how_an_order_goes(simulator: Simulator, adobe: Adobe) -> None:
    assert course(simulator, adobe, "x@OrderFails.example")[-1] == "failed"
    assert course(simulator, adobe, "orderstuck")[-1] == "submitted"
    assert "in-progress" in course(simulator, adobe, "orderodd", "orderslow")
    failing = adobe.order("profile-fails@example.com", "ajo-fails")
    odd = adobe.order("oddservice")
    slow = adobe.order("orderslow")
    simulator.advance(28 * DAY)
    assert shown(adobe, failing)["status"] == "failed"
    assert words(shown(adobe, failing)) == ["success", "success", "failed", "failed"]
    assert [entry["productName"] for entry in shown(adobe, odd)["productStatusDetails"]][4:] == ["Query Ledger Service"]
    assert shown(adobe, slow)["status"] == "ingested"


def test_an_order_that_fails_early_was_never_handed_over(simulator: Simulator, adobe: Adobe) -> None:
    order = adobe.order("orderfails")
    simulator.advance(30 * DAY)
    assert "productStatusDetails" not in shown(adobe, order)


def test_a_control_ends_orders_at_once(simulator: Simulator, adobe: Adobe) -> None:
    done, failed, other, stuck = adobe.order(), adobe.order(), adobe.order(), adobe.order("orderstuck")
    assert simulator.control("workorders/finish", {"workorderIds": [done["workorderId"], "DI-1"]}) == {"finished": 1}
    simulator.control("workorders/finish", {"workorderIds": [failed["workorderId"]], "status": "failed"})
    assert [shown(adobe, order)["status"] for order in (done, failed, other)] == ["completed", "failed", "received"]
    assert words(shown(adobe, done)) == ["success"] * 4
    assert simulator.control("workorders/finish", {}) == {"finished": 4}
    assert [shown(adobe, order)["status"] for order in (failed, other, stuck)] == ["failed", "completed", "completed"]


def test_services_that_had_not_finished_fail_with_the_order(simulator: Simulator, adobe: Adobe) -> None:
    order = adobe.order("orderstuck")
    simulator.advance(20 * DAY)
    assert words(shown(adobe, order)) == ["waiting"] * 4
    simulator.control("workorders/finish", {"status": "failed"})
    assert (shown(adobe, order)["status"], words(shown(adobe, order))) == ("failed", ["failed"] * 4)


def test_a_control_makes_an_order_older(simulator: Simulator, adobe: Adobe) -> None:
    order = adobe.order()
    assert simulator.control(f"workorders/{order['workorderId']}/age", {"seconds": 31 * DAY}) == {"aged": True}
    aged = shown(adobe, order)
    assert aged["status"] == "completed"
    assert datetime.fromisoformat(order["createdAt"]) - datetime.fromisoformat(aged["createdAt"]) == timedelta(days=31)


@pytest.mark.parametrize(
    ("path", "body", "error"),
    [
        ("workorders/finish", {"status": "gone"}, "status must be completed or failed"),
        ("workorders/finish", {"workorderIds": "DI-1"}, "workorderIds must be a list"),
        ("workorders/DI-1/age", {}, "seconds must be a number of at least 0"),
    ],
)
def test_a_control_that_makes_no_sense_is_refused(adobe: Adobe, path: str, body: Body, error: str) -> None:
    assert adobe.call("POST", f"/__simulator__/{path}", body).said == (400, {"error": error})


@pytest.mark.parametrize("path", ["workorders/DI-1", "expirations/SD-1"])
def test_what_is_not_there_cannot_be_forgotten(adobe: Adobe, path: str) -> None:
    assert adobe.call("DELETE", f"/__simulator__/{path}").said == (404, {"forgotten": False})


def test_every_organization_has_its_own_orders(simulator: Simulator, adobe: Adobe) -> None:
    second = register(simulator, "second")
    adobe.order()
    second.order()
    assert [entry["org"] for entry in entries(simulator)] == [adobe.ims_org, second.ims_org]
    assert [order["orgId"] for order in second.orders()["results"]] == [second.ims_org]


@pytest.mark.parametrize(
    ("kind", "options", "status", "kept"),
    [
        ("unauthorized", {}, 401, 0),
        ("forbidden", {}, 403, 0),
        ("throttle", {"retry_after": 7}, 429, 0),
        ("error500", {}, 500, 0),
        ("limit400", {}, 400, 0),
        ("reject400", {}, 400, 0),
        ("accept_then_500", {}, 500, 1),
        ("garbage", {}, 200, 1),
        ("double", {}, 200, 2),
    ],
)
def test_faults_strike_the_creating_of_orders(
    simulator: Simulator, adobe: Adobe, kind: str, options: Body, status: int, kept: int
) -> None:
    simulator.fault(kind, match={"operation": "workorder_create"}, **options)
    assert adobe.orders()["count"] == 0
    answer = adobe.hygiene("POST", "/workorder", order_body())
    assert (answer.status, len(entries(simulator))) == (status, kept)
    assert adobe.orders(displayName="[PP-1]")["total"] == kept
    assert adobe.hygiene("POST", "/workorder", order_body()).status == 200


def test_the_latency_holds_for_these_paths_too(simulator: Simulator, adobe: Adobe) -> None:
    impatient = Adobe(adobe.address, timeout=0.3, _token=adobe.token)
    simulator.control("settings", {"latency": 60})
    with pytest.raises(HTTPError, match="timed out"):
        impatient.orders()
