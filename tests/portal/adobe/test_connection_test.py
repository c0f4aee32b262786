from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from portal.adobe import connection_test
from portal.adobe.connection_test import StepResult
from portal.adobe.metering import FREE
from portal.adobe.transport import Transport
from tests.portal.adobe.servers import (
    CLIENT_SECRET,
    Adobe,
    Handler,
    answers,
    credentials_for,
    hangs_up,
    make_certificate,
    quick_transport,
    unused_port,
)

PONG = answers(200, {"status": "ok"})
NONE_LISTED = answers(200, {"totalRecords": 0, "jobDetails": []})
STEPS = ["dns", "tls", "token", "entitlement", "listing"]


def tried(url: str, transport: Transport | None = None, **changes: Any) -> list[StepResult]:
    results = connection_test.test_connection(credentials_for(url, **changes), transport or quick_transport(0.5), FREE)
    assert [result.step for result in results] == STEPS[: len(results)]
    assert all(result.ok and not result.advice for result in results[:-1])
    assert CLIENT_SECRET not in repr(results)
    return results


def setting(name: str, value: str) -> dict[str, Any]:
    return {name: value}


def failed(results: list[StepResult]) -> StepResult:
    assert not results[-1].ok
    assert results[-1].advice
    return results[-1]


def failed_with(*script: Handler, token: Handler | None = None, **changes: Any) -> StepResult:
    with Adobe(*script) as adobe:
        adobe.token_script = [token] * 3 if token else []
        return failed(tried(adobe.url, **changes))


@pytest.mark.parametrize("ping", [PONG, answers(404), answers(400, {"message": "not a job id"})])
def test_it_passes_every_step(ping: Handler) -> None:
    with Adobe(ping, NONE_LISTED) as adobe:
        results = tried(adobe.url)
    assert [result.step for result in results if result.ok] == STEPS
    assert "without encryption" in results[1].detail


def test_it_passes_over_tls(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with Adobe(PONG, NONE_LISTED, tls=certificate.server_context()) as adobe:
        results = tried(adobe.url, quick_transport(ca_file=str(certificate.file)))
    assert results[-1] == StepResult("listing", True, "Privacy jobs can be listed.")


@pytest.mark.parametrize("which", ["gateway_url", "ims_url"])
def test_it_finds_a_name_that_is_not_known(which: str) -> None:
    with Adobe(PONG) as adobe:
        result = failed(tried(adobe.url, **setting(which, "http://no-such-host.invalid")))
    assert result.step == "dns"
    assert "no-such-host.invalid" in result.detail


@pytest.mark.parametrize("which", ["gateway_url", "ims_url"])
def test_it_finds_an_address_that_is_none(which: str) -> None:
    with Adobe(PONG) as adobe:
        assert failed(tried(adobe.url, **setting(which, "platform.adobe.io"))).step == "dns"


@pytest.mark.parametrize("which", ["gateway_url", "ims_url"])
def test_it_finds_a_port_that_nobody_listens_on(which: str) -> None:
    port = unused_port()
    with Adobe(PONG) as adobe:
        result = failed(tried(adobe.url, **setting(which, f"http://127.0.0.1:{port}")))
    assert result.step == "tls"
    assert str(port) in result.detail


def test_it_finds_a_certificate_that_is_not_trusted(tmp_path: Path) -> None:
    with Adobe(PONG, tls=make_certificate(tmp_path).server_context()) as adobe:
        result = failed(tried(adobe.url))
    assert result.step == "tls"
    assert "certificate" in result.advice


@pytest.mark.parametrize(
    ("token", "detail"),
    [
        (answers(401, {"error": "invalid_client", "error_description": "invalid client_secret parameter"}), "secret"),
        (answers(400, {"error": "invalid_scope"}), "scopes"),
        (answers(400, {"error": "unsupported_grant_type"}), "refuses"),
        (answers(404), "no token service"),
        (answers(429, headers={"Retry-After": "60"}), "too many"),
        (answers(503), "503"),
        (hangs_up, "no answer"),
    ],
    ids=["secret", "scope", "grant", "404", "429", "503", "cut"],
)
def test_it_finds_that_there_is_no_token(token: Handler, detail: str) -> None:
    result = failed_with(PONG, token=token)
    assert result.step == "token"
    assert detail in result.detail


@pytest.mark.parametrize(
    ("ping", "detail"),
    [
        (answers(401, {"error_code": "401013"}), "made this minute"),
        (answers(403, {"error_code": "403003", "message": "Api Key is invalid"}), "client id"),
        (answers(403, {"error_code": "403025", "message": "Profile is not valid"}), "IMS organization"),
        (answers(403, {"error_code": "403027"}), "may not use Privacy Service"),
        (answers(400, {"error_code": "400003", "message": "Missing header"}), "IMS organization id"),
        (answers(500), "500"),
        (answers(429, headers={"Retry-After": "60"}), "too many"),
    ],
)
def test_it_finds_that_the_gateway_lets_nobody_in(ping: Handler, detail: str) -> None:
    result = failed_with(ping)
    assert result.step == "entitlement"
    assert detail in result.detail


@pytest.mark.parametrize("changes", [{"ims_org_id": ""}, {"client_id": "cliént"}])
def test_it_finds_settings_that_cannot_be_sent(changes: dict[str, Any]) -> None:
    assert failed_with(PONG, **changes).step == "entitlement"


@pytest.mark.parametrize(
    ("listing", "detail"),
    [
        (answers(404), "no Privacy Service"),
        (answers(403, {"code": "1010-400", "message": "Missing permissions"}), "Missing permissions"),
        (answers(400, {"message": "regulation"}), "refuses to list"),
        (answers(200, b"<html>"), "200"),
        (hangs_up, "no answer"),
    ],
    ids=["404", "403", "400", "html", "cut"],
)
def test_it_finds_that_jobs_cannot_be_listed(listing: Handler, detail: str) -> None:
    result = failed_with(PONG, listing)
    assert result.step == "listing"
    assert detail in result.detail
