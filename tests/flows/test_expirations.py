"""Every way of a dataset expiration to Adobe and back, with real faults over a socket; what counts is the simulator's ledger."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from hygiene import expirations, restoring, tasks
from hygiene.expirations import keeping, mirroring, sending
from hygiene.models import DatasetExpiration, ExpirationOrder, QuotaReading
from portal import registry
from portal.connections import expirations_for
from portal.models import AuditEvent, Organization, User
from portal.outbound import CallState
from tests.conftest import Simulator
from tests.hygiene.expirations import (
    CANCEL,
    CHANGE,
    CREATE,
    DATASET,
    again,
    asked,
    changes,
    look,
    made_elsewhere,
    order_of,
    pending,
    undecided,
    wanted,
)
from tests.steps import let_pass, step_is_due, work

pytestmark = pytest.mark.django_db(transaction=True)

DAY = 86_400.0


@pytest.fixture(autouse=True)
def _database_of_its_own(transactional_db: None) -> None:
    """The organization must be made in it."""


# --- The good way ---


def test_it_is_made_changed_and_cancelled_once_each(simulator: Simulator, organization: Organization, officer: User) -> None:
    row = pending(organization, officer)
    assert row.ttl_id is not None
    assert row.made_here
    assert [entry["status"] for entry in row.history] == ["created"]

    new = wanted(60, name="Licence ends later", description="Extended once")
    expirations.change(row, new, officer)
    work()
    row = again(row)
    assert (row.name, row.description, row.expires_at) == (new.name, new.description, new.expires_at)
    assert [entry["status"] for entry in row.history] == ["created", "updated"]

    expirations.cancel(row, officer)
    work()
    row = again(row)
    assert row.status == "cancelled"
    assert [entry["status"] for entry in row.history] == ["created", "updated", "cancelled"]
    assert [change for change, _ in changes(simulator)] == ["created", "updated", "cancelled"]


def test_a_cancellation_without_a_word_counts(simulator: Simulator, organization: Organization, officer: User) -> None:
    simulator.control("switches", {"ttl_cancel": "empty"})
    row = pending(organization, officer)
    expirations.cancel(row, officer)
    work("expiration-submit")
    assert again(row).status == "cancelled"
    work("expiration-list")
    assert [entry["status"] for entry in again(row).history] == ["created", "cancelled"]


@pytest.mark.parametrize("status", ["404", "400"])
def test_one_that_has_begun_can_no_longer_be_cancelled(
    simulator: Simulator, organization: Organization, officer: User, status: str
) -> None:
    simulator.control("switches", {"ttl_not_pending": status})
    row = pending(organization, officer, days=2)
    simulator.advance(3 * DAY)
    expirations.cancel(row, officer)
    work("expiration-submit")
    assert order_of(row).state == CallState.REJECTED
    assert order_of(row).http_status == int(status)
    assert again(row).status == "executing"


def test_a_name_can_be_changed_when_the_time_is_near(simulator: Simulator, organization: Organization, officer: User) -> None:
    simulator.control("switches", {"ttl_required": "neither"})
    row = pending(organization, officer, days=1.01)
    DatasetExpiration.objects.filter(pk=row.pk).update(expires_at=(near := timezone.now() + timedelta(hours=20)))
    expirations.change(again(row), expirations.Wanted("Another name", "", near), officer)
    work("expiration-submit")
    assert order_of(row).state == CallState.SENT
    assert again(row).name == "Another name"


def test_what_adobe_refuses_is_kept_with_its_words(simulator: Simulator, organization: Organization, officer: User) -> None:
    row = asked(organization, officer, "nosuch-dataset")
    work("expiration-submit")
    assert again(row).status == "rejected"
    assert order_of(row).words == "Dataset nosuch-dataset does not exist"


# --- When the answer is lost ---


def test_an_answer_that_is_lost_is_found_and_nothing_is_sent_twice(
    simulator: Simulator, organization: Organization, officer: User
) -> None:
    simulator.fault("accept_then_cut", match=CREATE, times=1)
    row = asked(organization, officer)
    work("expiration-submit")
    assert order_of(row).state == CallState.UNKNOWN
    assert again(row).status == "sending"
    look()
    work()
    assert order_of(row).state == CallState.SENT
    assert again(row).status == "pending"
    assert changes(simulator) == [("created", DATASET)]


@pytest.mark.parametrize(("fault", "act"), [("accept_then_cut", "cancel"), ("accept_then_500", "change")])
def test_a_lost_answer_to_a_change_is_found(
    simulator: Simulator, organization: Organization, officer: User, fault: str, act: str
) -> None:
    row = pending(organization, officer)
    simulator.fault(fault, match=CANCEL if act == "cancel" else CHANGE, times=1)
    if act == "cancel":
        expirations.cancel(row, officer)
    else:
        expirations.change(row, wanted(90), officer)
    work("expiration-submit")
    assert order_of(row).state == CallState.UNKNOWN
    look()
    assert order_of(row).state == CallState.SENT
    assert len(changes(simulator)) == 2


def test_what_never_arrived_is_sent_again_once_and_then_waits_for_a_person(
    simulator: Simulator, organization: Organization, officer: User
) -> None:
    row = undecided(organization, officer, simulator)
    assert order_of(row).attempts == 2
    assert changes(simulator) == []
    expirations.send_again(order_of(row), officer)
    work()
    assert again(row).status == "pending"
    assert changes(simulator) == [("created", DATASET)]
    with pytest.raises(expirations.CannotDecide):
        expirations.give_up(order_of(row), officer)


def test_giving_up_closes_it_as_not_sent(simulator: Simulator, organization: Organization, officer: User) -> None:
    row = undecided(organization, officer, simulator)
    expirations.look_again(order_of(row), officer)
    assert order_of(row).person_reason == ""
    look()
    expirations.give_up(order_of(row), officer)
    assert order_of(row).state == CallState.CANCELLED
    assert again(row).status == "cancelled"


def test_somebody_elses_expiration_is_not_taken_for_ours(simulator: Simulator, organization: Organization, officer: User) -> None:
    made_elsewhere(organization, DATASET, days=90)
    simulator.fault("cut_before_answer", match=CREATE, times=1)
    row = asked(organization, officer)
    work("expiration-submit")
    look()
    assert (order_of(row).state, order_of(row).last_error) == (CallState.REJECTED, "exists_already")
    assert again(row).ttl_id is None
    expirations.read_list(organization)
    assert DatasetExpiration.objects.exclude(ttl_id=None).get().name == "Made by hand"


def test_a_second_sending_that_is_refused_because_the_first_arrived_is_a_success(
    simulator: Simulator, organization: Organization, officer: User
) -> None:
    simulator.fault("accept_then_cut", match=CREATE, times=1)
    row = asked(organization, officer)
    work("expiration-submit")
    # As if all looks had missed it.
    ExpirationOrder.objects.update(state=CallState.QUEUED, claim_token=None, next_attempt_at=timezone.now())
    work("expiration-submit")
    assert order_of(row).state == CallState.SENT
    assert changes(simulator) == [("created", DATASET)]


def test_a_failed_look_changes_nothing_but_its_times(simulator: Simulator, organization: Organization, officer: User) -> None:
    simulator.fault("accept_then_cut", match=CREATE, times=1)
    row = asked(organization, officer)
    work("expiration-submit")
    simulator.fault("error500", match={"method": "GET", "path": "/data/core/hygiene/ttl"}, times=5)
    let_pass(timedelta(hours=1))
    work("expiration-look")
    order = order_of(row)
    assert (order.state, order.looks_done, order.last_error) == (CallState.UNKNOWN, 0, "look: BadAnswer")


def test_a_worker_that_dies_leaves_it_unknown(simulator: Simulator, organization: Organization, officer: User) -> None:
    row = asked(organization, officer)
    an_hour_ago = timezone.now() - timedelta(hours=1)
    ExpirationOrder.objects.update(state=CallState.SENDING, claimed_at=an_hour_ago, first_sent_at=an_hour_ago)
    assert step_is_due("expiration-submit")
    sending.sweep_stale()
    assert (order_of(row).state, order_of(row).last_error) == (CallState.UNKNOWN, "claim_ran_out")


@pytest.mark.parametrize("act", ["create", "change", "cancel"])
def test_after_a_restore_nothing_goes_by_itself(
    simulator: Simulator, organization: Organization, officer: User, act: str
) -> None:
    row = asked(organization, officer) if act == "create" else pending(organization, officer)
    if act == "change":
        expirations.change(row, wanted(90), officer)
    elif act == "cancel":
        expirations.cancel(row, officer)
    before = changes(simulator)
    # Since the backup somebody may have taken it back.
    restoring.after_restore()
    for _ in range(2):
        work("expiration-submit")
        look()
    assert order_of(row).person_reason == "none_found"
    assert changes(simulator) == before
    expirations.send_again(order_of(row), officer)
    work("expiration-submit")
    assert len(changes(simulator)) == len(before) + 1


# --- When nothing can go ---


def test_adobe_asks_to_slow_down(simulator: Simulator, organization: Organization, officer: User) -> None:
    simulator.fault("throttle", match=CREATE, times=1, retry_after=60)
    row = asked(organization, officer)
    work("expiration-submit")
    assert order_of(row).state == CallState.QUEUED
    let_pass(timedelta(minutes=2))
    work()
    assert again(row).status == "pending"


def test_a_credential_without_data_hygiene_stops_nothing_else(
    simulator: Simulator, organization: Organization, officer: User
) -> None:
    simulator.fault("forbidden", match=CREATE, times=1)
    row = asked(organization, officer)
    work("expiration-submit")
    organization.refresh_from_db()
    assert not organization.is_on_hold
    assert (order_of(row).state, order_of(row).last_error) == (CallState.REJECTED, "forbidden")


def test_a_token_that_is_refused_twice_holds_the_organization_until_a_person_resumes_it(
    simulator: Simulator, organization: Organization, officer: User
) -> None:
    simulator.fault("unauthorized", match=CREATE, times=2)
    row = asked(organization, officer)
    work("expiration-submit")
    organization.refresh_from_db()
    assert organization.is_on_hold
    assert order_of(row).state == CallState.QUEUED
    organization.resume()
    sending.resume(organization.pk)
    work()
    assert again(row).status == "pending"


# --- Adobe's list ---


@pytest.mark.parametrize("envelope", ["results", "ttlDetails"])
def test_what_was_made_elsewhere_is_found_followed_and_missed(
    simulator: Simulator, organization: Organization, officer: User, envelope: str
) -> None:
    simulator.control("switches", {"ttl_list": envelope, "ttl_done_word": "executed"})
    ours = pending(organization, officer, "ours", days=2)
    theirs = [made_elsewhere(organization, f"theirs-{number}", days=60) for number in range(2)]
    assert expirations.read_list(organization, officer) == expirations.ListRead(seen=3, added=2)
    assert expirations.read_list(organization, officer) == expirations.ListRead(seen=3, added=0)
    found = DatasetExpiration.objects.filter(made_here=False).select_related("organization__data_key")
    assert {row.ttl_id for row in found} == set(theirs)
    work("expiration-list")
    assert all(entry["updatedBy"] for row in found.all() for entry in row.history)

    simulator.advance(30 * DAY)
    simulator.control(f"expirations/{theirs[0]}", method="DELETE")
    mirroring.read_every_list()
    assert (again(ours).status, again(ours).adobe_status) == ("completed", "executed")
    gone = DatasetExpiration.objects.get(ttl_id=theirs[0])
    assert (gone.status, gone.adobe_status) == ("other", "no longer at Adobe")
    told = set(AuditEvent.objects.filter(root_id=str(gone.pk)).values_list("action", flat=True))
    assert {"expiration.found", "expiration.gone"} <= told


def test_a_reading_during_a_creation_makes_no_second_row(simulator: Simulator, organization: Organization, officer: User) -> None:
    simulator.fault("accept_then_cut", match=CREATE, times=1)
    row = asked(organization, officer)
    work("expiration-submit")
    assert expirations.read_list(organization).added == 0
    look()
    assert DatasetExpiration.objects.get().pk == row.pk


def test_a_row_that_the_list_brought_first_is_taken_over(simulator: Simulator, organization: Organization, officer: User) -> None:
    ttl_id = made_elsewhere(organization, DATASET)
    expirations.read_list(organization)
    answer = expirations_for(organization).find(ttl_id)
    row = DatasetExpiration.objects.create(organization=organization, sandbox_name="prod", dataset_id=DATASET, made_here=True)
    order = ExpirationOrder.objects.create(
        organization=organization, expiration=row, kind="create", expires_at=answer.expiry, asked_by=officer
    )
    sending.carried_out(order, answer)
    assert DatasetExpiration.objects.get().pk == row.pk


def test_an_older_reading_does_not_take_back_a_younger_word(
    simulator: Simulator, organization: Organization, officer: User
) -> None:
    row = pending(organization, officer)
    answer, asked_at = expirations_for(organization).find(DATASET), timezone.now()
    expirations.cancel(row, officer)
    work("expiration-submit")
    assert not keeping.keep(again(row), answer, asked_at)
    assert again(row).status == "cancelled"


def test_only_organizations_that_use_data_hygiene_are_asked_at_night(
    simulator: Simulator, organization: Organization, officer: User
) -> None:
    made_elsewhere(organization, "theirs")
    mirroring.read_every_list()
    assert not DatasetExpiration.objects.exists()
    QuotaReading.objects.create(organization=organization)
    # One that may not do it keeps nobody else from being read, and is not put on hold.
    simulator.fault("forbidden", match={"method": "GET", "path": "/data/core/hygiene/ttl"}, times=1)
    mirroring.read_every_list()
    organization.refresh_from_db()
    assert not organization.is_on_hold
    mirroring.read_every_list()
    assert DatasetExpiration.objects.count() == 1
    organization.hold("by_hand")
    assert mirroring.organizations_in_use() == []


def test_its_steps_are_looked_after_and_the_night_begins_its_reading() -> None:
    assert {"expiration-submit", "expiration-look", "expiration-list"} <= set(registry.steps())
    assert tasks.begin_nightly in registry.daily()
