"""What an organization may still send to Adobe today, this month, and how many dataset expirations it may have.

Adobe counts accepted identities; the day begins at 00:00 GMT, the month on the 1st (Data Hygiene API, quotas). Its names have
changed over the years: both generations are known, what is unknown is shown as it came and stands in nobody's way.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, Subquery, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from hygiene.models import QuotaReading, WorkOrder
from portal import clock, connections, steps
from portal.models import Organization
from portal.outbound import CallState


class Period(StrEnum):
    """When a quota begins anew. Expirations are a number that stands at any time."""

    DAY = "day"
    MONTH = "month"
    STANDING = ""


@dataclass(frozen=True)
class _Kind:
    words: str
    period: Period
    counts_identities: bool


# Data Hygiene API, quota: today's names, then those of older pages. `deleteIdentityWorkOrderDatasetQuota` was monthly.
_KINDS = {
    "dailyConsumerDeleteIdentitiesQuota": _Kind(noop("Identities in record deletes, today"), Period.DAY, True),
    "monthlyConsumerDeleteIdentitiesQuota": _Kind(noop("Identities in record deletes, this month"), Period.MONTH, True),
    "deleteIdentityWorkOrderDatasetQuota": _Kind(noop("Identities in record deletes, this month"), Period.MONTH, True),
    "datasetExpirationQuota": _Kind(noop("Dataset expirations"), Period.STANDING, False),
    "expirationDatasetQuota": _Kind(noop("Dataset expirations"), Period.STANDING, False),
    "monthlyUpdatedFieldIdentitiesQuota": _Kind(noop("Identities in field updates, this month"), Period.MONTH, False),
    "fieldUpdateWorkOrderDatasetQuota": _Kind(noop("Identities in field updates, this month"), Period.MONTH, False),
}


@dataclass(frozen=True)
class QuotaLine:
    """One quota, for a bar. `resets_at` is None where nothing begins anew, or nobody knows when."""

    name: str
    words: str
    consumed: int
    limit: int
    left: int
    resets_at: datetime | None
    counts_identities: bool = False

    @property
    def percent(self) -> int:
        """How much of it is used, at most 100."""
        return min(100 * self.consumed // self.limit, 100) if self.limit > 0 else 100


def read_now(organization: Organization) -> QuotaReading:
    """Ask Adobe, keep the answer, and let work orders go on that fit now. Raises portal.adobe.errors.AdobeError."""
    reading = read(organization)
    _let_fitting_go(organization, reading)
    return reading


def read(organization: Organization) -> QuotaReading:
    """Ask Adobe and keep the answer. Raises portal.adobe.errors.AdobeError."""
    answers = connections.hygiene_for(organization).quotas()
    quotas = [
        {"name": one.name[:200], "description": one.description[:500], "consumed": one.consumed, "quota": one.quota}
        for one in answers
    ]
    with transaction.atomic():
        reading: QuotaReading = QuotaReading.objects.create(organization=organization, quotas=quotas)
        # The last one counts, and a call reads them before it goes: the others would only pile up.
        QuotaReading.objects.filter(organization=organization, read_at__lt=reading.read_at - timedelta(days=40)).delete()
    return reading


def newest(organization: Organization) -> QuotaReading | None:
    """Adobe's last answer, or None when it was never asked."""
    return QuotaReading.objects.filter(organization=organization).order_by("-read_at").first()


def newest_of(organizations: Collection[Organization]) -> dict[UUID, QuotaReading]:
    """Adobe's last answer about each of these that it was asked about, by the organization's id; with one statement."""
    of_one = QuotaReading.objects.filter(organization=OuterRef("pk")).order_by("-read_at")
    chosen = Organization.objects.filter(pk__in=[one.pk for one in organizations]).order_by()
    readings = QuotaReading.objects.filter(pk__in=chosen.values(newest=Subquery(of_one.values("pk")[:1])))
    return {reading.organization_id: reading for reading in readings}


def lines(reading: QuotaReading, now: datetime | None = None) -> list[QuotaLine]:
    """Its quotas as they stand now: what has begun anew since the reading is unused."""
    return [_line(entry, reading.read_at, now or timezone.now()) for entry in reading.quotas]


def room(organization: Organization, now: datetime) -> int | None:
    """How many identities may still go today, by Adobe's last answer; None when that is not known."""
    reading = newest(organization)
    return None if reading is None else left(reading, now)


def left(reading: QuotaReading, now: datetime) -> int | None:
    """How many identities may still go today by this answer; None when it limits nothing."""
    return min((line.left for line in lines(reading, now) if line.counts_identities), default=None)


def largest(organization: Organization) -> int | None:
    """The most identities that could ever go in one day, by Adobe's last answer; None when that is not known."""
    reading = newest(organization)
    limits = [line.limit for line in lines(reading) if line.counts_identities and line.limit > 0] if reading else []
    return min(limits, default=None)


def in_flight(organization: Organization) -> int:
    """Identities of work orders that are being sent at this moment: Adobe may not have counted them yet."""
    sending = WorkOrder.objects.filter(organization=organization, state=CallState.SENDING)
    return sending.aggregate(total=Sum("identities"))["total"] or 0


def fits_at(reading: QuotaReading, identities: int, now: datetime) -> datetime | None:
    """None when so many identities fit now; else the next reset after which they may."""
    short = [line for line in lines(reading, now) if line.counts_identities and line.left < identities]
    resets = [line.resets_at for line in short if line.resets_at is not None]
    return max(resets, default=None)


def never_fits(reading: QuotaReading, identities: int) -> bool:
    """Whether so many identities are more than a whole quota. One of nothing at all may yet be granted: that is waited for."""
    return any(0 < line.limit < identities for line in lines(reading) if line.counts_identities)


def next_reset(period: Period, now: datetime) -> datetime | None:
    """The next 00:00 GMT, of a day or of the 1st of a month."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if period == Period.DAY:
        return midnight + timedelta(days=1)
    if period == Period.MONTH:
        return (midnight.replace(day=1) + timedelta(days=32)).replace(day=1)
    return None


@dataclass(frozen=True)
class Departure:
    """When a number of work orders may go: `at` is None for now."""

    at: datetime | None
    orders: int
    identities: int


def plan(reading: QuotaReading | None, sizes: Sequence[int], now: datetime) -> list[Departure]:
    """When work orders of these sizes may go, in order, if nothing else used the quota. All now when no quota is known."""
    budgets = _budgets(reading, now)
    departures: list[Departure] = []
    at: datetime | None = None
    moment = now
    waits = 0
    for size in sizes:
        while waits < 1000 and (reset := _short_until(budgets, size, moment)) is not None:
            at = moment = reset
            waits += 1
            _renew(budgets, moment)
        for budget in budgets:
            budget.left -= size
        if departures and departures[-1].at == at:
            last = departures[-1]
            departures[-1] = Departure(at, last.orders + 1, last.identities + size)
        else:
            departures.append(Departure(at, 1, size))
    return departures


@dataclass
class _Budget:
    period: Period
    limit: int
    left: int
    resets_at: datetime


def _budgets(reading: QuotaReading | None, now: datetime) -> list[_Budget]:
    counted = [line for line in lines(reading, now) if line.counts_identities] if reading else []
    return [_Budget(_KINDS[line.name].period, line.limit, line.left, line.resets_at) for line in counted if line.resets_at]


def _short_until(budgets: Sequence[_Budget], size: int, moment: datetime) -> datetime | None:
    """The next reset to wait for; None when it fits, and for one that is larger than a whole quota: it is never planned."""
    short = [budget for budget in budgets if budget.left < size <= budget.limit]
    return max((budget.resets_at for budget in short if budget.resets_at > moment), default=None)


def _renew(budgets: Sequence[_Budget], moment: datetime) -> None:
    for budget in budgets:
        if budget.resets_at <= moment:
            budget.left = budget.limit
            budget.resets_at = next_reset(budget.period, moment) or moment


def _line(entry: dict[str, object], read_at: datetime, now: datetime) -> QuotaLine:
    name, consumed, limit = str(entry["name"]), int(str(entry["consumed"])), int(str(entry["quota"]))
    kind = _KINDS.get(name, _Kind(str(entry.get("description") or "") or name, Period.STANDING, False))
    reset = next_reset(kind.period, read_at)
    if reset is not None and reset <= now:
        consumed = 0
    return QuotaLine(
        name=name,
        words=_(kind.words),
        consumed=consumed,
        limit=limit,
        left=max(limit - consumed, 0),
        resets_at=next_reset(kind.period, now),
        counts_identities=kind.counts_identities,
    )


def _let_fitting_go(organization: Organization, reading: QuotaReading) -> None:
    """Work orders that wait for a reset, and for which there is room after all."""
    now = clock.read()
    waiting = WorkOrder.objects.filter(organization=organization, state=CallState.QUEUED, waits_for_quota_until__isnull=False)
    available = left(reading, now)
    fitting = waiting if available is None else waiting.filter(identities__lte=available)
    if fitting.update(next_attempt_at=now, waits_for_quota_until=None):
        steps.wake("hygiene-submit")
