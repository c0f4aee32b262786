"""How fast calls to Adobe go out: one rate for each organization, whichever process on whichever machine makes the call.

The generic cell rate algorithm, in one row and one conditional UPDATE a call. `Pace.free_at` is when the next call would go if
calls went evenly, `interval` seconds apart; a call goes up to `lead` seconds before that. From any call on, at t, the n-th one
more finds `free_at` at t + n * interval or later, so it goes at t + n * interval - lead at the earliest. `rate_of` chooses the
two so that the call after the last one allowed falls outside of the window.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection

from portal.adobe.errors import Paced
from portal.adobe.metering import ONCE, Patience
from portal.models import Organization, Pace

# A call may leave up to a second later than it was allowed to and the last of its minute just in time; hence more than a minute.
WINDOW_SECONDS = 61.0
# A tenth of the limit may go at once after a pause; the rest of the limit refills it.
BURST_SHARE = 10
# Those who were refused together do not come back together.
JITTER_SECONDS = 0.25


@dataclass(frozen=True)
class Rate:
    """Calls go `interval` seconds apart and may run `lead` seconds ahead of that. Both 0: there is no limit."""

    interval: float
    lead: float


def rate_of(calls_per_minute: int) -> Rate:
    """The rate at which no minute sees more calls than this; 0: no limit."""
    if not calls_per_minute:
        return Rate(0.0, 0.0)
    burst = max(calls_per_minute // BURST_SHARE, 1)
    interval = WINDOW_SECONDS / (calls_per_minute - burst + 1)
    return Rate(interval, (burst - 1) * interval)


@dataclass(frozen=True)
class TimeSource:
    """Where the time comes from. `now` of None is the database's clock: one for all machines."""

    now: Callable[[], float] | None = None
    sleep: Callable[[float], None] = time.sleep


_TIME = TimeSource()


def ahead_of(patience: Patience, rate: Rate) -> float:
    """How many seconds away a place may be at most to be taken."""
    return min(patience.ahead + patience.intervals * rate.interval, patience.longest)


def wait(organization: Organization, patience: Patience, source: TimeSource = _TIME) -> None:
    """Take the next place in the organization's rate and return when its time has come. Raises Paced.

    To be called outside of a transaction: all processes share the row, and it must not stay locked.
    """
    rate = rate_of(organization.calls_per_minute)
    ahead, left = ahead_of(patience, rate), patience.longest
    while True:
        taken, delay = _take(organization, rate, ahead, source)
        if taken:
            break
        pause = delay - ahead + random.uniform(0, JITTER_SECONDS)  # noqa: S311 - spreads the load, hides nothing
        if pause > left:
            raise Paced(delay)
        source.sleep(pause)
        left -= pause
    if delay > 0:
        source.sleep(delay)


def seconds_until_free(organization: Organization, source: TimeSource = _TIME) -> float:
    """How long a call would wait for its place now, if it were alone. Takes none."""
    lead = rate_of(organization.calls_per_minute).lead
    rows = _execute("SELECT free_at - {now} FROM portal_pace WHERE organization_id = %(organization)s", organization, source)
    return max((free_in - lead for free_in in rows), default=0.0)


def must_wait(organization: Organization) -> float:
    """Seconds that a call which changes something would be refused for; 0 when it may be tried now."""
    delay = seconds_until_free(organization)
    if delay <= ahead_of(ONCE, rate_of(organization.calls_per_minute)):
        return 0.0
    return delay + random.uniform(0, JITTER_SECONDS)  # noqa: S311 - spreads the load, hides nothing


def hold_back(organization: Organization, seconds: float, source: TimeSource = _TIME) -> None:
    """Adobe asked to wait: no call of the organization goes for so long, and none in a burst after it."""
    _ensure_row(organization)
    until = seconds + rate_of(organization.calls_per_minute).lead
    _execute(
        "UPDATE portal_pace SET free_at = {now} + %(until)s "
        "WHERE organization_id = %(organization)s AND free_at < {now} + %(until)s RETURNING free_at",
        organization,
        source,
        until=until,
    )


def _take(organization: Organization, rate: Rate, ahead: float, source: TimeSource) -> tuple[bool, float]:
    """Whether a place at most `ahead` seconds away was taken, and how many seconds away it is, or the next one would be."""
    if rate.interval == 0:
        # Nothing is counted and the row is not written: only Adobe may have asked to wait.
        delay = seconds_until_free(organization, source)
        return delay <= ahead, delay
    taken = _advance(organization, rate, ahead, source)
    if not taken and _ensure_row(organization):
        taken = _advance(organization, rate, ahead, source)
    if taken:
        return True, max(taken[0] - rate.interval - rate.lead, 0.0)
    # Time went on between the two statements.
    return False, max(seconds_until_free(organization, source), ahead)


def _advance(organization: Organization, rate: Rate, ahead: float, source: TimeSource) -> list[float]:
    """Move `free_at` on by one call if it is near enough: how far from now it is then, or nothing."""
    return _execute(
        "UPDATE portal_pace SET free_at = {greatest}(free_at, {now}) + %(interval)s "
        "WHERE organization_id = %(organization)s AND free_at <= {now} + %(near)s RETURNING free_at - {now}",
        organization,
        source,
        interval=rate.interval,
        near=ahead + rate.lead,
    )


def _ensure_row(organization: Organization) -> bool:
    """Make the organization's row. False when it is there already."""
    if Pace.objects.filter(organization=organization).exists():
        return False
    Pace.objects.bulk_create([Pace(organization=organization)], ignore_conflicts=True)
    return True


def _execute(statement: str, organization: Organization, source: TimeSource, **values: float) -> list[float]:
    """The first column of what one statement gives. Django's own UPDATE cannot say what it has written."""
    postgresql = connection.vendor == "postgresql"
    now = "EXTRACT(EPOCH FROM statement_timestamp())::float8" if postgresql and source.now is None else "%(now)s"
    named = {
        "organization": Organization._meta.pk.get_db_prep_value(organization.pk, connection),
        "now": (source.now or time.time)(),
        **values,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement.format(now=now, greatest="GREATEST" if postgresql else "MAX"), named)
        return [float(row[0]) for row in cursor.fetchall()]
