"""The fail points stand where they say, and do nothing unless somebody installs a hook."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import transaction

from portal import fail_points
from portal.fail_points import FailPoint
from portal.models import Organization, User
from portal.outbound import CallState
from privacy.models import Submission
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.steps import let_pass, work

pytestmark = pytest.mark.django_db(transaction=True)
SENDING = [
    FailPoint.AFTER_CLAIM,
    FailPoint.BEFORE_LAST_LOOK,
    FailPoint.BEFORE_FIRST_BYTE,
    FailPoint.AFTER_ANSWER,
    FailPoint.BEFORE_SETTLED,
    FailPoint.AFTER_SETTLED,
]
LOOKING = [FailPoint.BEFORE_LOOK_APPLIED, FailPoint.BEFORE_LOOK_COMMITTED, FailPoint.AFTER_LOOK_APPLIED]
IN_TRANSACTION = {FailPoint.BEFORE_SETTLED, FailPoint.BEFORE_LOOK_COMMITTED, FailPoint.IN_SWEEP}


@pytest.fixture
def call(simulator: Simulator, organization: Organization, officer: User, media: Path) -> Submission:
    """A call that waits to be sent; the local Adobe runs."""
    request = confirmed_request(organization, officer, payload(people(1, "access")))
    found: Submission = request.submissions.get()
    return found


@pytest.fixture
def reached(call: Submission) -> Iterator[list[FailPoint]]:
    """Where the call came by."""
    points: list[FailPoint] = []

    def note(point: FailPoint, call_id: UUID) -> None:
        assert call_id == call.pk
        assert transaction.get_connection().in_atomic_block == (point in IN_TRANSACTION)
        points.append(point)

    fail_points.install(note)
    yield points
    fail_points.install(None)


def test_a_call_that_is_sent_comes_by_each_in_order(reached: list[FailPoint]) -> None:
    work("submit")
    assert reached == SENDING


def test_a_call_that_fails_comes_by_the_same(reached: list[FailPoint], simulator: Simulator) -> None:
    simulator.fault("accept_then_cut", times=1)
    work("submit")
    assert reached == SENDING


def test_a_look_comes_by_three(reached: list[FailPoint], simulator: Simulator) -> None:
    simulator.fault("accept_then_cut", times=1)
    work("submit")
    reached.clear()
    let_pass(timedelta(minutes=10))
    work("look")
    assert reached == LOOKING


def test_a_sweep_comes_by_with_every_call_that_it_marks(reached: list[FailPoint], call: Submission) -> None:
    long_ago = call.created_at - timedelta(hours=1)
    Submission.objects.update(state=CallState.SENDING, claimed_at=long_ago, first_sent_at=long_ago)
    work("submit")
    assert reached == [FailPoint.IN_SWEEP]


def test_what_a_hook_raises_ends_the_sending_and_the_call_is_looked_for(call: Submission, simulator: Simulator) -> None:
    def die(point: FailPoint, _: UUID) -> None:
        if point is FailPoint.AFTER_ANSWER:
            raise InterruptedError

    fail_points.install(die)
    try:
        with pytest.raises(InterruptedError):
            work("submit")
    finally:
        fail_points.install(None)
    let_pass(timedelta(hours=1))
    work("submit", "look")
    let_pass(timedelta(hours=1))
    work("look")
    call.refresh_from_db()
    assert call.state == CallState.SENT
    assert len(simulator.ledger()) == 1
