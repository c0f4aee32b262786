"""Dataset expirations over a real socket: what is sent, and every shape and refusal that Adobe's pages show."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest

from portal.adobe.dataset_expirations import DatasetExpirations
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
from portal.adobe.expiration_answers import ExpirationAnswer, read_expiration, read_history_entry
from portal.adobe.tokens import MemoryTokenStore
from tests.portal.adobe.servers import Adobe, Handler, answers, credentials_for, hangs_up, quick_transport

TTL = "/data/core/hygiene/ttl"
TTL_ID = "SD-b16c8b48-a15a-45c8-9215-587ea89369bf"
DATASET = "62759f2ede9e601b63a2ee14"
# Adobe's own sample (Data Hygiene API, look up a dataset expiration).
SAMPLE: dict[str, Any] = {
    "ttlId": TTL_ID,
    "datasetId": DATASET,
    "datasetName": "Example Dataset",
    "sandboxName": "prod",
    "displayName": "Expiration Request 123",
    "description": "Licence ends",
    "imsOrg": "0FCC747E56F59C747F000101@AdobeOrg",
    "status": "pending",
    "expiry": "2032-12-31T23:59:59Z",
    "updatedAt": "2022-05-09T22:41:46.731002Z",
    "updatedBy": "Jane Doe <jdoe@adobe.com> 77A5@64d1.e",
    "history": [
        {"status": "created", "expiry": "2032-12-31T23:59:59Z", "updatedAt": "2022-05-09T22:38:40.393115Z", "updatedBy": "Jane"},
        {"status": "updated", "expiry": "2032-12-31T23:59:59Z", "updatedAt": "2022-05-09T22:41:46.731002Z", "updatedBy": "Jane"},
    ],
}
WHEN = datetime(2032, 12, 31, 23, 59, 59, tzinfo=UTC)
WORDS = {"name": "Expiration Request 123", "description": "Licence ends", "expires_at": WHEN}
PROBLEM = {
    "type": "http://ns.adobe.com/aep/errors/HYGN-3102-400",
    "title": "The dataset already has an expiration",
    "status": 400,
    "error-chain": [{"serviceId": "HYGN", "errorCode": "HYGN-3102-400"}],
}
Act = Callable[[DatasetExpirations], object]


def client(url: str) -> DatasetExpirations:
    return DatasetExpirations(credentials_for(url), MemoryTokenStore(), quick_transport(1.0), sandbox="development")


def created(service: DatasetExpirations) -> object:
    return service.create(DATASET, still_held=lambda: True, **WORDS)  # type: ignore[arg-type]


def changed(service: DatasetExpirations) -> object:
    return service.change(TTL_ID, still_held=lambda: True, **WORDS)  # type: ignore[arg-type]


def cancelled(service: DatasetExpirations) -> object:
    return service.cancel(TTL_ID, still_held=lambda: True)


def found(service: DatasetExpirations) -> object:
    return service.find(TTL_ID)


def listed(service: DatasetExpirations) -> object:
    return service.everything()


def of(act: Act, *script: Handler) -> Any:
    with Adobe(*script) as adobe:
        return act(client(adobe.url))


def failure(act: Act, *script: Handler) -> AdobeError:
    with Adobe(*script) as adobe, pytest.raises(AdobeError) as caught:
        act(client(adobe.url))
    return caught.value


# --- What is sent ---


@pytest.mark.parametrize(
    ("act", "method", "path"),
    [(created, "POST", TTL), (changed, "PUT", f"{TTL}/{TTL_ID}"), (cancelled, "DELETE", f"{TTL}/{TTL_ID}")],
)
def test_each_act_is_one_call_in_the_sandbox(act: Act, method: str, path: str) -> None:
    with Adobe(answers(200, SAMPLE)) as adobe:
        act(client(adobe.url))
        (request,) = adobe.requests
    assert (request.method, request.target) == (method, path)
    assert request.headers["x-sandbox-name"] == "development"
    assert request.headers["content-type"] == "application/json"


def test_a_creation_carries_everything_and_a_change_all_that_stays() -> None:
    with Adobe(answers(201, SAMPLE)) as adobe:
        created(client(adobe.url))
        changed(client(adobe.url))
        client(adobe.url).create(DATASET, name="Short", description="", expires_at=WHEN, still_held=lambda: True)
        bodies = [json.loads(request.body) for request in adobe.requests]
    wanted = {"displayName": "Expiration Request 123", "description": "Licence ends", "expiry": "2032-12-31T23:59:59Z"}
    assert bodies == [
        {"datasetId": DATASET} | wanted,
        wanted,
        {"datasetId": DATASET, "displayName": "Short", "expiry": "2032-12-31T23:59:59Z"},
    ]


@pytest.mark.parametrize("act", ["create", "change", "cancel"])
def test_nothing_leaves_once_the_claim_is_gone(act: str) -> None:
    acts: dict[str, Act] = {
        "create": lambda service: service.create(DATASET, still_held=lambda: False, **WORDS),  # type: ignore[arg-type]
        "change": lambda service: service.change(TTL_ID, still_held=lambda: False, **WORDS),  # type: ignore[arg-type]
        "cancel": lambda service: service.cancel(TTL_ID, still_held=lambda: False),
    }
    with Adobe(answers(200, SAMPLE)) as adobe, pytest.raises(ClaimLost):
        acts[act](client(adobe.url))
    assert adobe.requests == []


# --- What comes back ---


def test_adobes_sample_is_read_whole() -> None:
    answer = of(found, answers(200, SAMPLE))
    assert (answer.ttl_id, answer.dataset_id, answer.dataset_name) == (TTL_ID, DATASET, "Example Dataset")
    assert (answer.status, answer.status_word, answer.expiry) == ("pending", "pending", WHEN)
    assert (answer.name, answer.description, answer.sandbox_name) == ("Expiration Request 123", "Licence ends", "prod")
    assert answer.updated_by.startswith("Jane Doe")
    assert [entry["status"] for entry in answer.history] == ["created", "updated"]
    assert read_history_entry(answer.history[0]).expiry == WHEN
    assert "Jane" not in repr(answer)
    assert "Licence" not in repr(answer)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("pending", "pending"),
        ("executed", "completed"),
        ("Cancelled", "cancelled"),
        ("canceled", "cancelled"),
        ("paused", "other"),
    ],
)
def test_older_and_unknown_words_are_understood_and_kept(word: str, status: str) -> None:
    answer = read_expiration(json.dumps(SAMPLE | {"status": word}).encode())
    assert (answer.status, answer.status_word) == (status, word)


def test_older_answers_call_the_id_otherwise_and_leave_much_out() -> None:
    older = {"workorderId": "SD1234", "datasetId": DATASET, "imsOrg": "A@AdobeOrg", "status": "pending", "expiry": "2030-12-31"}
    answer = read_expiration(json.dumps(older).encode())
    assert (answer.ttl_id, answer.expiry) == ("SD1234", datetime(2030, 12, 31, tzinfo=UTC))
    assert answer.history is None


def test_a_cancellation_is_answered_with_the_expiration_or_with_nothing() -> None:
    body = SAMPLE | {"status": "cancelled"}
    assert isinstance(of(cancelled, answers(200, body)), ExpirationAnswer)
    assert of(cancelled, answers(204)) is None
    assert of(changed, answers(200, b"<html>")) is None


@pytest.mark.parametrize(
    ("act", "script", "error"),
    [
        (created, answers(400, PROBLEM), Rejected),
        (created, answers(400, {"error_code": "400001", "message": "Quota of expirations exceeded"}), Rejected),
        (created, answers(403, {"error_code": "403027", "message": "Forbidden."}), Rejected),
        (created, answers(403, {"error_code": "403025", "message": "Profile is not valid"}), OrganizationBlocked),
        (created, answers(404, {"error_code": "404000", "message": "No such resource"}), OrganizationBlocked),
        (created, answers(401, {"error_code": "401013", "message": "Oauth token is not valid"}), Unauthorized),
        (created, answers(429, b"", {"Retry-After": "7"}), Throttled),
        (created, answers(500, {"error_code": "500001", "message": "Internal server error."}), OutcomeUnknown),
        (created, answers(201, {"datasetId": "somebody-elses"}), OutcomeUnknown),
        (created, answers(204), OutcomeUnknown),
        (created, hangs_up, OutcomeUnknown),
        (changed, answers(404, {"error_code": "404003", "message": "Not found."}), NotFound),
        (changed, answers(400, PROBLEM), Rejected),
        (cancelled, answers(404, {"error_code": "404003", "message": "Not found."}), NotFound),
        (cancelled, answers(400, {"error_code": "400001", "message": "Bad request."}), Rejected),
        (cancelled, hangs_up, OutcomeUnknown),
        (found, answers(404, {"error_code": "404003", "message": "Not found."}), NotFound),
        (found, answers(200, SAMPLE | {"ttlId": "another", "datasetId": "another"}), BadAnswer),
        (found, answers(200, b"[]"), BadAnswer),
        (listed, answers(200, {"results": [{"status": "pending"}], "total_pages": 1}), BadAnswer),
        (listed, answers(200, {}), BadAnswer),
    ],
)
def test_each_refusal_says_what_to_do(act: Act, script: Handler, error: type[AdobeError]) -> None:
    assert type(failure(act, script)) is error


def test_adobes_words_are_kept_and_not_shown_by_accident() -> None:
    error = failure(created, answers(400, PROBLEM))
    assert error.words == "The dataset already has an expiration"
    assert "dataset" not in str(error)


# --- Lists ---


def entry(number: int) -> dict[str, Any]:
    return SAMPLE | {"ttlId": f"SD-{number}", "datasetId": f"dataset-{number}"}


def test_every_page_is_read_once_and_what_comes_twice_counts_once() -> None:
    pages = [{"results": [entry(1), entry(2)]}, {"results": [entry(2), entry(3)]}]
    script = [answers(200, page | {"current_page": number, "total_pages": 2}) for number, page in enumerate(pages)]
    with Adobe(*script) as adobe:
        everything = client(adobe.url).everything()
        asked = [parse_qs(request.target.partition("?")[2]) for request in adobe.requests]
    assert [one.ttl_id for one in everything] == ["SD-1", "SD-2", "SD-3"]
    assert asked == [{"page": ["0"], "limit": ["100"]}, {"page": ["1"], "limit": ["100"]}]


def test_the_older_shape_is_read_until_all_that_it_counts_are_named() -> None:
    script = [answers(200, {"totalRecords": 3, "ttlDetails": details}) for details in ([entry(1), entry(2)], [entry(3)])]
    with Adobe(*script) as adobe:
        assert len(client(adobe.url).everything()) == 3
        assert len(adobe.requests) == 2


def test_a_list_without_numbers_ends_with_an_empty_page() -> None:
    script = [answers(200, {"results": results}) for results in ([entry(1)], [entry(2)], [])]
    assert len(of(listed, *script)) == 2
