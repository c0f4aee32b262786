"""One confirmed record delete: progress, work orders, what happened."""

from __future__ import annotations

import pytest

from hygiene.models import RecordDelete, ServiceProgress, WorkOrder
from hygiene.statuses import RecordDeleteStatus, WorkOrderStatus
from portal.models import Organization, User
from portal.outbound import PersonReason
from tests.actors import Actors, covers
from tests.conftest import Simulator
from tests.hygiene.deletes import (
    DATASET,
    addresses,
    again,
    confirmed,
    finish,
    order_of,
    page_of,
    sent,
    undecided,
)
from tests.pages import Browser, Page
from tests.steps import work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def three_orders(media: object, organization: Organization) -> Organization:
    """Acme, whose work orders take two identities."""
    organization.max_identities_per_work_order = 2
    organization.save()
    return organization


@covers("hygiene:record-delete-detail", "hygiene:record-delete-progress")
def test_those_of_its_organization_see_it(actors: Actors, organization: Organization, officer: User) -> None:
    made = confirmed(organization, officer)
    for name in ("detail", "progress"):
        actors.open(page_of(made, name))


def test_it_shows_how_far_each_service_is_and_leads_to_the_work_orders_it_counts(
    browser: Browser, simulator: Simulator, three_orders: Organization, officer: User
) -> None:
    made = sent(three_orders, officer, lines=addresses(5))
    orders = list(made.work_orders.order_by("ordinal"))
    ServiceProgress.objects.create(work_order=orders[0], service="Identity Service", status="success")
    ServiceProgress.objects.create(work_order=orders[1], service="Identity Service", status="odd-word")
    page = browser.page(page_of(made))
    assert page.section("progress-title").text.startswith(
        "Progress Adobe is working 0 of 3 work orders done, 3 open · 5 identities"
    )
    (service,) = page.root.one("ul", class_="products").all("li")
    assert service.text == "Identity Service 1 of 3 , 1 waiting , 1 “odd-word”".replace(" ,", ",")
    assert page.facts()["Dataset"] == DATASET
    assert len(page.rows) == 3
    for words, count in (("done", 1), ("waiting", 1), ("other", 1)):
        (address,) = [link for link in page.links if link.endswith(f"word={words}")]
        assert len(browser.page(address).rows) == count


def test_it_tells_the_story_from_the_first_word_to_the_last(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    made = sent(organization, officer)
    part = browser.get(page_of(made, "progress"))
    assert 'hx-trigger="every 2s, look"' in part.content.decode()
    finish(simulator)
    page = browser.page(page_of(made))
    assert "Complete" in page.pills
    assert "1 of 1 work order done" in page.section("progress-title").text
    assert {item.text for item in page.root.one("ul", class_="products").all("span", class_="name")} >= {"Data Management"}
    story = page.section("happened").text
    for words in (
        "Confirmed",
        "Prepared: 3 identities in 1 work order",
        "Work order 1 was taken by Adobe",
        "Complete: 1 work order",
    ):
        assert words in story
    assert "hx-get" not in page.html


def test_a_work_order_of_unknown_outcome_is_said_to_be_looked_for(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    simulator.fault("cut_before_answer", match={"method": "POST", "path": "/data/core/hygiene/workorder"}, times=1)
    page = browser.page(page_of(sent(organization, officer)))
    assert "Whether Adobe took work order 1 is not known yet." in page.text


def test_one_that_needs_a_person_asks_officers_only(
    actors: Actors, simulator: Simulator, organization: Organization, officer: User
) -> None:
    made = undecided(organization, officer, simulator)
    address = page_of(order_of(made), "decide")
    page = actors.officer.page(page_of(made))
    assert page.forms[address].buttons == [
        "Look at Adobe's list again",
        "Send work order 1 again",
        "Close it as not sent",
    ]
    assert order_of(made).reference in page.text
    viewed = actors.viewer.page(page_of(made))
    assert address not in viewed.forms
    assert "An officer of Acme can decide." in viewed.text


def test_a_refused_work_order_shows_adobes_words(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    made = sent(organization, officer, lines="refused@example.com")
    page = browser.page(page_of(made))
    assert "Adobe refused work order 1: none of its 1 identity is deleted." in page.text
    assert "Adobe's words:" in page.text
    assert "Finished with errors" in page.pills


def test_what_waits_for_the_quota_says_until_when(
    browser: Browser, simulator: Simulator, three_orders: Organization, officer: User
) -> None:
    simulator.control("quotas", {"daily": 3})
    made = sent(three_orders, officer, lines=addresses(4))
    page = browser.page(page_of(made))
    assert "1 work order does not fit into the quota and waits for its next reset." in page.text
    assert len(browser.page(f"{page_of(made, 'work-order-list')}?state=quota").rows) == 1


def test_what_is_larger_than_the_whole_quota_is_said_with_the_next_step(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    made = confirmed(organization, officer)
    simulator.control("quotas", {"daily": 2})
    work("hygiene-submit")
    text = browser.page(page_of(made)).text
    assert "1 work order was not sent: it holds more identities than Adobe's whole quota." in text
    assert "it is split to fit" in text


def test_of_an_order_whose_outcome_is_unknown_nothing_is_claimed(
    simulator: Simulator, browser: Browser, organization: Organization, officer: User
) -> None:
    made = undecided(organization, officer, simulator)
    assert browser.page(page_of(made, "work-order-list")).pills == ["Outcome unknown", "Not known"]


def test_preparing_and_lost_files_are_told_apart(browser: Browser, organization: Organization, officer: User) -> None:
    made = confirmed(organization, officer)
    RecordDelete.objects.update(status=RecordDeleteStatus.PREPARING, identities_prepared=2)
    assert "2 of 3 identities so far" in browser.page(page_of(made)).text
    made.work_orders.all().delete()
    RecordDelete.objects.update(status=RecordDeleteStatus.FAILED, orders_total=1)
    assert "Nothing was sent." in browser.page(page_of(made)).text


# --- Its work orders ---


@covers("hygiene:work-order-list")
def test_the_list_of_its_work_orders_can_be_narrowed(
    actors: Actors, three_orders: Organization, officer: User, settings: object
) -> None:
    made = confirmed(three_orders, officer, lines=addresses(5))
    actors.open(page_of(made, "work-order-list"))
    WorkOrder.objects.filter(ordinal=1).update(status=WorkOrderStatus.COMPLETED)
    WorkOrder.objects.filter(ordinal=2).update(status=WorkOrderStatus.GONE)

    def listed(state: str) -> list[str]:
        rows = actors.viewer.page(page_of(made, "work-order-list"), state=state).rows
        return [row.all("a", class_="row-link")[0].text for row in rows]

    assert listed("") == ["Order 1", "Order 2", "Order 3"]
    assert (listed("done"), listed("failed"), listed("open")) == (["Order 1", "Order 2"], ["Order 2"], ["Order 3"])


# --- Removing its personal data ---


@covers("hygiene:record-delete-shred")
def test_officers_remove_the_personal_data_with_the_number(
    actors: Actors, simulator: Simulator, organization: Organization, officer: User
) -> None:
    made = sent(organization, officer)
    address = page_of(made, "shred")
    assert "Adobe is still working on it." in Page.of(actors.officer.post(address, {"typed": made.number})).text
    finish(simulator)
    assert actors.viewer.get(address).status_code == 403
    assert actors.stranger.get(address).status_code == 404
    assert actors.viewer.post(address, {"typed": made.number}).status_code == 403
    assert actors.stranger.post(address, {"typed": made.number}).status_code == 404
    assert actors.officer.post(address, {"typed": "RD"}).status_code == 422
    assert again(made).data_key is not None
    assert actors.officer.post(address, {"typed": made.number.lower()}).status_code == 302
    page = actors.officer.page(page_of(made))
    assert "The personal data of this record delete was removed" in page.text
    assert "Spring cleaning" not in page.text
    order = actors.officer.page(page_of(order_of(made)))
    assert "names, descriptions and Adobe's answers are gone" in order.text
    assert "Data Management" in order.text
    assert actors.officer.get(address).status_code == 302


def test_a_doubled_work_order_is_an_alarm(browser: Browser, organization: Organization, officer: User) -> None:
    made = confirmed(organization, officer)
    WorkOrder.objects.update(person_reason=PersonReason.DOUBLED, extra_adobe_ids=["DI-second"])
    assert "Adobe has more than one work order with this reference." in browser.page(page_of(made)).text
    assert "DI-second" in browser.page(page_of(order_of(made))).text


def test_a_work_order_that_adobe_could_not_finish_is_explained_with_the_next_step(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    made = sent(organization, officer)
    finish(simulator, status="failed")
    page = browser.page(page_of(made))
    assert "Adobe could not finish work order 1." in page.text
    assert "begin a new record delete with these identities" in page.text
    assert page_of(order_of(made)) in page.links
