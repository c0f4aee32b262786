"""Tokens in the administration: shown once, revoked, and given by nobody beyond what they may do themselves."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from portal import tokens
from portal.models import ApiToken, AuditEvent, Organization, User
from tests.admins import Page, make_administrator, open_page, signed_in
from tests.api import Api, make_token
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.people import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]
ADD, LIST = reverse("admin:portal_apitoken_add"), reverse("admin:portal_apitoken_changelist")


@pytest.fixture
def administrator(organization: Organization) -> User:
    """Of Acme."""
    return make_administrator("boss", organization)


def make(user: User, organization: Organization, *scopes: str, lifetime: str = "90") -> Any:
    """Fill in the form."""
    form = {"name": "CRM", "organization": str(organization.pk), "scopes": scopes or ["read", "submit"], "lifetime": lifetime}
    return signed_in(user).post(ADD, form)


def test_it_is_shown_once_and_works(organization: Organization, administrator: User) -> None:
    answer = make(administrator, organization)
    assert answer.status_code == 200
    text = re.search(r'value="(portal_[0-9a-f]+)"', answer.content.decode())
    assert text is not None
    assert Page(answer.content.decode()).inline_code == []
    assert "no-store" in answer.headers["Cache-Control"]
    token = ApiToken.objects.get()
    assert (token.scopes, token.made_by, token.is_live, token.expiry is None) == (["read", "submit"], administrator, True, False)
    assert Api(text[1]).get("/api/v1/requests").status_code == 200
    for address in (LIST, reverse("admin:portal_apitoken_change", args=[token.pk])):
        page = open_page(signed_in(administrator), address)
        assert text[1] not in page.html
        assert page.inline_code == []
    assert text[1] not in str(list(AuditEvent.objects.values())) + str(dict(signed_in(administrator).session))
    event = AuditEvent.objects.get(action="token.made")
    assert (event.actor_name, event.details["scopes"]) == ("boss", "read, submit")


def test_a_revoked_one_is_refused_from_the_next_call_on(organization: Organization, administrator: User) -> None:
    token, text = make_token(organization)
    browser = signed_in(administrator)
    page = open_page(browser, reverse("admin:portal_apitoken_change", args=[token.pk]))
    assert "Revoke this token" in page.html
    revoke = reverse("admin:portal_apitoken_revoke", args=[token.pk])
    assert browser.get(revoke).status_code == 405
    assert browser.post(revoke).status_code == 302
    assert Api(text).get("/api/v1/requests").status_code == 401
    assert "Revoke this token" not in open_page(browser, reverse("admin:portal_apitoken_change", args=[token.pk])).html


def test_nobody_reaches_the_tokens_of_another_organization(
    organization: Organization, administrator: User, officer: User
) -> None:
    stranger = make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")
    token, _ = make_token(stranger)
    browser = signed_in(administrator)
    assert token.name not in open_page(browser, LIST).html.split('id="changelist"')[1]
    assert browser.post(reverse("admin:portal_apitoken_revoke", args=[token.pk])).status_code == 404
    assert "Select a valid choice" in make(administrator, stranger).content.decode()
    assert signed_in(officer).post(ADD, {}).status_code == 302, "the admin lets no officer in"
    assert ApiToken.objects.count() == 1


def test_nobody_gives_more_than_they_have(organization: Organization) -> None:
    viewer = make_user("clerk", "Viewer", organization)
    viewer.is_staff = True
    viewer.save()
    viewer.user_permissions.add(*Permission.objects.filter(codename__in=("add_apitoken", "view_apitoken", *tokens.SEES_WEBHOOKS)))
    assert "Select a valid choice" in make(viewer, organization, "read", "reveal").content.decode()
    assert make(viewer, organization, "read").status_code == 200
    token = ApiToken.objects.get()
    assert signed_in(viewer).post(reverse("admin:portal_apitoken_revoke", args=[token.pk])).status_code == 403


def test_integrations_are_no_people_and_stay_members_when_people_are_chosen(
    organization: Organization, administrator: User
) -> None:
    token, text = make_token(organization)
    browser = signed_in(administrator)
    name = token.user.get_username()
    assert name not in open_page(browser, reverse("admin:portal_user_changelist")).html
    assert browser.get(reverse("admin:portal_user_change", args=[token.user_id])).status_code == 302
    address = reverse("admin:portal_organization_change", args=[organization.pk])
    page = open_page(browser, address)
    assert name not in page.html
    form = {name: values[-1] for name, values in page.fields.items() if name} | {
        "members": [str(administrator.pk)],
        "product_codes": organization.product_codes,
        "time_zone": "UTC",
        "scopes": "openid",
        "download_hosts": "",
    }
    assert browser.post(address, form).status_code == 302
    assert set(organization.members.all()) == {administrator, token.user}
    assert Api(text).json("/api/v1/organizations")["results"][0]["id"] == str(organization.pk)
