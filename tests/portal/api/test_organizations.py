"""The caller's organizations."""

from __future__ import annotations

import pytest

from portal.models import Organization
from tests.actors import covers
from tests.api import ApiActors

pytestmark = pytest.mark.django_db
ORGANIZATIONS = "/api/v1/organizations"


@covers("api:organization-list", "api:organization-detail")
def test_who_may_look(api_actors: ApiActors, organization: Organization) -> None:
    api_actors.look(ORGANIZATIONS, stranger=200)
    api_actors.look(f"{ORGANIZATIONS}/{organization.pk}")
    assert [one["name"] for one in api_actors.stranger.json(ORGANIZATIONS)["results"]] == ["Other"]
    api_actors.refuse_methods(ORGANIZATIONS, "get")
    api_actors.refuse_methods(f"{ORGANIZATIONS}/{organization.pk}", "get")


def test_it_says_whether_it_is_on_hold_and_no_secret(api_actors: ApiActors, organization: Organization) -> None:
    organization.hold("credentials", "marked words of Adobe")
    answer = api_actors.viewer.get(f"{ORGANIZATIONS}/{organization.pk}")
    assert (answer.json()["is_on_hold"], answer.json()["hold_reason"]) == (True, "credentials")
    assert b"marked" not in answer.content
    assert b"simulator-secret" not in answer.content
