"""Idempotency-Key: the same key and body give the first answer again, and the work is done once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from portal import tidying
from portal.api import idempotency
from portal.models import DataKey, IdempotencyKey, Organization, User
from privacy import recalling, shredding
from privacy.models import PrivacyRequest, Submission, Upload
from tests.actors import stored_files
from tests.api import Api
from tests.files import confirmed_request, payload, people

pytestmark = pytest.mark.django_db
REQUESTS = "/api/v1/requests"
CREATE = f"{REQUESTS}?confirm=true"


def test_the_same_key_and_body_give_the_first_answer_again(api: Api) -> None:
    first = api.post(CREATE, payload(people(2)), key="one")
    files = stored_files()
    again = api.post(CREATE, payload(people(2)), key="one")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert PrivacyRequest.objects.count() == 1
    assert stored_files() == files


def test_another_body_another_query_or_another_address_is_not_the_same(api: Api) -> None:
    api.post(CREATE, payload(people(2)), key="one")
    for address, body in ((CREATE, payload(people(3))), (REQUESTS, payload(people(2)))):
        answer = api.post(address, body, key="one")
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency-key-used")
    assert PrivacyRequest.objects.count() == 1
    assert api.post("/api/v1/subjects/search", {"namespace": "email", "value": "x"}, key="one").status_code == 200


def test_a_key_belongs_to_its_caller(api: Api, organization: Organization) -> None:
    api.post(CREATE, payload(people(1)), key="one")
    assert Api.of(organization).post(CREATE, payload(people(2)), key="one").status_code == 201


def test_without_a_key_nothing_is_remembered(api: Api) -> None:
    assert [api.post(CREATE, payload(people(1))).status_code for _ in range(2)] == [201, 201]
    assert (PrivacyRequest.objects.count(), IdempotencyKey.objects.count()) == (2, 0)


def test_a_refusal_is_an_answer_too_and_changes_nothing(api: Api, organization: Organization, officer: User) -> None:
    found = confirmed_request(organization, officer, payload(people(1)))
    Submission.objects.update(state="sent")
    address = f"{REQUESTS}/{found.number}/cancel"
    first = api.post(address, key="stop")
    assert first.status_code == 409
    Submission.objects.update(state="queued")
    again = api.post(address, key="stop")
    assert (again.status_code, again.content) == (409, first.content)
    assert Submission.objects.get().state == "queued"
    assert api.post(CREATE, b"{", key="two").content == api.post(CREATE, b"{", key="two").content
    assert not Upload.objects.exclude(requests=found).exists()


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
def test_a_key_that_is_none_is_refused(api: Api, key: str) -> None:
    assert api.post(CREATE, payload(people(1)), key=key).json()["code"] == "bad-idempotency-key"
    assert not Upload.objects.exists()


def test_a_call_that_dies_leaves_no_key_and_no_work(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(idempotency, "_keep", die)
        with pytest.raises(SystemExit):
            api.post(CREATE, payload(people(1)), key="one")
    assert (PrivacyRequest.objects.count(), IdempotencyKey.objects.count()) == (0, 0)
    assert api.post(CREATE, payload(people(1)), key="one").status_code == 201


def test_an_answer_goes_with_the_personal_data_that_it_holds(api: Api, organization: Organization, officer: User) -> None:
    api.post(CREATE, payload(people(1)), key="one")
    found = PrivacyRequest.objects.get()
    recalling.cancel(found, officer)
    found.refresh_from_db()
    shredding.shred(found, officer)
    answer = api.post(CREATE, payload(people(1)), key="one")
    assert (answer.status_code, answer.json()["code"]) == (410, "answer-removed")
    assert PrivacyRequest.objects.count() == 1


def test_answers_are_kept_sealed_and_keys_and_bodies_as_digests(api: Api) -> None:
    api.post(CREATE, payload(people(1)), key="jane@example.com")
    row = IdempotencyKey.objects.get()
    assert b"PR-" not in bytes(row.answer_sealed)
    assert b"jane" not in bytes(row.key_digest) + bytes(row.body_digest)
    assert "PR-" in row.answer["body"]


def test_they_are_kept_for_seven_days(api: Api) -> None:
    api.post(CREATE, payload(people(1)), key="old")
    api.post("/api/v1/subjects/search", {"namespace": "email", "value": "x"}, key="old too")
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(days=7, seconds=1))
    api.post("/api/v1/subjects/search", {"namespace": "email", "value": "x"}, key="young")
    uploads_key = Upload.objects.get().data_key
    assert uploads_key is not None
    tidying.tidy()
    assert IdempotencyKey.objects.count() == 1
    assert DataKey.objects.filter(owner_kind="idempotency").count() == 1
    assert DataKey.objects.filter(pk=uploads_key.pk).exists()


def posts(patterns: list[URLPattern | URLResolver], prefix: str = "") -> dict[str, Any]:
    """Route -> the POST handler of each view of the API."""
    found: dict[str, Any] = {}
    for pattern in patterns:
        route = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            found |= posts(pattern.url_patterns, route)
        elif route.startswith("api/") and (post := getattr(getattr(pattern.callback, "view_class", None), "post", None)):
            found[route] = post
    return found


def test_every_post_of_the_api_knows_the_header() -> None:
    found = posts(get_resolver().url_patterns)
    assert len(found) > 10
    assert [route for route, post in found.items() if not getattr(post, "is_idempotent", False)] == []
