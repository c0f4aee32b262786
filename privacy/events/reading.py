"""One event as Adobe spells it, and how it is kept. Lenient: field names differ by age and way, and nothing is thrown away."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from portal import clock, crypto
from portal.ids import new_id
from privacy.models import AdobeEvent
from privacy.statuses import EventState

# The last part of Adobe's names (com.adobe.platform.gdpr.…), which still say gdpr whatever the law is.
KINDS = frozenset({"jobcomplete", "joberror", "productcomplete", "producterror"})
# The underscore names go away at the end of 2026.
_EVENT_IDS = ("eventid", "event_id", "id")
_RECIPIENTS = ("recipientclientid", "recipient_client_id")
_JOB_IDS = ("jobId", "jobID", "job_id")
# The values of _COLUMNS.
EventRow = tuple[Any, ...]
# SQLite takes some 30,000 values in a statement.
MOST_IN_STATEMENT = 1000
_ID = re.compile(r"[\x21-\x7e]{1,255}")
_TYPE = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True)
class ReadEvent:
    """What is used of an event. `raw` is all of it."""

    event_id: str
    event_type: str
    job_id: str
    raw: bytes = field(repr=False)
    state: EventState


def read_event(event: Any, raw: bytes) -> ReadEvent:
    """From the JSON value and its bytes. An event without an id of its own goes by its digest."""
    fields = event if isinstance(event, dict) else {}
    given = next((text for name in _EVENT_IDS if (text := _plain(fields.get(name), _ID))), "")
    kind = _plain(fields.get("type"), _TYPE)
    return ReadEvent(
        event_id=given or f"sha256:{hashlib.sha256(raw).hexdigest()}",
        event_type=kind,
        job_id=_job_id(fields),
        raw=raw,
        # One of a kind that we do not know is only kept.
        state=EventState.WAITING if kind.rpartition(".")[2] in KINDS else EventState.UNKNOWN,
    )


def as_bytes(event: Any) -> bytes:
    """One event of many, to be kept by itself."""
    return json.dumps(event, separators=(",", ":")).encode()


def is_for(event: Any, client_id: str) -> bool:
    """Whether the event names this client as its recipient, in every spelling that it has."""
    if not isinstance(event, dict):
        return False
    named = {str(event[name]) for name in _RECIPIENTS if event.get(name)}
    return named == {client_id}


def store(source_id: uuid.UUID, data_key: crypto.KeyRow, events: Sequence[ReadEvent]) -> None:
    """Keep events, sealed under their organization's key. One that is there already stays as it is: Adobe may deliver twice."""
    insert(rows_of(source_id, data_key, events))


def rows_of(source_id: uuid.UUID, data_key: crypto.KeyRow, events: Sequence[ReadEvent]) -> list[EventRow]:
    """What `insert` takes. Raises CannotDecrypt."""
    now, seal = clock.read(), AdobeEvent.raw.sealer(AdobeEvent, data_key)
    return [
        (new_id(), source_id, event.event_id, event.event_type, event.job_id, event.state.value, now, now, seal(event.raw))
        for event in events
    ]


def insert(rows: Sequence[EventRow]) -> None:
    """Keep rows, up to a thousand in a statement.

    Plain SQL, because this is nearly all that an event costs, and the ORM takes several times as long for a single row.
    """
    for start in range(0, len(rows), MOST_IN_STATEMENT):
        some = rows[start : start + MOST_IN_STATEMENT]
        prepared = [one(value, connection) for row in some for one, value in zip(_PREPARE, row, strict=True)]
        with connection.cursor() as cursor:
            cursor.execute(f"{_INSERT} VALUES {', '.join([_PLACES] * len(some))} ON CONFLICT DO NOTHING", prepared)


_COLUMNS = (
    "id",
    "source_id",
    "event_id",
    "event_type",
    "adobe_job_id",
    "state",
    "received_at",
    "next_attempt_at",
    "raw_sealed",
)
_FIELDS = {field.attname: field for field in AdobeEvent._meta.concrete_fields}
_PREPARE = [_FIELDS[name].get_db_prep_save for name in _COLUMNS]
_PLACES = f"({', '.join(['%s'] * len(_COLUMNS))})"
_INSERT = f"INSERT INTO {AdobeEvent._meta.db_table} ({', '.join(_COLUMNS)})"


def _job_id(fields: dict[str, Any]) -> str:
    """From `data.value.jobId`, as the only published sample has it, or from a level above."""
    data = fields.get("data")
    value = data.get("value") if isinstance(data, dict) else None
    for place in (value, data):
        if isinstance(place, dict):
            for name in _JOB_IDS:
                if found := _plain(place.get(name), _ID):
                    return found
    return ""


def _plain(value: Any, pattern: re.Pattern[str]) -> str:
    return value if isinstance(value, str) and pattern.fullmatch(value) else ""
