"""Reads a JSON file as a stream: one parser for all sizes, constant memory.

What cannot be read as JSON at all is one FileProblem; what is wrong inside it is for the app whose file it is, and so is the
assembler that builds its values from parser events. The parser reports no positions and shows the text around an error, which
may be personal, so nothing of its messages is passed on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from decimal import DecimalException
from typing import Any, Final, Generic, Protocol, TypeVar

import ijson
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _

from portal.reading.entries import Entries, LongList
from portal.reading.problems import FileProblem
from portal.reading.text import BOM, TextWatch, refuse_other_formats

__all__ = ["MAX_DEPTH", "Assembles", "FileProblem", "LongList", "Readable", "read_json"]

CHUNK_BYTES: Final = 64 * 1024
MAX_DEPTH: Final = 100
_NOT_A_NUMBER: Final = re.compile(rb"-?(?:NaN|Infinity)\b")
_LONGEST_TEXT: Final = 1024 * 1024

Item = TypeVar("Item")
Item_co = TypeVar("Item_co", covariant=True)


class Readable(Protocol):
    """What a stream must be able to do; it need not seek."""

    def read(self, size: int = ..., /) -> bytes:
        """Up to `size` bytes; none at the end."""
        ...


class Assembles(Protocol[Item_co]):
    """Builds an app's items from parser events, within bounds of memory that it keeps itself."""

    @property
    def is_open(self) -> bool:
        """Whether the file's value has begun and not ended."""
        ...

    def take(self, events: Iterable[tuple[str, Any]]) -> Iterator[Item_co]:
        """What these events complete. Raises FileProblem."""
        ...


def read_json(
    stream: Readable,
    assembler: Assembles[Item],
    *,
    progress: Callable[[int], None] = lambda _: None,
    long_list: LongList[Item] | None = None,
) -> Iterator[Item]:
    """What the assembler makes of the file, in the file's order.

    `progress` gets the number of bytes read so far, once for each chunk. `long_list` is read several times faster. Raises
    FileProblem with one sentence for a person. Its message may name a key of the file: log its code only.
    """
    reader = _Reader(assembler, long_list)
    for position, chunk in _chunks(stream, progress):
        yield from reader.take(chunk, position)
    yield from reader.finish()


class _Reader(Generic[Item]):
    """Gives each part of the file to the parser, or, inside of the long list, to the faster reader of entries."""

    def __init__(self, assembler: Assembles[Item], long_list: LongList[Item] | None) -> None:
        self._assembler = assembler
        self._list = long_list
        self._entries: Entries[Item] | None = None
        self._events: Any = ijson.sendable_list()
        self._parser = ijson.basic_parse_coro(self._events)
        self._text = TextWatch()
        self._silent_bytes = 0

    def take(self, chunk: bytes, position: int) -> Iterator[Item]:
        """The next chunk, which begins at byte `position` of the file. Raises FileProblem."""
        self._text.check(chunk, position)
        if self._entries is not None:
            yield from self._read_entries(self._entries, chunk)
            return
        if self._list is not None:
            # A beginning that two chunks share is not seen: then the parser reads the list as well.
            for found in self._list.beginning.finditer(chunk):
                yield from self._parse(chunk[: found.end()])
                chunk = chunk[found.end() :]
                if self._list.is_entered():
                    self._entries = Entries(self._list)
                    yield from self._read_entries(self._entries, chunk)
                    return
        yield from self._parse(chunk)

    def finish(self) -> Iterator[Item]:
        """The end of the file. Raises FileProblem."""
        if self._entries is not None:
            yield from self._leave(self._entries)
        self._text.finish()
        if problem := _send(self._parser, b"", self._text):
            raise problem
        yield from self._assembler.take(self._events)

    def _read_entries(self, entries: Entries[Item], chunk: bytes) -> Iterator[Item]:
        yield from entries.feed(chunk)
        self._text.passed(entries.read)
        if entries.is_over:
            yield from self._leave(entries)

    def _leave(self, entries: Entries[Item]) -> Iterator[Item]:
        """The parser goes on from where the entries were read to. It was told nothing of them."""
        self._entries = self._list = None
        if entries.follows_comma:
            self._parser.send(b"0,")
            self._events.clear()
        yield from self._parse(entries.rest)

    def _parse(self, block: bytes) -> Iterator[Item]:
        events = self._events
        problem = _send(self._parser, block, self._text) if block else None
        # Blanks outside of the object are not kept by the parser; inside it they may be the inside of a text.
        silent = not events and not (block.isspace() and not self._assembler.is_open)
        self._silent_bytes = self._silent_bytes + len(block) if silent else 0
        yield from self._assembler.take(events)
        events.clear()
        if problem:
            raise problem
        if self._silent_bytes > _LONGEST_TEXT:
            raise FileProblem(
                "too-large",
                _("One text, or one stretch of blanks, in the file is longer than 1 MB. Check that no closing quote is missing."),
            )
        self._text.passed(block)


def _chunks(stream: Readable, progress: Callable[[int], None]) -> Iterator[tuple[int, bytes]]:
    """The file in full chunks with the place of their first byte, without a byte order mark.

    Raises FileProblem for what is plainly no UTF-8 JSON.
    """
    position = 0
    while chunk := _fill(stream):
        end = position + len(chunk)
        progress(end)
        if position == 0:
            refuse_other_formats(chunk)
            chunk = chunk.removeprefix(BOM)
        if chunk:
            yield end - len(chunk), chunk
        position = end
    if position == 0:
        raise FileProblem("empty", _("The file is empty (0 bytes). Choose the file again, or export it again."))


def _fill(stream: Readable) -> bytes:
    parts: list[bytes] = []
    missing = CHUNK_BYTES
    while missing and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _send(parser: Any, chunk: bytes, text: TextWatch) -> FileProblem | None:
    """Give a chunk (none: the end) to the parser. What it could read before an error is still in its events."""
    try:
        if chunk:
            parser.send(chunk)
        else:
            parser.close()
    except ijson.JSONError as error:
        return _problem(error, chunk, text)
    except (UnicodeDecodeError, DecimalException, SystemError):
        # The C parser passes on what it cannot build: half a surrogate pair, an exponent of twenty digits.
        return FileProblem(
            "not-json", _("The file holds a number or a text that cannot be read%(where)s.") % {"where": text.where(chunk, None)}
        )
    return None


def _problem(error: ijson.JSONError, chunk: bytes, text: TextWatch) -> FileProblem:
    report = error.args[0] if error.args else ""
    if isinstance(report, str):
        report = report.encode()
    if b"premature EOF" in report:
        return _ended_early(text)
    offset = _offset(report, chunk)
    if offset is not None and (found := _NOT_A_NUMBER.search(chunk, max(offset - 1, 0), offset + 16)):
        word, where = found[0].decode(), text.where(chunk, found.start())
        return FileProblem(
            "not-a-number",
            _("The file holds %(word)s%(where)s, which is not JSON. Write a number or a text in quotes in its place.")
            % {"word": word, "where": where},
        )
    where = text.where(chunk, offset)
    if b"trailing garbage" in report:
        return FileProblem(
            "trailing",
            _("Something follows the end of the JSON object%(where)s. A file holds one object; put others in files of their own.")
            % {"where": where},
        )
    return FileProblem(
        "not-json",
        _("The file is not valid JSON%(where)s. Check for a missing comma, quote or bracket just before it.") % {"where": where},
    )


def _ended_early(text: TextWatch) -> FileProblem:
    if text.blank:
        return FileProblem("empty", _("The file holds nothing but blank space. Choose the file again, or export it again."))
    return FileProblem(
        "truncated",
        _("The file ends before its JSON does, in line %(line)s. It may have been cut off; export or copy it again.")
        % {"line": intcomma(text.line)},
    )


def _offset(report: bytes, chunk: bytes) -> int | None:
    """Where in the chunk the parser stopped: it prints the bytes around that place, and an arrow under it."""
    lines = report.split(b"\n")
    if len(lines) < 3:
        return None
    shown, arrow = lines[1], lines[2].find(b"^")
    around = shown.lstrip(b" ")
    flat = chunk.replace(b"\n", b" ").replace(b"\r", b" ")
    place = flat.find(around) if around else -1
    # The same text twice in one chunk: a wrong place would mislead more than none.
    if place < 0 or flat.find(around, place + 1) >= 0:
        return None
    # The arrow stands behind what was refused.
    return max(place + arrow - (len(shown) - len(around)) - 1, 0)
