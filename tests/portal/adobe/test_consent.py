"""Each way in which a consent call can end, over a real socket. Adobe accepts one with 202 and an empty body."""

from __future__ import annotations

from typing import Any

import pytest

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
from tests.portal.adobe.servers import (
    ORGANIZATION,
    Adobe,
    Handler,
    answers,
    hangs_up,
    quick_transport,
    service_for,
    stays_silent,
    unused_port,
)

CONSENT = "/data/core/privacy/consent"
BODY = b'{"optOutOfSale":true,"entities":[{"nameSpace":"email","values":["ada@example.com"]}]}'


def failure(handler: Handler) -> AdobeError:
    """What a call raises; it never is sent twice, whatever the answer."""
    with Adobe(handler) as adobe:
        service = service_for(adobe.url, transport=quick_transport(read_seconds=0.5))
        with pytest.raises(AdobeError) as caught:
            service.consent(BODY, still_held=lambda: True)
        assert len(adobe.posts()) == 1
    assert "ada@example.com" not in f"{caught.value} {caught.value!r}"
    return caught.value


def test_it_posts_the_body_once_and_an_empty_202_is_a_yes() -> None:
    with Adobe(answers(202)) as adobe:
        assert service_for(adobe.url).consent(BODY, still_held=lambda: True) == 202
    (request,) = adobe.requests
    assert (request.method, request.target, request.body) == ("POST", CONSENT, BODY)
    assert request.headers["x-gw-ims-org-id"] == ORGANIZATION
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize(("status", "body"), [(200, b""), (202, b"\r\n"), (202, {"requestId": "17"}), (204, b"")])
def test_another_success_without_a_word_or_with_an_object_is_a_yes_too(status: int, body: Any) -> None:
    with Adobe(answers(status, body)) as adobe:
        assert service_for(adobe.url).consent(BODY, still_held=lambda: True) == status


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (answers(200, b"<html>Sign in to the network</html>"), "unreadable"),
        (answers(502, b"bad gateway"), "server_error"),
        (answers(302, b""), "unreadable"),
        (hangs_up, "cut"),
        (stays_silent, "timeout"),
    ],
)
def test_what_cannot_be_told_is_unknown(handler: Handler, reason: str) -> None:
    error = failure(handler)
    assert isinstance(error, OutcomeUnknown)
    assert error.reason == reason


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error_code": "400001", "message": "ada@example.com is not acceptable"}, Rejected),
        (400, {"message": "The daily limit is reached"}, OrganizationBlocked),
        (401, {"error_code": "401013"}, Unauthorized),
        (403, {"error_code": "403027"}, OrganizationBlocked),
        (404, {}, OrganizationBlocked),
        (429, {}, Throttled),
    ],
)
def test_refusals_are_told_apart(status: int, body: object, kind: type[AdobeError]) -> None:
    assert type(failure(answers(status, body))) is kind


def test_nothing_leaves_without_the_claim_or_without_a_connection() -> None:
    with Adobe(answers(202)) as adobe:
        with pytest.raises(ClaimLost):
            service_for(adobe.url).consent(BODY, still_held=lambda: False)
        assert adobe.posts() == []
        with pytest.raises(NotSent) as caught:
            service_for(f"http://127.0.0.1:{unused_port()}", ims_url=adobe.url).consent(BODY, still_held=lambda: True)
    assert caught.value.reason == "connect"
