"""Dataset expirations in the administration: to look at, of one's own organizations, without anything that may name a person."""

from __future__ import annotations

import pytest
from django.urls import reverse

from hygiene.models import DatasetExpiration, ExpirationOrder
from portal.models import Organization, User
from tests.admins import make_administrator, open_page, queries_of, signed_in
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.hygiene.expirations import DATASET, asked, order_of

pytestmark = pytest.mark.django_db
SECRET = "Licence ends"


@pytest.fixture
def row(organization: Organization, officer: User) -> DatasetExpiration:
    """One that waits to be sent."""
    return asked(organization, officer)


def addresses(row: DatasetExpiration) -> list[str]:
    """The lists of both kinds, and a page of each."""
    order = order_of(row)
    return [
        reverse("admin:hygiene_datasetexpiration_changelist"),
        reverse("admin:hygiene_expirationorder_changelist"),
        reverse("admin:hygiene_datasetexpiration_change", args=[row.pk]),
        reverse("admin:hygiene_expirationorder_change", args=[order.pk]),
    ]


def test_an_administrator_looks_and_changes_nothing(row: DatasetExpiration, organization: Organization) -> None:
    client = signed_in(make_administrator("administrator", organization))
    for address in addresses(row):
        page = open_page(client, address)
        assert page.inline_code == []
        assert SECRET not in page.html
        assert "_save" not in page.fields
    assert f"/expirations/{row.pk}/" in open_page(client, addresses(row)[2]).links
    assert DATASET in open_page(client, addresses(row)[0]).html
    assert client.post(addresses(row)[2], {"status": "pending"}).status_code == 403
    assert DatasetExpiration.objects.get().status == "sending"


def test_another_organizations_administrator_sees_nothing(row: DatasetExpiration) -> None:
    stranger = make_administrator("stranger", make_organization(ims_org_id=OTHER_IMS_ORG, name="Other"))
    client = signed_in(stranger)
    for address in addresses(row)[:2]:
        assert str(row.pk) not in open_page(client, address).html
    for address in addresses(row)[2:]:
        assert client.get(address).status_code == 302


def test_more_rows_take_no_more_queries(row: DatasetExpiration, organization: Organization, officer: User) -> None:
    client = signed_in(make_administrator("administrator", organization))
    few = [queries_of(client, address) for address in addresses(row)[:2]]
    for number in range(5):
        asked(organization, officer, f"dataset-{number}")
    assert [queries_of(client, address) for address in addresses(row)[:2]] == few
    assert ExpirationOrder.objects.count() == 6
