"""Every error below /api/ is a problem (RFC 9457), whoever refuses: the API, REST framework, or Django before both."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import LazySettings
from django.core.cache import cache

from portal.api import organizations
from portal.api.problems import MEDIA_TYPE
from portal.models import Organization
from tests.api import Api
from tests.files import payload, people

pytestmark = pytest.mark.django_db
ORGANIZATIONS = "/api/v1/organizations"
SEARCH = "/api/v1/subjects/search"


@pytest.mark.parametrize(
    "address", ["/api/", "/api/v1/nothing", "/api/v2/requests", "/api/v1/jobs/not-a-uuid", "/api/v1/requests/"]
)
def test_an_address_that_is_not_there(api: Api, address: str) -> None:
    answer = api.get(address)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_a_method_that_is_not_taken(api: Api) -> None:
    for method in ("put", "delete", "options", "trace", "patch"):
        answer = api.ask(method, ORGANIZATIONS)
        assert answer.status_code == 405
        assert "GET" in answer.headers["Allow"]


def test_a_form_that_is_not_there_and_a_body_that_is_not_json(api: Api) -> None:
    assert api.get(ORGANIZATIONS, Accept="text/html").status_code == 406
    answer = api.client.post(SEARCH, "a=b", "application/x-www-form-urlencoded", headers=api.headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"namespace": NaN}', b"[" * 100_000, b'"\\ud800"', b"null", b"[]", b"7"])
def test_a_body_that_cannot_be_read(api: Api, body: bytes) -> None:
    answer = api.post(SEARCH, body)
    assert answer.status_code == 400
    assert "NaN" not in answer.content.decode()


def test_each_thing_that_is_wrong_is_named_by_its_path(api: Api) -> None:
    answer = api.post(SEARCH, {"value": "", "type": "marked@example.com", "namespce": "email"})
    assert {(one["path"], one["code"]) for one in answer.json()["errors"]} == {("namespce", "unknown-member")}
    answer = api.post(SEARCH, {"value": "", "namespace": ["x"]})
    assert {(one["path"], one["code"]) for one in answer.json()["errors"]} == {("value", "blank"), ("namespace", "invalid")}
    nested = api.post("/api/v1/requests/PR-1/resubmit", {"jobs": ["x"]})
    assert nested.status_code == 404


def test_a_body_over_the_limit(api: Api, settings: LazySettings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 20
    answer = api.post(SEARCH, {"namespace": "email", "value": "somebody@example.com"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_what_django_refuses_before_the_api(api: Api) -> None:
    answer = api.client.get(f"{ORGANIZATIONS}?ims_org_id=a%00b", headers=api.headers)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, MEDIA_TYPE)
    assert answer.json()["code"] == "bad-request"


def test_a_defect_is_a_500_that_says_nothing_of_what_was_sent(
    organization: Organization, monkeypatch: pytest.MonkeyPatch, media: Any
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("jane.marked@example.com")

    api = Api(Api.of(organization).headers["Authorization"].removeprefix("Bearer "), raise_request_exception=False)
    monkeypatch.setattr(organizations.OrganizationList, "rows", fail)
    answer = api.get(ORGANIZATIONS)
    assert answer.status_code == 500
    assert answer.json()["correlation_id"] == answer.headers["X-Request-ID"]
    assert b"marked" not in answer.content


def test_too_many_calls_are_told_to_wait(organization: Organization, settings: LazySettings, media: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 3
    cache.clear()
    api, other = Api.of(organization), Api.of(organization)
    assert [api.get(ORGANIZATIONS).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    answer = api.get(ORGANIZATIONS)
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert answer.json()["code"] == "too-many-requests"
    assert other.get(ORGANIZATIONS).status_code == 200
    settings.API_CALLS_PER_MINUTE = 0
    assert api.get(ORGANIZATIONS).status_code == 200


def test_a_large_payload_is_no_body_that_is_held_in_memory(api: Api, settings: LazySettings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 20
    assert api.post("/api/v1/requests", payload(people(3))).status_code == 201
