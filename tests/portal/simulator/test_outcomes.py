"""What a product answers, chosen by test values in identities."""

from __future__ import annotations

import pytest

from tests.conftest import Simulator
from tests.portal.simulator.wire import DAY, Adobe, Body, identity, person, register, responses

# test word: status, code, message
CODES = {
    "notfound": ("complete", "PRVCY-6052-200", "User IDs were not found"),
    "partial": ("complete", "PRVCY-6054-200", "Success"),
    "nosuch": ("complete", "PRVCY-6053-200", "Invalid Namespace"),
    "notprovisioned": ("complete", "PRVCY-6051-200", "Not provisioned"),
    "badformat": ("error", "PRVCY-1000-400", "Formatting error"),
    "notauthorized": ("error", "PRVCY-1001-400", "Not authorized"),
    "nopermission": ("error", "PRVCY-1010-400", "Missing permissions"),
    "uploadfailure": ("error", "PRVCY-1020-400", "Upload and archive failure"),
    "jobfailure": ("error", "PRVCY-1021-400", "Job failure"),
    "dataunreachable": ("error", "PRVCY-1022-400", "Data access failure"),
    "datasetunreachable": ("error", "PRVCY-1023-400", "Data access failure"),
    "error": ("error", "PRVCY-1024-400", "Unexpected error"),
    "ratelimit": ("error", "PRVCY-1030-400", "Document rate limit exceeded"),
    "cmk": ("error", "PRVCY-1040-400", "Key encryption access failure"),
    "keyrevoked": ("error", "PRVCY-1040-400", "Key encryption access failure"),
}


def finished(simulator: Simulator, adobe: Adobe, *identities: Body, action: str = "access", **fields: object) -> Body:
    """An answered job for a person with these identities."""
    (job_id,) = adobe.create(person(action, ids=list(identities)), **fields)
    simulator.control("finish", {"jobIds": [job_id]})
    return adobe.job(job_id)


def codes(job: Body) -> dict[str, str]:
    return {product: said["responseMsgCode"] for product, said in responses(job).items()}


@pytest.mark.parametrize("action", ["access", "delete"])
@pytest.mark.parametrize("word", CODES)
def test_a_word_in_a_value_decides_for_every_product(simulator: Simulator, adobe: Adobe, word: str, action: str) -> None:
    status, code, message = CODES[word]
    job = finished(simulator, adobe, identity(f"Ada.{word.upper()}.1@example.com"), action=action)
    assert (job["status"], job["action"]) == (status, action)
    for said in responses(job).values():
        assert (said["status"], said["responseMsgCode"], said["message"]) == (status, code, message)
        assert said["responseMsgDetail"]


def test_a_plain_value_succeeds(simulator: Simulator, adobe: Adobe) -> None:
    job = finished(simulator, adobe, identity())
    assert set(codes(job).values()) == {"PRVCY-6000-200"}


def test_a_partial_answer_tells_what_was_ignored(simulator: Simulator, adobe: Adobe) -> None:
    job = finished(simulator, adobe, identity("ada@example.com"), identity("partial@example.com"))
    for said in responses(job).values():
        assert said["responseMsgDetail"].startswith("PARTIALLY COMPLETED- Data not found for some requests")
        assert said["results"] == {"processed": ["ada@example.com"], "ignored": ["partial@example.com"]}


def test_a_word_after_a_product_decides_for_that_product(simulator: Simulator, adobe: Adobe) -> None:
    job = finished(simulator, adobe, identity("ada.analytics-badformat@example.com"))
    assert codes(job) == {"Analytics": "PRVCY-1000-400", "Profile": "PRVCY-6000-200"}
    assert job["status"] == "error"


def test_each_product_may_have_a_word_of_its_own(simulator: Simulator, adobe: Adobe) -> None:
    job = finished(
        simulator,
        adobe,
        identity("analytics-notfound.profileservice-partial.CRS-cmk@example.com"),
        include=["analytics", "profileService", "CRS", "target"],
    )
    assert codes(job) == {
        "Analytics": "PRVCY-6052-200",
        "Profile": "PRVCY-6054-200",
        "CRS": "PRVCY-1040-400",
        "Target": "PRVCY-6000-200",
    }


def test_the_first_word_counts(simulator: Simulator, adobe: Adobe) -> None:
    assert set(codes(finished(simulator, adobe, identity("notfound@x"), identity("error@x"))).values()) == {"PRVCY-6052-200"}
    assert set(codes(finished(simulator, adobe, identity("error@x"), identity("notfound@x"))).values()) == {"PRVCY-1024-400"}


def test_an_unknown_namespace_is_named_in_the_namespace(simulator: Simulator, adobe: Adobe) -> None:
    job = finished(simulator, adobe, identity("ada", "NoSuchNamespace", "custom"))
    assert job["status"] == "complete"
    assert set(codes(job).values()) == {"PRVCY-6053-200"}


def test_a_product_that_the_organization_lacks_is_not_provisioned(simulator: Simulator) -> None:
    caller = register(simulator, "small", products=["analytics"])
    job = finished(simulator, caller, identity("error@example.com"))
    assert codes(job) == {"Analytics": "PRVCY-1024-400", "Profile": "PRVCY-6051-200"}
    job = finished(simulator, caller, identity())
    assert (job["status"], codes(job)) == ("complete", {"Analytics": "PRVCY-6000-200", "Profile": "PRVCY-6051-200"})


def test_the_organization_of_the_box_has_every_product(simulator: Simulator, adobe: Adobe) -> None:
    (known,) = simulator.control("organizations")["organizations"]
    job = finished(simulator, adobe, identity(), include=known["products"])
    said = responses(job)
    assert len(said) == len(known["products"]) == 14
    assert "PRVCY-6051-200" not in {one.get("responseMsgCode") for one in said.values()}


def test_audience_manager_tells_what_it_processed(simulator: Simulator, adobe: Adobe) -> None:
    job = finished(simulator, adobe, identity("a"), identity("b", "ECID"), include=["audienceManager"])
    assert responses(job)["AudienceManager"]["results"] == {"processed": ["a", "b"], "ignored": []}


def test_each_person_has_an_outcome_of_their_own(simulator: Simulator, adobe: Adobe) -> None:
    jobs = adobe.create(person(key="a"), person(key="b", ids=[identity("badformat")]), person(key="c"))
    simulator.control("finish", {})
    assert [adobe.job(job_id)["status"] for job_id in jobs] == ["complete", "error", "complete"]


def test_a_status_that_nobody_has_published_is_shown_as_it_is(simulator: Simulator, adobe: Adobe) -> None:
    job = finished(simulator, adobe, identity("oddstatus"))
    assert job["status"] == "suspended"
    for said in responses(job).values():
        assert (said["status"], said["responseMsgCode"]) == ("suspended", "PRVCY-9999-299")


@pytest.mark.parametrize(
    ("word", "after_two_hours", "after_28_days", "after_30_days"),
    [
        ("slowproduct", "processing", "processing", "complete"),
        ("stuck", "processing", "processing", "processing"),
        ("neverstarts", "submitted", "submitted", "submitted"),
    ],
)
def test_a_word_can_make_a_product_late(
    simulator: Simulator, adobe: Adobe, word: str, after_two_hours: str, after_28_days: str, after_30_days: str
) -> None:
    (job_id,) = adobe.create(person(ids=[identity(word)]))
    for advance, expected in ((DAY / 12, after_two_hours), (28 * DAY - DAY / 12, after_28_days), (2 * DAY, after_30_days)):
        simulator.advance(advance)
        job = adobe.job(job_id)
        assert {job["status"], *(said["status"] for said in responses(job).values())} == {expected}
