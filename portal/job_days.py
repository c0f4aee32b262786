"""How many jobs of an organization go to Adobe in a day, counted before the first byte leaves, whichever process sends them.

A day is one of UTC. A call that is larger than the whole limit goes alone on a day on which nothing went yet.
"""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

from django.db.models import F, Q

from portal import clock
from portal.models import JobDay, Organization

DAY_LIMIT = "day_limit"
KEPT = timedelta(days=60)
# Adobe's clock and ours differ a little, and not everybody's calls should go at the same second.
_AFTER_MIDNIGHT = 60


def take(organization: Organization, jobs: int) -> date | None:
    """Count so many jobs as sent today. Returns the day, or None when it has no room for them."""
    today = _today()
    row = JobDay.objects.filter(organization=organization, day=today)
    if limit := organization.jobs_per_day:
        row = row.filter(Q(jobs__lte=limit - jobs) | Q(jobs=0))
    if row.update(jobs=F("jobs") + jobs):
        return today
    JobDay.objects.bulk_create([JobDay(organization=organization, day=today)], ignore_conflicts=True)
    return today if row.update(jobs=F("jobs") + jobs) else None


def give_back(organization: Organization, day: date, jobs: int) -> None:
    """Nothing of them counts at Adobe."""
    JobDay.objects.filter(organization=organization, day=day, jobs__gte=jobs).update(jobs=F("jobs") - jobs)


def sent_on(organization: Organization, day: date) -> int:
    """How many jobs went on this day."""
    return JobDay.objects.filter(organization=organization, day=day).values_list("jobs", flat=True).first() or 0


def sent_today(organization: Organization) -> int:
    """How many jobs went today."""
    return sent_on(organization, _today())


def has_room(organization: Organization, jobs: int) -> bool:
    """Whether so many jobs may go today. Takes nothing."""
    if not organization.jobs_per_day:
        return True
    sent = sent_today(organization)
    return not sent or sent + jobs <= organization.jobs_per_day


def _today() -> date:
    """By the clock that all processes share: they count in one row."""
    return clock.read().astimezone(UTC).date()


def next_day(organization_id: uuid.UUID) -> datetime:
    """When calls that have no room today are due again. All of an organization at once: the most urgent goes first then."""
    midnight = clock.read().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return midnight + timedelta(seconds=_AFTER_MIDNIGHT + organization_id.int % _AFTER_MIDNIGHT)


def forget_old() -> int:
    """Remove days of long ago. Returns how many rows went."""
    return JobDay.objects.filter(day__lt=_today() - KEPT).delete()[0]
