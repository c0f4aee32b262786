"""The switches of /consent and of Data Hygiene: every value, and what it does on the wire."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from tests.conftest import Simulator
from tests.portal.simulator.checks import Checks
from tests.portal.simulator.wire import CONSENT, DAY, Adobe, Answer, now, order_body

HYGIENE_CHECKS = Checks()
check = HYGIENE_CHECKS.of
OPT_OUT = {"optOutOfSale": True, "entities": [{"nameSpace": "email", "values": ["ada@example.com"]}]}
UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
QUOTA_NAMES = {
    "current": ["datasetExpirationQuota", "dailyConsumerDeleteIdentitiesQuota", "monthlyConsumerDeleteIdentitiesQuota"],
    "field_updates": [
        "datasetExpirationQuota",
        "dailyConsumerDeleteIdentitiesQuota",
        "monthlyConsumerDeleteIdentitiesQuota",
        "monthlyUpdatedFieldIdentitiesQuota",
    ],
    "oldest": ["expirationDatasetQuota", "deleteIdentityWorkOrderDatasetQuota", "fieldUpdateWorkOrderDatasetQuota"],
}


def statuses(adobe: Adobe, method: str, path: str, *bodies: Any) -> list[int]:
    return [adobe.hygiene(method, path, body).status for body in bodies]


def cancel(adobe: Adobe, expiration: dict[str, Any]) -> Answer:
    return adobe.hygiene("DELETE", f"/ttl/{expiration['ttlId']}")


@check("consent_endpoint", "present", "absent")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    assert adobe.call("POST", CONSENT, OPT_OUT).status == {"present": 202, "absent": 404}[value]


@check("ids_spelling", "any", "ids", "IDs")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    bodies = [
        order_body(namespacesIdentities=[{"namespace": {"code": "email"}, spelling: ["a@b"]}]) for spelling in ("ids", "IDs")
    ]
    taken = {"any": [200, 200], "ids": [200, 400], "IDs": [400, 200]}
    assert statuses(adobe, "POST", "/workorder", *bodies) == taken[value]


@check("update_key", "any", "name", "displayName")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    path = f"/workorder/{adobe.order()['workorderId']}"
    taken = {"any": [200, 200], "name": [200, 400], "displayName": [400, 200]}
    assert statuses(adobe, "PUT", path, {"name": "New"}, {"displayName": "New"}) == taken[value]
    assert adobe.hygiene("GET", path).json["displayName"] == "New"


@check("request_action", "any", "underscore", "hyphen")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    bodies = [order_body(action=action) for action in ("delete_identity", "delete-identity", "identity-delete")]
    taken = {"any": [200, 200, 400], "underscore": [200, 400, 400], "hyphen": [400, 200, 400]}
    assert statuses(adobe, "POST", "/workorder", *bodies) == taken[value]
    assert {order["action"] for order in adobe.orders()["results"]} == {"identity-delete"}


@check("workorder_id", "DI", "bare")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    assert re.fullmatch({"DI": f"DI-{UUID}", "bare": UUID}[value], adobe.order()["workorderId"])


@check("workorder_shape", "modern", "brief")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    order = adobe.order()
    assert {"operationCount", "targetServices", "datasetName"} & set(order) == (
        {"operationCount", "targetServices", "datasetName"} if value == "modern" else set()
    )
    digits = {"modern": 3, "brief": 6}[value]
    assert re.fullmatch(rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{{digits}}}Z", order["createdAt"])


@check("workorder_limit", "25", "50")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    for _ in range(26):
        adobe.order()
    assert adobe.orders()["count"] == min(26, int(value))


@check("workorder_next", "kept", "dropped")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    adobe.order()
    adobe.order()
    assert "next" in adobe.orders(limit=1)["_links"]
    assert ("next" in adobe.orders(limit=1, page=1)["_links"]) == (value == "kept")


@check("hygiene_errors", "documented", "gateway", "problem")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    order, expiration = adobe.hygiene("POST", "/workorder", {}), adobe.hygiene("POST", "/ttl", {})
    shapes = ["problem" if "error-chain" in answer.json else "gateway" for answer in (order, expiration)]
    assert shapes == {"documented": ["gateway", "problem"]}.get(value, [value, value])


@check("hygiene_licence", "rtcdp", "cja")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    everything = ["profile", "datalake", "identity", "ajo"]
    assert adobe.order()["targetServices"] == {"rtcdp": everything, "cja": ["datalake"]}[value]
    given = [order_body(targetServices=names) for names in (["identity", "profile", "ajo"], ["datalake"])]
    assert statuses(adobe, "POST", "/workorder", *given) == {"rtcdp": [200, 400], "cja": [400, 200]}[value]


@check("quota_enforced", "yes", "no")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    simulator.control("quotas", {"daily": 1, "expirations": 0})
    bodies = order_body("a"), order_body("b")
    assert statuses(adobe, "POST", "/workorder", *bodies) == {"yes": [200, 400], "no": [200, 200]}[value]
    expiration = adobe.hygiene("POST", "/ttl", {"datasetId": "x", "expiry": "2090-01-01"})
    assert expiration.status == {"yes": 400, "no": 201}[value]


@check("quota_names", "current", "field_updates", "oldest")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    assert [quota["name"] for quota in adobe.hygiene("GET", "/quota").json["quotas"]] == QUOTA_NAMES[value]
    (only,) = adobe.hygiene("GET", f"/quota?quotaType={QUOTA_NAMES[value][1]}").json["quotas"]
    assert only["name"] == QUOTA_NAMES[value][1]


@check("queue_days", "14", "1")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    for _ in range(40):
        adobe.order()
    simulator.advance(1.1 * DAY)
    waiting = adobe.orders(status="validated", limit=100)["total"]
    assert waiting > 0 if value == "14" else waiting == 0


@check("ttl_id", "dashed", "bare")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    assert re.fullmatch({"dashed": f"SD-{UUID}", "bare": "SD[0-9a-f]{32}"}[value], adobe.expiration()["ttlId"])


@check("ttl_cancel", "body", "empty")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    answer = cancel(adobe, adobe.expiration())
    if value == "empty":
        assert (answer.status, answer.data) == (204, b"")
    else:
        assert (answer.status, answer.json["status"]) == (200, "cancelled")


@check("ttl_not_pending", "404", "400")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    expiration = adobe.expiration()
    cancel(adobe, expiration)
    assert cancel(adobe, expiration).status == int(value)


@check("ttl_list", "results", "ttlDetails")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    adobe.expiration()
    listed = adobe.hygiene("GET", "/ttl").json
    if value == "results":
        assert (listed["current_page"], listed["total_pages"], listed["total_count"]) == (0, 1, 1)
        assert listed["results"][0]["imsOrg"] == adobe.ims_org
    else:
        assert listed["totalRecords"] == 1
        assert listed["ttlDetails"][0]["imsOrgId"] == adobe.ims_org


@check("ttl_upsert", "none", "put", "post")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    first, second = ({"datasetId": "d", "expiry": f"20{year}-01-01"} for year in (90, 91))
    assert statuses(adobe, "POST", "/ttl", first, second) == [201, 200 if value == "post" else 400]
    assert statuses(adobe, "PUT", "/ttl/other", first, second) == ([201, 200] if value == "put" else [404, 404])


@check("ttl_required", "neither", "docs", "spec")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    unnamed = {"datasetId": "d", "expiry": "2090-01-01"}
    named = unnamed | {"datasetId": "e", "displayName": "Old campaign"}
    assert statuses(adobe, "POST", "/ttl", unnamed, named) == [400 if value == "spec" else 201, 201]
    ttl_id = adobe.hygiene("GET", "/ttl/e").json["ttlId"]
    assert statuses(adobe, "PUT", f"/ttl/{ttl_id}", {"displayName": "x"}) == [400 if value == "docs" else 200]


@check("ttl_done_word", "completed", "executed")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    expiration = adobe.expiration()
    simulator.advance(100 * 366 * DAY)
    assert adobe.hygiene("GET", f"/ttl/{expiration['ttlId']}").json["status"] == value
    assert adobe.hygiene("GET", f"/ttl?status={value}").json["total_count"] == 1


@check("hard_delete_days", "15", "7")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    expiration = adobe.expiration(expiry=(now(simulator) + timedelta(days=2)).isoformat())
    simulator.advance(3 * DAY)
    words = [adobe.hygiene("GET", f"/ttl/{expiration['ttlId']}").json["status"]]
    simulator.advance(10 * DAY)
    words.append(adobe.hygiene("GET", f"/ttl/{expiration['ttlId']}").json["status"])
    assert words == ["executing", {"15": "executing", "7": "completed"}[value]]
