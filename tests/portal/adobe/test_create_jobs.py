"""Each way in which a POST of jobs can end, over a real socket."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from portal.adobe.answers import CreatedJobs
from portal.adobe.errors import (
    AdobeError,
    ClaimLost,
    NotSent,
    OrganizationBlocked,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unauthorized,
)
from portal.adobe.privacy_service import PrivacyService
from portal.adobe.tokens import MemoryTokenStore, Token
from tests.portal.adobe.servers import (
    CLIENT_ID,
    CLIENT_SECRET,
    JOBS,
    ORGANIZATION,
    Adobe,
    Handler,
    Request,
    Talk,
    answers,
    created_body,
    hangs_up,
    make_certificate,
    quick_transport,
    sends,
    service_for,
    stays_silent,
    unused_port,
)

BODY = b'{"users":[{"key":"ada@example.com"}]}'
CREATED = answers(202, created_body(("job-1", "ada#1", "access"), ("job-2", "ada#1", "delete")))


def held() -> bool:
    return True


def create(service: PrivacyService, expected: int = 2, still_held: Callable[[], bool] = held) -> CreatedJobs:
    return service.create_jobs(BODY, expected_jobs=expected, still_held=still_held)


def with_token() -> MemoryTokenStore:
    store = MemoryTokenStore()
    store.write(Token("stored-token", time.time() + 600))
    return store


def failure(*script: Handler, posts: int = 1, **changes: Any) -> AdobeError:
    """What a POST raises; it never is sent twice, whatever the answer."""
    with Adobe(*script) as adobe:
        transport = quick_transport(read_seconds=0.5)
        with pytest.raises(AdobeError) as caught:
            create(service_for(adobe.url, transport=transport, **changes))
        assert len(adobe.posts()) == posts
    return caught.value


def unknown(*script: Handler) -> OutcomeUnknown:
    error = failure(*script)
    assert isinstance(error, OutcomeUnknown)
    return error


def blocked(*script: Handler) -> OrganizationBlocked:
    error = failure(*script)
    assert isinstance(error, OrganizationBlocked)
    return error


def test_it_creates_jobs() -> None:
    with Adobe(CREATED) as adobe:
        created = create(service_for(adobe.url))
    assert [(job.job_id, job.key, job.action) for job in created.jobs] == [
        ("job-1", "ada#1", "access"),
        ("job-2", "ada#1", "delete"),
    ]
    (request,) = adobe.requests
    assert (request.method, request.target, request.body) == ("POST", JOBS, BODY)
    assert request.headers["authorization"] == "Bearer token-1"
    assert request.headers["x-api-key"] == CLIENT_ID
    assert request.headers["x-gw-ims-org-id"] == ORGANIZATION
    assert request.headers["content-type"] == "application/json"
    assert request.headers["content-length"] == str(len(BODY))


def test_it_accepts_any_success_that_names_every_job() -> None:
    for status in (200, 201, 202):
        with Adobe(answers(status, created_body(("job-1", "k", "access")))) as adobe:
            assert len(create(service_for(adobe.url), expected=1).jobs) == 1


def test_it_uses_a_fresh_connection_for_each_post() -> None:
    with Adobe(CREATED) as adobe:
        service = service_for(adobe.url)
        for _ in range(3):
            create(service)
    connections = [request.connection for request in adobe.posts()]
    assert len(set(connections)) == 3
    assert adobe.token_requests[0].connection not in connections


def test_it_sends_a_large_body_whole() -> None:
    body = b'{"users":"' + b"x" * 5_000_000 + b'"}'
    with Adobe(CREATED) as adobe:
        service_for(adobe.url).create_jobs(body, expected_jobs=2, still_held=held)
    assert adobe.requests[0].body == body


def test_it_looks_at_the_claim_when_it_is_connected_and_before_the_first_byte() -> None:
    seen: list[tuple[int, int]] = []
    with Adobe(CREATED) as adobe:
        service = service_for(adobe.url, store=with_token())

        def still_held() -> bool:
            latest = time.monotonic() + 5
            while not adobe.talks and time.monotonic() < latest:
                time.sleep(0.01)
            seen.append((len(adobe.talks), adobe.bytes_received))
            return True

        create(service, still_held=still_held)
    assert seen == [(1, 0)]


def test_it_sends_nothing_when_the_claim_is_lost() -> None:
    with Adobe(CREATED) as adobe:
        service = service_for(adobe.url, store=with_token())
        with pytest.raises(ClaimLost) as caught:
            create(service, still_held=lambda: False)
        time.sleep(0.1)
        assert adobe.bytes_received == 0
    assert adobe.requests == []
    assert (caught.value.reason, caught.value.http_status) == ("claim_lost", None)


def test_it_sends_nothing_when_the_claim_cannot_be_looked_at() -> None:
    def broken() -> bool:
        raise RuntimeError("database is away")

    with Adobe(CREATED) as adobe:
        with pytest.raises(RuntimeError, match="database is away"):
            create(service_for(adobe.url, store=with_token()), still_held=broken)
        time.sleep(0.1)
        assert adobe.bytes_received == 0


def test_it_is_not_sent_when_the_name_is_unknown() -> None:
    with pytest.raises(NotSent) as caught:
        create(service_for("http://no-such-host.invalid", store=with_token()))
    assert caught.value.reason == "dns"


def test_it_is_not_sent_when_the_connection_is_refused() -> None:
    with pytest.raises(NotSent) as caught:
        create(service_for(f"http://127.0.0.1:{unused_port()}", store=with_token()))
    assert caught.value.reason == "connect"


def test_it_is_not_sent_when_the_certificate_is_not_trusted(tmp_path: Path) -> None:
    with Adobe(CREATED, tls=make_certificate(tmp_path).server_context()) as adobe:
        with pytest.raises(NotSent) as caught:
            create(service_for(adobe.url, store=with_token()))
        assert caught.value.reason == "tls"
    assert adobe.requests == []


def test_it_is_sent_over_tls_that_is_trusted(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with Adobe(CREATED, tls=certificate.server_context()) as adobe:
        assert len(create(service_for(adobe.url, transport=quick_transport(ca_file=str(certificate.file)))).jobs) == 2


def test_it_is_not_sent_while_there_is_no_token() -> None:
    with Adobe(CREATED) as adobe:
        adobe.token_script = [answers(503)] * 3
        with pytest.raises(NotSent) as caught:
            create(service_for(adobe.url))
    assert caught.value.reason == "token"
    assert adobe.requests == []


def test_it_blocks_the_organization_when_the_credentials_are_refused() -> None:
    with Adobe(CREATED) as adobe:
        adobe.token_script = [answers(401, {"error": "invalid_client"})]
        with pytest.raises(OrganizationBlocked) as caught:
            create(service_for(adobe.url))
    assert caught.value.reason == "credentials"
    assert adobe.requests == []


def test_it_does_not_know_the_outcome_after_silence() -> None:
    error = unknown(stays_silent)
    assert (error.reason, error.http_status, error.raw) == ("timeout", None, b"")


def test_it_does_not_know_the_outcome_after_a_cut() -> None:
    assert unknown(hangs_up).reason == "cut"


def test_it_does_not_know_the_outcome_after_a_cut_in_the_answer() -> None:
    assert unknown(sends(b'HTTP/1.1 202 Accepted\r\nContent-Length: 500\r\n\r\n{"jobs":[')).reason == "cut"


def test_it_does_not_know_the_outcome_after_a_cut_in_the_request() -> None:
    def reads_a_little(talk: Talk) -> None:
        talk.sock.recv(10)
        talk.hang_up()

    with Adobe(CREATED) as adobe:
        adobe._behaviour = reads_a_little
        with pytest.raises(OutcomeUnknown) as caught:
            service_for(adobe.url, store=with_token()).create_jobs(b"x" * 20_000_000, expected_jobs=1, still_held=held)
    assert caught.value.reason == "cut"


@pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 599, 408])
def test_it_does_not_know_the_outcome_after_a_server_error(status: int) -> None:
    error = unknown(answers(status, {"error_code": "500001", "message": "Internal"}, {"Retry-After": "1"}))
    assert (error.reason, error.http_status, error.code) == ("server_error", status, "500001")


@pytest.mark.parametrize(
    "handler",
    [
        answers(202, b"garbage"),
        answers(202, b""),
        answers(204),
        answers(200, {"error_code": "500001"}),
        answers(200, [1]),
        sends(b"\x16\x03\x01 this is no HTTP\r\n\r\n"),
        answers(202, b"xx", {"Content-Encoding": "gzip"}),
        answers(303, headers={"Location": "/"}),
    ],
    ids=["garbage", "empty", "204", "an error", "a list", "no HTTP", "bad gzip", "redirect"],
)
def test_it_does_not_know_the_outcome_of_an_unreadable_answer(handler: Handler) -> None:
    assert unknown(handler).reason == "unreadable"


def test_it_keeps_an_unreadable_answer() -> None:
    error = unknown(answers(202, b"garbage"))
    assert (error.raw, error.http_status, str(error)) == (b"garbage", 202, "OutcomeUnknown unreadable HTTP 202")


def test_it_does_not_know_the_outcome_when_jobs_are_missing() -> None:
    error = unknown(answers(202, created_body(("job-1", "ada#1", "access"))))
    assert error.reason == "fewer_jobs"
    assert error.created is not None
    assert [job.job_id for job in error.created.jobs] == ["job-1"]
    assert error.raw == error.created.raw


def test_it_counts_a_job_once() -> None:
    assert unknown(answers(202, created_body(("job-1", "k", "access"), ("job-1", "k", "access")))).reason == "fewer_jobs"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_it_follows_no_redirect(status: int) -> None:
    with Adobe(CREATED) as other:
        assert unknown(answers(status, headers={"Location": f"{other.url}{JOBS}"})).reason == "unreadable"
    assert other.requests == []


def test_it_is_throttled_for_seconds() -> None:
    error = failure(answers(429, {"error_code": "429050", "message": "Too many requests"}, {"Retry-After": "120"}))
    assert isinstance(error, Throttled)
    assert (error.retry_after, error.code, error.words) == (120, "429050", "Too many requests")


def test_it_is_throttled_until_a_date() -> None:
    error = failure(answers(429, headers={"Retry-After": formatdate(time.time() + 300, usegmt=True)}))
    assert isinstance(error, Throttled)
    assert error.retry_after is not None
    assert 200 < error.retry_after <= 301


def test_it_is_throttled_for_an_unknown_time() -> None:
    error = failure(answers(429))
    assert isinstance(error, Throttled)
    assert error.retry_after is None


def test_it_forgets_a_token_that_was_refused_and_sends_nothing_again() -> None:
    refusal = answers(401, {"error_code": "401013", "message": "Oauth token is not valid"})
    with Adobe(refusal, CREATED) as adobe:
        service = service_for(adobe.url)
        with pytest.raises(Unauthorized) as caught:
            create(service)
        assert len(adobe.posts()) == 1
        create(service)
    assert (caught.value.http_status, caught.value.code) == (401, "401013")
    assert [post.headers["authorization"] for post in adobe.posts()] == ["Bearer token-1", "Bearer token-2"]


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (403, {"error_code": "403027", "message": "Forbidden."}, "forbidden"),
        (403, {"error_code": "403025", "message": "Profile is not valid"}, "forbidden"),
        (403, b"", "forbidden"),
        (400, {"code": "1010-400", "message": "Missing permissions"}, "forbidden"),
        (400, {"code": "PRVCY-1001-400", "message": "Not authorized"}, "forbidden"),
        (404, {"error_code": "404000", "message": "not found"}, "wrong_address"),
        (400, {"error_code": "400003", "message": "Missing header"}, "missing_org_header"),
        (400, {"message": "x-gw-ims-org-id is required"}, "missing_org_header"),
        (400, {"message": "The daily upload limit has been exceeded"}, "limit"),
        (400, {"title": "BadRequestError", "detail": "Quota reached"}, "limit"),
        (400, b"Too many user IDs were uploaded today", "limit"),
        (400, {"code": "PRVCY-1030-400", "message": "Slow down"}, "limit"),
    ],
)
def test_it_blocks_the_organization(status: int, body: Any, reason: str) -> None:
    error = blocked(answers(status, body))
    assert (error.reason, error.http_status) == (reason, status)


def test_it_keeps_the_words_of_a_limit() -> None:
    error = blocked(answers(400, {"message": "The daily upload limit of 9 has been exceeded"}))
    assert error.words == "The daily upload limit of 9 has been exceeded"
    assert b"limit of 9" in error.raw


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error_code": "400001", "message": "Bad request. users[0].userIDs[0].value is not acceptable"}),
        (400, {"type": "/x", "status": 400, "title": "BadRequestError", "detail": "A valid content-type is needed"}),
        (400, b"no"),
        (400, b""),
        (413, b""),
        (422, {"message": "no"}),
    ],
)
def test_it_is_rejected(status: int, body: Any) -> None:
    error = failure(answers(status, body))
    assert isinstance(error, Rejected)
    assert error.http_status == status


def test_it_reads_a_refusal_that_comes_before_the_body_was_read() -> None:
    def refuses_early(talk: Talk, _: Request) -> None:
        talk.answer(429, b"", {"Retry-After": "9", "Connection": "close"})

    assert isinstance(failure(refuses_early), Throttled)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"gateway_url": "platform.adobe.io"}, "wrong_address"),
        ({"gateway_url": ""}, "wrong_address"),
        ({"ims_org_id": ""}, "missing_org_header"),
        ({"ims_org_id": "a\r\nx: y@AdobeOrg"}, "missing_org_header"),
        ({"client_id": "clíent"}, "credentials"),
    ],
)
def test_it_sends_nothing_with_settings_that_cannot_be_sent(changes: dict[str, str], reason: str) -> None:
    error = failure(CREATED, posts=0, **changes)
    assert isinstance(error, OrganizationBlocked)
    assert error.reason == reason


def test_it_never_logs_a_secret_or_a_value(caplog: pytest.LogCaptureFixture) -> None:
    words = {"message": "users[0] ada@example.com is not acceptable"}
    script = [CREATED, answers(400, words), answers(401, words), answers(202, b"ada@example.com"), hangs_up]
    shown: list[str] = []
    with Adobe(*script) as adobe, caplog.at_level(logging.DEBUG):
        service = service_for(adobe.url, transport=quick_transport(read_seconds=0.5))
        create(service)
        for _ in range(4):
            with pytest.raises(AdobeError) as caught:
                create(service)
            shown += [str(caught.value), repr(caught.value)]
    text = caplog.text + "".join(shown)
    assert caplog.text.count("adobe: POST 127.0.0.1 /data/core/privacy/jobs ") == 5
    for secret in ("ada@example.com", "token-", CLIENT_SECRET, CLIENT_ID, ORGANIZATION):
        assert secret not in text
    assert CLIENT_SECRET not in repr(service._credentials)
