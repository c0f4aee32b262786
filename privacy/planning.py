"""What goes to Adobe on which day when an organization's limit of jobs a day does not let everything go at once.

It foresees what portal.sending does: the nearest due date goes first, a call without room waits for the next day (UTC), and one
that is larger than the whole limit goes alone on a day of its own.
"""

from __future__ import annotations

import math
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Max
from django.utils import timezone

from portal import job_days
from portal.models import Organization
from portal.outbound import CallState
from privacy import catalog, intake
from privacy.checking import Summary
from privacy.models import PrivacyRequest, Submission, Upload
from privacy.schema import Envelope
from privacy.standing import Calls
from privacy.statuses import Action, UploadStatus

# So many days, and so many other requests, are told one by one.
MOST_LINES = 12
# No calendar goes further than this: such a plan says only that it never ends.
_FARTHEST_DAYS = 200_000


@dataclass(frozen=True)
class Batch:
    """Calls of one request that are alike: `jobs` in each, not to go before the day `earliest` (UTC)."""

    key: uuid.UUID | str
    due_on: date | None
    earliest: date
    jobs: int
    calls: int


@dataclass(frozen=True)
class Day:
    """What of one request goes on one day (UTC)."""

    day: date
    calls: int
    jobs: int


@dataclass(frozen=True)
class Late:
    """The last part of a request goes `days` after the date of the law. Sending is compared; Adobe's own work comes after it."""

    due_on: date
    last_day: date
    days: int


@dataclass(frozen=True)
class Moved:
    """Another request of the organization whose last part goes later because of the new one."""

    number: str
    before: date
    after: date
    late: Late | None


@dataclass(frozen=True)
class Plan:
    """When the parts of one request go, and what that means for others. `days` is never empty for a request with calls.

    `alone`: a call of it is larger than the whole limit.
    """

    limit: int
    sent_today: int
    days: list[Day]
    late: Late | None
    moved: list[Moved]
    alone: bool
    today: date

    @property
    def is_spread(self) -> bool:
        """Whether not everything goes today."""
        return any(day.day > self.today for day in self.days)

    @property
    def first_days(self) -> list[Day]:
        """Those that are told one by one."""
        return self.days[:MOST_LINES]

    @property
    def further(self) -> list[Day]:
        """The days after them."""
        return self.days[MOST_LINES:]

    @property
    def further_calls(self) -> int:
        """How many calls go on those."""
        return sum(day.calls for day in self.further)

    @property
    def further_jobs(self) -> int:
        """How many jobs go on those."""
        return sum(day.jobs for day in self.further)

    @property
    def first_moved(self) -> list[Moved]:
        """The others that are told one by one."""
        return self.moved[:MOST_LINES]

    @property
    def moved_beyond(self) -> int:
        """How many more others go later."""
        return len(self.moved) - len(self.first_moved)

    @property
    def jobs_today(self) -> int:
        """How many of its jobs go today."""
        return sum(day.jobs for day in self.days if day.day == self.today)

    @property
    def jobs_later(self) -> int:
        """How many of its jobs go on a later day."""
        return sum(day.jobs for day in self.days if day.day > self.today)

    @property
    def needs_words(self) -> bool:
        """Whether there is anything that a person should know before it begins."""
        return self.is_spread or self.late is not None or bool(self.moved) or self.alone


# --- For an upload, and for a request that is under way ---


def for_upload(upload: Upload, envelope: Envelope, summary: Summary) -> Plan | None:
    """What confirming it now would mean. None where it is not to be confirmed, or the organization has no limit."""
    organization = upload.organization
    if not organization.jobs_per_day or upload.status != UploadStatus.READY:
        return None
    earliest = _day(intake.recall_until(organization) or timezone.now())
    new = []
    for part in _parts(summary):
        due_on = catalog.earliest_due(envelope.regulation, part.actions, upload.received_on)
        sizes = _sizes(part, organization.max_people_per_call)
        new += [Batch("new", due_on, earliest, size, count) for size, count in sizes]
    return _plan(organization, new, "new")


def for_request(request: PrivacyRequest, calls: Calls | None = None) -> Plan | None:
    """When what of it still waits will go. None where the organization has no limit or nothing of it waits.

    `calls`: its calls, where they are counted already.
    """
    organization = request.organization
    if not organization.jobs_per_day or not (calls or Calls.of(request)).queued:
        return None
    return _plan(organization, [], request.pk)


def _plan(organization: Organization, new: list[Batch], key: uuid.UUID | str) -> Plan:
    limit, sent, today = organization.jobs_per_day, job_days.sent_today(organization), _day(timezone.now())
    queued = waiting(organization)
    days = spread([*queued, *new], limit, sent, today)
    zone = ZoneInfo(organization.time_zone)
    mine = [one for one in [*queued, *new] if one.key == key]
    return Plan(
        limit=limit,
        sent_today=sent,
        days=days.get(key, []),
        late=_late([one.due_on for one in mine], days.get(key, []), zone),
        moved=_moved(queued, spread(queued, limit, sent, today), days, zone) if new else [],
        alone=any(one.jobs > limit for one in mine),
        today=today,
    )


def waiting(organization: Organization) -> list[Batch]:
    """Everything of an organization that waits to be sent, but for deletes that wait for results of access."""
    rows = (
        Submission.objects.filter(request__organization=organization, state=CallState.QUEUED, waits_for_access=False)
        .exclude(expected_jobs=0)
        .values_list("request_id", "request__due_on", "request__recall_until", "expected_jobs")
        .annotate(calls=Count("pk"), next_at=Max("next_attempt_at"))
        .order_by("request_id")
    )
    return [
        Batch(request_id, due_on, _day(max(next_at, recall_until or next_at)), jobs, calls)
        for request_id, due_on, recall_until, jobs, calls, next_at in rows
    ]


# --- Spreading over days ---


def spread(batches: Sequence[Batch], limit: int, sent_today: int, today: date) -> dict[uuid.UUID | str, list[Day]]:
    """For the key of each batch: what of it goes on which day.

    Every call goes on the first day with room that those before it have left, as the queue does it day after day.
    """
    smallest = min((one.jobs for one in batches), default=0)
    left: dict[int, int] = {0: limit - sent_today}
    found: dict[uuid.UUID | str, dict[int, Day]] = defaultdict(dict)
    first_open = 0
    for batch in sorted(batches, key=lambda one: one.due_on or date.max):
        while left.get(first_open, limit) < min(smallest, limit):
            first_open += 1
        number, calls = max((batch.earliest - today).days, first_open), batch.calls
        while calls and number < _FARTHEST_DAYS:
            room = left.get(number, limit)
            # On a day on which nothing went yet a call goes however large it is.
            goes = min(calls, room // batch.jobs or int(room == limit)) if room > 0 else 0
            if goes:
                left[number] = max(room - goes * batch.jobs, 0)
                before = found[batch.key].get(number, Day(today, 0, 0))
                day = today + timedelta(days=number)
                found[batch.key][number] = Day(day, before.calls + goes, before.jobs + goes * batch.jobs)
                calls -= goes
            number += 1
    return {key: [days[number] for number in sorted(days)] for key, days in found.items()}


def _late(due_dates: Iterable[date | None], days: Sequence[Day], zone: ZoneInfo) -> Late | None:
    due_on = min((one for one in due_dates if one is not None), default=None)
    if due_on is None or not days:
        return None
    last = _local(days[-1].day, zone)
    return Late(due_on, last, (last - due_on).days) if last > due_on else None


def _moved(
    queued: Sequence[Batch], before: dict[uuid.UUID | str, list[Day]], after: dict[uuid.UUID | str, list[Day]], zone: ZoneInfo
) -> list[Moved]:
    """The requests that wait and end later than they would have."""
    later = [key for key, days in before.items() if key in after and after[key][-1].day > days[-1].day]
    numbers = dict(PrivacyRequest.objects.filter(pk__in=later).values_list("pk", "number"))
    due = {one.key: one.due_on for one in queued}
    moved = [
        Moved(numbers[key], before[key][-1].day, after[key][-1].day, _late([due[key]], after[key], zone))
        for key in later
        if isinstance(key, uuid.UUID)
    ]
    # Those that a person has to know of come first.
    return sorted(moved, key=lambda one: (one.late is None, one.number))


# --- Sizes and days ---


@dataclass(frozen=True)
class _Part:
    """What one request of a file will be."""

    actions: list[str]
    people: int
    jobs: int
    calls: int


def _parts(summary: Summary) -> list[_Part]:
    """The request that a file becomes, or both: nobody opts out beside access or deletion."""
    counts = {Action.ACCESS: summary.access_people, Action.DELETE: summary.delete_people}
    opted_out = summary.opt_out_people
    parts = [
        _Part(
            actions=[action for action, people in counts.items() if people],
            people=summary.people - opted_out,
            jobs=summary.jobs - opted_out,
            calls=summary.access_delete_calls,
        ),
        _Part([Action.OPT_OUT], opted_out, opted_out, summary.opt_out_calls),
    ]
    return [part for part in parts if part.calls]


def _sizes(part: _Part, most_people: int) -> list[tuple[int, int]]:
    """(jobs of a call, how many such calls): full calls and a rest where people fill them, else all about the same."""
    a_full_call = round(most_people * part.jobs / part.people)
    full = part.people // most_people if part.calls == math.ceil(part.people / most_people) else 0
    sizes = [(a_full_call, full)]
    if part.calls > full:
        size, larger = divmod(part.jobs - full * a_full_call, part.calls - full)
        sizes += [(size + 1, larger), (size, part.calls - full - larger)]
    return [(size, count) for size, count in sizes if size > 0 and count > 0]


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _local(day: date, zone: ZoneInfo) -> date:
    """The organization's own date when a day (UTC) begins; of today, the date that it is now."""
    begins = datetime.combine(day, time(), UTC)
    return max(begins, timezone.now()).astimezone(zone).date()
