"""The life of a job: submitted, processing, complete or error, by Adobe's time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.conftest import Simulator
from tests.portal.simulator.wire import DAY, Adobe, Body, identity, now, person, us

EVERY_PRODUCT = [
    "adCloud", "analytics", "audienceManager", "campaign", "aepDataLake", "profileService", "identity",
    "primetimeAuthentication", "target", "CRS", "marketo", "marketomeasure", "automationProduct",
]  # fmt: skip
ORDER = ["submitted", "processing", "complete"]


def product_states(job: Body) -> set[str]:
    return {entry["productStatusResponse"]["status"] for entry in job["productResponses"]}


def expected_state(job: Body) -> str:
    """What a job says, worked out from what its products say."""
    states = product_states(job)
    if states <= {"complete", "error"}:
        return "error" if "error" in states else "complete"
    return "submitted" if states == {"submitted"} else "processing"


def test_a_job_says_what_its_products_say_all_its_life(simulator: Simulator, adobe: Adobe) -> None:
    jobs = adobe.create(
        *[person(key=str(n)) for n in range(5)],
        person(ids=[identity("analytics-error@example.com")]),
        include=EVERY_PRODUCT,
    )
    seen: dict[str, list[str]] = {job_id: [] for job_id in jobs}
    last: dict[str, datetime] = {}
    step, passed = 60.0, 0.0
    while passed < 28 * DAY:  # the first that is answered is kept for 30 days
        for job_id in jobs:
            job = adobe.job(job_id)
            assert job["status"] == expected_state(job)
            modified = us(job["lastModifiedDate"])
            assert modified == max(us(entry["processedDate"]) for entry in job["productResponses"])
            assert us(job["createdDate"]) <= last.get(job_id, modified) <= modified <= now(simulator)
            last[job_id] = modified
            if job["status"] not in seen[job_id][-1:]:
                seen[job_id].append(job["status"])
        simulator.advance(step)
        passed += step
        step = min(step * 1.4, DAY)
    assert [seen[job_id] for job_id in jobs[:-1]] == [ORDER] * 5
    assert seen[jobs[-1]] == ["submitted", "processing", "error"]


def test_a_job_fails_only_when_all_have_answered(simulator: Simulator, adobe: Adobe) -> None:
    (job_id,) = adobe.create(person(ids=[identity("analytics-error.profileService-slowproduct@example.com")]))
    simulator.advance(25 * DAY)
    job = adobe.job(job_id)
    assert (job["status"], product_states(job)) == ("processing", {"error", "processing"})
    simulator.advance(5 * DAY)
    job = adobe.job(job_id)
    assert (job["status"], product_states(job)) == ("error", {"error", "complete"})


def test_products_take_minutes_to_weeks_and_never_more_than_thirty_days(simulator: Simulator, adobe: Adobe) -> None:
    jobs = adobe.create(*[person(key=str(n)) for n in range(20)], include=EVERY_PRODUCT)
    simulator.advance(9 * 60)
    assert {state for job_id in jobs for state in product_states(adobe.job(job_id))} == {"submitted", "processing"}
    simulator.advance(30 * DAY)
    taken: list[timedelta] = []
    for job_id in jobs:
        job = adobe.job(job_id)
        assert product_states(job) == {"complete"}
        taken += [us(entry["processedDate"]) - us(job["createdDate"]) for entry in job["productResponses"]]
    assert min(taken) < timedelta(hours=2)
    assert sum(timedelta(hours=2) < one < timedelta(days=2) for one in taken) > 20
    assert max(taken) > timedelta(days=7)


def test_a_product_that_works_says_processing(simulator: Simulator, adobe: Adobe) -> None:
    (job_id,) = adobe.create(person(ids=[identity("stuck@example.com")]))
    before = adobe.job(job_id)
    simulator.advance(2 * 3600)
    after = adobe.job(job_id)
    for fresh, working in zip(before["productResponses"], after["productResponses"], strict=True):
        assert fresh["productStatusResponse"] == {"status": "submitted"}
        assert working["productStatusResponse"] == {"status": "processing", "message": "processing"}
        assert us(working["processedDate"]) > us(fresh["processedDate"])


@pytest.mark.parametrize("missing", ["profileService", "aepDataLake", "identity"])
def test_a_journey_delete_without_its_companions_never_ends(simulator: Simulator, adobe: Adobe, missing: str) -> None:
    included = [code for code in ("cjm", "profileService", "aepDataLake", "identity") if code != missing]
    delete, access = adobe.create(person("delete", "access"), include=included)
    simulator.advance(365 * DAY)
    job = adobe.job(delete)
    states = {entry["product"]: entry["productStatusResponse"]["status"] for entry in job["productResponses"]}
    assert (job["status"], states.pop("CJM"), set(states.values())) == ("processing", "processing", {"complete"})
    assert adobe.detail(access).status == 404  # long complete, and gone


def test_a_journey_delete_with_its_companions_ends(simulator: Simulator, adobe: Adobe) -> None:
    (job_id,) = adobe.create(person("delete"), include=["CJM", "profileService", "AdobeCloudPlatform", "identity"])
    simulator.advance(30 * DAY)
    assert adobe.job(job_id)["status"] == "complete"


@pytest.mark.parametrize("action", ["access", "delete", "opt-out-of-sale"])
def test_every_action_comes_to_an_end(simulator: Simulator, adobe: Adobe, action: str) -> None:
    (job_id,) = adobe.create(person(action))
    simulator.advance(30 * DAY)
    job = adobe.job(job_id)
    assert (job["action"], job["status"]) == (action, "complete")


def test_advancing_moves_adobes_time_and_no_faster(simulator: Simulator, adobe: Adobe) -> None:
    before = now(simulator)
    answer = simulator.control("advance", {"seconds": 3 * DAY})
    assert answer["offset"] == 3 * DAY
    assert timedelta(days=3) <= now(simulator) - before < timedelta(days=3, minutes=1)
    (job_id,) = adobe.create(person())
    assert us(adobe.job(job_id)["createdDate"]) >= (before + timedelta(days=3)).replace(second=0, microsecond=0)


def test_finishing_answers_what_would_ever_be_answered(simulator: Simulator, adobe: Adobe) -> None:
    values = ("ada@example.com", "slowproduct@example.com", "error@example.com", "stuck@example.com")
    jobs = [adobe.create(person(ids=[identity(value)]))[0] for value in values]
    assert simulator.control("finish", {}) == {"finished": 4}
    assert [adobe.job(job_id)["status"] for job_id in jobs] == ["complete", "complete", "error", "submitted"]


def test_finishing_names_its_jobs(simulator: Simulator, adobe: Adobe) -> None:
    first, second = adobe.create(person("access", "delete"))
    assert simulator.control("finish", {"jobIds": [first, "unknown"]}) == {"finished": 1}
    assert [adobe.job(job_id)["status"] for job_id in (first, second)] == ["complete", "submitted"]


def test_speed_divides_the_durations_and_leaves_the_stamps_real(simulator: Simulator, adobe: Adobe) -> None:
    simulator.control("settings", {"speed": 1e9})
    before = now(simulator)
    jobs = adobe.create(*[person(key=str(n)) for n in range(10)], include=EVERY_PRODUCT)
    simulator.advance(0.01)
    for job_id in jobs:
        job = adobe.job(job_id)
        assert job["status"] == "complete"
        stamps = [job["createdDate"], job["lastModifiedDate"], *(one["processedDate"] for one in job["productResponses"])]
        for stamp in stamps:
            assert before - timedelta(minutes=1) < us(stamp) <= now(simulator)
    simulator.advance(30 * DAY - 120)
    assert adobe.detail(jobs[0]).status == 200
    simulator.advance(300)
    assert adobe.detail(jobs[0]).status == 404


def test_another_speed_holds_for_jobs_accepted_from_then_on(simulator: Simulator, adobe: Adobe) -> None:
    (slow,) = adobe.create(person())
    simulator.control("settings", {"speed": 1e9})
    (fast,) = adobe.create(person())
    simulator.advance(0.01)
    assert [adobe.job(job_id)["status"] for job_id in (slow, fast)] == ["submitted", "complete"]
