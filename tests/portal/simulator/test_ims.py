"""The token endpoint of IMS."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.conftest import Simulator
from tests.portal.simulator.wire import DAY, JOBS, SCOPES, TOKEN, Adobe, register

NOT_VALID = (401, {"error_code": "401013", "message": "Oauth token is not valid"})
PARAMETERS = ("grant_type", "client_id", "client_secret", "scope")


def refused(error: str, description: str) -> tuple[int, dict[str, str]]:
    return 401, {"error": error, "error_description": description}


def ping(adobe: Adobe, token: str) -> int:
    return adobe.call("GET", f"{JOBS}/ping", authorization=f"Bearer {token}").status


def test_it_gives_a_bearer_token_for_24_hours(adobe: Adobe) -> None:
    answer = adobe.ims()
    assert answer.status == 200
    assert set(answer.json) == {"access_token", "token_type", "expires_in"}
    assert (answer.json["token_type"], answer.json["expires_in"]) == ("bearer", 86_399)
    assert answer.headers["Content-Type"].startswith("application/json")


def test_a_token_opens_the_gateway(adobe: Adobe) -> None:
    assert ping(adobe, adobe.ims().json["access_token"]) == 200


@pytest.mark.parametrize("path", [TOKEN, "/ims/token/v2"])
def test_parameters_may_come_in_the_query(adobe: Adobe, path: str) -> None:
    query = {
        "grant_type": "client_credentials",
        "client_id": "simulator-client",
        "client_secret": "simulator-secret",
        "scope": SCOPES,
    }
    answer = adobe.raw("POST", f"{path}?{urlencode(query)}")
    assert answer.status == 200
    assert ping(adobe, answer.json["access_token"]) == 200


def test_parameters_may_come_half_in_the_body_and_half_in_the_query(adobe: Adobe) -> None:
    data = urlencode({"client_secret": "simulator-secret", "client_id": "simulator-client"}).encode()
    query = urlencode({"scope": SCOPES, "grant_type": "client_credentials"})
    answer = adobe.raw("POST", f"{TOKEN}?{query}", data, {"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 200


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_is_mandatory(adobe: Adobe, name: str) -> None:
    assert adobe.ims(**{name: None}).said == refused("invalid_request", f"missing {name} parameter")


@pytest.mark.parametrize(
    ("name", "value", "error", "description"),
    [
        ("client_secret", "wrong", "invalid_client", "invalid client_secret parameter"),
        ("client_id", "nobody", "invalid_client", "invalid client_id parameter"),
        ("grant_type", "authorization_code", "unsupported_grant_type", "unsupported grant_type parameter"),
        ("scope", "openid AdobeID", "invalid_scope", "scopes are separated by commas"),
    ],
)
def test_it_refuses_a_wrong_parameter(adobe: Adobe, name: str, value: str, error: str, description: str) -> None:
    assert adobe.ims(**{name: value}).said == refused(error, description)


def test_it_refuses_the_secret_of_another_organization(adobe: Adobe, stranger: Adobe) -> None:
    answer = adobe.ims(client_secret=stranger.client_secret)
    assert answer.said == refused("invalid_client", "invalid client_secret parameter")


def test_it_takes_no_get(adobe: Adobe) -> None:
    assert adobe.raw("GET", TOKEN).said == refused("invalid_request", "method not allowed")


def test_a_token_lives_by_real_time(simulator: Simulator, adobe: Adobe) -> None:
    token = adobe.token
    simulator.advance(40 * DAY)
    assert ping(adobe, token) == 200


def test_a_token_past_its_life_is_not_valid(simulator: Simulator, adobe: Adobe) -> None:
    simulator.control("switches", {"token_seconds": "0"})
    assert adobe.call("GET", JOBS).said == NOT_VALID


def test_revoked_tokens_are_not_valid_and_a_new_one_is(simulator: Simulator, adobe: Adobe) -> None:
    old = adobe.token
    simulator.control("tokens", method="DELETE")
    assert adobe.call("GET", JOBS).said == NOT_VALID
    new = adobe.ims().json["access_token"]
    assert (ping(adobe, old), ping(adobe, new)) == (401, 200)


def test_a_token_dies_with_the_secret_it_was_got_with(simulator: Simulator) -> None:
    caller = register(simulator, "rotating")
    assert caller.listing().status == 200
    register(simulator, "rotating", clientSecret="rotated")
    assert caller.listing().said == NOT_VALID
    assert caller.ims().status == 401
    assert caller.ims(client_secret="rotated").status == 200


@pytest.mark.parametrize("token", ["nonsense", "a.b", "%%%.%%%", "c2ltdWxhdG9y.00", "é.é"])
def test_a_made_up_token_is_not_valid(adobe: Adobe, token: str) -> None:
    assert adobe.call("GET", JOBS, authorization=f"Bearer {token}").said == NOT_VALID


def test_a_token_with_a_changed_signature_is_not_valid(adobe: Adobe) -> None:
    assert adobe.call("GET", JOBS, authorization=f"Bearer {adobe.token[:-1]}é").said == NOT_VALID
