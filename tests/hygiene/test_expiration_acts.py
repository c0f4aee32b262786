"""Changing, cancelling, asking about and deciding about an expiration."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from hygiene import expirations
from hygiene.models import DatasetExpiration, ExpirationOrder
from portal.models import AuditEvent, Organization, User
from portal.outbound import CallState
from tests.actors import Actors, covers
from tests.conftest import Simulator
from tests.hygiene.expirations import again, asked, changes, order_of, pending, undecided, wanted
from tests.pages import Browser, Page
from tests.steps import work

pytestmark = pytest.mark.django_db


def local(row: DatasetExpiration, days: float = 0) -> str:
    """Its time, so many days later, as its form shows it."""
    assert row.expires_at is not None
    return (row.expires_at + timedelta(days=days)).astimezone(ZoneInfo(row.organization.time_zone)).strftime("%Y-%m-%dT%H:%M")


# --- Change ---


@covers("hygiene:expiration-change")
def test_only_an_officer_may_change_it(simulator: Simulator, actors: Actors, organization: Organization, officer: User) -> None:
    row = pending(organization, officer)
    address = f"/expirations/{row.pk}/change/"
    new = {"name": "Later", "description": "", "expires_at": local(row, 30)}
    assert actors.officer.get(address).status_code == 200
    for person, status in ((actors.viewer, 403), (actors.stranger, 404), (actors.nobody, 302)):
        assert person.get(address).status_code == status
        assert person.post(address, new).status_code == status
    actors.refuse_methods(address, allowed=("get", "post"))
    assert row.orders.count() == 1
    assert actors.officer.post(address, new).headers["Location"] == f"/expirations/{row.pk}/"
    work("expiration-submit")
    assert again(row).name == "Later"
    assert again(row).expires_at == row.expires_at + timedelta(days=30)  # type: ignore[operator]


def test_its_form_shows_how_it_is_and_takes_that_back_unchanged(
    simulator: Simulator, browser: Browser, organization: Organization, officer: User
) -> None:
    organization.time_zone = "Asia/Tokyo"
    organization.save(update_fields=["time_zone"])
    row = pending(organization, officer)
    near = timezone.now() + timedelta(hours=5)
    DatasetExpiration.objects.filter(pk=row.pk).update(expires_at=near)
    address = f"/expirations/{row.pk}/change/"
    form = browser.page(address).forms[""]
    assert form.fields["expires_at"] == local(again(row))
    # The time is too near to be set anew, but it may stay.
    kept = {"name": "Another name", "description": "", "expires_at": form.fields["expires_at"]}
    assert browser.post(address, kept).status_code == 302
    assert order_of(row).expires_at == near


def test_a_time_too_near_and_one_no_longer_pending_are_refused(
    simulator: Simulator, browser: Browser, organization: Organization, officer: User
) -> None:
    row = pending(organization, officer)
    address = f"/expirations/{row.pk}/change/"
    answer = browser.post(address, {"name": "N", "description": "", "expires_at": local(row, -29.5)})
    assert answer.status_code == 422
    assert "at least 24 hours ahead" in Page.of(answer).text
    DatasetExpiration.objects.filter(pk=row.pk).update(status="executing", adobe_status="executing")
    answer = browser.post(address, {"name": "N", "description": "", "expires_at": local(row)})
    assert answer.status_code == 422
    assert "Only a pending expiration can be changed" in Page.of(answer).text
    assert row.orders.count() == 1


def test_one_change_at_a_time(simulator: Simulator, organization: Organization, officer: User) -> None:
    row = pending(organization, officer)
    expirations.change(row, wanted(60), officer)
    with pytest.raises(expirations.NotPossible, match="still on its way"):
        expirations.change(row, wanted(90), officer)


# --- Cancel ---


@covers("hygiene:expiration-cancel")
def test_only_an_officer_may_cancel_it(simulator: Simulator, actors: Actors, organization: Organization, officer: User) -> None:
    row = pending(organization, officer)
    actors.act(f"/expirations/{row.pk}/cancel/")
    work("expiration-submit")
    assert again(row).status == "cancelled"
    page = actors.officer.page(f"/expirations/{row.pk}/")
    assert page.pills[0] == "Cancelled"
    assert "Change or cancel" not in page.text


def test_what_was_not_sent_yet_is_taken_back_and_adobe_hears_nothing(
    simulator: Simulator, browser: Browser, organization: Organization, officer: User
) -> None:
    row = asked(organization, officer)
    answer = browser.post(f"/expirations/{row.pk}/cancel/", follow=True)
    assert "Taken back before anything was sent to Adobe." in answer.content.decode()
    work("expiration-submit")
    assert (again(row).status, order_of(row).state) == ("cancelled", CallState.CANCELLED)
    assert changes(simulator) == []


def test_a_change_that_was_not_sent_yet_gives_way_to_the_cancellation(
    simulator: Simulator, organization: Organization, officer: User
) -> None:
    row = pending(organization, officer)
    expirations.change(row, wanted(60), officer)
    expirations.cancel(row, officer)
    work("expiration-submit")
    assert again(row).status == "cancelled"
    assert [change for change, _ in changes(simulator)] == ["created", "cancelled"]


def test_one_that_is_being_sent_waits(browser: Browser, organization: Organization, officer: User) -> None:
    row = asked(organization, officer)
    ExpirationOrder.objects.update(state=CallState.SENDING)
    answer = browser.post(f"/expirations/{row.pk}/cancel/", follow=True)
    assert "Wait until it has arrived, then cancel." in answer.content.decode()


# --- Ask, decide ---


@covers("hygiene:expiration-read")
def test_only_an_officer_asks_adobe(simulator: Simulator, actors: Actors, organization: Organization, officer: User) -> None:
    row = pending(organization, officer, days=2)
    simulator.advance(5 * 86_400)
    actors.act(f"/expirations/{row.pk}/read/")
    assert again(row).status == "executing"
    assert [entry["status"] for entry in again(row).history] == ["created", "executing"]
    assert AuditEvent.objects.filter(action="expiration.refreshed", actor_name="officer").count() == 1
    simulator.fault("error500", match={"path": "/data/core/hygiene/ttl"}, times=5)
    answer = actors.officer.post(f"/expirations/{row.pk}/read/", follow=True)
    assert "Adobe answered with an error of its own" in answer.content.decode()
    assert again(row).status == "executing"


@covers("hygiene:expiration-decide")
def test_only_an_officer_decides(simulator: Simulator, actors: Actors, organization: Organization, officer: User) -> None:
    row = undecided(organization, officer, simulator)
    actors.act(f"/expirations/{row.pk}/decide/", {"decision": "send_again"})
    work("expiration-submit")
    assert again(row).status == "pending"
    answer = actors.officer.post(f"/expirations/{row.pk}/decide/", {"decision": "send_again"}, follow=True)
    assert "Nothing waits for a decision any more." in answer.content.decode()


def test_a_decision_that_there_is_none_of_changes_nothing(
    simulator: Simulator, browser: Browser, organization: Organization, officer: User
) -> None:
    row = undecided(organization, officer, simulator)
    answer = browser.post(f"/expirations/{row.pk}/decide/", {"decision": "nonsense"}, follow=True)
    assert "Choose what to do with the change." in answer.content.decode()
    assert order_of(row).person_reason == "none_found"
