"""Whose signature counts, and how often anybody can make us ask for a key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from portal.adobe.event_signatures import FETCH_WINDOW_SECONDS, KEPT_SECONDS, MOST_FETCHES, KeySource, KeyUnavailable, verify
from tests.adobe_events import BROKEN, FIRST, NO_RSA, SECOND, SMALL, KeyHost, key_host, signature, signed
from tests.portal.adobe.servers import quick_transport

BODY = b'{"eventid": "1"}'


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def host() -> Iterator[KeyHost]:
    with key_host() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(host: KeyHost, clock: Clock) -> KeySource:
    return KeySource(quick_transport(), host.url, clock)


def only(number: int, path: str, text: str) -> dict[str, str]:
    return {f"x-adobe-digital-signature-{number}": text, f"x-adobe-public-key{number}-path": path}


def test_either_signature_is_enough(keys: KeySource) -> None:
    assert verify(BODY, signed(BODY), keys)
    for number, path in ((1, FIRST), (2, SECOND)):
        assert verify(BODY, only(number, path, signature(BODY, path)), keys)
    assert verify(BODY, signed(BODY) | {"x-adobe-digital-signature-1": "bm9uZQ=="}, keys)


def test_names_of_headers_are_taken_in_any_case(keys: KeySource) -> None:
    assert verify(BODY, {name.title(): value for name, value in signed(BODY).items()}, keys)


def test_a_signature_counts_with_the_key_of_its_own_number_only(keys: KeySource) -> None:
    crossed = only(1, SECOND, signature(BODY, FIRST)) | only(2, FIRST, signature(BODY, SECOND))
    assert not verify(BODY, crossed, keys)


def test_another_body_is_not_what_was_signed(keys: KeySource) -> None:
    assert not verify(BODY + b" ", signed(BODY), keys)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        only(1, FIRST, ""),
        only(1, FIRST, "not base64"),
        only(1, FIRST, "A" * 100_000),
        {"x-adobe-digital-signature1": signature(BODY), "x-adobe-public-key1-path": FIRST},
    ],
)
def test_what_is_no_signature_does_not_count(headers: dict[str, str], keys: KeySource) -> None:
    assert not verify(BODY, headers, keys)


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/prod/keys/pub-key-first.pem",
        "@evil.example/prod/keys/pub-key-first.pem",
        "/prod/keys/../keys/pub-key-first.pem",
        "/prod/keys/pub-key-first.pem?x=1",
        "https://evil.example/prod/keys/pub-key-first.pem",
        "/prod/keys/pub-key-first.pem\n",
        "/other/pub-key-first.pem",
    ],
)
def test_no_header_leads_anywhere_else(path: str, keys: KeySource, host: KeyHost) -> None:
    assert keys.key(path) is None
    assert host.requests == []


@pytest.mark.parametrize("path", [SMALL, NO_RSA, BROKEN, "/prod/keys/pub-key-nobody.pem"])
def test_what_is_no_rsa_key_of_2048_bits_proves_nothing(path: str, keys: KeySource, host: KeyHost) -> None:
    text = signature(BODY, SMALL)
    assert not verify(BODY, only(1, path, text), keys)
    assert not verify(BODY, only(1, path, text), keys)
    assert len(host.requests) == 1, "asked for again although it was no key"


def test_keys_are_kept_for_a_day(keys: KeySource, host: KeyHost, clock: Clock) -> None:
    for _ in range(3):
        assert verify(BODY, signed(BODY), keys)
    assert len(host.requests) == 1
    clock.now += KEPT_SECONDS + 1
    assert verify(BODY, signed(BODY), keys)
    assert len(host.requests) == 2


def test_a_host_that_is_down_decides_nothing(keys: KeySource, host: KeyHost, clock: Clock) -> None:
    host.status = 503
    with pytest.raises(KeyUnavailable):
        verify(BODY, signed(BODY), keys)
    asked = len(host.requests)
    assert asked > 2, "a passing failure is tried again"
    with pytest.raises(KeyUnavailable):
        verify(BODY, signed(BODY), keys)
    assert len(host.requests) == asked, "it is left alone for a moment"
    host.status = 200
    clock.now += 11
    assert verify(BODY, signed(BODY), keys)


def test_paths_that_are_made_up_are_asked_for_a_few_times_a_minute_and_drive_no_key_out(
    keys: KeySource, host: KeyHost, clock: Clock
) -> None:
    assert verify(BODY, signed(BODY), keys)
    for minute in range(8):
        for number in range(MOST_FETCHES + 5):
            try:
                assert keys.key(f"/prod/keys/pub-key-{minute}-{number}.pem") is None
            except KeyUnavailable:
                assert number >= MOST_FETCHES - 1
        clock.now += FETCH_WINDOW_SECONDS + 1
    assert len(host.requests) <= 8 * MOST_FETCHES
    asked = len(host.requests)
    assert verify(BODY, signed(BODY), keys)
    assert len(host.requests) == asked
