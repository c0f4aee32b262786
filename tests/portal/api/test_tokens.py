"""Tokens: what they open, when they stop, and that nobody signs in with one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from portal import tokens
from portal.models import ApiToken, AuditEvent, Organization, Scope, User
from portal.permissions import OFFICER, VIEWER
from tests.api import Api, make_token
from tests.conftest import OTHER_IMS_ORG, make_organization

pytestmark = pytest.mark.django_db
ORGANIZATIONS = "/api/v1/organizations"


def codenames(user_or_group: User | Group) -> set[str]:
    rights = user_or_group.user_permissions if isinstance(user_or_group, User) else user_or_group.permissions
    return set(rights.values_list("codename", flat=True))


def test_scopes_stand_for_the_rights_of_the_groups(organization: Organization) -> None:
    reading, _ = make_token(organization, Scope.READ)
    everything, _ = make_token(organization)
    sees, keeps = set(tokens.SEES_WEBHOOKS), set(tokens.KEEPS_WEBHOOKS)
    assert codenames(reading.user) == codenames(Group.objects.get(name=VIEWER)) | sees
    assert codenames(everything.user) == codenames(Group.objects.get(name=OFFICER)) | sees | keeps
    submitting, _ = make_token(organization, Scope.SUBMIT)
    assert codenames(submitting.user) & {"reveal_identities", "download_results", "view_privacyrequest"} == set()


def test_it_reaches_its_organization_alone(organization: Organization, api: Api) -> None:
    other = make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")
    assert [one["id"] for one in api.json(ORGANIZATIONS)["results"]] == [str(organization.pk)]
    assert api.get(f"{ORGANIZATIONS}/{other.pk}").status_code == 404


def test_only_its_digest_is_kept(organization: Organization) -> None:
    token, text = make_token(organization)
    assert text.startswith("portal_")
    assert len(text) > 64
    row = ApiToken.objects.filter(pk=token.pk).values().get()
    assert text not in str(row)
    assert token.token_key == text[:15]


@pytest.mark.parametrize("authorization", ["Bearer nonsense", "Bearer", "Bearer a b", "Bearer \xff", "Bearer ", "bearer x"])
def test_what_is_no_token_is_a_401_that_says_how(media: object, authorization: str) -> None:
    answer = Api(None).get(ORGANIZATIONS, Authorization=authorization)
    assert (answer.status_code, answer.json()["code"]) == (401, "token-refused")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_an_expired_or_a_revoked_one_is_refused(organization: Organization, officer: User, media: object) -> None:
    token, text = make_token(organization)
    api = Api(text)
    assert api.get(ORGANIZATIONS).status_code == 200
    ApiToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert api.get(ORGANIZATIONS).status_code == 401
    ApiToken.objects.update(expiry=timezone.now() + timedelta(hours=1))
    assert api.get(ORGANIZATIONS).status_code == 200
    assert tokens.revoke(token, officer)
    assert not tokens.revoke(token, officer)
    assert api.get(ORGANIZATIONS).status_code == 401
    # Kept, to be seen in Administration: knox's own class deletes them.
    assert ApiToken.objects.get().revoked_at is not None
    assert list(AuditEvent.objects.order_by("at").values_list("action", flat=True)) == ["token.made", "token.revoked"]


def test_the_last_use_is_noted_once_a_minute(organization: Organization, media: object) -> None:
    api = Api.of(organization)
    api.get(ORGANIZATIONS)
    first = ApiToken.objects.get().last_used_at
    assert first is not None
    api.get(ORGANIZATIONS)
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(minutes=1))
    api.get(ORGANIZATIONS)
    assert ApiToken.objects.get().last_used_at > first - timedelta(minutes=1)


def test_nobody_signs_in_as_an_integration(organization: Organization, media: object) -> None:
    token, text = make_token(organization)
    name = token.user.get_username()
    for password in ("", text, "!", token.user.password):
        answer = Client().post("/sign-in/", {"username": name, "password": password})
        assert answer.status_code == 200, "no redirect into the portal"
    # A token opens the API and no page.
    page = Client().get("/requests/", headers={"Authorization": f"Bearer {text}"})
    assert page.headers["Location"].startswith("/sign-in/")


def test_a_session_works_too_and_must_carry_the_form_token(officer: User, organization: Organization, media: object) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(officer)
    assert client.get(ORGANIZATIONS).status_code == 200
    search = {"data": {"namespace": "email", "value": "x"}, "content_type": "application/json"}
    refused = client.post("/api/v1/subjects/search", **search)  # type: ignore[arg-type]
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
    client.get("/api/docs/")
    found = client.post(
        "/api/v1/subjects/search",
        headers={"X-CSRFToken": client.cookies["csrftoken"].value},
        **search,  # type: ignore[arg-type]
    )
    assert found.status_code == 200


def test_an_upgrade_gives_old_tokens_what_their_scopes_stand_for_now(organization: Organization) -> None:
    token, _ = make_token(organization, Scope.READ)
    token.user.user_permissions.clear()
    tokens.refresh_rights()
    assert codenames(token.user) > codenames(Group.objects.get(name=VIEWER))
