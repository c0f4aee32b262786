"""Leases: each due row goes to one worker, and comes back by itself when that worker says nothing more."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import models
from django.utils import timezone

from portal import leases
from portal.models import Organization
from privacy.models import JobListing

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def listings(organization: Organization) -> list[JobListing]:
    """Five rows that are due, the first one for the longest."""
    now = timezone.now()
    return [
        JobListing.objects.create(
            organization=organization, regulation=f"law{number}", next_list_at=now - timedelta(minutes=10 - number)
        )
        for number in range(5)
    ]


def due() -> models.QuerySet[JobListing]:
    """What the step would do next, oldest first."""
    return JobListing.objects.filter(next_list_at__lte=timezone.now()).order_by("next_list_at")


def take(most: int = 10, *, of: models.QuerySet[JobListing] | None = None, seconds: float = 60) -> tuple[UUID, list[int]]:
    """Lease rows."""
    return leases.take(due() if of is None else of, "next_list_at", most=most, seconds=seconds)


class Stale(models.QuerySet[JobListing]):
    """A worker that was slow: what it saw due a moment ago."""

    def values_list(self, *_: object, **__: object) -> list[int]:  # type: ignore[override]  # stands for a query done before
        return self.seen

    seen: list[int] = []


def stale(seen: list[int]) -> Stale:
    """The rows that a slow worker believes to be due."""
    rows = Stale(JobListing)
    rows.seen = seen
    return rows


def test_it_takes_the_rows_that_are_due_longest(listings: list[JobListing]) -> None:
    lease, ids = take(2)
    assert set(ids) == {listings[0].pk, listings[1].pk}
    assert set(JobListing.objects.filter(lease=lease).values_list("pk", flat=True)) == set(ids)


def test_a_leased_row_is_due_when_its_time_is_over_and_not_before(listings: list[JobListing]) -> None:
    before = timezone.now()
    _, ids = take(1, seconds=60)
    row = JobListing.objects.get(pk=ids[0])
    assert timedelta(seconds=60) <= row.next_list_at - before < timedelta(seconds=120)
    JobListing.objects.filter(pk=row.pk).update(next_list_at=row.next_list_at - timedelta(seconds=61))
    assert take()[1].count(row.pk) == 1


def test_two_workers_share_the_rows(listings: list[JobListing]) -> None:
    first, mine = take(3)
    second, theirs = take(3)
    assert first != second
    assert (len(mine), len(theirs)) == (3, 2)
    assert set(mine) | set(theirs) == {row.pk for row in listings}


def test_a_worker_that_saw_old_candidates_gets_only_what_is_still_free(listings: list[JobListing]) -> None:
    seen = [row.pk for row in listings[:3]]
    _, mine = take(2)
    lease, theirs = take(of=stale(seen))
    assert theirs == [listings[2].pk]
    assert not JobListing.objects.filter(pk__in=mine, lease=lease).exists()


def test_a_worker_whose_candidates_are_all_gone_gets_none_and_changes_none(listings: list[JobListing]) -> None:
    seen = [row.pk for row in listings]
    first, mine = take()
    assert len(mine) == 5
    _, theirs = take(of=stale(seen))
    assert theirs == []
    assert JobListing.objects.filter(lease=first).count() == 5


def test_nothing_due_is_no_lease() -> None:
    JobListing.objects.update(next_list_at=timezone.now() + timedelta(hours=1))
    assert take() == (UUID(int=0), [])


def test_a_row_that_raises_does_not_come_back_at_once(listings: list[JobListing]) -> None:
    tried: list[int] = []
    for _ in range(20):
        _, ids = take(1)
        if not ids:
            break
        # The work raises here, and nobody gives the lease back.
        tried.extend(ids)
    assert sorted(tried) == sorted(row.pk for row in listings)


def test_a_new_lease_takes_the_place_of_the_one_that_ran_out(listings: list[JobListing]) -> None:
    old, ids = take(1)
    JobListing.objects.filter(pk__in=ids).update(next_list_at=timezone.now() - timedelta(days=1))
    new, again = take(1)
    assert again == ids
    # The one who was slow finds that the row is not his any more.
    assert not JobListing.objects.filter(pk__in=ids, lease=old).exists()
    assert JobListing.objects.filter(pk__in=ids, lease=new).exists()
