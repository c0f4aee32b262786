"""Where everything is at Adobe now, for whoever compares."""

from __future__ import annotations

from tests.conftest import Simulator
from tests.portal.simulator.wire import Adobe, identity, person


def test_it_tells_where_each_job_is(simulator: Simulator, adobe: Adobe) -> None:
    failing = [identity("jane.analytics-error@example.com")]
    done, failed, fresh = adobe.create(person("access"), person("access", ids=failing, key="b"), person("delete", key="c"))
    simulator.control("finish", {"jobIds": [done, failed]})
    simulator.control(f"jobs/{failed}", method="DELETE")
    states = simulator.control("states/jobs")
    assert states["total"] == 3
    assert states["entries"] == [
        {
            "jobId": done,
            "known": True,
            "status": "complete",
            "products": {"Analytics": "complete", "Profile": "complete"},
            "result": True,
        },
        {
            "jobId": failed,
            "known": False,
            "status": "error",
            "products": {"Analytics": "error", "Profile": "complete"},
            "result": False,
        },
        {
            "jobId": fresh,
            "known": True,
            "status": "submitted",
            "products": {"Analytics": "submitted", "Profile": "submitted"},
            "result": False,
        },
    ]
    assert [entry["jobId"] for entry in simulator.control("states/jobs?after=1&limit=1")["entries"]] == [failed]


def test_it_tells_where_each_work_order_is(simulator: Simulator, adobe: Adobe) -> None:
    done, forgotten = adobe.order()["workorderId"], adobe.order()["workorderId"]
    simulator.control("workorders/finish", {"workorderIds": [done]})
    simulator.control(f"workorders/{forgotten}", method="DELETE")
    first, second = simulator.control("states/workorders")["entries"]
    assert (first["status"], set(first["services"].values())) == ("completed", {"success"})
    assert second == {"workorderId": forgotten, "known": False}
