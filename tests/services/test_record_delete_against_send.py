"""Cancelling a record delete at the moment at which a worker sends it, or answers, or a person shreds it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from hygiene import polling, recalling, shredding, submission
from hygiene.intake import NotPossible
from hygiene.models import RecordDelete, WorkOrder
from hygiene.statuses import RecordDeleteStatus
from portal.models import Organization, User
from portal.outbound import CallState
from tests.conftest import Simulator
from tests.hygiene_files import again, ledger, queued_delete
from tests.steps import work

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

TIMES = 15


@pytest.fixture
def acme(media: Path, simulator: Simulator, organization: Organization) -> Organization:
    """Acme with one identity in each work order."""
    organization.max_identities_per_work_order = 1
    organization.save()
    return organization


def at_the_same_moment(*acts: Callable[[], Any]) -> list[Any]:
    """What each act came to."""
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def cancelled(record_delete: RecordDelete, user: User) -> bool:
    """Whether the person was told that it is cancelled."""
    try:
        recalling.cancel(record_delete, user)
    except NotPossible:
        return False
    return True


def test_each_order_is_sent_or_cancelled_and_the_person_is_told_which(
    acme: Organization, simulator: Simulator, officer: User
) -> None:
    for _ in range(TIMES):
        record_delete, before = queued_delete(acme, officer, 2), len(ledger(simulator))
        told, _ = at_the_same_moment(partial(cancelled, record_delete, officer), submission.send_next)
        work("hygiene-submit")
        states = sorted(record_delete.work_orders.values_list("state", flat=True))
        at_adobe = len(ledger(simulator)) - before
        # One that a worker holds goes out; the other never does.
        assert told
        assert states in ([CallState.CANCELLED, CallState.CANCELLED], [CallState.CANCELLED, CallState.SENT])
        assert at_adobe == states.count(CallState.SENT)
        assert (again(record_delete).status == RecordDeleteStatus.CANCELLED) == (at_adobe == 0)


def test_shredding_and_an_answer_of_adobe_do_not_wait_for_each_other(
    acme: Organization, simulator: Simulator, officer: User
) -> None:
    for _ in range(TIMES):
        record_delete = queued_delete(acme, officer, 2)
        work("hygiene-submit")
        simulator.control("workorders/finish", {})
        WorkOrder.objects.filter(record_delete=record_delete).update(next_poll_at=timezone.now())
        work("hygiene-detail")
        # A late word of a service still comes in.
        WorkOrder.objects.filter(record_delete=record_delete).update(next_poll_at=timezone.now())
        at_the_same_moment(partial(shredding.shred, again(record_delete), officer), polling.detail_next, polling.detail_next)
        assert again(record_delete).status == RecordDeleteStatus.SHREDDED
        assert not record_delete.work_orders.exclude(answer_sealed=None).exists()
