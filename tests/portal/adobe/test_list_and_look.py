"""Listings, one job, and ping, over a real socket."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import parse_qs

import pytest

from portal.adobe.answers import JobPage
from portal.adobe.errors import (
    AdobeError,
    BadAnswer,
    NotFound,
    NotSent,
    OrganizationBlocked,
    PageSizeRefused,
    Rejected,
    Throttled,
)
from portal.adobe.privacy_service import PrivacyService
from portal.adobe.tokens import MemoryTokenStore
from tests.portal.adobe.servers import (
    JOBS,
    ORGANIZATION,
    Adobe,
    Handler,
    answers,
    hangs_up,
    quick_transport,
    sends,
    service_for,
    stays_silent,
    token_body,
    unused_port,
)

PAGE = answers(200, {"totalRecords": 1, "jobDetails": [{"jobId": "job-1", "status": "complete"}]})
JOB = answers(200, {"jobId": "job-1", "status": "processing", "regulation": "gdpr"})
UNAUTHORIZED = answers(401, {"error_code": "401013", "message": "Oauth token is not valid"})

Look = Callable[[PrivacyService], object]


def listed(service: PrivacyService, size: int = 1000) -> JobPage:
    return service.list_jobs(regulation="gdpr", page=0, size=size)


def looked(service: PrivacyService) -> object:
    return service.job("job-1")


def pinged(service: PrivacyService) -> None:
    service.ping()


def failure(look: Look, *script: Handler, **changes: Any) -> AdobeError:
    with Adobe(*script) as adobe:
        service = service_for(adobe.url, transport=quick_transport(read_seconds=0.5), **changes)
        with pytest.raises(AdobeError) as caught:
            look(service)
    return caught.value


def test_it_lists_jobs() -> None:
    with Adobe(PAGE) as adobe:
        page = service_for(adobe.url).list_jobs(
            regulation="cpra_ca_usa",
            page=3,
            size=100,
            from_date=date(2026, 11, 1),
            to_date="2026-11-24",
            status="submitted",
        )
    assert [job.job_id for job in page.jobs] == ["job-1"]
    (request,) = adobe.requests
    assert (request.method, request.path) == ("GET", JOBS)
    assert parse_qs(request.target.partition("?")[2]) == {
        "regulation": ["cpra_ca_usa"],
        "page": ["3"],
        "size": ["100"],
        "fromDate": ["2026-11-01"],
        "toDate": ["2026-11-24"],
        "status": ["submitted"],
    }
    assert request.headers["x-gw-ims-org-id"] == ORGANIZATION
    assert request.headers["accept"] == "application/json"


def test_it_leaves_out_what_is_not_asked_for() -> None:
    with Adobe(PAGE) as adobe:
        listed(service_for(adobe.url))
    assert adobe.requests[0].target == f"{JOBS}?regulation=gdpr&page=0&size=1000"


def test_it_takes_both_dates_or_none() -> None:
    with pytest.raises(ValueError, match="both dates"):
        service_for("http://127.0.0.1:1").list_jobs(regulation="gdpr", page=0, size=25, to_date="2026-11-24")


@pytest.mark.parametrize("words", ["size must not exceed 100", "Page size is not allowed", "", "Bad request"])
def test_it_says_when_the_page_size_is_refused(words: str) -> None:
    error = failure(listed, answers(400, {"error_code": "400001", "message": words}))
    assert isinstance(error, PageSizeRefused)
    assert error.words == words


@pytest.mark.parametrize("words", ["regulation is unknown", "fromDate is over the limit", "status is unknown"])
def test_it_does_not_blame_the_page_size_for_something_else(words: str) -> None:
    assert isinstance(failure(listed, answers(400, {"message": words})), Rejected)


def test_it_does_not_blame_the_smallest_page_size() -> None:
    error = failure(lambda service: listed(service, 25), answers(400, {"message": "size"}))
    assert isinstance(error, Rejected)


def test_it_looks_at_a_job() -> None:
    with Adobe(JOB) as adobe:
        job = service_for(adobe.url).job("job-1")
    assert (job.status, job.regulation) == ("processing", "gdpr")
    assert adobe.requests[0].target == f"{JOBS}/job-1"


def test_it_keeps_an_odd_job_id_within_its_path() -> None:
    with Adobe(answers(404)) as adobe:
        service = service_for(adobe.url)
        for job_id in ("a/../../b?c#d", "..", ".", " ", ""):
            with pytest.raises(NotFound):
                service.job(job_id)
    assert [request.target for request in adobe.requests] == [f"{JOBS}/a%2F..%2F..%2Fb%3Fc%23d"]


def test_it_takes_no_other_job_for_the_one_it_asked_for() -> None:
    error = failure(lambda service: service.job("job-2"), JOB)
    assert isinstance(error, BadAnswer)
    assert error.code == "unreadable"


def test_it_knows_a_job_that_is_gone() -> None:
    error = failure(looked, answers(404, {"error_code": "404001", "message": "gone"}))
    assert isinstance(error, NotFound)
    assert (error.http_status, error.words) == (404, "gone")


def test_it_takes_a_missing_list_for_a_wrong_address() -> None:
    error = failure(listed, answers(404))
    assert isinstance(error, OrganizationBlocked)
    assert error.reason == "wrong_address"


def test_it_pings() -> None:
    with Adobe(answers(200, {"status": "ok"})) as adobe:
        service_for(adobe.url).ping()
    assert adobe.requests[0].target == f"{JOBS}/ping"


def test_it_renews_a_refused_token_once() -> None:
    store = MemoryTokenStore()
    with Adobe(UNAUTHORIZED, JOB) as adobe:
        service_for(adobe.url, store=store).job("job-1")
    assert [request.headers["authorization"] for request in adobe.requests] == ["Bearer token-1", "Bearer token-2"]
    token = store.read()
    assert token is not None
    assert token.value == "token-2"


@pytest.mark.parametrize("look", [listed, looked, pinged])
def test_it_blocks_the_organization_when_a_new_token_is_refused_too(look: Look) -> None:
    store = MemoryTokenStore()
    with Adobe(UNAUTHORIZED) as adobe:
        with pytest.raises(OrganizationBlocked) as caught:
            look(service_for(adobe.url, store=store))
        assert len(adobe.requests) == 2
    assert (caught.value.reason, caught.value.code) == ("unauthorized", "401013")
    assert store.read() is None


@pytest.mark.parametrize("look", [listed, looked, pinged])
@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (403, {"error_code": "403025", "message": "Profile is not valid"}, "forbidden"),
        (400, {"code": "1010-400"}, "forbidden"),
        (400, {"error_code": "400003", "message": "Missing header"}, "missing_org_header"),
    ],
)
def test_it_blocks_the_organization(look: Look, status: int, body: Any, reason: str) -> None:
    error = failure(look, answers(status, body))
    assert isinstance(error, OrganizationBlocked)
    assert (error.reason, error.http_status) == (reason, status)


@pytest.mark.parametrize("look", [listed, looked])
@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (answers(500), "server_error"),
        (answers(503, {"error_code": "503000"}), "503000"),
        (answers(302, headers={"Location": "/elsewhere"}), "redirect"),
        (answers(204), "unexpected"),
        (answers(200, b"<html>"), "unreadable"),
        (answers(200, [1]), "unreadable"),
        (hangs_up, "cut"),
        (stays_silent, "timeout"),
        (sends(b"no http"), "unreadable"),
        (sends(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), "cut"),
    ],
    ids=["500", "503", "redirect", "204", "html", "list", "cut", "silence", "no HTTP", "short"],
)
def test_it_says_what_was_wrong_with_an_answer(look: Look, handler: Handler, code: str) -> None:
    error = failure(look, handler)
    assert isinstance(error, BadAnswer)
    assert error.code == code


def test_it_is_throttled() -> None:
    error = failure(listed, answers(429, headers={"Retry-After": "90"}))
    assert isinstance(error, Throttled)
    assert error.retry_after == 90


def test_it_is_not_sent_when_nobody_listens() -> None:
    with Adobe(PAGE) as ims, pytest.raises(NotSent) as caught:
        listed(service_for(f"http://127.0.0.1:{unused_port()}", ims_url=ims.url))
    assert caught.value.reason == "connect"


def test_it_uses_a_base_address_as_it_was_typed() -> None:
    with Adobe(JOB) as adobe:
        service_for(f" {adobe.url}/ ").job("job-1")
        service_for(f"{adobe.url}/behind/a/path", ims_url=adobe.url).job("job-1")
    assert [request.target for request in adobe.requests] == [f"{JOBS}/job-1", f"/behind/a/path{JOBS}/job-1"]


def test_it_asks_for_a_new_token_when_the_old_one_has_ended() -> None:
    with Adobe(JOB) as adobe:
        adobe.token_script = [answers(200, token_body("short", 0))]
        service = service_for(adobe.url)
        service.job("job-1")
        service.job("job-1")
    assert [request.headers["authorization"] for request in adobe.requests] == ["Bearer short", "Bearer token-2"]
