"""Looks at a list that shows nothing prove nothing: they do not count, and after a day of them a person is asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.urls import reverse

from hygiene import reconciling as hygiene_reconciling
from hygiene.models import WorkOrder
from hygiene.statuses import RecordDeleteStatus
from portal.models import Organization, User
from portal.outbound import LIST_UNREAD, LIST_UNREAD_WORDS, LONGEST_BLIND, CallState, PersonReason
from privacy import reconciling
from privacy.models import PrivacyRequest, Submission
from privacy.statuses import JobStatus, RequestStatus
from tests import hygiene_files
from tests.actors import Actors
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.hygiene import expirations
from tests.hygiene_files import order_of, queued_delete
from tests.pages import Page
from tests.states import CREATE, address_of, again, sent_request
from tests.steps import let_pass, work

pytestmark = pytest.mark.django_db(transaction=True)

LIST = {"operation": "list"}
ORDER_LIST = {"operation": "workorder_list"}
DAY = LONGEST_BLIND + timedelta(minutes=1)


def happened_before(model: type[Submission | WorkOrder]) -> None:
    """Whatever Adobe has taken so far, it has had for an hour."""
    hour = timedelta(hours=1)
    model.objects.filter(state=CallState.SENT).update(first_sent_at=F("first_sent_at") - hour, settled_at=F("settled_at") - hour)


def look_in(hours: float) -> None:
    let_pass(timedelta(hours=hours))
    work("look", "hygiene-look", "submit", "hygiene-submit")


def call_of(request: PrivacyRequest) -> Submission:
    """Its only call, as it is now."""
    return request.submissions.get()


@pytest.fixture
def taken_and_lost(
    transactional_db: None, media: object, simulator: Simulator, organization: Organization, officer: User
) -> PrivacyRequest:
    """A request for access whose answer was lost, after another one of an hour ago."""
    sent_request(organization, officer, people(2, "access", prefix="known"))
    happened_before(Submission)
    request = confirmed_request(organization, officer, payload(people(2, "access")))
    simulator.fault("accept_then_cut", match=CREATE, times=1)
    work("submit")
    assert call_of(request).state == CallState.UNKNOWN
    return request


def test_a_list_without_what_we_know_counts_for_no_look_and_nothing_goes_twice(
    taken_and_lost: PrivacyRequest, simulator: Simulator
) -> None:
    simulator.fault("list_lag", match=LIST, seconds=7200)
    for _ in range(3):
        look_in(7)
        call = call_of(taken_and_lost)
        assert (call.state, call.looks_done, call.last_error) == (CallState.UNKNOWN, 0, "look: LookDoesNotCount")
    simulator.control("faults", method="DELETE")
    look_in(1)
    assert call_of(taken_and_lost).state == CallState.SENT
    assert len(simulator.ledger()) == 4


def test_a_list_that_shows_what_we_know_counts(taken_and_lost: PrivacyRequest, simulator: Simulator) -> None:
    for entry in simulator.ledger()[2:]:
        simulator.control(f"jobs/{entry['jobId']}", method="DELETE")
    look_in(0.1)
    assert call_of(taken_and_lost).looks_done == 1


def test_a_job_that_adobe_has_forgotten_is_not_waited_for(taken_and_lost: PrivacyRequest, simulator: Simulator) -> None:
    simulator.fault("list_lag", match=LIST, seconds=7200)
    Submission.objects.filter(state=CallState.SENT).get().jobs.update(status=JobStatus.GONE)
    look_in(0.1)
    assert call_of(taken_and_lost).looks_done == 1


def test_an_order_is_not_missed_in_a_list_without_the_orders_that_we_know(
    media: object, simulator: Simulator, organization: Organization, officer: User
) -> None:
    organization.resend_deletes = True
    organization.save()
    queued_delete(organization, officer, 2)
    work("hygiene-submit")
    happened_before(WorkOrder)
    lost = queued_delete(organization, officer)
    simulator.fault("accept_then_cut", match=hygiene_files.CREATE, times=1)
    work("hygiene-submit")
    simulator.fault("list_lag", match=ORDER_LIST, seconds=7200)
    for _ in range(3):
        look_in(7)
    order = order_of(lost)
    assert (order.state, order.looks_done, order.last_error) == (CallState.UNKNOWN, 0, "look: LookDoesNotCount")
    simulator.control("faults", method="DELETE")
    look_in(1)
    assert order_of(lost).state == CallState.SENT
    assert len(hygiene_files.ledger(simulator)) == 2


# --- A day without a look that counts ---


def test_after_a_day_without_a_list_a_person_is_asked_and_nothing_is_sent(
    taken_and_lost: PrivacyRequest, simulator: Simulator, officer: User, actors: Actors
) -> None:
    simulator.fault("garbage", match=LIST, times=1000)
    # However late the first look is made: the day begins with it.
    let_pass(timedelta(days=3))
    reconciling.look(call_of(taken_and_lost).pk)
    let_pass(DAY - timedelta(hours=1))
    reconciling.look(call_of(taken_and_lost).pk)
    assert call_of(taken_and_lost).person_reason == ""
    let_pass(timedelta(hours=1))
    reconciling.look(call_of(taken_and_lost).pk)
    call = call_of(taken_and_lost)
    assert (call.state, call.person_reason, call.next_look_at) == (CallState.UNKNOWN, PersonReason.NO_LIST, None)
    assert again(taken_and_lost).status == RequestStatus.ATTENTION
    page = Page.of(actors.officer.get(address_of("request-detail", taken_and_lost))).root
    assert f"not known: {LIST_UNREAD_WORDS}." in page.one("section", class_="confirm").text
    assert LIST_UNREAD_WORDS in page.one("section", **{"aria-labelledby": "happened"}).text

    look_in(48)
    assert len(simulator.ledger()) == 4
    simulator.control("faults", method="DELETE")
    reconciling.look_again(call_of(taken_and_lost), officer)
    work("look")
    assert (call_of(taken_and_lost).state, call_of(taken_and_lost).why_person) == (CallState.SENT, "")


def test_a_look_that_counts_ends_the_day(taken_and_lost: PrivacyRequest, simulator: Simulator) -> None:
    for entry in simulator.ledger()[2:]:
        simulator.control(f"jobs/{entry['jobId']}", method="DELETE")
    simulator.fault("garbage", match=LIST, times=1000)
    look_in(0.1)
    simulator.control("faults", method="DELETE")
    look_in(0.2)
    assert (call_of(taken_and_lost).looks_done, call_of(taken_and_lost).last_error) == (1, "")
    simulator.fault("garbage", match=LIST, times=1000)
    look_in(20)
    assert (call_of(taken_and_lost).person_reason, call_of(taken_and_lost).looks_done) == ("", 1)


def test_days_on_hold_are_no_days_without_a_list(
    taken_and_lost: PrivacyRequest, simulator: Simulator, organization: Organization
) -> None:
    simulator.fault("forbidden", match=LIST, times=1)
    look_in(1)
    organization.refresh_from_db()
    assert organization.is_on_hold
    let_pass(3 * DAY)
    organization.resume()
    simulator.fault("garbage", match=LIST, times=1000)
    look_in(0)
    assert call_of(taken_and_lost).person_reason == ""
    look_in(2)
    assert call_of(taken_and_lost).person_reason == ""


def test_an_order_and_a_change_of_an_expiration_come_to_a_person_too(
    media: object, simulator: Simulator, organization: Organization, officer: User, actors: Actors
) -> None:
    lost = queued_delete(organization, officer)
    simulator.fault("accept_then_cut", match=hygiene_files.CREATE, times=1)
    simulator.fault("accept_then_cut", match=expirations.CREATE, times=1)
    row = expirations.asked(organization, officer)
    work("hygiene-submit", "expiration-submit")
    simulator.fault("garbage", match={"method": "GET", "path": "/data/core/hygiene"}, times=1000)
    for passed in (timedelta(minutes=6), DAY):
        let_pass(passed)
        work("hygiene-look", "expiration-look")
    order, change = order_of(lost), expirations.order_of(row)
    for one in (order, change):
        assert (one.state, one.person_reason, one.last_error) == (CallState.UNKNOWN, PersonReason.NO_LIST, LIST_UNREAD)
    assert hygiene_files.again(lost).status == RecordDeleteStatus.ATTENTION
    page = Page.of(actors.officer.get(reverse("hygiene:work-order-detail", args=[order.pk]))).root
    assert f"not known: {LIST_UNREAD_WORDS}." in page.one("section", class_="confirm").text
    page = Page.of(actors.officer.get(reverse("hygiene:expiration-detail", args=[row.pk]))).root
    assert "could not be asked for a day" in page.one("section", class_="confirm").text
    simulator.control("faults", method="DELETE")
    hygiene_reconciling.look_again(order, officer)
    work("hygiene-look")
    assert order_of(lost).state == CallState.SENT
