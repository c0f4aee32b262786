"""Webhooks in the administration: registered with a secret that is shown once, and delivered again by hand."""

from __future__ import annotations

import re

import pytest
from django.conf import LazySettings
from django.urls import reverse

from portal import audit
from portal.models import DeliveryStatus, Organization, User, WebhookDelivery, WebhookEndpoint
from tests.admins import make_administrator, signed_in
from tests.conftest import OTHER_IMS_ORG, make_organization

pytestmark = pytest.mark.django_db

ADD = reverse("admin:portal_webhookendpoint_add")
LIST = reverse("admin:portal_webhookendpoint_changelist")
DELIVERIES = reverse("admin:portal_webhookdelivery_changelist")


@pytest.fixture(autouse=True)
def private_addresses(settings: LazySettings) -> None:
    settings.WEBHOOK_PRIVATE_ADDRESSES = True


@pytest.fixture
def administrator(organization: Organization) -> User:
    return make_administrator("boss", organization)


def register(user: User, organization: Organization, url: str = "https://127.0.0.1/hook") -> str:
    answer = signed_in(user).post(
        ADD, {"organization": str(organization.pk), "url": url, "event_types": ["job.complete"], "is_active": "on"}, follow=True
    )
    return str(answer.content.decode())


def test_the_secret_is_shown_once(organization: Organization, administrator: User) -> None:
    html = register(administrator, organization)
    endpoint = WebhookEndpoint.objects.select_related("organization__data_key").get()
    assert endpoint.secret
    assert endpoint.secret in html
    page = signed_in(administrator).get(reverse("admin:portal_webhookendpoint_change", args=[endpoint.pk]))
    assert endpoint.secret not in page.content.decode()
    assert endpoint.made_by == administrator


def test_an_address_that_may_not_be_called_is_refused_with_the_reason(
    organization: Organization, administrator: User, settings: LazySettings
) -> None:
    settings.WEBHOOK_PRIVATE_ADDRESSES = False
    assert "inside a private network" in register(administrator, organization)
    assert not WebhookEndpoint.objects.exists()


def test_nobody_reaches_another_organization_or_gets_in_without_the_right(
    organization: Organization, administrator: User, officer: User
) -> None:
    other = make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")
    stranger = make_administrator("stranger", other)
    register(stranger, organization)
    assert not WebhookEndpoint.objects.exists()
    register(administrator, organization)
    assert "127.0.0.1" not in signed_in(stranger).get(LIST).content.decode()
    assert signed_in(officer).get(LIST).status_code == 302


def test_what_was_given_up_is_delivered_again(organization: Organization, administrator: User) -> None:
    register(administrator, organization)
    audit.record("job.complete", actor=None, organization=organization, obj=organization)
    WebhookDelivery.objects.update(status=DeliveryStatus.GIVEN_UP)
    row = WebhookDelivery.objects.get()
    answer = signed_in(administrator).post(
        DELIVERIES, {"action": "deliver_again", "_selected_action": [str(row.pk)]}, follow=True
    )
    assert re.search(r"1 will be delivered again", answer.content.decode())
    assert WebhookDelivery.objects.get().status == DeliveryStatus.WAITING
