"""Administrators name the systems of their organizations that Adobe does not cover."""

from __future__ import annotations

import pytest
from django.urls import reverse

from portal.models import AuditEvent, Organization, User
from privacy.models import OtherSystem, SystemDone
from tests.admins import make_administrator, open_page, signed_in
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.handling import received

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]
LIST, ADD = reverse("admin:privacy_othersystem_changelist"), reverse("admin:privacy_othersystem_add")


@pytest.fixture
def administrator(organization: Organization) -> User:
    return make_administrator("boss", organization)


def test_one_is_named_and_noted(administrator: User, organization: Organization) -> None:
    client = signed_in(administrator)
    sent = {"organization": str(organization.pk), "name": "Newsletter", "advice": "Ask marketing", "is_used": "on"}
    assert client.post(ADD, sent).status_code == 302
    assert client.post(ADD, sent).status_code == 200
    assert OtherSystem.objects.get().name == "Newsletter"
    assert AuditEvent.objects.filter(action="othersystem.added").count() == 1


def test_only_the_own_organizations_are_seen_and_offered(administrator: User, organization: Organization) -> None:
    other = make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")
    theirs = OtherSystem.objects.create(organization=other, name="Theirs")
    OtherSystem.objects.create(organization=organization, name="Ours")
    client = signed_in(administrator)
    page = open_page(client, LIST)
    assert "Ours" in page.html
    assert "Theirs" not in page.html
    assert client.get(reverse("admin:privacy_othersystem_change", args=[theirs.pk])).status_code == 302
    assert str(other.pk) not in open_page(client, ADD).html
    assert client.post(ADD, {"organization": str(other.pk), "name": "X", "is_used": "on"}).status_code == 200
    assert OtherSystem.objects.count() == 2


def test_it_goes_only_while_no_request_names_it(administrator: User, organization: Organization, officer: User) -> None:
    system = OtherSystem.objects.create(organization=organization, name="Shop")
    done = SystemDone.objects.create(request=received(organization, officer), system=system, by=officer)
    client = signed_in(administrator)
    address = reverse("admin:privacy_othersystem_delete", args=[system.pk])
    assert client.post(address, {"post": "yes"}).status_code == 403
    done.delete()
    assert client.post(address, {"post": "yes"}).status_code == 302
    assert not OtherSystem.objects.exists()
    assert AuditEvent.objects.filter(action="othersystem.deleted").count() == 1


def test_officers_do_not_name_systems(officer: User) -> None:
    assert signed_in(officer).get(LIST).status_code == 302
