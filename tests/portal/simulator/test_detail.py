"""`GET /jobs/{id}` and the ping: the fields of one job."""

from __future__ import annotations

import re
import uuid

import pytest

from tests.conftest import Simulator
from tests.portal.simulator.payloads import PAYLOADS, pass_body
from tests.portal.simulator.wire import DAY, JOBS, Adobe, Body, accepted_at, identity, person, register, responses, us

NOT_FOUND = (404, {"error_code": "404001", "message": "Job not found"})
TECHNICAL_ACCOUNT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}@techacct\.adobe\.com")


def finished(simulator: Simulator, adobe: Adobe, payload: Body) -> list[Body]:
    """The jobs of a payload, all answered."""
    ids = [job["jobId"] for job in adobe.post(payload).json["jobs"]]
    simulator.control("finish", {"jobIds": ids})
    return [adobe.job(job_id) for job_id in ids]


def test_a_fresh_job_has_every_documented_field(adobe: Adobe) -> None:
    (job_id,) = adobe.create(person(key="David Smith"))
    job = adobe.job(job_id)
    created = job["createdDate"]
    assert TECHNICAL_ACCOUNT.fullmatch(job["submittedBy"])
    assert us(created) == accepted_at(job["requestId"]).replace(second=0, microsecond=0)
    assert job == {
        "jobId": job_id,
        "requestId": job["requestId"],
        "userKey": "David Smith",
        "action": "access",
        "status": "submitted",
        "submittedBy": job["submittedBy"],
        "createdDate": created,
        "lastModifiedDate": created,
        "userIds": [
            {
                "namespace": "email",
                "value": "ada@example.com",
                "type": "standard",
                "namespaceId": 6,
                "isDeletedClientSide": False,
            }
        ],
        "productResponses": [
            {
                "product": name,
                "retryCount": 0,
                "processedDate": created,
                "productStatusResponse": {"status": "submitted"},
            }
            for name in ("Analytics", "Profile")
        ],
        "regulation": "gdpr",
    }


def test_a_finished_job_reads_like_the_sample(simulator: Simulator, adobe: Adobe) -> None:
    """P1 sent, P4 read."""
    job = finished(simulator, adobe, PAYLOADS["P1"])[0]
    assert (job["status"], job["action"], job["userKey"], job["regulation"]) == ("complete", "access", "DavidSmith", "ccpa")
    values = ["dsmith@acme.com", "443636576799758681021090721276"]
    success = {"status": "complete", "message": "Success", "responseMsgCode": "PRVCY-6000-200"}
    assert responses(job) == {
        "Analytics": success | {"responseMsgDetail": "Finished successfully."},
        "AudienceManager": success
        | {"responseMsgDetail": "Finished successfully.", "results": {"processed": values, "ignored": []}},
        "Profile": success | {"responseMsgDetail": "Success dataSetIds = [5dbb87aad37beb18a96feb61], Failed dataSetIds = []"},
    }


@pytest.mark.parametrize("action", ["access", "delete"])
def test_pass_answers_with_a_receipt(simulator: Simulator, adobe: Adobe, action: str) -> None:
    """P6: counts as texts, the namespace id 0 of an unregistered namespace, no code, for both actions."""
    (job,) = finished(simulator, adobe, pass_body(action))
    assert (job["action"], job["status"]) == (action, "complete")
    assert job["userIds"] == [
        {
            "namespace": "http://www.adobe.com/primetimeAuthentication/Dish",
            "value": "1234-5678-8765-4321",
            "type": "unregistered",
            "isDeletedClientSide": False,
        }
    ]
    (entry,) = job["productResponses"]
    assert (entry["product"], entry["retryCount"]) == ("Adobe Pass Authentication", 0)
    said = entry["productStatusResponse"]
    receipt = said["results"]["receiptData"]
    assert said == {
        "status": "complete",
        "message": "Success",
        "results": {
            "userContexts": [
                {
                    "namespace": "http://www.adobe.com/primetimeAuthentication/Dish",
                    "namespaceId": 0,
                    "value": "1234-5678-8765-4321",
                    "type": "unregistered",
                }
            ],
            "receiptData": {
                "createdAt": receipt["createdAt"],
                "message": "Data summary",
                "numberOfAuthenticationSessions": receipt["numberOfAuthenticationSessions"],
                "numberOfAuthorizationDecisions": receipt["numberOfAuthorizationDecisions"],
            },
        },
    }
    counts = (receipt["numberOfAuthenticationSessions"], receipt["numberOfAuthorizationDecisions"])
    assert all(isinstance(count, str) and count.isdigit() for count in counts)


def test_a_receipt_drops_the_zeros_at_the_end_of_its_time(simulator: Simulator, adobe: Adobe) -> None:
    payload = pass_body("access")
    payload["users"] = payload["users"] * 300
    jobs = adobe.post(payload).json["jobs"]
    simulator.advance(22 * DAY)
    stamps = [
        responses(adobe.job(job["jobId"]))["Adobe Pass Authentication"]["results"]["receiptData"]["createdAt"] for job in jobs
    ]
    pattern = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,2}[1-9])?Z")
    assert [stamp for stamp in stamps if not pattern.fullmatch(stamp)] == []
    fractions = {len(stamp.partition(".")[2]) for stamp in stamps}
    assert {3, 4} <= fractions


def test_a_pass_product_that_found_nobody_says_so_with_a_code(simulator: Simulator, adobe: Adobe) -> None:
    namespace = "http://www.adobe.com/primetimeAuthentication/Dish"
    (job_id,) = adobe.create(person(ids=[identity("notfound-1", namespace, "unregistered")]), include=["primetimeAuthentication"])
    simulator.control("finish", {})
    said = responses(adobe.job(job_id))["Adobe Pass Authentication"]
    assert said["responseMsgCode"] == "PRVCY-6052-200"
    assert "results" not in said


def test_only_a_complete_access_job_has_a_download_address(simulator: Simulator, adobe: Adobe) -> None:
    access, delete = adobe.create(person("access", "delete"))
    (opt_out,) = adobe.create(person("opt-out-of-sale"))
    (failed,) = adobe.create(person(ids=[identity("error@example.com")]))
    everything = (access, delete, opt_out, failed)
    assert not any("downloadUrl" in adobe.job(job_id) for job_id in everything)
    simulator.control("finish", {})
    assert {job_id: adobe.job(job_id).get("downloadUrl") for job_id in everything} == {
        access: f"{adobe.address}{JOBS}/{access}/content",
        delete: None,
        opt_out: None,
        failed: None,
    }


def test_the_download_address_is_hidden_without_the_content_permission(simulator: Simulator) -> None:
    caller = register(simulator, "reader")
    (job_id,) = caller.create(person())
    simulator.control("finish", {})
    assert "downloadUrl" in caller.job(job_id)
    register(simulator, "reader", permissions=["Privacy Read Permission"])
    job = caller.job(job_id)
    assert job["status"] == "complete"
    assert not {"downloadUrl", "downloadURL"} & set(job)


def test_an_unknown_job_is_not_found(adobe: Adobe) -> None:
    for job_id in (str(uuid.uuid1()), "nonsense", "%00", ""):
        answer = adobe.call("GET", f"{JOBS}/{job_id}/content" if not job_id else f"{JOBS}/{job_id}")
        assert answer.status == 404
    assert adobe.detail(str(uuid.uuid1())).said == NOT_FOUND


def test_the_job_of_another_organization_is_not_found(adobe: Adobe, stranger: Adobe) -> None:
    (job_id,) = adobe.create(person())
    assert stranger.detail(job_id).said == NOT_FOUND
    assert adobe.detail(job_id).status == 200


def test_a_job_can_be_read_for_thirty_days_after_completion(simulator: Simulator, adobe: Adobe) -> None:
    (job_id,) = adobe.create(person(ids=[identity("slowproduct@example.com")]))
    simulator.advance(10 * DAY)
    simulator.control("finish", {})
    simulator.advance(30 * DAY - 60)
    assert adobe.detail(job_id).status == 200
    simulator.advance(120)
    assert adobe.detail(job_id).said == NOT_FOUND


def test_an_open_job_can_be_read_for_ever(simulator: Simulator, adobe: Adobe) -> None:
    (job_id,) = adobe.create(person(ids=[identity("stuck@example.com")]))
    simulator.advance(400 * DAY)
    assert adobe.job(job_id)["status"] == "processing"


def test_a_forgotten_job_is_not_found(simulator: Simulator, adobe: Adobe) -> None:
    (job_id,) = adobe.create(person())
    assert simulator.control(f"jobs/{job_id}", method="DELETE") == {"forgotten": True}
    assert adobe.detail(job_id).said == NOT_FOUND


def test_each_organization_has_a_technical_account_of_its_own(adobe: Adobe, stranger: Adobe) -> None:
    ours, again = (adobe.job(adobe.create(person())[0])["submittedBy"] for _ in range(2))
    theirs = stranger.job(stranger.create(person())[0])["submittedBy"]
    assert ours == again != theirs


def test_a_ping_is_no_job(adobe: Adobe) -> None:
    assert adobe.call("GET", f"{JOBS}/ping").said == (200, {"status": "ok"})
