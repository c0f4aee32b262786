"""One rate for all calls of an organization: no minute sees more than the limit, and nobody waits without need."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal import pace
from portal.adobe.errors import Paced
from portal.adobe.metering import ONCE, PAGE, READ, Patience
from portal.models import Organization, Pace
from tests.conftest import OTHER_IMS_ORG, make_organization

pytestmark = pytest.mark.django_db
EAGER = Patience(ahead=0.0, longest=0.0)


@dataclass
class Clock:
    """A clock that only sleeping moves."""

    at: float = 1_000_000.0

    def source(self) -> pace.TimeSource:
        return pace.TimeSource(lambda: self.at, self.sleep)

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.at += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def with_limit(organization: Organization, calls: int) -> Organization:
    organization.calls_per_minute = calls
    return organization


def went(organization: Organization, clock: Clock, patience: Patience = EAGER) -> bool:
    """Whether one call may go."""
    try:
        pace.wait(organization, patience, clock.source())
    except Paced:
        return False
    return True


def most_in_a_minute(moments: list[float]) -> int:
    return max((sum(1 for one in moments if begin <= one < begin + 60) for begin in moments), default=0)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    limit=st.sampled_from([1, 2, 7, 10, 60]),
    pauses=st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.3, 1.0, 7.0, 59.9, 61.0]), max_size=120),
)
def test_no_minute_sees_more_calls_than_the_limit(organization: Organization, limit: int, pauses: list[float]) -> None:
    Pace.objects.all().delete()
    with_limit(organization, limit)
    clock, moments = Clock(), []
    for number, pause in enumerate(pauses):
        clock.sleep(pause)
        if went(organization, clock, (EAGER, READ, PAGE, ONCE)[number % 4]):
            moments.append(clock.at)
    assert most_in_a_minute(moments) <= limit


@pytest.mark.parametrize("limit", [1, 10, 60])
def test_whoever_asks_all_the_time_gets_almost_the_whole_limit(organization: Organization, clock: Clock, limit: int) -> None:
    with_limit(organization, limit)
    end, calls = clock.at + 600, 0
    while True:
        pace.wait(organization, Patience(0.0, 120.0), clock.source())
        if clock.at >= end:
            break
        calls += 1
    assert calls >= 10 * limit * 0.85


def test_a_tenth_of_the_limit_goes_at_once_after_a_pause(organization: Organization, clock: Clock) -> None:
    with_limit(organization, 100)
    assert [went(organization, clock) for _ in range(12)] == [True] * 10 + [False] * 2


def test_a_call_without_room_is_told_when_there_will_be_some(organization: Organization, clock: Clock) -> None:
    with_limit(organization, 2)
    assert went(organization, clock)
    with pytest.raises(Paced) as refused:
        pace.wait(organization, READ, clock.source())
    assert refused.value.http_status is None
    clock.sleep(refused.value.retry_after or 0)
    assert went(organization, clock)


def test_a_short_wait_is_waited(organization: Organization, clock: Clock) -> None:
    with_limit(organization, 60)
    while went(organization, clock):
        pass
    before = clock.at
    assert went(organization, clock, READ)
    assert 0 < clock.at - before <= READ.longest


def test_what_changes_something_finds_room_however_much_is_read(organization: Organization, clock: Clock) -> None:
    with_limit(organization, 60)
    while True:
        # Readers of many processes take places without the clock moving on.
        at = clock.at
        if not went(organization, clock, READ):
            break
        clock.at = at
    assert went(organization, clock, ONCE)


def test_what_adobe_asks_one_call_to_wait_all_wait_and_no_burst_follows(organization: Organization, clock: Clock) -> None:
    with_limit(organization, 100)
    pace.hold_back(organization, 30, clock.source())
    pace.hold_back(organization, 5, clock.source())
    assert not went(organization, clock, ONCE)
    clock.sleep(30)
    assert went(organization, clock)
    assert not went(organization, clock)


def test_without_a_limit_only_adobe_can_make_it_wait(organization: Organization, clock: Clock) -> None:
    assert organization.calls_per_minute == 0
    assert all(went(organization, clock) for _ in range(50))
    assert not Pace.objects.exists()
    pace.hold_back(organization, 30, clock.source())
    assert not went(organization, clock, ONCE)
    clock.sleep(30)
    assert went(organization, clock)


def test_one_organization_s_rate_is_not_another_s(organization: Organization, clock: Clock) -> None:
    other = with_limit(make_organization(ims_org_id=OTHER_IMS_ORG, name="Other"), 1)
    with_limit(organization, 1)
    assert went(organization, clock)
    assert not went(organization, clock)
    assert went(other, clock)


def test_the_database_s_clock_counts_where_no_other_is_given(organization: Organization) -> None:
    with_limit(organization, 1)
    pace.wait(organization, EAGER)
    assert 55 < pace.seconds_until_free(organization) <= 61
    assert pace.must_wait(organization) > 55
