"""Quotas: what counts, when they start again, what happens when they are used up."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.conftest import Simulator
from tests.portal.simulator.wire import DAY, Adobe, now, order_body, register

DAILY = "dailyConsumerDeleteIdentitiesQuota"
MONTHLY = "monthlyConsumerDeleteIdentitiesQuota"
EXPIRATIONS = "datasetExpirationQuota"


def consumed(adobe: Adobe) -> dict[str, int]:
    answer = adobe.hygiene("GET", "/quota", sandbox=None)
    assert answer.status == 200
    return {quota["name"]: quota["consumed"] for quota in answer.json["quotas"]}


def advance_to(simulator: Simulator, moment: datetime) -> None:
    simulator.advance((moment - now(simulator)).total_seconds())


@pytest.fixture
def evening(simulator: Simulator) -> datetime:
    """Ten minutes before midnight of some 30th; the instant of that midnight."""
    start = now(simulator)
    month = (start.replace(day=1) + timedelta(days=40)).replace(day=1)
    if month.month == 2:  # it has no 30th
        month = month.replace(month=3)
    midnight = month.replace(day=30, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    advance_to(simulator, midnight - timedelta(minutes=10))
    return midnight


def test_it_says_what_is_used_and_what_there_is(adobe: Adobe) -> None:
    quotas = adobe.hygiene("GET", "/quota").json["quotas"]
    assert [(quota["name"], quota["consumed"], quota["quota"]) for quota in quotas] == [
        (EXPIRATIONS, 0, 75),
        (DAILY, 0, 1_000_000),
        (MONTHLY, 0, 2_000_000),
    ]
    assert all(quota["description"] for quota in quotas)


def test_accepted_identities_count_whatever_becomes_of_the_order(simulator: Simulator, adobe: Adobe) -> None:
    order = adobe.order("a", "b", "orderfails")
    adobe.hygiene("POST", "/workorder", order_body("refused"))
    simulator.fault("accept_then_500", match={"operation": "workorder_create"})
    adobe.hygiene("POST", "/workorder", order_body("d", "e"))
    simulator.control(f"workorders/{order['workorderId']}", method="DELETE")
    assert consumed(adobe) == {EXPIRATIONS: 0, DAILY: 5, MONTHLY: 5}


def test_the_day_starts_again_at_midnight_gmt_and_the_month_on_the_1st(
    simulator: Simulator, adobe: Adobe, evening: datetime
) -> None:
    adobe.order("a", "b")
    advance_to(simulator, evening + timedelta(seconds=1))
    first_of_month = (evening - timedelta(days=1)).month != evening.month
    assert consumed(adobe)[DAILY] == 0
    assert consumed(adobe)[MONTHLY] == (0 if first_of_month else 2)
    simulator.advance(2 * DAY)
    assert consumed(adobe)[MONTHLY] == 0


def test_what_is_too_much_for_the_day_is_refused_and_not_counted(simulator: Simulator, adobe: Adobe) -> None:
    simulator.control("quotas", {"daily": 3})
    adobe.order("a", "b")
    answer = adobe.hygiene("POST", "/workorder", order_body("c", "d"))
    assert answer.said == (
        400,
        {
            "error_code": "400001",
            "message": f"Bad request. The daily quota of identities for record deletes is exceeded ({DAILY})",
        },
    )
    assert adobe.order("c")["status"] == "received"
    assert consumed(adobe)[DAILY] == 3
    simulator.advance(DAY)
    assert adobe.order("d")["status"] == "received"


def test_what_is_too_much_for_the_month_is_refused(simulator: Simulator, adobe: Adobe) -> None:
    simulator.control("quotas", {"usedThisMonth": 2_000_000})
    answer = adobe.hygiene("POST", "/workorder", order_body())
    assert answer.status == 400
    assert MONTHLY in answer.json["message"]


def test_open_expirations_count_until_they_are_cancelled(simulator: Simulator, adobe: Adobe) -> None:
    simulator.control("quotas", {"expirations": 1})
    adobe.expiration("a")
    refused = adobe.hygiene("POST", "/ttl", {"datasetId": "b", "expiry": "2090-01-01"})
    assert refused.status == 400
    assert EXPIRATIONS in refused.json["title"]
    adobe.hygiene("DELETE", "/ttl/a")
    assert consumed(adobe)[EXPIRATIONS] == 0
    assert adobe.expiration("b")["status"] == "pending"


def test_a_control_sets_numbers_for_one_organization(simulator: Simulator, adobe: Adobe) -> None:
    second = register(simulator, "second")
    numbers = {"imsOrg": second.ims_org, "daily": 9, "monthly": 90, "expirations": 2, "usedToday": 7, "usedThisMonth": 70}
    shown = simulator.control("quotas", numbers)
    assert shown[DAILY] == {"consumed": 7, "quota": 9}
    assert shown == simulator.control(f"quotas?imsOrg={second.ims_org}")
    second.order("a")
    assert consumed(second) == {EXPIRATIONS: 0, DAILY: 8, MONTHLY: 71}
    assert consumed(adobe) == {EXPIRATIONS: 0, DAILY: 0, MONTHLY: 0}


def test_a_misspelt_control_is_refused(adobe: Adobe) -> None:
    answer = adobe.call("POST", "/__simulator__/quotas", {"day": 1})
    known = "imsOrg, daily, monthly, expirations, usedToday, usedThisMonth"
    assert answer.said == (400, {"error": f"unknown: day; known: {known}"})


def test_an_unknown_quota_is_refused(adobe: Adobe) -> None:
    assert adobe.hygiene("GET", "/quota?quotaType=weekly").status == 400


def test_faults_strike_it(simulator: Simulator, adobe: Adobe) -> None:
    simulator.fault("throttle", match={"operation": "quota"}, retry_after=5)
    answer = adobe.hygiene("GET", "/quota")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "5")
