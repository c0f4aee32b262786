"""A worker whose clock is an hour wrong decides nothing by it that others decide with it: the database's clock does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from portal.models import Organization, User
from portal.outbound import CallState
from privacy import reconciling, submission
from privacy.models import PrivacyRequest, Submission
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.steps import work

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def move_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Move this process's clock by so many hours."""
    right = timezone.now

    def move(hours: float) -> None:
        def moved() -> datetime:
            return right() + timedelta(hours=hours)

        monkeypatch.setattr(timezone, "now", moved)

    return move


@pytest.fixture
def request_in_doubt(simulator: Simulator, organization: Organization, officer: User, media: Path) -> PrivacyRequest:
    """A request whose only call was taken, and its answer lost."""
    assert connection.vendor == "postgresql"
    found = confirmed_request(organization, officer, payload(people(1, "access")))
    simulator.fault("accept_then_cut", times=1)
    return found


@pytest.mark.parametrize("hours", [1, -1])
def test_a_wrong_clock_brings_no_look_forward(
    request_in_doubt: PrivacyRequest, move_clock: Callable[[float], None], hours: float
) -> None:
    work("submit")
    move_clock(hours)
    assert not reconciling.calls_to_look_for()
    assert reconciling.look_next() == 0
    assert request_in_doubt.submissions.get().looks_done == 0


@pytest.mark.parametrize("hours", [1, -1])
def test_what_a_wrong_clock_wrote_is_looked_for_in_time_by_the_others(
    request_in_doubt: PrivacyRequest, move_clock: Callable[[float], None], hours: float
) -> None:
    move_clock(hours)
    Submission.objects.update(next_attempt_at=timezone.now())
    work("submit")
    move_clock(0)
    call = request_in_doubt.submissions.get()
    assert call.state == CallState.UNKNOWN
    assert call.next_look_at is not None
    assert timedelta() < call.next_look_at - timezone.now() < timedelta(minutes=6)
    assert not reconciling.calls_to_look_for()


@pytest.mark.parametrize("hours", [1, -1])
def test_a_wrong_clock_takes_no_claim_away(
    request_in_doubt: PrivacyRequest, move_clock: Callable[[float], None], hours: float
) -> None:
    call = request_in_doubt.submissions.get()
    move_clock(hours)
    Submission.objects.update(next_attempt_at=timezone.now())
    held = submission._SENDER.take(call.pk)
    assert held is not None
    for other in (1, 0, -1):
        move_clock(other)
        submission.sweep_stale()
        assert held.still_held()
