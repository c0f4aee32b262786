from __future__ import annotations

import threading
import time
from dataclasses import replace
from urllib.parse import parse_qs

import pytest

from portal.adobe.errors import NotSent, OrganizationBlocked, Throttled
from portal.adobe.tokens import MemoryTokenStore, Token, TokenSource
from tests.portal.adobe.servers import (
    CLIENT_ID,
    CLIENT_SECRET,
    Adobe,
    Handler,
    answers,
    credentials_for,
    hangs_up,
    quick_transport,
    stays_silent,
    token_body,
    unused_port,
)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def source_for(adobe: Adobe, store: MemoryTokenStore | None = None, clock: Clock | None = None) -> TokenSource:
    transport = quick_transport(read_seconds=0.5)
    return TokenSource(store or MemoryTokenStore(), transport, credentials_for(adobe.url), clock or time.time)


def failure(handler: Handler, times: int = 3) -> Exception:
    with Adobe(answers(500)) as adobe:
        adobe.token_script = [handler] * times
        with pytest.raises(Exception) as caught:  # noqa: PT011 - the tests look at what it is
            source_for(adobe).current()
        return caught.value


def test_it_asks_with_all_four_parameters_in_the_body() -> None:
    with Adobe(answers(500)) as adobe:
        assert source_for(adobe).current() == "token-1"
    (request,) = adobe.token_requests
    assert request.method == "POST"
    assert request.target == "/ims/token/v3"
    assert parse_qs(request.body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": [CLIENT_ID],
        "client_secret": [CLIENT_SECRET],
        "scope": ["openid,AdobeID,read_organizations"],
    }


def test_it_keeps_a_token_until_shortly_before_its_end() -> None:
    clock = Clock()
    with Adobe(answers(500)) as adobe:
        source = source_for(adobe, clock=clock)
        assert source.current() == "token-1"
        clock.now += 86399 - 121
        assert source.current() == "token-1"
        clock.now += 2
        assert source.current() == "token-2"


def test_it_shares_a_token_through_the_store() -> None:
    store = MemoryTokenStore()
    with Adobe(answers(500)) as adobe:
        assert source_for(adobe, store).current() == source_for(adobe, store).current()
        assert len(adobe.token_requests) == 1


def test_it_replaces_a_stored_token_that_cannot_be_sent() -> None:
    store = MemoryTokenStore()
    store.write(Token("", time.time() + 600))
    with Adobe(answers(500)) as adobe:
        assert source_for(adobe, store).current() == "token-1"


def test_it_asks_once_for_many_threads() -> None:
    with Adobe(answers(500)) as adobe:
        source = source_for(adobe)
        found: list[str] = []
        threads = [threading.Thread(target=lambda: found.append(source.current())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == ["token-1"] * 8
        assert len(adobe.token_requests) == 1


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [(86399, 86399 - 120), (86399992, 86399.992 - 120), ("3600", 3600 - 120), (60, 54), (None, 270), ("soon", 270)],
)
def test_it_reads_seconds_and_milliseconds(expires_in: object, seconds: float) -> None:
    clock, store = Clock(), MemoryTokenStore()
    with Adobe(answers(500)) as adobe:
        adobe.token_script = [answers(200, token_body("t", expires_in))]
        source_for(adobe, store, clock).current()
    token = store.read()
    assert token is not None
    assert token.expires_at - clock.now == pytest.approx(seconds)


def test_it_uses_a_token_that_has_ended_already_once() -> None:
    with Adobe(answers(500)) as adobe:
        adobe.token_script = [answers(200, token_body("a", 0)), answers(200, token_body("b", 0))]
        source = source_for(adobe)
        assert [source.current(), source.current()] == ["a", "b"]


def test_it_forgets_only_the_token_that_was_refused() -> None:
    store = MemoryTokenStore()
    store.write(Token("new", time.time() + 600))
    store.forget("old")
    assert store.read() is not None
    store.forget("new")
    assert store.read() is None


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("error", ["invalid_client", "invalid_scope", "unsupported_grant_type", "invalid_request"])
def test_it_blocks_the_organization_when_the_credentials_are_refused(status: int, error: str) -> None:
    refused = failure(answers(status, {"error": error, "error_description": "invalid client_secret parameter"}))
    assert isinstance(refused, OrganizationBlocked)
    assert (refused.reason, refused.code, refused.http_status) == ("credentials", error, status)
    assert refused.words == "invalid client_secret parameter"


@pytest.mark.parametrize("status", [302, 404])
def test_it_blocks_the_organization_when_the_address_is_wrong(status: int) -> None:
    refused = failure(answers(status, headers={"Location": "/elsewhere"}))
    assert isinstance(refused, OrganizationBlocked)
    assert refused.reason == "wrong_address"


@pytest.mark.parametrize("address", ["", "ims-na1.adobelogin.com", "ftp://ims", "http://"])
def test_it_blocks_the_organization_when_the_address_is_none(address: str) -> None:
    credentials = replace(credentials_for("http://127.0.0.1:1"), ims_url=address)
    source = TokenSource(MemoryTokenStore(), quick_transport(), credentials)
    with pytest.raises(OrganizationBlocked) as caught:
        source.current()
    assert caught.value.reason == "wrong_address"


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (answers(500), "server_error"),
        (answers(503, {"error_code": "503"}), "503"),
        (answers(400, {"error": "temporarily_unavailable"}), "temporarily_unavailable"),
        (hangs_up, "cut"),
        (stays_silent, "timeout"),
        (answers(200, b"<html>sign in</html>"), "unreadable"),
        (answers(200, {"token_type": "bearer"}), "unreadable"),
        (answers(200, token_body("two\r\nlines")), "unreadable"),
    ],
    ids=["500", "503", "not now", "cut", "timeout", "html", "no token", "line break"],
)
def test_it_is_not_sent_while_there_is_no_token_to_be_had(handler: Handler, code: str) -> None:
    down = failure(handler)
    assert isinstance(down, NotSent)
    assert (down.reason, down.code) == ("token", code)


def test_it_is_not_sent_when_ims_cannot_be_reached() -> None:
    credentials = credentials_for("http://127.0.0.1:1", ims_url=f"http://127.0.0.1:{unused_port()}")
    with pytest.raises(NotSent) as caught:
        TokenSource(MemoryTokenStore(), quick_transport(), credentials).current()
    assert (caught.value.reason, caught.value.code) == ("token", "connect")


def test_it_passes_on_that_it_was_throttled() -> None:
    throttled = failure(answers(429, headers={"Retry-After": "77"}))
    assert isinstance(throttled, Throttled)
    assert throttled.retry_after == 77


def test_it_repeats_the_token_request_when_ims_is_down_for_a_moment() -> None:
    with Adobe(answers(500)) as adobe:
        adobe.token_script = [answers(503), hangs_up]
        assert source_for(adobe).current() == "token-3"
