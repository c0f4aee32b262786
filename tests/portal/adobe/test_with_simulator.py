"""The client and the local Adobe, which know nothing of each other, end to end."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import Any

import pytest

from portal.adobe import connection_test
from portal.adobe.errors import (
    AdobeError,
    BadAnswer,
    NotFound,
    OrganizationBlocked,
    OutcomeUnknown,
    PageSizeRefused,
    Rejected,
    Throttled,
    Unauthorized,
)
from portal.adobe.metering import FREE
from portal.adobe.privacy_service import PrivacyService
from tests.conftest import IMS_ORG, Simulator
from tests.portal.adobe.servers import quick_transport, service_for

SETTINGS: dict[str, Any] = {"ims_org_id": IMS_ORG, "client_id": "simulator-client", "client_secret": "simulator-secret"}


def body(*actions: str, key: str = "ada#1") -> bytes:
    return json.dumps(
        {
            "companyContexts": [{"namespace": "imsOrgID", "value": IMS_ORG}],
            "users": [
                {
                    "key": key,
                    "action": list(actions or ("access",)),
                    "userIDs": [{"namespace": "email", "value": "ada@example.com", "type": "standard"}],
                }
            ],
            "include": ["analytics", "profileService"],
            "regulation": "gdpr",
        }
    ).encode()


@pytest.fixture
def service(simulator: Simulator) -> PrivacyService:
    return service_for(simulator.address, transport=quick_transport(read_seconds=1.0), **SETTINGS)


def create(service: PrivacyService, *actions: str) -> list[str]:
    created = service.create_jobs(body(*actions), expected_jobs=len(actions or ("access",)), still_held=lambda: True)
    return [job.job_id for job in created.jobs]


def failure(simulator: Simulator, service: PrivacyService, kind: str, **options: Any) -> AdobeError:
    simulator.fault(kind, **options)
    with pytest.raises(AdobeError) as caught:
        create(service)
    return caught.value


def test_it_goes_from_creation_to_the_file(simulator: Simulator, service: PrivacyService) -> None:
    job_id, other_id = create(service, "access", "delete")
    assert {(entry["jobId"], entry["key"]) for entry in simulator.ledger()} == {
        (job_id, "ada#1"),
        (other_id, "ada#1"),
    }
    listed = service.list_jobs(regulation="gdpr", page=0, size=100).jobs
    assert {job.job_id for job in listed} == {job_id, other_id}
    assert {job.user_key for job in listed} == {"ada#1"}
    simulator.control("finish", {"jobIds": [job_id]})
    job = service.job(job_id)
    assert (job.status, job.user_key, job.action, job.regulation) == ("complete", "ada#1", "access", "gdpr")
    assert {product.status for product in job.products} == {"complete"}
    content = bytearray()
    info = service.download(job.download_url, job_id, content.extend, 10_000_000)
    archive = simulator.control(f"archives/{job_id}")
    assert (info.size, hashlib.sha256(content).hexdigest()) == (archive["size"], archive["sha256"])
    assert zipfile.ZipFile(io.BytesIO(bytes(content))).testzip() is None


@pytest.mark.parametrize("shape", ["modern", "brief", "jobDetails"])
def test_it_reads_every_shape_of_creation(simulator: Simulator, service: PrivacyService, shape: str) -> None:
    simulator.control("switches", {"create_shape": shape})
    assert create(service, "access", "delete") == [entry["jobId"] for entry in simulator.ledger()]


def test_it_reads_both_spellings_of_the_address(simulator: Simulator, service: PrivacyService) -> None:
    simulator.control("switches", {"download_key": "downloadURL"})
    (job_id,) = create(service)
    simulator.control("finish", {})
    assert service.job(job_id).download_url


@pytest.mark.parametrize("style", ["gateway", "code", "errorCode", "problem"])
def test_it_tells_a_refusal_in_every_style(simulator: Simulator, service: PrivacyService, style: str) -> None:
    simulator.control("switches", {"error_style": style})
    assert isinstance(failure(simulator, service, "reject400"), Rejected)
    limited = failure(simulator, service, "limit400")
    assert isinstance(limited, OrganizationBlocked)
    assert limited.reason == "limit"
    assert simulator.ledger() == []


def test_it_falls_back_to_the_page_size_of_another_era(simulator: Simulator, service: PrivacyService) -> None:
    simulator.control("switches", {"list_size": "25/100"})
    with pytest.raises(PageSizeRefused):
        service.list_jobs(regulation="gdpr", page=0, size=1000)
    assert service.list_jobs(regulation="gdpr", page=0, size=100).jobs == ()


@pytest.mark.parametrize(
    ("kind", "error", "reason", "accepted"),
    [
        ("unauthorized", Unauthorized, None, 0),
        ("forbidden", OrganizationBlocked, "forbidden", 0),
        ("not_found", OrganizationBlocked, "wrong_address", 0),
        ("throttle", Throttled, None, 0),
        ("throttle_date", Throttled, None, 0),
        ("throttle_bare", Throttled, None, 0),
        ("error500", OutcomeUnknown, "server_error", 0),
        ("error503", OutcomeUnknown, "server_error", 0),
        ("redirect", OutcomeUnknown, "unreadable", 0),
        ("cut_before_answer", OutcomeUnknown, "cut", 0),
        ("hang", OutcomeUnknown, "timeout", 0),
        ("accept_then_cut", OutcomeUnknown, "cut", 1),
        ("accept_then_500", OutcomeUnknown, "server_error", 1),
        ("garbage", OutcomeUnknown, "unreadable", 1),
        ("slow", OutcomeUnknown, "timeout", 1),
        ("fewer_jobs", OutcomeUnknown, "fewer_jobs", 1),
    ],
)
def test_it_names_the_fault(
    simulator: Simulator,
    service: PrivacyService,
    kind: str,
    error: type[AdobeError],
    reason: str | None,
    accepted: int,
) -> None:
    caught = failure(simulator, service, kind, seconds=3.0, match={"operation": "create"})
    assert type(caught) is error
    assert getattr(caught, "reason", None) == reason
    assert len(simulator.ledger()) == accepted


def test_it_renews_a_token_that_adobe_revoked(simulator: Simulator, service: PrivacyService) -> None:
    service.list_jobs(regulation="gdpr", page=0, size=25)
    simulator.control("tokens", method="DELETE")
    assert service.list_jobs(regulation="gdpr", page=0, size=25).jobs == ()


def test_it_knows_a_job_that_is_gone(simulator: Simulator, service: PrivacyService) -> None:
    (job_id,) = create(service)
    simulator.control(f"jobs/{job_id}", method="DELETE")
    with pytest.raises(NotFound):
        service.job(job_id)


def test_it_notices_a_file_that_was_cut(simulator: Simulator, service: PrivacyService) -> None:
    (job_id,) = create(service)
    simulator.control("finish", {})
    simulator.fault("cut_zip")
    with pytest.raises(BadAnswer):
        service.download(None, job_id, bytearray().extend, 10_000_000)


def test_it_passes_the_connection_test(simulator: Simulator, service: PrivacyService) -> None:
    results = connection_test.test_connection(service._credentials, quick_transport(), FREE)
    assert [result.ok for result in results] == [True] * 5
