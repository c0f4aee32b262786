"""Result files: from the gateway, from an allowed host, from nowhere else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from portal.adobe.errors import (
    AdobeError,
    BadAnswer,
    ContentForbidden,
    HostRefused,
    NotFound,
    OrganizationBlocked,
    TooLarge,
)
from portal.adobe.privacy_service import PrivacyService
from tests.portal.adobe.servers import (
    CLIENT_ID,
    JOBS,
    ORGANIZATION,
    Adobe,
    Handler,
    answers,
    make_certificate,
    quick_transport,
    sends,
    service_for,
)

FILE = os.urandom(200_000)
ZIP = answers(200, FILE, {"Content-Type": "application/zip"})
LIMIT = 1_000_000


def fetch(service: PrivacyService, url: str | None = None, limit: int = LIMIT) -> tuple[bytes, int, str]:
    content = bytearray()
    info = service.download(url, "job-1", content.extend, limit)
    return bytes(content), info.size, info.content_type


def failure(*script: Handler, limit: int = LIMIT) -> AdobeError:
    with Adobe(*script) as adobe, pytest.raises(AdobeError) as caught:
        fetch(service_for(adobe.url, transport=quick_transport(read_seconds=0.5)), limit=limit)
    return caught.value


def test_it_fetches_from_the_content_path_when_there_is_no_address() -> None:
    with Adobe(ZIP) as adobe:
        assert fetch(service_for(adobe.url)) == (FILE, len(FILE), "application/zip")
    (request,) = adobe.requests
    assert request.target == f"{JOBS}/job-1/content"
    assert request.headers["authorization"] == "Bearer token-1"
    assert request.headers["accept"] == "application/json"


@pytest.mark.parametrize("path", ["/data/privacy/gdpr/job-1/content", "/data/privacy/gdpr/jobs/job-1"])
def test_an_address_of_the_first_edition_is_understood_and_never_called(path: str) -> None:
    with Adobe(ZIP) as adobe:
        assert fetch(service_for(adobe.url), adobe.url + path)[0] == FILE
    assert [request.target for request in adobe.requests] == [f"{JOBS}/job-1/content"]


def test_it_fetches_from_an_address_at_the_gateway_with_the_token() -> None:
    with Adobe(ZIP) as adobe:
        assert fetch(service_for(adobe.url), f"{adobe.url}{JOBS}/job-1/content")[0] == FILE
    assert adobe.requests[0].headers["x-api-key"] == CLIENT_ID


def test_it_keeps_the_token_from_an_allowed_host() -> None:
    with Adobe(ZIP) as blob, Adobe(ZIP) as adobe:
        service = service_for(adobe.url, download_hosts=(f"127.0.0.1:{blob.port}",))
        assert fetch(service, f"{blob.url}/usa/job-1.zip?sig=abc")[0] == FILE
    (request,) = blob.requests
    assert request.target == "/usa/job-1.zip?sig=abc"
    assert adobe.requests == []
    assert adobe.token_requests == []
    assert not {"authorization", "x-api-key", "x-gw-ims-org-id"} & set(request.headers)
    assert ORGANIZATION not in str(request.headers)


def test_it_does_not_take_another_port_of_the_gateways_host_for_the_gateway() -> None:
    with Adobe(ZIP) as other, Adobe(ZIP) as adobe:
        with pytest.raises(HostRefused):
            fetch(service_for(adobe.url), f"{other.url}{JOBS}/job-1/content")
        with pytest.raises(HostRefused):
            fetch(service_for(adobe.url, download_hosts=("127.0.0.1",)), f"{other.url}/x.zip")
    assert other.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "http://...",
        "",
        "/data/core/privacy/jobs/job-1/content",
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "http://169.254.169.254/latest/meta-data/",
        "http://user:secret@127.0.0.1/x.zip",
        "http://127.0.0.1:{port}@evil.invalid/x",
        "https://127.0.0.1:{port}/x.zip",
    ],
)
def test_it_refuses_other_addresses(url: str) -> None:
    with Adobe(ZIP) as adobe, pytest.raises(HostRefused):
        fetch(service_for(adobe.url), url.replace("{port}", str(adobe.port)))
    assert adobe.requests == []


def test_it_fetches_without_encryption_only_beside_a_gateway_without(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with Adobe(ZIP) as blob, Adobe(ZIP, tls=certificate.server_context()) as adobe:
        transport = quick_transport(ca_file=str(certificate.file))
        service = service_for(adobe.url, transport=transport, download_hosts=(f"127.0.0.1:{blob.port}",))
        with pytest.raises(HostRefused) as caught:
            fetch(service, f"{blob.url}/x.zip")
        assert fetch(service)[0] == FILE
    assert caught.value.code == "not_encrypted"
    assert blob.requests == []


def test_it_follows_no_redirect_to_a_blob() -> None:
    with Adobe(ZIP) as blob:
        error = failure(answers(302, headers={"Location": blob.url}))
    assert isinstance(error, BadAnswer)
    assert error.code == "redirect"
    assert blob.requests == []


def test_it_stops_at_the_size_limit() -> None:
    assert isinstance(failure(ZIP, limit=1000), TooLarge)
    with Adobe(ZIP) as adobe:
        assert fetch(service_for(adobe.url), limit=len(FILE))[1] == len(FILE)


@pytest.mark.parametrize(
    "head", [b"Content-Length: 5000\r\n\r\n" + b"x" * 4000, b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"]
)
def test_it_notices_a_file_that_was_cut_short(head: bytes) -> None:
    error = failure(sends(b"HTTP/1.1 200 OK\r\n" + head))
    assert isinstance(error, BadAnswer)
    assert error.code == "cut"


def test_it_renews_a_refused_token_before_it_writes_anything() -> None:
    with Adobe(answers(401, b"refused"), ZIP) as adobe:
        assert fetch(service_for(adobe.url))[0] == FILE


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, b"", NotFound),
        (403, {"error_code": "403027", "message": "Forbidden."}, ContentForbidden),
        (400, {"code": "1010-400"}, ContentForbidden),
        (403, {"error_code": "403025"}, OrganizationBlocked),
        (500, b"", BadAnswer),
        (202, b"", BadAnswer),
    ],
)
def test_it_says_why_the_gateway_gave_no_file(status: int, body: Any, kind: type[AdobeError]) -> None:
    assert type(failure(answers(status, body))) is kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, NotFound), (410, NotFound), (403, ContentForbidden), (401, ContentForbidden), (500, BadAnswer)],
)
def test_it_says_why_another_host_gave_no_file(status: int, kind: type[AdobeError]) -> None:
    with Adobe(answers(status)) as blob, Adobe(ZIP) as adobe:
        service = service_for(adobe.url, download_hosts=(f"127.0.0.1:{blob.port}",))
        with pytest.raises(AdobeError) as caught:
            fetch(service, f"{blob.url}/x.zip")
    assert type(caught.value) is kind
    assert adobe.token_requests == []


def test_it_logs_no_signature_of_a_file_address(caplog: pytest.LogCaptureFixture) -> None:
    with Adobe(ZIP) as blob, Adobe(ZIP) as adobe, caplog.at_level(10):
        service = service_for(adobe.url, download_hosts=(f"127.0.0.1:{blob.port}",))
        fetch(service, f"{blob.url}/usa/folder/job-1.zip?sig=signature")
    assert "adobe: GET 127.0.0.1 (result file) 200" in caplog.text
    assert "signature" not in caplog.text
    assert "folder" not in caplog.text
