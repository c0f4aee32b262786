"""Writing iCalendar (RFC 5545): all-day events, folded and escaped as section 3.1 and 3.3.11 have it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, timedelta

from portal.calendar.feeds import Entry

# Octets of a line without its end.
LONGEST = 75


def write(entries: Iterable[Entry], *, name: str, address: str) -> bytes:
    """One calendar. `address`: of the portal, for the links."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Privacy Portal//Due dates//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escape(name)}",
        # How often programs come again, where they ask the calendar (RFC 7986).
        "REFRESH-INTERVAL;VALUE=DURATION:PT4H",
        *(line for entry in entries for line in _event(entry, address)),
        "END:VCALENDAR",
    ]
    return b"".join(fold(line) for line in lines)


def _event(entry: Entry, address: str) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{entry.uid}"
    yield f"DTSTAMP:{entry.changed_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    yield f"DTSTART;VALUE=DATE:{entry.day:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{entry.day + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{escape(entry.words)}"
    yield f"DESCRIPTION:{escape(entry.details)}"
    yield f"URL:{address}{entry.path}"
    # It takes nobody's time.
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def escape(text: str) -> str:
    """As a value of type TEXT; a control character, which none may hold, becomes a blank."""
    plain = text.replace("\r\n", "\n").replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
    return "".join(" " if ord(each) < 32 or ord(each) == 127 else each for each in plain)


def fold(line: str) -> bytes:
    """The line with its end, in pieces of 75 octets at most. No character is cut in two."""
    pieces: list[bytes] = []
    piece = b""
    for character in line:
        encoded = character.encode()
        # A piece that goes on begins with a blank, which counts.
        if len(piece) + len(encoded) > LONGEST - bool(pieces):
            pieces.append(piece)
            piece = b""
        piece += encoded
    return b"\r\n ".join([*pieces, piece]) + b"\r\n"
