"""Record deletes and work orders as lists: filters, what is done with many, exports."""

from __future__ import annotations

import pytest

from hygiene.models import RecordDelete, WorkOrder
from hygiene.statuses import RecordDeleteStatus, WorkOrderStatus
from portal.models import AuditEvent, Organization, User
from portal.outbound import CallState
from tests.actors import Actors, covers
from tests.admins import queries_of
from tests.conftest import Simulator
from tests.hygiene.deletes import confirmed, draft, order_of, page_of, sent
from tests.lists import asked, confirm, exported, only_with_the_right_to_export, told
from tests.pages import Browser

pytestmark = pytest.mark.django_db(transaction=True)
ORDERS = "/work-orders/"


# --- Record deletes ---


@covers("hygiene:record-delete-act")
def test_only_those_with_the_right_cancel_many(actors: Actors, organization: Organization, officer: User) -> None:
    made = confirmed(organization, officer)
    sent_along = {"act": "cancel", "row": str(made.pk), "confirmed": "1"}
    actors.act("/record-deletes/act/", sent_along, stranger=302)
    made.refresh_from_db()
    assert made.status == RecordDeleteStatus.CANCELLED


def test_what_cannot_be_cancelled_is_said_with_the_reason(browser: Browser, organization: Organization, officer: User) -> None:
    waiting, never = confirmed(organization, officer), draft(organization, officer)
    page = asked(browser, "/record-deletes/act/", "cancel", [waiting, never])
    words = told(browser, confirm(browser, page))
    assert "What was not sent of 1 record delete is cancelled." in words
    assert f"1 row was left as it is ({never.number}): This record delete was never confirmed." in words
    assert "1 row was so already" in told(browser, confirm(browser, page))
    assert RecordDelete.objects.filter(status=RecordDeleteStatus.CANCELLED).count() == 1


@covers("hygiene:record-delete-export")
def test_record_deletes_are_exported_without_free_text(actors: Actors, organization: Organization, officer: User) -> None:
    made = draft(organization, officer)
    only_with_the_right_to_export(actors, "/record-deletes/export/")
    (row,) = exported(actors.officer, "/record-deletes/export/")
    assert (row["number"], row["made_by"]) == (made.number, "officer")
    assert "Spring cleaning" not in str(row)


# --- Work orders ---


@covers("hygiene:all-work-orders")
def test_everybody_sees_the_work_orders_of_their_organizations(actors: Actors, organization: Organization, officer: User) -> None:
    made = confirmed(organization, officer)
    actors.open(ORDERS, stranger=200)
    assert page_of(order_of(made)) in actors.viewer.page(ORDERS).links
    assert made.number not in actors.stranger.page(ORDERS).html


@pytest.mark.parametrize(
    ("state", "change"),
    [
        ("open", {"status": WorkOrderStatus.INGESTED}),
        ("done", {"status": WorkOrderStatus.COMPLETED}),
        ("failed", {"status": WorkOrderStatus.FAILED}),
        ("completed", {"status": WorkOrderStatus.COMPLETED}),
        ("unknown", {"state": CallState.UNKNOWN}),
    ],
)
def test_a_state_shows_its_work_orders(
    browser: Browser, organization: Organization, officer: User, state: str, change: dict[str, str]
) -> None:
    made, other = confirmed(organization, officer), confirmed(organization, officer)
    WorkOrder.objects.filter(record_delete=other).update(
        status=WorkOrderStatus.NOT_SENT if state == "open" else WorkOrderStatus.WAITING, state=CallState.CANCELLED
    )
    WorkOrder.objects.filter(record_delete=made).update(**change)
    rows = browser.page(ORDERS, state=state).rows
    assert [row.one("a", class_="row-link")["href"] for row in rows] == [page_of(order_of(made))]


@covers("hygiene:work-order-act")
def test_only_those_with_the_right_have_adobe_asked(
    actors: Actors, simulator: Simulator, organization: Organization, officer: User
) -> None:
    order = order_of(sent(organization, officer))
    WorkOrder.objects.update(next_poll_at=None)
    actors.act("/work-orders/act/", {"act": "ask", "row": str(order.pk), "confirmed": "1"}, stranger=302)
    order.refresh_from_db()
    assert order.next_poll_at is not None
    page = asked(actors.officer, "/work-orders/act/", "ask", [order])
    assert "1 row was so already" in told(actors.officer, confirm(actors.officer, page))
    assert AuditEvent.objects.filter(action="work_order.refreshed").count() == 1


@covers("hygiene:work-order-export")
def test_work_orders_are_exported(actors: Actors, organization: Organization, officer: User) -> None:
    made = confirmed(organization, officer)
    only_with_the_right_to_export(actors, "/work-orders/export/")
    (row,) = exported(actors.officer, "/work-orders/export/", "?state=open")
    assert (row["record_delete"], row["order"], row["call"]) == (made.number, "1", "queued")


def test_many_work_orders_cost_no_more_queries(browser: Browser, organization: Organization, officer: User) -> None:
    made = confirmed(organization, officer)
    few = queries_of(browser, ORDERS)
    WorkOrder.objects.bulk_create(
        WorkOrder(organization=organization, record_delete=made, ordinal=place, identities=1, reference=f"[{place}]")
        for place in range(2, 32)
    )
    assert len(browser.page(ORDERS).rows) == 31
    assert queries_of(browser, ORDERS) == few
