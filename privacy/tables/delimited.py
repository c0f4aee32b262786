"""CSV read as a stream: nothing of it is kept but the row at hand."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Final, Self

from django.utils.translation import gettext as _

from portal import crypto
from portal.reading import FileProblem
from privacy.tables.detecting import SAYS_SEPARATOR, SEPARATORS
from privacy.tables.rows import LONGEST_CELL, MOST_COLUMNS, Reading, Row

_LONGEST_ROW: Final = 1024 * 1024


class DelimitedTable:
    """A CSV file in clear, as a stream."""

    def __init__(self, stream: crypto.SealedReader, reading: Reading) -> None:
        """Takes the stream over: it is closed with the table."""
        self._stream = stream
        self._size = stream.size
        self._separator = reading.separator
        self._text: io.TextIOWrapper[Any] = io.TextIOWrapper(stream, encoding=reading.encoding, newline="")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._text.close()

    def part_read(self) -> float:
        """How much of the file was read, from 0 to 1."""
        return self._stream.tell() / self._size if self._size else 1.0

    def rows(self) -> Iterator[Row]:
        """Every row that is not blank. Raises FileProblem."""
        number = 0
        reader = csv.reader(_lines(self._text), delimiter=self._separator)
        try:
            for cells in reader:
                number += 1
                if number == 1 and _says_separator(cells, self._separator):
                    continue
                if row := _row(number, cells):
                    yield row
        except UnicodeDecodeError:
            message = _("The text does not fit the encoding that was chosen, near row %(row)s. Choose another one.")
            raise FileProblem("encoding", message % {"row": number + 1}) from None
        except csv.Error:
            message = _("The text cannot be read as columns near row %(row)s: a quotation mark may be missing there.")
            raise FileProblem("not-csv", message % {"row": number + 1}) from None


def _lines(text: io.TextIOWrapper[Any]) -> Iterator[str]:
    """Lines in pieces of bounded length: a file without line ends is not read into memory whole."""
    while line := text.readline(_LONGEST_ROW):
        if len(line) >= _LONGEST_ROW and not line.endswith("\n"):
            raise FileProblem("not-csv", _("A line of the file is longer than 1 MB. Export the table again."))
        yield line


def _says_separator(cells: list[str], separator: str) -> bool:
    """Whether this is Excel's own first line `sep=;`: its separator parts it too."""
    return separator.join(cells).strip().casefold() in {f"{SAYS_SEPARATOR}{each}" for each in SEPARATORS}


def _row(number: int, cells: list[str]) -> Row | None:
    """None for a blank row. Raises FileProblem for one that no spreadsheet has."""
    if len(cells) > MOST_COLUMNS:
        message = _("Row %(row)s has %(count)s columns, more than %(most)s. Check what separates the columns.")
        raise FileProblem("too-wide", message % {"row": number, "count": len(cells), "most": MOST_COLUMNS})
    stripped = [cell.strip() for cell in cells]
    if any(len(cell) > LONGEST_CELL for cell in stripped):
        message = _("Row %(row)s has a cell of more than %(most)s characters. A quotation mark may be missing there.")
        raise FileProblem("too-long", message % {"row": number, "most": LONGEST_CELL})
    return Row(number, stripped) if any(stripped) else None
