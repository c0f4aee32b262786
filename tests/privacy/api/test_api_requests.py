"""Requests through the API: created from Adobe's payload, followed, cancelled, asked again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from portal.models import AuditEvent, Organization, User
from privacy import intake
from privacy.models import PrivacyRequest, Submission, Upload
from privacy.statuses import RequestStatus
from tests.actors import covers, stored_files
from tests.api import Api, ApiActors
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people, stored_upload
from tests.states import finish, sent_request
from tests.steps import work

pytestmark = pytest.mark.django_db
REQUESTS = "/api/v1/requests"


@covers("api:request-list", "api:request-detail", "api:request-jobs")
def test_who_may_look(api_actors: ApiActors, organization: Organization, officer: User) -> None:
    found = confirmed_request(organization, officer, payload(people(1)))
    api_actors.look(REQUESTS, stranger=200)
    api_actors.look(f"{REQUESTS}/{found.number}")
    api_actors.look(f"{REQUESTS}/{found.number}/jobs")
    assert api_actors.stranger.json(REQUESTS)["results"] == []
    api_actors.refuse_methods(REQUESTS, "get", "post")
    api_actors.refuse_methods(f"{REQUESTS}/{found.number}", "get")


@covers("api:request-list")
def test_who_may_create(api_actors: ApiActors, organization: Organization) -> None:
    api_actors.act(f"{REQUESTS}?organization={organization.pk}", payload(people(1)), officer=201)


def test_a_draft_is_checked_and_says_what_will_happen(api: Api, organization: Organization) -> None:
    answer = api.post(f"{REQUESTS}?received_on={organization.created_at.date()}", payload(people(3)))
    assert answer.status_code == 201
    draft = answer.json()
    assert draft["status"] == "ready"
    assert (draft["preview"]["people"], draft["preview"]["jobs"], draft["preview"]["calls"]) == (3, 6, 1)
    assert draft["preview"]["regulation"] == "gdpr"
    assert draft["requests"] == []
    assert answer.headers["Location"] == f"/api/v1/drafts/{draft['id']}"
    assert api.json(answer.headers["Location"]) == draft
    assert not PrivacyRequest.objects.exists()


def test_what_is_wrong_is_said_with_path_and_key_and_nothing_is_kept(api: Api) -> None:
    body = payload([{"key": "case-1", "action": ["acess"], "userIDs": [{"namespace": "email", "value": "a@b.com"}]}])
    answer = api.post(REQUESTS, body)
    assert answer.status_code == 400
    problem = answer.json()
    assert problem["code"] == "payload-refused"
    assert (problem["errors"][0]["path"], problem["errors"][0]["key"]) == ("users[0].action[0]", "case-1")
    assert not Upload.objects.exists()
    assert stored_files() == set()


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff\xfe{}", b'"text"'])
def test_what_is_no_payload_at_all_is_refused(api: Api, body: bytes) -> None:
    answer = api.post(REQUESTS, body)
    assert answer.status_code == 400
    assert not Upload.objects.exists()
    assert stored_files() == set()


def test_a_body_over_the_limit_is_413_and_leaves_nothing(api: Api, settings: LazySettings) -> None:
    settings.UPLOAD_MAX_BYTES = 100
    assert api.post(REQUESTS, payload(people(2))).status_code == 413
    assert stored_files() == set()


def test_confirmed_at_once_it_goes_out_and_is_followed_to_its_end(
    simulator: Simulator, organization: Organization, api: Api
) -> None:
    answer = api.post(f"{REQUESTS}?confirm=true", payload(people(2)))
    assert answer.status_code == 201
    (made,) = answer.json()["requests"]
    work("prepare", "submit")
    assert len(simulator.ledger()) == 4
    finish(simulator)
    request = api.json(f"{REQUESTS}/{made['number']}")
    assert (request["status"], request["origin"]) == ("complete", "api")
    assert (request["jobs_total"], request["jobs_done"], request["jobs_failed"]) == (4, 4, 0)
    assert {bar["product"]: bar["done"] for bar in request["progress"]} == {"analytics": 4, "profileService": 4}
    assert [call["state"] for call in request["calls"]] == ["sent"]
    row = PrivacyRequest.objects.get()
    assert row.created_by is not None
    assert row.created_by.is_integration
    events = AuditEvent.objects.filter(action="request.confirmed")
    assert [event.actor_id for event in events] == [str(row.created_by_id)]


def test_a_token_that_may_submit_only_needs_no_more_than_that(organization: Organization, media: Path) -> None:
    assert Api.of(organization, "submit").post(f"{REQUESTS}?confirm=true", payload(people(1))).status_code == 201
    assert Api.of(organization, "read").post(REQUESTS, payload(people(1))).status_code == 403


def test_opt_outs_beside_deletes_need_a_word(api: Api) -> None:
    body = payload([*people(1), *people(1, "opt-out-of-sale", prefix="other")], regulation="ccpa")
    refused = api.post(f"{REQUESTS}?confirm=true", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "not-possible")
    assert not Upload.objects.exists()
    assert stored_files() == set()
    made = api.post(f"{REQUESTS}?confirm=true&agree_to_two=true", body)
    assert [one["opt_out"] for one in made.json()["requests"]] == [False, True]


def test_a_large_body_waits_for_a_worker(api: Api, settings: LazySettings) -> None:
    settings.UPLOAD_INLINE_BYTES = 100
    answer = api.post(f"{REQUESTS}?confirm=true", payload(people(5)))
    assert answer.status_code == 202
    assert (answer.json()["status"], answer.json()["requests"]) == ("waiting", [])
    work("check")
    assert api.json(answer.headers["Location"])["status"] == "ready"
    assert api.post(f"{answer.headers['Location']}/confirm").status_code == 200


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("received_on=2999-01-01", "received_on"),
        ("received_on=nonsense", "received_on"),
        ("confirm=perhaps", "confirm"),
        ("organization=x", "organization"),
        ("received_on=", "received_on"),
        ("confrm=true", "confrm"),
    ],
)
def test_a_parameter_that_is_not_right_is_named(api: Api, query: str, path: str) -> None:
    answer = api.post(f"{REQUESTS}?{query}", payload(people(1)))
    assert answer.status_code == 400
    assert [one["path"] for one in answer.json()["errors"]] == [path]
    assert stored_files() == set()


def test_an_organization_that_is_not_ones_own_is_not_there(api: Api) -> None:
    answer = api.post(f"{REQUESTS}?organization=00000000-0000-0000-0000-000000000000", payload(people(1)))
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (404, "organization")


def test_an_answer_to_a_post_has_the_fields_asked_for(api: Api) -> None:
    answer = api.post(f"{REQUESTS}?fields=status,requests&confirm=true", payload(people(1)))
    assert set(answer.json()) == {"status", "requests"}


def test_lists_are_narrowed_and_page_by_a_cursor_that_nobody_can_make_up(
    api: Api, organization: Organization, officer: User
) -> None:
    numbers = [confirmed_request(organization, officer, payload(people(1, prefix=f"p{n}"))).number for n in range(3)][::-1]
    first = api.json(f"{REQUESTS}?limit=2&fields=number")
    assert first["results"] == [{"number": number} for number in numbers[:2]]
    second = api.json(f"{REQUESTS}?limit=2&fields=number&cursor={first['next_cursor']}")
    assert second == {"results": [{"number": numbers[2]}], "next_cursor": None}
    assert api.get(f"{REQUESTS}?cursor=WyJhIiwiYiJd:forged").json()["errors"][0]["path"] == "cursor"
    PrivacyRequest.objects.filter(number=numbers[0]).update(status=RequestStatus.COMPLETE)
    assert [one["number"] for one in api.json(f"{REQUESTS}?status=complete")["results"]] == numbers[:1]
    assert [one["number"] for one in api.json(f"{REQUESTS}?open=true")["results"]] == numbers[1:]
    for query in ("status=lost", "created_after=0001-01-01T00:00:00%2B14:00", "limit=0", "limit=x", "fields=secret", "stauts=x"):
        assert api.get(f"{REQUESTS}?{query}").status_code == 400, query


def test_who_polls_with_an_etag_is_told_when_nothing_changed(api: Api, organization: Organization, officer: User) -> None:
    found = confirmed_request(organization, officer, payload(people(1)))
    address = f"{REQUESTS}/{found.number}"
    etag = api.get(address).headers["ETag"]
    same = api.get(address, If_None_Match=etag)
    assert (same.status_code, same.content) == (304, b"")
    Submission.objects.update(state="sent")
    assert api.get(address, If_None_Match=etag).status_code == 200
    assert api.get(address, If_Match='"another"').status_code == 412


@covers("api:request-cancel")
def test_cancelling_before_anything_was_sent(api_actors: ApiActors, organization: Organization, officer: User) -> None:
    found = confirmed_request(organization, officer, payload(people(1)))
    address = f"{REQUESTS}/{found.number}/cancel"
    assert api_actors.act(address).json()["status"] == "cancelled"
    again = api_actors.officer.post(address)
    assert (again.status_code, again.json()["code"]) == (409, "not-possible")
    api_actors.refuse_methods(address, "post")


@covers("api:request-resubmit")
def test_asking_again_for_what_failed(
    simulator: Simulator, api_actors: ApiActors, organization: Organization, officer: User
) -> None:
    found = sent_request(organization, officer, people(1, "delete"))
    address = f"{REQUESTS}/{found.number}/resubmit"
    refused = api_actors.act(address, {}, officer=409)
    assert refused.json()["code"] == "not-possible"
    found.jobs.update(status="error")
    found.product_responses.all().delete()
    made = api_actors.officer.post(address, {"products": ["analytics"]})
    assert made.status_code == 201, made.content
    (again,) = made.json()["requests"]
    assert (again["resubmission_of"], again["products"], again["origin"]) == (found.number, ["analytics"], "resubmission")


@covers("api:call-decide", "api:deletes-decide", "api:request-shred")
def test_who_may_decide_and_shred(api_actors: ApiActors, organization: Organization, officer: User) -> None:
    found = confirmed_request(organization, officer, payload(people(1)))
    base = f"{REQUESTS}/{found.number}"
    Submission.objects.update(state="unknown", person_reason="none_found")
    api_actors.act(f"{base}/calls/1/decide", {"decision": "give_up"})
    assert Submission.objects.get().state == "cancelled"
    assert api_actors.officer.post(f"{base}/calls/1/decide", {"decision": "send"}).json()["errors"][0]["path"] == "decision"
    assert api_actors.officer.post(f"{base}/calls/9/decide", {"decision": "give_up"}).status_code == 404
    api_actors.act(f"{base}/deletes/decide", {"decision": "send_anyway"}, officer=409)
    assert api_actors.officer.post(f"{base}/shred", {"number": "PR-1"}).status_code == 400
    assert api_actors.act(f"{base}/shred", {"number": found.number}).json()["status"] == "shredded"


def test_an_upload_of_the_page_and_one_of_the_api_are_checked_by_the_same_code(
    api: Api, organization: Organization, officer: User
) -> None:
    body: dict[str, Any] = payload([{"key": "x", "action": ["delete"], "userIDs": []}])
    from_api = api.post(REQUESTS, body).json()["errors"]
    page = intake.check(stored_upload(organization, officer, json.dumps(body).encode()))
    assert [(one["path"], one["code"]) for one in from_api] == [
        (one.path, one.code) for one in page.findings if one.level == "error"
    ]
