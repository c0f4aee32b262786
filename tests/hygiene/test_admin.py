"""The administration of record deletes, work orders, services and quotas."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hygiene.models import QuotaReading, RecordDelete, ServiceProgress, WorkOrder
from hygiene.statuses import RecordDeleteStatus, WorkOrderStatus
from portal.models import Organization, User
from tests.admins import Page, make_administrator, open_page, queries_of, signed_in
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.hygiene.deletes import confirmed, page_of, read_quotas
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db
MODELS: list[type[models.Model]] = [RecordDelete, WorkOrder, ServiceProgress, QuotaReading]
PERSONAL = ["gone1", "Spring cleaning", "Old sign-ups", "alex's own words"]


@pytest.fixture
def administrator(media: object, organization: Organization) -> User:
    """Looks after Acme."""
    return make_administrator("administrator", organization)


@pytest.fixture
def stranger(db: None) -> User:
    """Looks after another organization."""
    return make_administrator("stranger", make_organization(ims_org_id=OTHER_IMS_ORG, name="Other"))


@pytest.fixture
def superuser(db: None) -> User:
    """Sees everything."""
    return User.objects.create_superuser("root", password=PASSWORD)


@pytest.fixture
def rows(media: object, organization: Organization, officer: User) -> dict[type[models.Model], Any]:
    """One row of each kind, all of one record delete whose only work order Identity Service has done."""
    made = confirmed(organization, officer)
    order = made.work_orders.get()
    order.adobe_work_order_id, order.adobe_status, order.status = "DI-1", "ingested", WorkOrderStatus.INGESTED
    order.answer, order.words = b"alex's own words", "alex's own words"
    order.save()
    service = ServiceProgress.objects.create(work_order=order, service="Identity Service", status="success")
    ServiceProgress.objects.create(work_order=order, service="Data Management", status="waiting")
    return {RecordDelete: made, WorkOrder: order, ServiceProgress: service, QuotaReading: read_quotas(organization, used=314)}


def list_of(model: type[models.Model]) -> str:
    """Address of its list."""
    return reverse(f"admin:hygiene_{model._meta.model_name}_changelist")


def change_of(row: models.Model) -> str:
    """Address of its page."""
    return reverse(f"admin:hygiene_{row._meta.model_name}_change", args=[row.pk])


def listed(user: User, model: type[models.Model], query: str = "") -> list[Any]:
    """Keys of the rows that a list shows."""
    answer: Any = signed_in(user).get(f"{list_of(model)}?{query}")
    assert answer.status_code == 200
    return [row.pk for row in answer.context["cl"].result_list]


@pytest.mark.parametrize("model", MODELS)
def test_it_shows_rows_to_administrators_of_their_organization(
    model: type[models.Model], rows: dict[type[models.Model], Any], administrator: User, officer: User, stranger: User
) -> None:
    row = rows[model]
    assert row.pk in listed(administrator, model)
    assert signed_in(administrator).get(change_of(row)).status_code == 200
    assert listed(stranger, model) == []
    elsewhere: Any = signed_in(stranger).get(change_of(row))
    assert (elsewhere.status_code, elsewhere.url) == (302, reverse("admin:index"))
    refused: Any = signed_in(officer).get(list_of(model))
    assert refused.url.startswith(reverse("admin:login"))


@pytest.mark.parametrize("model", MODELS)
def test_it_lets_nobody_add_change_or_delete(
    model: type[models.Model], rows: dict[type[models.Model], Any], superuser: User
) -> None:
    client, row = signed_in(superuser), rows[model]
    assert client.get(reverse(f"admin:hygiene_{model._meta.model_name}_add")).status_code == 403
    assert client.post(change_of(row), {"status": "completed"}).status_code == 403
    delete = reverse(f"admin:hygiene_{model._meta.model_name}_delete", args=[row.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    assert type(row)._default_manager.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", MODELS)
def test_it_shows_and_loads_nothing_that_names_a_person(
    model: type[models.Model], rows: dict[type[models.Model], Any], superuser: User
) -> None:
    client = signed_in(superuser)
    for address in (list_of(model), change_of(rows[model])):
        with CaptureQueriesContext(connection) as captured:
            page = open_page(client, address)
        assert [word for word in PERSONAL if word in page.html] == []
        assert page.inline_code == []
        reads = [query["sql"] for query in captured if f'FROM "{model._meta.db_table}"' in query["sql"]]
        assert reads
        if address == list_of(model):
            assert not [sql for sql in reads if "_sealed" in sql]


def test_a_record_deletes_page_shows_a_bar_for_each_service_and_leads_to_its_work_orders(
    rows: dict[type[models.Model], Any], administrator: User
) -> None:
    made = rows[RecordDelete]
    page = open_page(signed_in(administrator), change_of(made))
    assert page.bars == [("0", "1"), ("1", "1")]
    assert "1 of 1 work orders done" in page.html
    orders = next(link for link in page.links if link.startswith(list_of(WorkOrder)))
    assert listed(administrator, WorkOrder, orders.partition("?")[2]) == [rows[WorkOrder].pk]
    services = next(link for link in page.links if link.startswith(list_of(ServiceProgress)) and "Identity" in link)
    assert listed(administrator, ServiceProgress, services.partition("?")[2]) == [rows[ServiceProgress].pk]


def test_it_leads_to_the_work_orders_that_failed(rows: dict[type[models.Model], Any], administrator: User) -> None:
    WorkOrder.objects.update(status=WorkOrderStatus.FAILED)
    RecordDelete.objects.update(orders_done=1, orders_failed=1, status=RecordDeleteStatus.FAILED)
    links = open_page(signed_in(administrator), change_of(rows[RecordDelete])).links
    failed = next(link for link in links if "status__in" in link)
    assert listed(administrator, WorkOrder, failed.partition("?")[2]) == [rows[WorkOrder].pk]


def test_a_work_orders_page_shows_services_and_leads_to_its_page_in_the_portal(
    rows: dict[type[models.Model], Any], administrator: User
) -> None:
    page: Page = open_page(signed_in(administrator), change_of(rows[WorkOrder]))
    assert "Identity Service" in page.html
    assert page_of(rows[WorkOrder]) in page.links


@pytest.mark.parametrize(
    ("model", "words", "found"),
    [
        (RecordDelete, "{number}", 1),
        (RecordDelete, "gone1@example.com", 0),
        (WorkOrder, "DI-1", 1),
        (WorkOrder, "Spring", 0),
        (ServiceProgress, "DI-1", 2),
    ],
)
def test_it_searches_by_number_and_by_adobes_id_never_for_people(
    model: type[models.Model], words: str, found: int, rows: dict[type[models.Model], Any], administrator: User
) -> None:
    asked = words.format(number=rows[RecordDelete].number)
    assert len(listed(administrator, model, f"q={asked}")) == found


def test_quotas_are_told_as_adobe_names_them(rows: dict[type[models.Model], Any], administrator: User) -> None:
    html = open_page(signed_in(administrator), list_of(QuotaReading)).html
    assert "dailyConsumerDeleteIdentitiesQuota: 314 of 1,000" in html


@pytest.mark.parametrize("model", [RecordDelete, WorkOrder, ServiceProgress])
def test_a_list_takes_as_many_queries_for_ten_rows_as_for_two(
    model: type[models.Model], organization: Organization, administrator: User
) -> None:
    def more(count: int) -> None:
        for _ in range(count):
            order = confirmed(organization, administrator).work_orders.get()
            ServiceProgress.objects.create(work_order=order, service="Identity Service", status="success")

    client, address = signed_in(administrator), list_of(model)
    more(2)
    few = queries_of(client, address)
    assert few <= 12
    more(8)
    assert queries_of(client, address) <= few
