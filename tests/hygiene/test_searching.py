"""What the search box finds of data hygiene: numbers and ids. The identities of a record delete are in no index."""

from __future__ import annotations

import pytest

from hygiene.models import WorkOrder
from portal.models import Organization, User
from tests.actors import Actors
from tests.conftest import Simulator
from tests.hygiene import deletes, expirations
from tests.pages import Browser
from tests.searching import found, kinds, links_of, result_of, search

pytestmark = pytest.mark.django_db


def test_our_number_leads_to_a_record_delete(actors: Actors, organization: Organization, officer: User) -> None:
    made = deletes.draft(organization, officer)
    for typed in (made.number, made.number.lower()):
        assert search(actors.viewer, typed).headers["Location"] == f"/record-deletes/{made.number}/"
    assert kinds(result_of(actors.stranger, made.number)) == []


def test_adobes_id_and_our_reference_find_a_work_order(
    actors: Actors, organization: Organization, officer: User, simulator: Simulator
) -> None:
    made = deletes.sent(organization, officer)
    order = WorkOrder.objects.get(record_delete=made)
    for typed, why in (
        (str(order.adobe_work_order_id), "Adobe's work order id"),
        (order.reference, "Reference in its name"),
        (order.reference.strip("[]").lower(), "Reference in its name"),
    ):
        page = result_of(actors.viewer, typed)
        assert links_of(page, "work_orders") == [f"/work-orders/{order.pk}/"]
        assert found(page, "work_orders")[0].startswith(f"Work order 1 of {made.number} {why}")
        assert kinds(result_of(actors.stranger, typed)) == []


def test_an_identity_of_a_record_delete_finds_nothing(browser: Browser, organization: Organization, officer: User) -> None:
    deletes.confirmed(organization, officer)
    assert kinds(result_of(browser, "gone1@example.com")) == []


def test_the_id_of_a_dataset_or_of_its_expiration_finds_it(
    actors: Actors, organization: Organization, officer: User, simulator: Simulator
) -> None:
    row = expirations.pending(organization, officer)
    for typed, why in ((row.dataset_id, "Dataset id"), (str(row.ttl_id), "Adobe's id")):
        page = result_of(actors.viewer, typed)
        assert links_of(page, "expirations") == [f"/expirations/{row.pk}/"]
        assert why in found(page, "expirations")[0]
        assert kinds(result_of(actors.stranger, typed)) == []
