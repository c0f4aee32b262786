"""Work orders and quotas of the Data Hygiene API, over a real socket and in every shape that Adobe's pages show."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest

from portal.adobe.data_hygiene import DataHygiene
from portal.adobe.errors import (
    AdobeError,
    BadAnswer,
    ClaimLost,
    NotFound,
    OrganizationBlocked,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unauthorized,
)
from portal.adobe.hygiene_answers import QuotaAnswer, ServiceAnswer
from portal.adobe.tokens import MemoryTokenStore
from tests.portal.adobe.servers import Adobe, Handler, answers, credentials_for, hangs_up, quick_transport, stays_silent

PATH = "/data/core/hygiene/workorder"
TODAY: dict[str, Any] = {
    "workorderId": "DI-95c40d52-6229-44e8-881b-fc7f072de63d",
    "orgId": "8B1F2AC143214567890ABCDE@AcmeOrg",
    "bundleId": "BN-c61bec61-5ce8-498f-a538-fb84b094adc6",
    "action": "identity-delete",
    "createdAt": "2035-06-02T09:21:00.000Z",
    "updatedAt": "2035-06-02T09:21:05.000Z",
    "operationCount": 1,
    "targetServices": ["profile", "datalake", "identity", "ajo"],
    "status": "received",
    "createdBy": "c.lannister@acme.com <c.lannister@acme.com> 7EAB61F3E5C34810A49A1AB3@acme.com",
    "datasetId": "7eab61f3e5c34810a49a1ab3",
    "datasetName": "Acme_Loyalty_2023",
    "displayName": "A name [PP-ABCDEFGHIJKLMNOP]",
    "description": "Why",
}
BRIEF: dict[str, Any] = {
    "workorderId": "a15345b8-a2d6-4d6f-b33c-5b593e86439a",
    "bundleId": "BN-35c1676c-3b4f-4195-8d6c-7cf5aa21efdd",
    "action": "identity-delete",
    "createdAt": "2022-07-21T18:05:28.316029Z",
    "updatedAt": "2022-07-21T17:59:43.217801Z",
    "status": "received",
    "datasetId": "c48b51623ec641a2949d339bad69cb15",
    "displayName": "Example Consumer Delete Request",
    "productStatusDetails": [
        {"productName": "Data Management", "productStatus": "success", "createdAt": "2022-08-08T16:51:31.535872Z"},
        {"productName": "Profile Service", "productStatus": "waiting", "createdAt": "2022-08-08T16:37:13.443481Z"},
        {"productStatus": "success"},
    ],
}
ORDER = answers(200, TODAY)

Ask = Callable[[DataHygiene], object]


def service_for(url: str) -> DataHygiene:
    return DataHygiene(credentials_for(url), MemoryTokenStore(), quick_transport(read_seconds=0.5), sandbox="stage")


def create(service: DataHygiene, held: bool = True) -> object:
    return service.create_work_order(b"{}", still_held=lambda: held)


def listed(service: DataHygiene) -> object:
    return service.work_orders(page=0)


def looked(service: DataHygiene) -> object:
    return service.work_order("DI-1")


def renamed(service: DataHygiene) -> object:
    return service.rename_work_order("DI-1", field="name", name="New", description="", still_held=lambda: True)


def quotas(service: DataHygiene) -> object:
    return service.quotas()


def failure(ask: Ask, *script: Handler) -> AdobeError:
    with Adobe(*script) as adobe, pytest.raises(AdobeError) as caught:
        ask(service_for(adobe.url))
    return caught.value


def test_it_creates_a_work_order_once_in_its_sandbox() -> None:
    with Adobe(ORDER) as adobe:
        order = service_for(adobe.url).create_work_order(b'{"a": 1}', still_held=lambda: True)
    assert (order.work_order_id, order.bundle_id, order.status) == (TODAY["workorderId"], TODAY["bundleId"], "received")
    assert (order.operation_count, order.target_services) == (1, ("profile", "datalake", "identity", "ajo"))
    (request,) = adobe.requests
    assert (request.method, request.path, request.body) == ("POST", PATH, b'{"a": 1}')
    assert (request.headers["x-sandbox-name"], request.headers["content-type"]) == ("stage", "application/json")


def test_the_shape_of_2022_is_read() -> None:
    with Adobe(answers(200, BRIEF)) as adobe:
        order = service_for(adobe.url).work_order(BRIEF["workorderId"])
    assert order.created_at is not None
    assert order.created_at.microsecond == 316029
    assert (order.operation_count, order.target_services) == (None, ())
    assert [(one.service, one.status) for one in order.services] == [
        ("Data Management", "success"),
        ("Profile Service", "waiting"),
    ]
    assert all(isinstance(one, ServiceAnswer) and one.at for one in order.services)


def test_names_and_descriptions_stay_out_of_a_repr() -> None:
    with Adobe(ORDER) as adobe:
        order = service_for(adobe.url).work_order(TODAY["workorderId"])
    assert "A name" not in repr(order)
    assert "lannister" not in repr(order)


def test_it_lists_by_pages_of_its_own_and_reads_no_links() -> None:
    page = {
        "results": [TODAY],
        "total": 2,
        "count": 1,
        "_links": {"next": {"href": "https://platform.adobe.io/workorder?page=1&limit=2", "templated": False}},
    }
    with Adobe(answers(200, page)) as adobe:
        found = service_for(adobe.url).work_orders(page=3, display_name="A name & more")
    assert ([one.work_order_id for one in found.orders], found.total) == ([TODAY["workorderId"]], 2)
    (request,) = adobe.requests
    assert parse_qs(request.target.partition("?")[2]) == {
        "page": ["3"],
        "limit": ["100"],
        "orderBy": ["-createdAt"],
        "displayName": ["A name & more"],
    }


@pytest.mark.parametrize("body", [{"results": [{"status": "received"}]}, {"count": 0}, [], b"<html>"])
def test_a_page_that_cannot_be_read_whole_is_no_page(body: Any) -> None:
    assert isinstance(failure(listed, answers(200, body)), BadAnswer)


def test_an_answer_about_another_order_is_not_believed() -> None:
    assert isinstance(failure(looked, ORDER), BadAnswer)
    assert isinstance(failure(renamed, ORDER), BadAnswer)


def test_it_renames_in_the_spelling_it_is_told() -> None:
    with Adobe(answers(200, TODAY | {"displayName": "New"})) as adobe:
        order = service_for(adobe.url).rename_work_order(
            TODAY["workorderId"], field="displayName", name="New", description="Words", still_held=lambda: True
        )
    assert order.display_name == "New"
    (request,) = adobe.requests
    assert (request.method, request.path) == ("PUT", f"{PATH}/{TODAY['workorderId']}")
    assert json.loads(request.body) == {"displayName": "New", "description": "Words"}


def test_it_reads_quotas_under_whatever_names_they_have() -> None:
    body = {"quotas": [{"name": "newQuota", "description": "Words", "consumed": 11, "quota": 75}]}
    with Adobe(answers(200, body)) as adobe:
        assert service_for(adobe.url).quotas() == (QuotaAnswer("newQuota", "Words", 11, 75),)
    assert adobe.requests[0].headers["content-type"] == "application/json"


@pytest.mark.parametrize("body", [{}, {"quotas": [{"name": "x", "quota": 1}]}, {"quotas": "many"}])
def test_quotas_without_numbers_are_none(body: Any) -> None:
    assert isinstance(failure(quotas, answers(200, body)), BadAnswer)


@pytest.mark.parametrize(
    ("script", "kind", "reason"),
    [
        (answers(400, {"error_code": "400001", "message": "Identities are Empty for Delete Identity request."}), Rejected, ""),
        (answers(400, {"message": "The daily quota is exceeded"}), OrganizationBlocked, "limit"),
        (answers(401, {"error_code": "401013"}), Unauthorized, ""),
        (answers(403, {"error_code": "403027", "message": "Forbidden. You may not"}), OrganizationBlocked, "forbidden"),
        (answers(404), OrganizationBlocked, "wrong_address"),
        (answers(429, {}, {"Retry-After": "7"}), Throttled, ""),
        (answers(500), OutcomeUnknown, "server_error"),
        (answers(200, {"status": "received"}), OutcomeUnknown, "unreadable"),
        (answers(200, b"OK"), OutcomeUnknown, "unreadable"),
        (hangs_up, OutcomeUnknown, "cut"),
        (stays_silent, OutcomeUnknown, "timeout"),
    ],
)
def test_what_went_wrong_with_a_post_says_what_to_do(script: Handler, kind: type[AdobeError], reason: str) -> None:
    error = failure(create, script)
    assert type(error) is kind
    assert getattr(error, "reason", "") == reason


def test_a_claim_that_is_gone_sends_nothing() -> None:
    with Adobe(ORDER) as adobe, pytest.raises(ClaimLost):
        create(service_for(adobe.url), held=False)
    assert adobe.requests == []


@pytest.mark.parametrize("ask", [looked, renamed])
def test_a_404_on_one_order_is_about_the_order(ask: Ask) -> None:
    assert isinstance(failure(ask, answers(404, {"error_code": "404003"})), NotFound)


@pytest.mark.parametrize("work_order_id", ["", "..", " . "])
def test_an_id_that_would_name_another_resource_is_never_asked_for(work_order_id: str) -> None:
    with Adobe(ORDER) as adobe, pytest.raises(NotFound):
        service_for(adobe.url).work_order(work_order_id)
    assert adobe.requests == []


def test_an_id_stays_one_segment_of_the_path() -> None:
    with Adobe(answers(404)) as adobe, pytest.raises(NotFound):
        service_for(adobe.url).work_order("DI-1/../../ttl")
    assert adobe.requests[0].path == f"{PATH}/DI-1%2F..%2F..%2Fttl"


@pytest.mark.parametrize("ask", [listed, looked, quotas])
def test_reads_renew_a_refused_token_once(ask: Ask) -> None:
    body = TODAY | {"workorderId": "DI-1", "results": [], "quotas": []}
    with Adobe(answers(401, {"error_code": "401013"}), answers(200, body)) as adobe:
        ask(service_for(adobe.url))
    assert len(adobe.token_requests) == 2
