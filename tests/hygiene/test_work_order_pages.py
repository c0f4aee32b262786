"""One work order: what Adobe said, and what a person can do about it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from hygiene.models import WorkOrder
from hygiene.statuses import WorkOrderStatus
from portal.models import AuditEvent, Organization, User
from portal.outbound import CallState
from tests.actors import Actors, covers, everything_kept
from tests.conftest import Simulator
from tests.hygiene.deletes import confirmed, finish, look, order_of, page_of, sent, undecided
from tests.pages import Browser, Page
from tests.steps import work

pytestmark = pytest.mark.django_db(transaction=True)
ANSWER = (
    b'{"workorderId": "DI-1", "status": "received", "createdBy": "c.lannister@acme.com <c.lannister@acme.com> HEX@acme.com",'
    b' "createdAt": "2035-06-02T09:21:00.000Z", "targetServices": ["profile", "datalake"], "operationCount": 3,'
    b' "someNewField": "jaime@example.com", "displayName": "Spring cleaning", "another": {"deep": [1]}}'
)


def with_answer(order: WorkOrder, answer: bytes) -> WorkOrder:
    """The order, with an answer of Adobe."""
    order.answer = answer
    WorkOrder.objects.filter(pk=order.pk).update(answer_sealed=order.answer_sealed)
    return order


# --- Looking at it ---


@covers("hygiene:work-order-detail")
def test_those_of_its_organization_see_it(actors: Actors, organization: Organization, officer: User) -> None:
    order = order_of(confirmed(organization, officer))
    actors.open(page_of(order))
    assert "Adobe has said nothing about this work order yet." in actors.viewer.page(page_of(order)).text


def test_every_field_of_the_answer_is_laid_out_and_people_are_masked(
    browser: Browser, organization: Organization, officer: User
) -> None:
    order = with_answer(order_of(confirmed(organization, officer)), ANSWER)
    page = browser.page(page_of(order))
    answer = page.section("answer").text
    for words in (
        "Work order DI-1",
        "Made by c…r@a…m",
        "Services asked Profile Service, Data Management",
        "Operations 3",
        "Some new field j…e@e…m",
        "Name Spring cleaning",
        "Made 2 Jun 2035, 09:21",
        "Another",
    ):
        assert words in answer
    assert "lannister" not in page.html
    assert "jaime" not in page.html


def test_what_services_said_stands_beside_each_of_them(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    made = sent(organization, officer, lines="oddservice@example.com")
    finish(simulator)
    services = browser.page(page_of(order_of(made))).section("services")
    assert "Data Management success" in services.text
    assert services.all("li").__len__() >= 5


def test_one_that_does_not_open_any_more_says_so(browser: Browser, organization: Organization, officer: User) -> None:
    first, second = (order_of(confirmed(organization, officer)) for _ in range(2))
    with_answer(second, ANSWER)
    WorkOrder.objects.filter(pk=first.pk).update(answer_sealed=WorkOrder.objects.get(pk=second.pk).answer_sealed)
    page = browser.page(page_of(first))
    assert "What is stored about this work order cannot be opened." in page.text
    assert "DI-1" not in page.text


# --- In clear ---


@covers("hygiene:work-order-reveal")
def test_those_with_the_right_see_the_raw_answer_once_and_it_is_noted(
    actors: Actors, organization: Organization, officer: User
) -> None:
    order = with_answer(order_of(confirmed(organization, officer)), ANSWER)
    address = page_of(order, "reveal")
    assert address not in actors.viewer.page(page_of(order)).forms
    actors.act(address, officer=200)
    page = Page.of(actors.officer.post(address))
    assert "c.lannister@acme.com" in page.text
    assert '"someNewField": "jaime@example.com"' in page.root.one("pre").text
    assert AuditEvent.objects.filter(action="work_order.revealed", actor_name="officer").count() == 2
    assert "shown unmasked" in actors.viewer.page(page_of(order)).section("happened").text
    assert "lannister" not in actors.officer.page(page_of(order)).html


# --- A new name ---


@covers("hygiene:work-order-edit")
def test_officers_change_its_name_and_description_at_adobe(
    actors: Actors, simulator: Simulator, organization: Organization, officer: User
) -> None:
    order = order_of(sent(organization, officer))
    address = page_of(order, "edit")
    given = {"name": "Autumn cleaning", "description": "Also old"}
    assert actors.viewer.get(address).status_code == actors.viewer.post(address, given).status_code == 403
    assert actors.stranger.get(address).status_code == actors.stranger.post(address, given).status_code == 404
    assert actors.nobody.post(address, given).status_code == 302
    actors.refuse_methods(address, allowed=("get", "post"))
    form = actors.officer.page(address)
    assert form.root.one("input", id="id_name")["value"] == "Spring cleaning"
    assert form.root.one("textarea", id="id_description").text == "Old sign-ups"
    assert actors.officer.post(address, given).status_code == 302
    assert "Autumn cleaning: on its way to Adobe" in actors.viewer.page(page_of(order)).text
    work("hygiene-edit")
    shown = actors.viewer.page(page_of(order)).section("answer").text
    assert f"Autumn cleaning {order.reference}" in shown
    assert "Also old" in shown


def test_an_empty_name_is_refused_and_what_was_typed_stays(browser: Browser, organization: Organization, officer: User) -> None:
    order = order_of(confirmed(organization, officer))
    before = everything_kept()
    answer = browser.post(page_of(order, "edit"), {"name": " ", "description": "Typed"})
    assert answer.status_code == 422
    page = Page.of(answer)
    assert "Enter a name." in page.root.one("div", class_="error-summary").text
    assert page.root.one("textarea", id="id_description").text == "Typed"
    assert everything_kept() == before


def test_one_that_is_not_at_adobe_has_nothing_to_rename(browser: Browser, organization: Organization, officer: User) -> None:
    order = order_of(confirmed(organization, officer))
    WorkOrder.objects.update(status=WorkOrderStatus.GONE)
    assert page_of(order, "edit") not in browser.page(page_of(order)).links
    assert browser.get(page_of(order, "edit")).status_code == 302


# --- Asking Adobe ---


@covers("hygiene:work-order-refresh")
def test_officers_have_adobe_asked_now(actors: Actors, simulator: Simulator, organization: Organization, officer: User) -> None:
    order = order_of(sent(organization, officer))
    WorkOrder.objects.update(next_poll_at=timezone.now() + timedelta(hours=5))
    actors.act(page_of(order, "refresh"))
    work("hygiene-detail")
    order.refresh_from_db()
    assert order.detail_at is not None
    assert "asked again about work order 1" in actors.viewer.page(page_of(order)).section("happened").text


@pytest.mark.parametrize("held", [True, False])
def test_there_is_nothing_to_ask_before_it_is_sent_or_during_a_hold(
    browser: Browser, organization: Organization, officer: User, held: bool
) -> None:
    order = order_of(confirmed(organization, officer))
    if held:
        WorkOrder.objects.update(adobe_work_order_id="DI-1")
        organization.hold("forbidden", "words")
    before = everything_kept()
    assert browser.post(page_of(order, "refresh")).status_code == 302
    assert everything_kept() == before


# --- Deciding ---


@covers("hygiene:work-order-decide")
def test_officers_decide_about_one_of_unknown_outcome(
    actors: Actors, simulator: Simulator, organization: Organization, officer: User
) -> None:
    made = undecided(organization, officer, simulator)
    order = order_of(made)
    actors.act(page_of(order, "decide"), {"decision": "give_up"})
    order.refresh_from_db()
    assert (order.state, order.status) == (CallState.CANCELLED, WorkOrderStatus.NOT_SENT)
    assert "Decision about work order 1: not send it" in actors.viewer.page(page_of(made)).section("happened").text


def test_one_that_is_sent_again_goes_out_once_more_only(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    order = order_of(undecided(organization, officer, simulator))
    before = len(simulator.control("ledger/workorders")["entries"])
    for _ in range(2):
        browser.post(page_of(order, "decide"), {"decision": "send_again"})
    work("hygiene-submit")
    look()
    order.refresh_from_db()
    assert order.state == CallState.SENT
    assert len(simulator.control("ledger/workorders")["entries"]) == before + 1


def test_a_decision_that_is_none_changes_nothing(browser: Browser, organization: Organization, officer: User) -> None:
    order = order_of(confirmed(organization, officer))
    before = everything_kept()
    for decision in ("", "explode", "give_up"):
        assert browser.post(page_of(order, "decide"), {"decision": decision}).status_code == 302
    assert everything_kept() == before
