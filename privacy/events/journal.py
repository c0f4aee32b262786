"""Reading the journal of organizations that open no port to Adobe. Adobe keeps its events for seven days."""

from __future__ import annotations

import logging
import time
import uuid
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from portal import clock, connections, crypto, leases, runtime, sending, steps
from portal.adobe import errors
from portal.adobe.journal import Journal, JournalPage
from portal.outbound import backoff
from privacy.events import health, reading, receiving
from privacy.models import EventSource

logger = logging.getLogger(__name__)

LEASE_SECONDS = 240.0
# One turn takes no longer than this; a long journal is read in several.
READ_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 900.0
# What the columns take.
LONGEST_POSITION, LONGEST_NEXT = 500, 2000


def read_next() -> int:
    """Read one journal on. Returns how many were read."""
    lease, ids = leases.take(EventSource.objects.to_read(clock.now()), "next_read_at", most=1, seconds=LEASE_SECONDS)
    for source in EventSource.objects.filter(pk__in=ids, lease=lease).select_related("organization__data_key"):
        read(source)
    return len(ids)


def read(source: EventSource) -> None:
    """From where the last reading ended to the end of the journal, or as far as one turn goes."""
    until = time.monotonic() + READ_SECONDS
    try:
        while time.monotonic() < until:
            page = _journal(source).read(since=source.journal_position, next_address=source.journal_next)
            if not _keep(source, page):
                # Somebody else reads it by now, or it was switched off.
                return
            if page.is_end:
                _ended(source, page)
                return
    except errors.AdobeError as error:
        _failed(source, error)
    except crypto.CannotDecrypt:
        logger.error("event source %s cannot be read: its keys do not open", source.pk)  # noqa: TRY400 - says all there is to say
        _failed(source, errors.BadAnswer(code="cannot_decrypt"))
    else:
        _ours(source).update(next_read_at=clock.now(), failures=0, last_error="")


def _journal(source: EventSource) -> Journal:
    organization = source.organization
    return Journal(
        connections.credentials_of(organization),
        connections.DatabaseTokens(organization),
        connections.transport(),
        source.journal_url,
        meter=connections.OrganizationMeter(organization),
    )


def _ours(source: EventSource) -> QuerySet[EventSource]:
    rows: QuerySet[EventSource] = EventSource.objects.filter(pk=source.pk, lease=source.lease)
    return rows


def _keep(source: EventSource, page: JournalPage) -> bool:
    """Store a page and where it ends, both or neither. False when the journal is not ours any more."""
    places = _places_after(source, page)
    with transaction.atomic():
        if not _ours(source).update(**places, next_read_at=clock.now() + timedelta(seconds=LEASE_SECONDS)):
            return False
        events = [reading.read_event(event, reading.as_bytes(event)) for event in page.events]
        reading.store(source.pk, source.organization.data_key, events)
        if page.events:
            steps.wake(receiving.STEP)
    source.journal_position, source.journal_next = places["journal_position"], places["journal_next"]
    return True


def _places_after(source: EventSource, page: JournalPage) -> dict[str, Any]:
    """Where to go on. Raises BadAnswer when Adobe names no place that could be kept."""
    position, onward = page.position or source.journal_position, page.next_address
    if page.is_end and not onward:
        onward = source.journal_next
    if len(onward) > LONGEST_NEXT:
        onward = ""
    if len(position) > LONGEST_POSITION:
        if not onward:
            raise errors.BadAnswer(code="unkeepable")
        position = source.journal_position
    return {"journal_position": position, "journal_next": onward}


def _ended(source: EventSource, page: JournalPage) -> None:
    wait = max(page.retry_after or 0.0, runtime.fraction("JOURNAL_EVERY_SECONDS"))
    now = clock.now()
    _ours(source).update(confirmed_at=now, next_read_at=now + timedelta(seconds=wait), failures=0, last_error="", lease=None)


def _failed(source: EventSource, error: errors.AdobeError) -> None:
    """Later again. Only refused credentials concern more than the journal."""
    if isinstance(error, errors.OrganizationBlocked):
        sending.hold(source.organization, error.reason, error.words)
    # Our own limits are no failure of the journal.
    failures = source.failures + (0 if isinstance(error, errors.Paced) else 1)
    asked = error.retry_after or 0.0 if isinstance(error, errors.Throttled) else 0.0
    wait = max(
        asked, backoff(failures, first=min(10.0, runtime.fraction("JOURNAL_EVERY_SECONDS")), longest=LONGEST_PAUSE_SECONDS)
    )
    _ours(source).update(
        next_read_at=clock.now() + timedelta(seconds=wait),
        failures=failures,
        last_error=type(error).__name__,
        **_other_way_in(source, error),
    )
    if not health.are_reliable(source):
        health.fall_back(source.organization_id)


def _other_way_in(source: EventSource, error: errors.AdobeError) -> dict[str, str]:
    """A place that Adobe does not have any more is left: first the address of the next page, then the position.

    What is read a second time is known by its id.
    """
    if not isinstance(error, errors.NotFound | errors.HostRefused | errors.BadAnswer):
        return {}
    if source.journal_next:
        return {"journal_next": ""}
    return {"journal_position": ""} if isinstance(error, errors.NotFound) else {}


def begin_again(source_id: uuid.UUID) -> None:
    """Another journal address: from its oldest event on, at once."""
    EventSource.objects.filter(pk=source_id).update(
        journal_position="",
        journal_next="",
        next_read_at=clock.now(),
        lease=None,
        failures=0,
        last_error="",
        confirmed_at=None,
    )
