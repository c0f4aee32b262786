"""What Adobe sends to our address: checked, stored, answered. Everything else is done later (working.py).

Adobe waits ten seconds, delivers again after 429 and 5xx, and gives an event up after any other refusal (Adobe I/O Events,
delivery). So only what can never be taken is refused for good.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.db import connection

from portal import clock, steps
from portal.adobe import event_signatures
from portal.adobe.event_signatures import KeySource, KeyUnavailable
from portal.adobe.transport import Transport
from portal.models import DataKey, Wakeup
from privacy.events import reading
from privacy.events.together import NotWritten, Together
from privacy.models import AdobeEvent, EventSource
from privacy.statuses import EventState, EventWay

logger = logging.getLogger(__name__)

STEP = "events"
# Adobe's batches have 2 MB and 20 events at most.
LARGEST_BODY = 2_500_000
MOST_EVENTS = 1000
# How long a process goes by what it read of a registration.
RECIPIENT_SECONDS, MOST_RECIPIENTS = 5.0, 1000
_CHALLENGE = re.compile(r"[0-9A-Za-z._~-]{1,200}")

# Adobe's other way to see whether an address is ours: kept among the events until it is worked off. No type of an event that is
# kept has a space.
VALIDATION = "address validation"
# Adobe asks once for each registration, and whenever one is edited.
MOST_VALIDATIONS = 5
_LONGEST_ADDRESS = 1000

# Twice a connect and an answer stay below Adobe's ten seconds.
_KEY_CONNECT_SECONDS, _KEY_READ_SECONDS, _KEY_PAUSES = 1.5, 2.0, (0.2,)


@dataclass(frozen=True)
class Recipient:
    """A registration that Adobe may call, and what is needed to take its deliveries."""

    source_id: uuid.UUID
    client_id: str
    data_key: DataKey = field(repr=False)
    read_at: float = field(repr=False)


_recipients: dict[uuid.UUID, Recipient] = {}


def find_recipient(source_id: uuid.UUID) -> Recipient | None:
    """The registration that an address belongs to, while Adobe may call it; known for a few seconds without asking again."""
    known = _recipients.get(source_id)
    if known is not None and time.monotonic() - known.read_at < RECIPIENT_SECONDS:
        return known
    found = _read_recipient(source_id)
    if found is None:
        _recipients.pop(source_id, None)
        return None
    if len(_recipients) >= MOST_RECIPIENTS:
        _recipients.clear()
    _recipients[source_id] = found
    return found


def _read_recipient(source_id: uuid.UUID) -> Recipient | None:
    called = EventSource.objects.filter(pk=source_id, way=EventWay.WEBHOOK).select_related("organization__data_key")
    source: EventSource | None = called.first()
    if source is None:
        return None
    return Recipient(source.pk, source.organization.client_id, source.organization.data_key, time.monotonic())


def forget_recipients() -> None:
    """Something about them has changed. Other processes see it within RECIPIENT_SECONDS."""
    _recipients.clear()


def is_challenge(value: str) -> bool:
    """Whether a value is one that we send back: Adobe's are UUIDs."""
    return _CHALLENGE.fullmatch(value) is not None


def receive(recipient: Recipient, body: bytes, headers: Mapping[str, str]) -> int:
    """Take a delivery. Returns the HTTP status to answer with, which is all that a caller is told."""
    value = _read(body)
    if isinstance(value, dict) and isinstance(value.get("validationUrl"), str):
        return _take_validation(recipient, value["validationUrl"], body)
    events = value if isinstance(value, list) else [value]
    if len(events) > MOST_EVENTS:
        return 413
    # Before the signature: who does not even know the client id makes us fetch no key.
    if not events or not all(reading.is_for(event, recipient.client_id) for event in events):
        return _refused(recipient, "is for somebody else, or unreadable")
    try:
        if not event_signatures.verify(body, headers, keys()):
            return _refused(recipient, "is not signed by Adobe")
    except KeyUnavailable:
        logger.warning("a delivery to event source %s waits: Adobe's key cannot be had now", recipient.source_id)
        return 503
    single = not isinstance(value, list)
    read = [reading.read_event(event, body if single else reading.as_bytes(event)) for event in events]
    try:
        _writing.put(reading.rows_of(recipient.source_id, recipient.data_key, read))
    except NotWritten:
        return 503
    return 200


def _write(rows: list[reading.EventRow]) -> None:
    reading.insert(rows)
    wake()


_writing = Together(_write)


def wake() -> None:
    """Wake the step, for one short query when that was done a moment ago. In plain SQL for the reason that storing is."""
    still_on_its_way = clock.read() - steps.LOST_AFTER
    with connection.cursor() as cursor:
        cursor.execute(_IS_WOKEN, [STEP, _PUBLISHED_AT.get_db_prep_value(still_on_its_way, connection)])
        is_woken = cursor.fetchone() is not None
    if not is_woken:
        steps.wake(STEP)


_PUBLISHED_AT = Wakeup._meta.get_field("published_at")
_IS_WOKEN = f"SELECT 1 FROM {Wakeup._meta.db_table} WHERE step = %s AND published_at > %s"  # noqa: S608 - names of our own model


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _refused(recipient: Recipient, why: str) -> int:
    logger.warning("a delivery to event source %s %s", recipient.source_id, why)
    return 401


# --- Keys ---


@cache
def keys() -> KeySource:
    """The keys that this process knows."""
    transport = Transport(_KEY_CONNECT_SECONDS, _KEY_READ_SECONDS, settings.ADOBE_CA_FILE or None, _KEY_PAUSES)
    return KeySource(transport, settings.ADOBE_EVENT_KEYS_URL)


def _settings_changed(*, setting: str, **_: Any) -> None:
    if setting in {"ADOBE_EVENT_KEYS_URL", "ADOBE_CA_FILE"}:
        keys.cache_clear()


setting_changed.connect(_settings_changed, dispatch_uid="privacy.events.keys")


# --- The second way of validation ---


def is_validation_address(address: str) -> bool:
    """Whether this is Adobe's page of validations: the host and the path are ours to know, only the query is Adobe's."""
    pages = settings.ADOBE_EVENT_VALIDATION_URLS
    return len(address) <= _LONGEST_ADDRESS and any(re.fullmatch(rf"{re.escape(page)}\?[\x21-\x7e]+", address) for page in pages)


def _take_validation(recipient: Recipient, address: str, body: bytes) -> int:
    """Nobody signs these, so nothing comes of one but a look at Adobe's own page, later."""
    if not is_validation_address(address):
        return _refused(recipient, "names a page of validation that is not Adobe's")
    waiting = AdobeEvent.objects.filter(source=recipient.source_id, event_type=VALIDATION, state=EventState.WAITING)
    if waiting.filter(received_at__gt=clock.now() - timedelta(minutes=5)).count() >= MOST_VALIDATIONS:
        return 503
    event_id = f"sha256:{hashlib.sha256(address.encode()).hexdigest()}"
    reading.store(
        recipient.source_id, recipient.data_key, [reading.ReadEvent(event_id, VALIDATION, "", body, EventState.WAITING)]
    )
    steps.wake(STEP)
    return 200
