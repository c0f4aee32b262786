"""Quotas: both generations of names, resets, what may go today and what waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hygiene import quota
from hygiene.models import QuotaReading
from hygiene.quota import Departure, Period
from portal.models import Organization

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 25, tzinfo=UTC)
FIRST = datetime(2026, 12, 1, tzinfo=UTC)


def entry(name: str, consumed: int, limit: int) -> dict[str, Any]:
    return {"name": name, "description": "Adobe's words", "consumed": consumed, "quota": limit}


def day(consumed: int, limit: int) -> dict[str, Any]:
    return entry("dailyConsumerDeleteIdentitiesQuota", consumed, limit)


def month(consumed: int, limit: int) -> dict[str, Any]:
    return entry("monthlyConsumerDeleteIdentitiesQuota", consumed, limit)


def reading(*quotas: dict[str, Any], at: datetime = NOON) -> QuotaReading:
    return QuotaReading(read_at=at, quotas=list(quotas))


def test_todays_names_have_words_and_a_reset() -> None:
    lines = quota.lines(reading(entry("datasetExpirationQuota", 11, 75), day(314, 700_000), month(2764, 12_000_000)), NOON)
    assert [(line.words, line.left, line.resets_at, line.percent) for line in lines] == [
        ("Dataset expirations", 64, None, 14),
        ("Identities in record deletes, today", 699_686, MIDNIGHT, 0),
        ("Identities in record deletes, this month", 11_997_236, FIRST, 0),
    ]


def test_older_names_are_understood_and_unknown_ones_shown_as_they_came() -> None:
    old = reading(
        entry("expirationDatasetQuota", 12, 50),
        entry("deleteIdentityWorkOrderDatasetQuota", 841, 600_000),
        entry("fieldUpdateWorkOrderDatasetQuota", 0, 0),
        entry("somethingNewQuota", 1, 2),
    )
    assert [line.words for line in quota.lines(old, NOON)] == [
        "Dataset expirations",
        "Identities in record deletes, this month",
        "Identities in field updates, this month",
        "Adobe's words",
    ]
    assert quota.left(old, NOON) == 599_159


def test_what_has_begun_anew_since_the_reading_is_unused() -> None:
    yesterday = reading(day(10, 10), month(5, 100), at=NOON - timedelta(days=1))
    assert [(line.consumed, line.left) for line in quota.lines(yesterday, NOON)] == [(0, 10), (5, 95)]
    last_month = reading(day(10, 10), month(5, 100), at=NOON - timedelta(days=30))
    assert [line.consumed for line in quota.lines(last_month, NOON)] == [0, 0]


def test_the_tightest_quota_decides_and_none_limits_nothing() -> None:
    assert quota.left(reading(day(0, 100), month(90, 100)), NOON) == 10
    assert quota.left(reading(entry("datasetExpirationQuota", 1, 1)), NOON) is None


def test_what_does_not_fit_waits_for_the_reset_of_what_is_short() -> None:
    assert quota.fits_at(reading(day(0, 10), month(0, 100)), 10, NOON) is None
    assert quota.fits_at(reading(day(1, 10), month(0, 100)), 10, NOON) == MIDNIGHT
    assert quota.fits_at(reading(day(1, 10), month(95, 100)), 10, NOON) == FIRST


@pytest.mark.parametrize(
    ("period", "now", "reset"),
    [
        (Period.DAY, NOON, MIDNIGHT),
        (Period.DAY, MIDNIGHT, MIDNIGHT + timedelta(days=1)),
        (Period.MONTH, NOON, FIRST),
        (Period.MONTH, datetime(2026, 12, 31, 23, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        (Period.MONTH, datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
        (Period.STANDING, NOON, None),
    ],
)
def test_resets_are_at_midnight_gmt(period: Period, now: datetime, reset: datetime | None) -> None:
    assert quota.next_reset(period, now) == reset


def test_a_plan_fills_each_day_in_order() -> None:
    assert quota.plan(reading(day(5, 10), month(5, 100)), [5, 5, 5, 2], NOON) == [
        Departure(None, 1, 5),
        Departure(MIDNIGHT, 2, 10),
        Departure(MIDNIGHT + timedelta(days=1), 1, 2),
    ]


def test_a_plan_passes_into_the_next_month() -> None:
    assert quota.plan(reading(day(0, 10), month(95, 100)), [10], NOON) == [Departure(FIRST, 1, 10)]


def test_a_plan_without_numbers_lets_everything_go_now() -> None:
    assert quota.plan(None, [5, 5], NOON) == [Departure(None, 2, 10)]


def test_the_newest_reading_counts(organization: Organization) -> None:
    assert quota.room(organization, NOON) is None
    QuotaReading.objects.create(organization=organization, read_at=NOON - timedelta(hours=1), quotas=[day(0, 10)])
    QuotaReading.objects.create(organization=organization, read_at=NOON, quotas=[day(4, 10)])
    assert quota.room(organization, NOON) == 6
    assert quota.largest(organization) == 10
