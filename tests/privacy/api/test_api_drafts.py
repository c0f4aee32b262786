"""Drafts through the API: looked at, confirmed, discarded, from whichever door they came."""

from __future__ import annotations

import json

import pytest

from portal.models import Organization, User
from privacy import intake
from privacy.models import PrivacyRequest, Upload
from tests.actors import covers, stored_files
from tests.api import Api, ApiActors
from tests.files import payload, people, stored_upload

pytestmark = pytest.mark.django_db
DRAFTS = "/api/v1/drafts"


def uploaded(organization: Organization, user: User, *users: dict[str, object]) -> Upload:
    """A checked file of the upload page."""
    upload = stored_upload(organization, user, json.dumps(payload(list(users) or people(2))).encode())
    intake.check(upload)
    return upload


@covers("api:draft-list", "api:draft-detail")
def test_who_may_look(api_actors: ApiActors, organization: Organization, officer: User) -> None:
    upload = uploaded(organization, officer)
    api_actors.look(DRAFTS, stranger=200)
    api_actors.look(f"{DRAFTS}/{upload.pk}")
    assert api_actors.stranger.json(DRAFTS)["results"] == []
    assert api_actors.viewer.json(f"{DRAFTS}?status=ready")["results"][0]["id"] == str(upload.pk)
    api_actors.refuse_methods(DRAFTS, "get")


@covers("api:draft-confirm")
def test_who_may_confirm(api_actors: ApiActors, organization: Organization, officer: User) -> None:
    address = f"{DRAFTS}/{uploaded(organization, officer).pk}/confirm"
    first = api_actors.act(address, {}).json()
    assert (first["status"], len(first["requests"])) == ("confirmed", 1)
    assert api_actors.officer.post(address, {}).json() == first, "a second press leads to what the first made"
    assert PrivacyRequest.objects.count() == 1
    api_actors.refuse_methods(address, "post")


@covers("api:draft-detail")
def test_who_may_discard(api_actors: ApiActors, organization: Organization, officer: User) -> None:
    address = f"{DRAFTS}/{uploaded(organization, officer).pk}"
    api_actors.act(address, method="delete", officer=204)
    assert stored_files() == set()
    assert api_actors.officer.ask("delete", address).status_code == 409
    assert api_actors.officer.post(f"{address}/confirm").status_code == 409


def test_a_file_with_errors_says_them_and_hides_keys_from_others(api: Api, organization: Organization, officer: User) -> None:
    upload = uploaded(organization, officer, {"key": "secret-key", "action": ["delete"], "userIDs": []})
    draft = api.json(f"{DRAFTS}/{upload.pk}")
    assert draft["status"] == "refused"
    assert [(one["level"], one["key"]) for one in draft["findings"]] == [("error", None)]
    assert "secret-key" not in str(draft)
    assert api.post(f"{DRAFTS}/{upload.pk}/confirm").status_code == 409


def test_a_member_that_is_not_known_is_refused(api: Api, organization: Organization, officer: User) -> None:
    address = f"{DRAFTS}/{uploaded(organization, officer).pk}/confirm"
    answer = api.post(address, {"acces_first": True})
    assert [one["path"] for one in answer.json()["errors"]] == ["acces_first"]
    assert api.post(address, {"access_first": True}).status_code == 200
    assert PrivacyRequest.objects.get().access_first


def test_a_draft_that_is_over_knows_when_it_changed(api: Api, organization: Organization, officer: User) -> None:
    address = f"{DRAFTS}/{uploaded(organization, officer).pk}"
    answer = api.get(address)
    assert answer.status_code == 200
    assert api.get(address, If_None_Match=answer.headers["ETag"]).status_code == 304


def test_a_draft_that_does_not_go_in_a_day_says_when_it_goes(api: Api, organization: Organization, officer: User) -> None:
    assert api.json(f"{DRAFTS}/{uploaded(organization, officer).pk}")["preview"]["plan"] is None
    Organization.objects.update(jobs_per_day=4, max_people_per_call=2)
    organization.refresh_from_db()
    upload = uploaded(organization, officer, *people(3))
    plan = api.json(f"{DRAFTS}/{upload.pk}")["preview"]["plan"]
    assert (plan["jobs_per_day"], plan["jobs_sent_today"]) == (4, 0)
    assert [(day["calls"], day["jobs"]) for day in plan["days"]] == [(1, 4), (1, 2)]
    Upload.objects.update(received_on="2020-01-01")
    late = api.json(f"{DRAFTS}/{upload.pk}")["preview"]["plan"]["late"]
    assert late["last_day"] == plan["days"][-1]["day"]
    assert late["days"] > 365
