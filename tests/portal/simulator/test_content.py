"""`/jobs/{id}/content`: a real ZIP with a folder for each product."""

from __future__ import annotations

import hashlib
import io
import json
import uuid
import zipfile

import pytest

from tests.conftest import Simulator
from tests.portal.simulator.payloads import pass_body
from tests.portal.simulator.wire import DAY, Adobe, identity, person, register

NOT_FOUND = (404, {"error_code": "404001", "message": "Content not found"})


def opened(data: bytes) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    return archive


def finished(simulator: Simulator, adobe: Adobe, *values: str, **fields: object) -> str:
    """The id of an answered access job."""
    (job_id,) = adobe.create(person(ids=[identity(value) for value in values or ("ada@example.com",)]), **fields)
    simulator.control("finish", {"jobIds": [job_id]})
    return job_id


def test_it_gives_a_zip_with_a_folder_for_each_product(simulator: Simulator, adobe: Adobe) -> None:
    job_id = finished(simulator, adobe, include=["analytics", "profileService", "CJM", "AdobeCloudPlatform", "marketo"])
    answer = adobe.content(job_id)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/zip")
    names = opened(answer.data).namelist()
    assert names[0] == f"{job_id}/"
    folders = {name for name in names if name.endswith("/")} - {f"{job_id}/"}
    assert folders == {f"{job_id}/{name}/" for name in ("Analytics", "Profile", "CJM", "AEP Data Lake", "Marketo")}
    for folder in folders:
        files = [name for name in names if name.startswith(folder) and name != folder]
        assert any(name.endswith(".json") for name in files)


def test_every_file_is_about_this_person(simulator: Simulator, adobe: Adobe) -> None:
    job_id = finished(simulator, adobe, "ada@example.com")
    archive = opened(adobe.content(job_id).data)
    for name in archive.namelist():
        if name.endswith("/"):
            continue
        text = archive.read(name).decode()
        assert job_id in text
        assert "ada@example.com" in text
        if name.endswith(".json"):
            json.loads(text)


@pytest.mark.parametrize(("policy", "shown"), [(None, "none"), (124, "124")])
def test_profile_answers_as_its_page_shows(simulator: Simulator, adobe: Adobe, policy: int | None, shown: str) -> None:
    job_id = finished(simulator, adobe, "ada@example.com", mergePolicyId=policy)
    archive = opened(adobe.content(job_id).data)
    assert json.loads(archive.read(f"{job_id}/Profile/profile.json")) == {
        "privacyResponse": {
            "jobId": job_id,
            "response": [
                {
                    "sandbox": "prod",
                    "mergePolicyId": shown,
                    "result": {
                        "person": {"gender": "female"},
                        "personalEmail": {"address": "ada@example.com"},
                        "identityMap": {"email": [{"id": "ada@example.com"}]},
                    },
                }
            ],
        }
    }


def test_a_product_that_found_nothing_has_an_empty_folder(simulator: Simulator, adobe: Adobe) -> None:
    job_id = finished(simulator, adobe, "ada.analytics-notfound@example.com")
    names = opened(adobe.content(job_id).data).namelist()
    assert [name for name in names if "/Analytics/" in name] == [f"{job_id}/Analytics/"]
    assert f"{job_id}/Profile/profile.json" in names


def test_the_receipt_of_pass_is_in_the_file_too(simulator: Simulator, adobe: Adobe) -> None:
    (job,) = adobe.post(pass_body("access")).json["jobs"]
    simulator.control("finish", {})
    (entry,) = adobe.job(job["jobId"])["productResponses"]
    archive = opened(adobe.content(job["jobId"]).data)
    kept = json.loads(archive.read(f"{job['jobId']}/Adobe Pass Authentication/receipt.json"))
    assert kept == {"jobId": job["jobId"], **entry["productStatusResponse"]["results"]}


def test_it_gives_the_same_bytes_each_time(simulator: Simulator, adobe: Adobe) -> None:
    job_id = finished(simulator, adobe)
    first = adobe.content(job_id).data
    simulator.advance(DAY)
    assert adobe.content(job_id).data == first
    assert simulator.control(f"archives/{job_id}") == {"sha256": hashlib.sha256(first).hexdigest(), "size": len(first)}


def test_it_does_not_ask_for_an_accept_header(simulator: Simulator, adobe: Adobe) -> None:
    job_id = finished(simulator, adobe)
    for accept in (None, "application/json", "application/zip"):
        assert adobe.call("GET", f"/data/core/privacy/jobs/{job_id}/content", accept=accept).status == 200


def test_an_open_a_failed_and_a_delete_job_have_no_content(simulator: Simulator, adobe: Adobe) -> None:
    (stuck,) = adobe.create(person(ids=[identity("stuck@example.com")]))
    (failed,) = adobe.create(person(ids=[identity("error@example.com")]))
    (delete,) = adobe.create(person("delete"))
    (fresh,) = adobe.create(person())
    simulator.control("finish", {"jobIds": [stuck, failed, delete]})
    for job_id in (stuck, failed, delete, fresh, str(uuid.uuid1())):
        assert adobe.content(job_id).said == NOT_FOUND


def test_it_needs_the_content_permission(simulator: Simulator) -> None:
    caller = register(simulator, "keeper")
    job_id = finished(simulator, caller)
    register(simulator, "keeper", permissions=["Privacy Read Permission", "Privacy Write Permission"])
    assert caller.content(job_id).status == 403
    register(simulator, "keeper", permissions=["Read (Access) Content Delivery Permission"])
    assert caller.content(job_id).status == 200


def test_another_organization_gets_nothing(simulator: Simulator, adobe: Adobe, stranger: Adobe) -> None:
    assert stranger.content(finished(simulator, adobe)).said == NOT_FOUND


def test_it_is_kept_for_sixty_days_after_completion(simulator: Simulator, adobe: Adobe) -> None:
    (job_id,) = adobe.create(person(ids=[identity("slowproduct@example.com")]))
    simulator.advance(10 * DAY)
    simulator.control("finish", {})
    simulator.advance(60 * DAY - 60)
    assert adobe.detail(job_id).status == 404
    assert adobe.content(job_id).status == 200
    simulator.advance(120)
    assert adobe.content(job_id).said == NOT_FOUND
