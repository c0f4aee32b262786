"""The gateway before every call: its checks, their order, and their exact bodies."""

from __future__ import annotations

import pytest

from tests.conftest import Simulator
from tests.portal.simulator.wire import JOBS, Adobe, Body, body, person, register

READ = "Privacy Read Permission"
WRITE = "Privacy Write Permission"
CONTENT = "Read (Access) Content Delivery Permission"
OPT_OUT_READ = "Read Permission - Opt Out of Sale"
OPT_OUT_WRITE = "Write Permission - Opt Out of Sale"

TOKEN_MISSING = (403, {"error_code": "403010", "message": "Oauth token is missing."})
TOKEN_NOT_VALID = (401, {"error_code": "401013", "message": "Oauth token is not valid"})
KEY_REQUIRED = (403, {"error_code": "403000", "message": "Api Key is required"})
KEY_INVALID = (403, {"error_code": "403003", "message": "Api Key is invalid"})
HEADER_MISSING = (400, {"error_code": "400003", "message": "Missing header"})
PROFILE_NOT_VALID = (403, {"error_code": "403025", "message": "Profile is not valid"})
CONTENT_TYPE = (
    400,
    {
        "type": "/placeholder/type/uri",
        "status": 400,
        "title": "BadRequestError",
        "detail": "A valid content-type must be specified",
    },
)
TOO_MANY = (429, {"error_code": "429050", "message": "Too many requests"})

SOME_JOB = f"{JOBS}/dbe3a6a6-f8e6-11ee-a365-8d1d6df81cc5"
CALLS = [("POST", JOBS), ("GET", JOBS), ("GET", SOME_JOB), ("GET", f"{SOME_JOB}/content"), ("GET", f"{JOBS}/ping")]


def codes(answer: tuple[int, dict[str, str]]) -> tuple[int, str]:
    status, said = answer
    return status, said["error_code"]


FORBIDDEN = (403, "403027")


@pytest.mark.parametrize(("method", "path"), CALLS)
@pytest.mark.parametrize(
    ("header", "value", "expected"),
    [
        ("authorization", None, TOKEN_MISSING),
        ("authorization", "", TOKEN_MISSING),
        ("authorization", "Bearer ", TOKEN_MISSING),
        ("authorization", "Basic YWRhOmxvdmVsYWNl", TOKEN_MISSING),
        ("authorization", "Bearer made-up", TOKEN_NOT_VALID),
        ("x_api_key", None, KEY_REQUIRED),
        ("x_api_key", "another-client", KEY_INVALID),
        ("x_gw_ims_org_id", None, HEADER_MISSING),
        ("x_gw_ims_org_id", "FFFFFFFFFFFFFFFFFFFFFFFF@AdobeOrg", PROFILE_NOT_VALID),
    ],
)
def test_it_refuses_a_bad_header_on_every_path(
    adobe: Adobe, method: str, path: str, header: str, value: str | None, expected: tuple[int, dict[str, str]]
) -> None:
    assert adobe.call(method, path, **{header: value}).said == expected


def test_the_key_of_another_organization_is_invalid(adobe: Adobe, stranger: Adobe) -> None:
    assert adobe.call("GET", JOBS, x_api_key=stranger.client_id).said == KEY_INVALID


def test_a_token_is_not_entitled_for_another_organization(adobe: Adobe, stranger: Adobe) -> None:
    assert adobe.call("GET", JOBS, x_gw_ims_org_id=stranger.ims_org).said == PROFILE_NOT_VALID


def test_the_checks_come_in_adobes_order(simulator: Simulator) -> None:
    """Everything is wrong at first; each line repairs what the line before it was refused for."""
    caller = register(simulator, "ladder", permissions=[READ])
    simulator.fault("throttle", times=100, match={"operation": "create"})
    given: dict[str, str | None] = dict.fromkeys(("authorization", "x_api_key", "x_gw_ims_org_id", "content_type"))
    bad: Body = {"users": []}
    good = body(org=caller.ims_org)

    def said(**repaired: str) -> tuple[int, dict[str, str]]:
        given.update(repaired)
        return caller.post(bad, **given).said

    assert said() == TOKEN_MISSING
    assert said(authorization="Bearer made-up") == TOKEN_NOT_VALID
    assert said(authorization=f"Bearer {caller.token}") == KEY_REQUIRED
    assert said(x_api_key="another") == KEY_INVALID
    assert said(x_api_key=caller.client_id) == HEADER_MISSING
    assert said(x_gw_ims_org_id="FFFFFFFFFFFFFFFFFFFFFFFF@AdobeOrg") == PROFILE_NOT_VALID
    assert codes(said(x_gw_ims_org_id=caller.ims_org)) == FORBIDDEN
    register(simulator, "ladder", permissions=[WRITE])
    assert said() == CONTENT_TYPE
    assert codes(said(content_type="application/json")) == (400, "400001")
    assert caller.post(good).said == TOO_MANY
    simulator.control("faults", method="DELETE")
    assert caller.post(good).status == 202


def test_the_permission_for_an_action_comes_before_the_content_type(simulator: Simulator) -> None:
    caller = register(simulator, "writer", permissions=[WRITE])
    answer = caller.post(body(person("opt-out-of-sale"), org=caller.ims_org), content_type="text/plain")
    assert codes(answer.said) == FORBIDDEN


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_needs_its_content_type(adobe: Adobe, kind: str | None) -> None:
    assert adobe.post(body(), content_type=kind).said == CONTENT_TYPE


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_it_takes_json_however_it_is_labelled(adobe: Adobe, kind: str) -> None:
    assert adobe.post(body(), content_type=kind).status == 202


def test_a_sandbox_is_ignored(adobe: Adobe) -> None:
    assert adobe.post(body(), x_sandbox_name="any").status == 202


# What each permission alone opens, and nothing else: none implies another.
OPENS = {
    READ: {"list", "look"},
    WRITE: {"create"},
    CONTENT: {"content"},
    OPT_OUT_READ: {"list", "look opt-out"},
    OPT_OUT_WRITE: {"create opt-out"},
}


@pytest.mark.parametrize("permission", OPENS)
def test_no_permission_implies_another(simulator: Simulator, permission: str) -> None:
    everything = register(simulator, "permitted")
    access, opt_out = everything.create(person()) + everything.create(person("opt-out-of-sale"))
    simulator.control("finish", {})
    caller = register(simulator, "permitted", permissions=[permission])
    tried = {
        "list": caller.listing(),
        "look": caller.detail(access),
        "look opt-out": caller.detail(opt_out),
        "content": caller.content(access),
        "create": caller.post(body(org=caller.ims_org)),
        "create opt-out": caller.post(body(person("opt-out-of-sale"), org=caller.ims_org)),
    }
    assert {name for name, answer in tried.items() if answer.status < 300} == OPENS[permission]
    assert {codes(answer.said) for answer in tried.values() if answer.status >= 300} == {FORBIDDEN}


def test_a_ping_needs_no_permission(simulator: Simulator) -> None:
    caller = register(simulator, "nothing", permissions=[])
    assert caller.call("GET", f"{JOBS}/ping").said == (200, {"status": "ok"})


def test_each_reader_lists_what_it_may_read(simulator: Simulator) -> None:
    everything = register(simulator, "readers")
    (access,), (opt_out,) = everything.create(person()), everything.create(person("opt-out-of-sale"))
    assert everything.listed() == [opt_out, access]
    for permission, seen in ((READ, [access]), (OPT_OUT_READ, [opt_out])):
        assert register(simulator, "readers", permissions=[permission]).listed() == seen


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", [JOBS, SOME_JOB, f"{SOME_JOB}/content"])
def test_nothing_changes_or_cancels_a_job(adobe: Adobe, method: str, path: str) -> None:
    assert adobe.call(method, path, body()).status == 405


@pytest.mark.parametrize(
    "path", ["/", "/data/core/privacy", f"{JOBS}x", f"{SOME_JOB}/other", f"{SOME_JOB}/content/more", "/data/privacy/gdpr/"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_there_is_nothing_on_other_paths(adobe: Adobe, method: str, path: str) -> None:
    assert adobe.call(method, path).status == 404


@pytest.mark.parametrize("path", [JOBS, f"{JOBS}/ping"])
def test_a_trailing_slash_changes_nothing(adobe: Adobe, path: str) -> None:
    query = "?regulation=gdpr"
    assert adobe.call("GET", f"{path}/{query}").said == adobe.call("GET", f"{path}{query}").said
    assert adobe.call("GET", f"{path}/{query}").status == 200
