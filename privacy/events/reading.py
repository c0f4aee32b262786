"""One event as Adobe spells it, and how it is kept. Lenient: field names differ by age and way, and nothing is thrown away."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from privacy.models import AdobeEvent, EventSource
from privacy.statuses import EventState

# The last part of Adobe's names (com.adobe.platform.gdpr.…), which still say gdpr whatever the law is.
KINDS = frozenset({"jobcomplete", "joberror", "productcomplete", "producterror"})
# The underscore names go away at the end of 2026.
_EVENT_IDS = ("eventid", "event_id", "id")
_RECIPIENTS = ("recipientclientid", "recipient_client_id")
_JOB_IDS = ("jobId", "jobID", "job_id")
_ID = re.compile(r"[\x21-\x7e]{1,255}")
_TYPE = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True)
class ReadEvent:
    """What is used of an event. `raw` is all of it."""

    event_id: str
    event_type: str
    job_id: str
    raw: bytes = field(repr=False)

    @property
    def state(self) -> EventState:
        """Waiting to be worked off, unless it is of a kind that we do not know."""
        return EventState.WAITING if self.event_type.rpartition(".")[2] in KINDS else EventState.UNKNOWN


def read_event(event: Any, raw: bytes) -> ReadEvent:
    """From the JSON value and its bytes. An event without an id of its own goes by its digest."""
    fields = event if isinstance(event, dict) else {}
    given = next((text for name in _EVENT_IDS if (text := _plain(fields.get(name), _ID))), "")
    return ReadEvent(
        event_id=given or f"sha256:{hashlib.sha256(raw).hexdigest()}",
        event_type=_plain(fields.get("type"), _TYPE),
        job_id=_job_id(fields),
        raw=raw,
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


def store(source: EventSource, events: Iterable[ReadEvent]) -> None:
    """Keep events in one statement. One that is there already stays as it is: Adobe delivers at least once."""
    AdobeEvent.objects.bulk_create([_row(source, event) for event in events], ignore_conflicts=True)


def _row(source: EventSource, event: ReadEvent) -> AdobeEvent:
    row = AdobeEvent(
        source=source,
        event_id=event.event_id,
        event_type=event.event_type,
        adobe_job_id=event.job_id,
        state=event.state,
    )
    row.raw = event.raw
    return row


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
