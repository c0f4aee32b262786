"""Data hygiene through the API: record deletes, work orders, quotas, dataset expirations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from hygiene.models import DatasetExpiration, ExpirationOrder, QuotaReading, RecordDelete, WorkOrder
from portal.models import AuditEvent, Organization
from tests.actors import covers, stored_files
from tests.api import Api, ApiActors
from tests.conftest import Simulator
from tests.steps import work

pytestmark = pytest.mark.django_db
V1 = "/api/v1"
DATASET = "62759f2ede9e601b63a2ee14"


def order(count: int = 3, **fields: Any) -> dict[str, Any]:
    """Adobe's body of today."""
    ids = [f"person{number}@example.com" for number in range(count)]
    return {
        "displayName": "Old newsletter",
        "description": "Cleansing",
        "action": "delete_identity",
        "datasetId": DATASET,
        "namespacesIdentities": [{"namespace": {"code": "email"}, "ids": ids}],
    } | fields


@covers("api:record-delete-list", "api:record-delete-detail", "api:record-delete-confirm", "api:record-delete-shred")
def test_who_may_do_what_with_record_deletes(api_actors: ApiActors, organization: Organization) -> None:
    draft = api_actors.act(f"{V1}/record-deletes?organization={organization.pk}", order(), officer=201)
    address = draft.headers["Location"]
    api_actors.look(f"{V1}/record-deletes", stranger=200)
    api_actors.look(address)
    assert api_actors.stranger.json(f"{V1}/record-deletes")["results"] == []
    wrong = api_actors.officer.post(f"{address}/confirm", {"typed": "4"})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "not-the-word")
    first = api_actors.act(f"{address}/confirm", {"typed": "3"}).json()
    assert first["status"] == "preparing"
    assert api_actors.officer.post(f"{address}/confirm", {"typed": "3"}).json() == first
    api_actors.act(f"{address}/shred", {"number": first["number"]}, officer=409)
    other = api_actors.officer.post(f"{V1}/record-deletes", order()).headers["Location"]
    api_actors.act(other, method="delete", officer=204)
    api_actors.refuse_methods(address, "get", "delete")


@covers("api:record-delete-cancel")
def test_who_may_cancel_what_was_not_sent(api_actors: ApiActors, organization: Organization) -> None:
    Organization.objects.filter(pk=organization.pk).update(recall_minutes=15)
    address = api_actors.officer.post(f"{V1}/record-deletes?confirm=3", order()).headers["Location"]
    work("hygiene-prepare")
    shown = api_actors.viewer.json(address)
    assert (shown["status"], shown["can_cancel"]) == ("sending", True)
    assert shown["recall_until"] > shown["confirmed_at"]
    cancelled = api_actors.act(f"{address}/cancel").json()
    assert (cancelled["status"], cancelled["can_cancel"], cancelled["recall_until"]) == ("cancelled", False, None)
    assert api_actors.officer.post(f"{address}/cancel").status_code == 409
    keyed = api_actors.officer.post(f"{V1}/record-deletes?confirm=3", order()).headers["Location"]
    first, again = (api_actors.officer.post(f"{keyed}/cancel", key="one") for _ in range(2))
    assert (first.status_code, first.content) == (200, again.content)


def test_a_draft_says_what_will_happen(api: Api) -> None:
    draft = api.post(f"{V1}/record-deletes", order()).json()
    assert (draft["status"], draft["name"], draft["datasets"]) == ("ready", "Old newsletter", [DATASET])
    shown = draft["preview"]
    assert (shown["identities"], shown["work_orders"], shown["confirm_with"]) == (3, 1, "3")
    assert "person0@example.com" not in str(draft)


def test_what_is_wrong_is_named_and_nothing_is_kept(api: Api) -> None:
    both = order(identities=[{"namespace": {"code": "email"}, "id": "x@example.com"}])
    answer = api.post(f"{V1}/record-deletes", both)
    assert (answer.status_code, answer.json()["code"]) == (400, "payload-refused")
    assert "not allowed at the same time" in answer.content.decode()
    assert api.post(f"{V1}/record-deletes?datasets=ALL,{DATASET}", order()).json()["errors"][0]["path"] == "datasets"
    assert api.post(f"{V1}/record-deletes", b"").status_code == 400
    assert not RecordDelete.objects.exists()
    assert stored_files() == set()


def test_a_table_confirmed_by_its_word_at_once(api: Api) -> None:
    table, address = "namespace,value\r\nEmail,a@example.com\r\n", f"{V1}/record-deletes?datasets=ALL&confirm="
    refused = api.client.post(f"{address}1", table, "text/csv", headers=api.headers)
    assert (refused.status_code, RecordDelete.objects.count(), stored_files()) == (409, 0, set())
    made = api.client.post(f"{address}ALL", table, "text/csv", headers=api.headers)
    assert (made.status_code, made.json()["status"]) == (201, "preparing")


def test_it_goes_to_adobe_once_and_is_followed(simulator: Simulator, organization: Organization, media: object) -> None:
    api = Api.of(organization)
    first = api.post(f"{V1}/record-deletes?confirm=3", order(), key="one")
    assert first.status_code == 201, first.content
    assert api.post(f"{V1}/record-deletes?confirm=3", order(), key="one").content == first.content
    work("hygiene-prepare", "hygiene-submit")
    (sent,) = api.json(f"{V1}/work-orders?record_delete={first.json()['number']}")["results"]
    assert (sent["state"], sent["identities"]) == ("sent", 3)
    shown = api.json(f"{V1}/work-orders/{sent['id']}")
    assert (shown["name"], shown["description"]) == ("Old newsletter", "Cleansing")
    assert {row["name"] for row in shown["answer"]} >= {"Work order", "Status"}


@covers(
    "api:work-order-list",
    "api:work-order-detail",
    "api:work-order-rename",
    "api:work-order-refresh",
    "api:work-order-reveal",
    "api:work-order-decide",
)
def test_who_may_do_what_with_work_orders(
    simulator: Simulator, api_actors: ApiActors, organization: Organization, media: object
) -> None:
    api_actors.officer.post(f"{V1}/record-deletes?confirm=3", order())
    work("hygiene-prepare", "hygiene-submit")
    row = WorkOrder.objects.get()
    address = f"{V1}/work-orders/{row.pk}"
    api_actors.look(f"{V1}/work-orders", stranger=200)
    api_actors.look(address)
    assert api_actors.stranger.json(f"{V1}/work-orders")["results"] == []
    renamed = api_actors.act(f"{address}/rename", {"name": "Another"}, officer=202).json()
    assert (renamed["name"], renamed["is_renaming"]) == ("Another", True)
    api_actors.act(f"{address}/refresh", officer=202)
    api_actors.act(f"{address}/reveal")
    assert AuditEvent.objects.filter(action="work_order.revealed").count() == 1
    api_actors.act(f"{address}/decide", {"decision": "give_up"}, officer=409)
    api_actors.refuse_methods(address, "get")


@covers("api:quota-list", "api:quota-refresh")
def test_who_may_see_and_read_quotas(simulator: Simulator, api_actors: ApiActors, organization: Organization) -> None:
    api_actors.look(f"{V1}/quotas", stranger=200)
    assert api_actors.viewer.json(f"{V1}/quotas") == {
        "results": [{"organization": str(organization.pk), "read_at": None, "quotas": []}]
    }
    read = api_actors.act(f"{V1}/quotas/refresh", {"organization": str(organization.pk)}).json()
    assert read["quotas"]
    assert api_actors.viewer.json(f"{V1}/quotas")["results"] == [read]
    keyed = [api_actors.officer.post(f"{V1}/quotas/refresh", key="one") for _ in range(2)]
    assert keyed[0].content == keyed[1].content
    assert QuotaReading.objects.count() == 2


def test_an_adobe_that_does_not_answer_is_a_502(api: Api) -> None:
    answer = api.post(f"{V1}/quotas/refresh", key="one")
    assert (answer.status_code, answer.json()["code"]) == (502, "adobe")
    assert "could not be reached" in answer.json()["detail"]


def expiration(**fields: Any) -> dict[str, Any]:
    """A new one."""
    later = timezone.now() + timedelta(days=3)
    return {"dataset_id": DATASET, "name": "Old campaign", "expires_at": later.isoformat()} | fields


@covers(
    "api:expiration-list",
    "api:expiration-detail",
    "api:expiration-cancel",
    "api:expiration-decide",
    "api:expiration-refresh",
    "api:expiration-list-refresh",
)
def test_who_may_do_what_with_expirations(simulator: Simulator, api_actors: ApiActors, organization: Organization) -> None:
    mine = {"organization": str(organization.pk)}
    made = api_actors.act(f"{V1}/expirations", expiration(**mine), officer=202)
    address = made.headers["Location"]
    api_actors.look(f"{V1}/expirations", stranger=200)
    api_actors.look(address)
    work("expiration-submit")
    shown = api_actors.act(f"{address}/refresh").json()
    assert (shown["status"], shown["name"]) == ("pending", "Old campaign")
    changed = api_actors.act(address, {"name": "Older campaign"}, method="patch", officer=202).json()
    assert (changed["last_change"]["kind"], changed["last_change"]["state"]) == ("change", "queued")
    api_actors.act(f"{address}/decide", {"decision": "give_up"}, officer=409)
    assert api_actors.act(f"{V1}/expirations/refresh", mine).json()["seen"] == 1
    api_actors.act(f"{address}/cancel", officer=202)
    api_actors.refuse_methods(address, "get", "patch")


def test_what_is_wrong_with_an_expiration_is_named(api: Api) -> None:
    soon = (timezone.now() + timedelta(hours=1)).isoformat()
    answer = api.post(f"{V1}/expirations", expiration(expires_at=soon, dataset_id="no id"))
    assert {one["path"] for one in answer.json()["errors"]} == {"expires_at", "dataset_id"}
    overflowing = api.post(f"{V1}/expirations", expiration(expires_at="0001-01-01T00:00:00+14:00"))
    assert overflowing.status_code == 400
    assert not DatasetExpiration.objects.exists()
    assert api.post(f"{V1}/expirations", expiration()).status_code == 202
    assert api.post(f"{V1}/expirations", expiration()).status_code == 409
    assert ExpirationOrder.objects.count() == 1
