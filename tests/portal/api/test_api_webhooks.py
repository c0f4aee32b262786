"""An integration looks after its own webhooks."""

from __future__ import annotations

import pytest
from django.conf import LazySettings

from portal.ids import new_id
from portal.models import DeliveryStatus, Organization, WebhookDelivery, WebhookEndpoint
from tests.actors import covers
from tests.api import Api, ApiActors

pytestmark = pytest.mark.django_db
WEBHOOKS, DELIVERIES = "/api/v1/webhooks", "/api/v1/webhook-deliveries"
HOOK = {"url": "https://127.0.0.1/hook", "event_types": ["job.complete"]}


@pytest.fixture(autouse=True)
def private_addresses(settings: LazySettings) -> None:
    """So that no name is looked up."""
    settings.WEBHOOK_PRIVATE_ADDRESSES = True


@covers("api:webhook-list", "api:webhook-detail", "api:delivery-list", "api:delivery-replay")
def test_who_may_do_what(api_actors: ApiActors, organization: Organization) -> None:
    made = api_actors.act(WEBHOOKS, HOOK | {"organization": str(organization.pk)}, officer=201)
    address = made.headers["Location"]
    endpoint = WebhookEndpoint.objects.select_related("organization__data_key").get()
    assert made.json()["secret"] == endpoint.secret
    api_actors.look(WEBHOOKS, stranger=200)
    api_actors.look(address)
    assert api_actors.stranger.json(WEBHOOKS)["results"] == []
    assert "secret" not in api_actors.officer.json(address)
    assert api_actors.act(address, {"is_active": False}, method="patch").json()["is_active"] is False
    delivery = WebhookDelivery.objects.create(
        endpoint=endpoint,
        event_id=new_id(),
        event_type="job.complete",
        root_id=new_id(),
        payload={},
        status=DeliveryStatus.GIVEN_UP,
    )
    api_actors.look(DELIVERIES, stranger=200)
    assert api_actors.stranger.json(DELIVERIES)["results"] == []
    again = api_actors.act(f"{DELIVERIES}/{delivery.pk}/replay", officer=202).json()
    assert again["status"] == "waiting"
    assert api_actors.officer.post(f"{DELIVERIES}/{delivery.pk}/replay").status_code == 409
    api_actors.act(address, method="delete", officer=204)
    api_actors.refuse_methods(WEBHOOKS, "get", "post")


def test_the_same_key_gives_the_same_secret_and_one_address(api: Api) -> None:
    first, again = (api.post(WEBHOOKS, HOOK, key="one") for _ in range(2))
    assert first.json() == again.json()
    assert WebhookEndpoint.objects.count() == 1


def test_an_address_or_an_event_that_is_not_taken_is_named(api: Api, settings: LazySettings) -> None:
    settings.WEBHOOK_PRIVATE_ADDRESSES = False
    refused = api.post(WEBHOOKS, HOOK)
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (400, "url")
    assert api.post(WEBHOOKS, HOOK | {"event_types": ["job.begun"]}).json()["errors"][0]["path"] == "event_types[0]"
    assert not WebhookEndpoint.objects.exists()
