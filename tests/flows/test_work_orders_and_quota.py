"""What does not fit into Adobe's quota today goes after the next reset, and nothing is refused for it meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from hygiene import preview, quota
from hygiene.models import QuotaReading, RecordDelete, WorkOrder
from portal.models import Organization, User
from portal.outbound import CallState
from tests.conftest import Simulator
from tests.hygiene_files import (
    CREATE,
    again,
    deleted,
    emails,
    expected,
    ledger,
    order_of,
    payload,
    queued_delete,
    taken_in,
)
from tests.steps import let_pass, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def acme(media: Path, simulator: Simulator, organization: Organization) -> Organization:
    """Acme with two identities in one work order at most."""
    organization.max_identities_per_work_order = 2
    organization.save()
    return organization


def states(record_delete: RecordDelete) -> list[str]:
    return list(record_delete.work_orders.order_by("ordinal").values_list("state", flat=True))


def test_what_fits_goes_today_and_the_rest_after_the_reset(acme: Organization, simulator: Simulator, officer: User) -> None:
    simulator.control("quotas", {"daily": 4})
    record_delete = queued_delete(acme, officer, 5)
    work("hygiene-submit")
    assert states(record_delete) == [CallState.SENT, CallState.SENT, CallState.QUEUED]
    waiting = order_of(record_delete, 3)
    midnight = quota.next_reset(quota.Period.DAY, timezone.now())
    assert waiting.waits_for_quota_until == midnight
    assert waiting.next_attempt_at > (midnight or timezone.now())
    assert len(ledger(simulator)) == 2
    simulator.advance(86_400)
    let_pass(timedelta(days=2))
    work("hygiene-submit")
    assert deleted(simulator) == expected(record_delete)
    assert order_of(record_delete, 3).waits_for_quota_until is None


def test_a_month_that_is_used_up_waits_for_the_first(acme: Organization, simulator: Simulator, officer: User) -> None:
    simulator.control("quotas", {"monthly": 10, "usedThisMonth": 9})
    record_delete = queued_delete(acme, officer, 2)
    work("hygiene-submit")
    until = order_of(record_delete).waits_for_quota_until
    assert until == quota.next_reset(quota.Period.MONTH, timezone.now())
    assert until is not None
    assert until.astimezone(UTC).day == 1


def test_a_reading_that_shows_room_lets_waiting_orders_go(acme: Organization, simulator: Simulator, officer: User) -> None:
    simulator.control("quotas", {"daily": 0})
    record_delete = queued_delete(acme, officer, 2)
    work("hygiene-submit")
    assert states(record_delete) == [CallState.QUEUED]
    simulator.control("quotas", {"daily": 100})
    quota.read_now(acme)
    work("hygiene-submit")
    assert deleted(simulator) == expected(record_delete)


def test_a_refusal_over_the_quota_makes_only_record_deletes_wait(
    acme: Organization, simulator: Simulator, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_delete = queued_delete(acme, officer, 2)
    # Somebody else uses it up between our reading and our call.
    reading = quota.read(acme)
    monkeypatch.setattr(quota, "read", lambda _: reading)
    simulator.control("quotas", {"daily": 1})
    work("hygiene-submit")
    order = order_of(record_delete)
    assert (order.state, order.last_error) == (CallState.QUEUED, "quota")
    assert order.waits_for_quota_until == quota.next_reset(quota.Period.DAY, timezone.now())
    assert order.words
    assert not Organization.objects.get(pk=acme.pk).is_on_hold
    assert ledger(simulator) == []


def test_orders_of_other_workers_count_while_they_are_sent(acme: Organization, simulator: Simulator, officer: User) -> None:
    simulator.control("quotas", {"daily": 3})
    record_delete = queued_delete(acme, officer, 4)
    # Another worker has begun the first one, and Adobe has not counted it yet.
    WorkOrder.objects.filter(ordinal=1).update(state=CallState.SENDING, claimed_at=timezone.now())
    work("hygiene-submit")
    second = order_of(record_delete, 2)
    assert (second.state, second.last_error, second.waits_for_quota_until) == (CallState.QUEUED, "quota", None)
    assert ledger(simulator) == []


def test_a_quota_that_cannot_be_read_postpones_the_order(acme: Organization, simulator: Simulator, officer: User) -> None:
    record_delete = queued_delete(acme, officer, 2)
    simulator.fault("throttle", match={"method": "GET", "path": "/data/core/hygiene/quota"}, times=3, retry_after=40)
    work("hygiene-submit")
    assert (order_of(record_delete).state, order_of(record_delete).last_error) == (CallState.QUEUED, "quota_unread")
    assert ledger(simulator) == []
    let_pass(timedelta(minutes=5))
    simulator.control("faults", method="DELETE")
    work("hygiene-submit")
    assert deleted(simulator) == expected(record_delete)


def test_a_credential_that_may_not_read_quotas_may_still_send(acme: Organization, simulator: Simulator, officer: User) -> None:
    record_delete = queued_delete(acme, officer, 2)
    simulator.fault("forbidden", match={"method": "GET", "path": "/data/core/hygiene/quota"}, times=1)
    work("hygiene-submit")
    assert deleted(simulator) == expected(record_delete)
    assert not Organization.objects.get(pk=acme.pk).is_on_hold


def test_orders_are_never_larger_than_a_whole_day(acme: Organization, simulator: Simulator, officer: User) -> None:
    Organization.objects.update(max_identities_per_work_order=100)
    simulator.control("quotas", {"daily": 3})
    acme.refresh_from_db()
    quota.read_now(acme)
    record_delete = queued_delete(acme, officer, 7)
    assert list(record_delete.work_orders.values_list("identities", flat=True)) == [3, 3, 1]


def test_the_preview_says_what_goes_when(acme: Organization, simulator: Simulator, officer: User) -> None:
    draft = taken_in(acme, officer, payload(emails(5)))
    unknown = preview.build(again(draft))
    assert (unknown.quota, unknown.goes_today, unknown.goes_later) == ([], 5, 0)
    QuotaReading.objects.create(
        organization=acme,
        quotas=[{"name": "dailyConsumerDeleteIdentitiesQuota", "description": "", "consumed": 1, "quota": 4}],
    )
    shown = preview.build(again(draft))
    assert (shown.work_orders, shown.identities, shown.goes_today, shown.goes_later) == (3, 5, 2, 3)
    assert [(line.before, line.after, line.limit) for line in shown.quota] == [(1, 6, 4)]
    assert shown.later_at == quota.next_reset(quota.Period.DAY, timezone.now())
    assert "cannot be cancelled or undone" in shown.irreversible
    assert [(line.namespace, line.count, line.examples[0]) for line in shown.namespaces] == [("email", 5, "p…1@e…m")]


def test_a_throttled_order_asks_for_its_quota_again(acme: Organization, simulator: Simulator, officer: User) -> None:
    record_delete = queued_delete(acme, officer, 2)
    simulator.fault("throttle", match=CREATE, times=1, retry_after=1)
    work("hygiene-submit")
    simulator.control("quotas", {"daily": 2, "usedToday": 1})
    let_pass(timedelta(minutes=5))
    work("hygiene-submit")
    assert order_of(record_delete).waits_for_quota_until is not None
    assert datetime.now(UTC) < order_of(record_delete).next_attempt_at


def test_an_order_that_no_reset_makes_room_for_is_closed_and_said(
    acme: Organization, simulator: Simulator, officer: User
) -> None:
    record_delete = queued_delete(acme, officer, 3)
    simulator.control("quotas", {"daily": 1})
    work("hygiene-submit")
    order = order_of(record_delete, 1)
    assert (order.state, order.last_error, order.waits_for_quota_until) == (CallState.CANCELLED, "larger_than_quota", None)
    assert order_of(record_delete, 2).state == CallState.SENT
    assert again(record_delete).orders_failed == 1
    assert len(ledger(simulator)) == 1
