"""Counts a day into DayFigure, so that no page counts jobs.

A chain of rows carries the step: a day is counted every few minutes while it lasts and once more after its end, which is final
and makes the row of the next day. So days that were missed are made up for one after another. A day is one of UTC.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, Exists, Min, OuterRef, QuerySet

from portal import clock, leases, runtime, steps
from portal.models import Organization
from portal.outbound import CallState
from privacy.history import times
from privacy.models import CountedDay, DayFigure, Job, PrivacyRequest, ProductResponse, Submission
from privacy.statuses import JOB_AT_ADOBE_OPEN, JOB_DONE, JOB_FAILED, DayKind

STEP: Final = "figures"
# What was written on a day may be committed a little after its end.
SETTLED_AFTER: Final = timedelta(minutes=15)
# As long as a task may run: another worker takes the day over when this one died.
LEASE_SECONDS: Final = 3700.0

Key = tuple[str, str, DayKind, int | None]
Counts = dict[Key, int]


def count_next() -> int:
    """Count one day of one organization. Returns how many were counted."""
    _begin_new()
    lease, ids = leases.take(CountedDay.objects.due(clock.now()), "next_count_at", most=1, seconds=LEASE_SECONDS)
    for row in CountedDay.objects.filter(pk__in=ids, lease=lease).select_related("organization"):
        count(row)
    return len(ids)


def has_new() -> bool:
    """Whether an organization has no day yet."""
    return _without_days().exists()


def count(row: CountedDay) -> None:
    """Count the day and write what was found, unless another worker has taken it over meanwhile."""
    counted_at = clock.read()
    is_over = counted_at >= _end(row.day) + SETTLED_AFTER
    again_after = timedelta(seconds=runtime.fraction("FIGURES_EVERY_SECONDS"))
    counts = counts_of(row.organization, row.day)
    if not is_over:
        _add(counts, _open_now(row.organization, counted_at))
    with transaction.atomic():
        mine = CountedDay.objects.filter(pk=row.pk, lease=row.lease)
        if not mine.update(counted_at=counted_at, lease=None, next_count_at=None if is_over else counted_at + again_after):
            return
        DayFigure.objects.filter(organization=row.organization, day=row.day).delete()
        # Open is what is open now: of no day before.
        DayFigure.objects.filter(organization=row.organization, day__lt=row.day, kind=DayKind.OPEN).delete()
        DayFigure.objects.bulk_create(_rows(row, counts))
        if is_over:
            tomorrow = row.day + timedelta(days=1)
            _plan(row.organization_id, tomorrow, _begin(tomorrow))


def count_again(organization_id: uuid.UUID, days: Collection[date]) -> None:
    """Something was written into days that may be over: what is final of them is counted once more, what is missing once."""
    now = clock.read()
    past = [day for day in sorted(set(days)) if day < now.astimezone(UTC).date()]
    if not past:
        return
    rows = [CountedDay(organization_id=organization_id, day=day, next_count_at=now) for day in past]
    CountedDay.objects.bulk_create(rows, ignore_conflicts=True)
    CountedDay.objects.filter(organization=organization_id, day__in=past, next_count_at=None).update(next_count_at=now)
    steps.wake(STEP)


# --- What there is on a day ---


def counts_of(organization: Organization, day: date) -> Counts:
    """The figures of one day, read from the jobs themselves."""
    begin, end = _begin(day), _end(day)
    counts: Counts = {}
    taken = Submission.objects.filter(state=CallState.SENT, settled_at__gte=begin, settled_at__lt=end)
    sent = Job.objects.order_by().filter(submission__in=taken, organization=organization)
    for law, number in sent.values_list("request__regulation").annotate(Count("pk")):
        counts[law, "", DayKind.SUBMITTED, None] = number
    ended = Job.objects.order_by().filter(organization=organization, finished_at__gte=begin, finished_at__lt=end)
    lasted = times.in_classes(ended.filter(status__in=JOB_DONE), "adobe_created_at", "adobe_modified_at")
    for law, status, hours, number in lasted.values_list("request__regulation", "status", "hours").annotate(Count("pk")):
        _add(counts, [((law, "", _kind(status), hours), number)])
    answers = ProductResponse.objects.order_by().filter(job__in=ended, status__in=JOB_DONE)
    lasted = times.in_classes(answers, "job__adobe_created_at", "processed_at")
    by_product = lasted.values_list("request__regulation", "product_code", "status", "hours")
    # A product may answer one job under two names.
    for law, product, status, hours, number in by_product.annotate(Count("job", distinct=True)):
        _add(counts, [((law, product, _kind(status), hours), number)])
    return counts


def _kind(status: str) -> DayKind:
    return DayKind.FAILED if status in JOB_FAILED else DayKind.COMPLETE


def _open_now(organization: Organization, now: datetime) -> Iterator[tuple[Key, int]]:
    """Jobs that Adobe works on, by their age; and those of them that each product has not answered."""
    jobs = Job.objects.order_by().filter(organization=organization, status__in=JOB_AT_ADOBE_OPEN)
    products = {
        row["pk"]: (row["regulation"], row["products"])
        for row in PrivacyRequest.objects.order_by()
        .filter(Exists(jobs.filter(request=OuterRef("pk"))), organization=organization)
        .values("pk", "regulation", "products")
    }
    waiting: dict[tuple[uuid.UUID, str, int | None], int] = {}
    by_age = times.in_classes(jobs, "adobe_created_at", now).values_list("request", "hours")
    for request_id, age, number in by_age.annotate(Count("pk")):
        # A job that came since then is counted with the next time.
        law, asked = products.get(request_id, ("", ()))
        if law:
            yield (law, "", DayKind.OPEN, age), number
        for product in asked:
            waiting[request_id, product, age] = waiting.get((request_id, product, age), 0) + number
    answered = ProductResponse.objects.order_by().filter(job__in=jobs, status__in=JOB_DONE)
    done = times.in_classes(answered, "job__adobe_created_at", now).values_list("request", "product_code", "hours")
    for request_id, product, age, number in done.annotate(Count("job", distinct=True)):
        if (request_id, product, age) in waiting:
            waiting[request_id, product, age] -= number
    for (request_id, product, age), number in waiting.items():
        if number > 0:
            yield (products[request_id][0], product, DayKind.OPEN, age), number


# --- Rows ---


def _add(counts: Counts, more: Any) -> None:
    for key, number in more:
        counts[key] = counts.get(key, 0) + number


def _rows(row: CountedDay, counts: Counts) -> Iterator[DayFigure]:
    for (law, product, kind, hours), number in counts.items():
        yield DayFigure(
            organization_id=row.organization_id,
            regulation=law,
            product_code=product,
            day=row.day,
            kind=kind,
            hours=hours,
            count=number,
        )


def _begin_new() -> None:
    """An organization's chain begins with the first day on which something of it happened, or today."""
    for organization in _without_days():
        _plan(organization.pk, _first_day(organization), clock.read())


def _without_days() -> QuerySet[Organization]:
    return Organization.objects.filter(~Exists(CountedDay.objects.filter(organization=OuterRef("pk"))))


def _first_day(organization: Organization) -> date:
    first_end = Job.objects.filter(organization=organization).aggregate(first=Min("finished_at"))["first"]
    taken = Submission.objects.filter(request__organization=organization, state=CallState.SENT)
    first_taken = taken.aggregate(first=Min("settled_at"))["first"]
    return min(moment.astimezone(UTC).date() for moment in (first_end, first_taken, clock.read()) if moment is not None)


def _plan(organization_id: uuid.UUID, day: date, at: datetime) -> None:
    """Another worker may have been faster."""
    row = CountedDay(organization_id=organization_id, day=day, next_count_at=at)
    CountedDay.objects.bulk_create([row], ignore_conflicts=True)


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _end(day: date) -> datetime:
    return _begin(day + timedelta(days=1))
