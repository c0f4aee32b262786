"""Reads a CSV file of namespace and value, one identity a row, as a stream.

The separator (comma, semicolon, tab) is that of the first row; a header is recognised and may turn the columns round. What
cannot be read at all is one FileProblem; what is wrong inside a row is for the app whose file it is.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Final, Protocol

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _

from portal.reading.problems import FileProblem

if TYPE_CHECKING:
    from collections.abc import Buffer  # type: ignore[attr-defined]  # the stub has it, Python 3.11 does not

SEPARATORS: Final = ",;\t"
_NAMESPACE_HEADERS: Final = frozenset({"namespace", "namespacecode", "namespace code", "code"})
_VALUE_HEADERS: Final = frozenset({"value", "id", "identity", "identifier"})
_LONGEST_LINE: Final = 64 * 1024
_CHUNK_BYTES: Final = 64 * 1024


class Readable(Protocol):
    """What a stream must be able to do; it need not seek."""

    def read(self, size: int = ..., /) -> bytes:
        """Up to `size` bytes; none at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Pair:
    """One row. `row` counts the file's lines from 1, header included, as editors do; `extra` says that more columns follow."""

    row: int
    namespace: str = field(repr=False)
    value: str | None = field(repr=False)
    extra: bool = False


def read_pairs(stream: Readable, *, progress: Callable[[int], None] = lambda _: None) -> Iterator[Pair]:
    """The rows of the file, in its order, without empty ones. `value` is None where a row has one column only.

    `progress` gets the number of bytes read so far, once for each chunk. Raises FileProblem with one sentence for a person.
    """
    lines = _lines(stream, progress)
    first = next(lines, None)
    if first is None:
        raise FileProblem("empty", _("The file is empty (0 bytes). Choose the file again, or export it again."))
    reader = csv.reader(chain([first], lines), delimiter=_separator(first), strict=True)
    columns: tuple[int, int] | None = None
    row = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                header = _columns(cells) if columns is None else None
                columns = columns or header or (0, 1)
                if header is None:
                    yield _pair(row, cells, columns)
            row = reader.line_num + 1
    except csv.Error:
        raise FileProblem(
            "not-csv",
            _("The file cannot be read as CSV from line %(row)s on. Check that every quote that opens is closed.")
            % {"row": intcomma(row)},
        ) from None


def _separator(line: str) -> str:
    """The separator that stands first in the line, outside of quotes; a comma when there is none."""
    quoted = False
    for character in line:
        if character == '"':
            quoted = not quoted
        elif not quoted and character in SEPARATORS:
            return character
    return ","


def _columns(cells: list[str]) -> tuple[int, int] | None:
    """Where namespace and value stand, when this row is a header."""
    names = [cell.strip().casefold() for cell in cells]
    namespace = next((place for place, name in enumerate(names) if name in _NAMESPACE_HEADERS), None)
    value = next((place for place, name in enumerate(names) if name in _VALUE_HEADERS), None)
    return None if namespace is None or value is None else (namespace, value)


def _pair(row: int, cells: list[str], columns: tuple[int, int]) -> Pair:
    namespace, value = columns
    return Pair(
        row,
        cells[namespace].strip() if namespace < len(cells) else "",
        cells[value].strip() if value < len(cells) else None,
        extra=any(cell.strip() for place, cell in enumerate(cells) if place not in columns),
    )


def _lines(stream: Readable, progress: Callable[[int], None]) -> Iterator[str]:
    """The lines of the file. Raises FileProblem for what is not UTF-8, and for a line without an end."""
    raw = io.BufferedReader(_Watched(stream, progress), _CHUNK_BYTES)
    text = io.TextIOWrapper(raw, encoding="utf-8-sig")
    number = 0
    try:
        while line := text.readline(_LONGEST_LINE):
            number += 1
            if len(line) == _LONGEST_LINE:
                raise FileProblem(
                    "too-large",
                    _("Line %(number)s of the file is longer than 64 KB. Check that it is a CSV file.")
                    % {"number": intcomma(number)},
                )
            yield line
    except UnicodeDecodeError:
        raise FileProblem(
            "not-utf8",
            _("The file is not UTF-8 after line %(number)s. Save it again as UTF-8, a choice in “Save as”.")
            % {"number": intcomma(number)},
        ) from None


class _Watched(io.RawIOBase):
    """A stream as Python's text reader wants it, which tells how far it was read. It does not close the stream."""

    def __init__(self, stream: Readable, progress: Callable[[int], None]) -> None:
        super().__init__()
        self._stream = stream
        self._progress = progress
        self._position = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill the buffer as far as one read does."""
        view = memoryview(buffer)
        part = self._stream.read(len(view))
        view[: len(part)] = part
        self._position += len(part)
        self._progress(self._position)
        return len(part)
