"""Finding a person by an exact identity, and looking for jobs made outside the portal."""

from __future__ import annotations

import pytest

from portal.models import AuditEvent, Organization, User
from privacy.models import JobSync
from tests.actors import covers
from tests.api import Api, ApiActors
from tests.files import confirmed_request, payload, people

pytestmark = pytest.mark.django_db
SEARCH, SYNCS = "/api/v1/subjects/search", "/api/v1/syncs"


@covers("api:subject-search")
def test_who_finds_whom(api_actors: ApiActors, organization: Organization, officer: User) -> None:
    found = confirmed_request(organization, officer, payload(people(2)))
    for namespace, value in (("Email", "PERSON2@example.com"), ("email", "person2@example.com"), ("6", "person2@example.com")):
        wanted = {"namespace": namespace, "value": value, "type": "namespaceId" if namespace == "6" else "standard"}
        answer = api_actors.viewer.post(SEARCH, wanted)
        assert answer.status_code == 200
        (one,) = answer.json()["results"]
        assert (one["request"], one["person"], {job["action"] for job in one["jobs"]}) == (found.number, 2, {"access", "delete"})
        assert api_actors.stranger.post(SEARCH, wanted).json() == {"results": [], "is_complete": True}
    assert api_actors.nobody.post(SEARCH, {}).status_code == 401
    assert api_actors.stranger.post(SEARCH, wanted | {"organization": str(organization.pk)}).status_code == 404
    assert api_actors.viewer.post(SEARCH, wanted | {"value": "person"}).json()["results"] == []
    api_actors.refuse_methods(SEARCH, "post")


def test_a_search_stands_in_the_trail_without_whom(organization: Organization, media: object) -> None:
    api = Api.of(organization, "read")
    api.post(SEARCH, {"namespace": "email", "value": "marked@example.com"})
    event = AuditEvent.objects.get(action="subject.searched")
    assert (event.details, event.organization_id) == ({"found": 0}, str(organization.pk))
    assert Api.of(organization, "submit").post(SEARCH, {"namespace": "email", "value": "x"}).status_code == 403


@covers("api:sync-list", "api:sync-detail")
def test_who_may_look_for_jobs_made_elsewhere(api_actors: ApiActors, organization: Organization) -> None:
    begun = api_actors.act(SYNCS, {"organization": str(organization.pk)}, officer=202)
    api_actors.look(SYNCS, stranger=200)
    api_actors.look(begun.headers["Location"])
    assert api_actors.viewer.json(begun.headers["Location"])["status"] == "waiting"
    assert api_actors.stranger.json(SYNCS)["results"] == []
    second = api_actors.officer.post(SYNCS)
    assert (second.status_code, second.json()["code"]) == (409, "not-possible")
    assert JobSync.objects.count() == 1
    api_actors.refuse_methods(SYNCS, "get", "post")
