from __future__ import annotations

import pickle

import pytest

from portal.adobe.errors import AdobeError, ClaimLost, NotSent, OrganizationBlocked, OutcomeUnknown, Rejected, Throttled

EVERY = [
    AdobeError(code="400001", http_status=400, raw=b"ada@example.com", words="ada@example.com"),
    Rejected(code="user ada@example.com is bad", http_status=400, raw=b"ada@example.com", words="ada@example.com"),
    Throttled(5.0, http_status=429, words="ada@example.com"),
    OrganizationBlocked("forbidden", code="403025", http_status=403, words="ada@example.com"),
    OutcomeUnknown("cut", raw=b"ada@example.com"),
    ClaimLost(),
]


@pytest.mark.parametrize("error", EVERY, ids=lambda error: type(error).__name__)
def test_it_says_nothing_of_adobes_in_its_text(error: AdobeError) -> None:
    assert "ada@" not in str(error) + repr(error)
    assert type(error).__name__ in str(error)


@pytest.mark.parametrize("error", EVERY, ids=lambda error: type(error).__name__)
def test_it_survives_the_way_between_processes(error: AdobeError) -> None:
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert vars(copy) == vars(error)


def test_it_names_reason_and_code() -> None:
    assert str(OrganizationBlocked("forbidden", code="403025", http_status=403)) == (
        "OrganizationBlocked forbidden 403025 HTTP 403"
    )
    assert (NotSent("dns").reason, NotSent("dns").code, NotSent("token", code="timeout").code) == (
        "dns",
        "dns",
        "timeout",
    )
    assert isinstance(ClaimLost(), NotSent)
    assert ClaimLost().reason == "claim_lost"
