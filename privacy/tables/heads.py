"""The first rows of a table, which a person sees while choosing what each column is."""

from __future__ import annotations

import io
import re
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any, Final

from django.utils.translation import gettext as _

from portal import crypto
from portal.reading import FileProblem
from privacy.statuses import TableKind
from privacy.tables.delimited import DelimitedTable
from privacy.tables.detecting import encoding_of, kind_of, separator_of
from privacy.tables.rows import OpenTable, Reading, Row
from privacy.tables.workbooks import WorkbookTable

SHOWN_ROWS: Final = 10
# The guess of what a column is looks at more of it than a person does.
GUESSED_BY: Final = 100
_START: Final = 64 * 1024
_LOOKS_LIKE_DATA: Final = re.compile(r"@|^\+?\d[\d\s.-]{5,}$")


@dataclass(frozen=True)
class Head:
    """The names of the columns and the first rows below them, padded to one width. `sheets`: all that the workbook has."""

    columns: list[str]
    rows: list[Row]
    sheets: list[str]

    def shown(self) -> dict[str, Any]:
        """For storage: ten rows."""
        return {"columns": self.columns, "rows": [row._asdict() for row in self.rows[:SHOWN_ROWS]], "sheets": self.sheets}


def open_table(stream: crypto.SealedReader, reading: Reading) -> OpenTable:
    """The table in a decrypted stream, which is closed with it. Raises FileProblem."""
    try:
        return DelimitedTable(stream, reading) if reading.kind == TableKind.CSV else WorkbookTable(stream, reading)
    except BaseException:
        stream.close()
        raise


def detect(stream: crypto.SealedReader) -> Reading:
    """How a file is to be read, as far as its bytes tell. Raises FileProblem."""
    with stream:
        start = stream.read(_START)
        kind = kind_of(start)
        if kind == TableKind.XLSX:
            return Reading(kind)
        stream.seek(0)
        encoding = encoding_of(stream)  # type: ignore[arg-type]  # it is only read
        text = io.TextIOWrapper(io.BytesIO(start), encoding=encoding, errors="ignore", newline="").read()
        return Reading(kind, encoding, separator_of(text))


def read_head(stream: crypto.SealedReader, reading: Reading, *, find_header: bool = True) -> tuple[Reading, Head]:
    """The first rows, and how they were read: with the sheet that was taken, and whether the first row names the columns."""
    with open_table(stream, reading) as table:
        rows = list(islice(table.rows(), GUESSED_BY + 1))
        if isinstance(table, WorkbookTable):
            reading, sheets = replace(reading, sheet=table.sheet), table.sheets
        else:
            sheets = []
    if not rows:
        raise FileProblem("empty", _("The table has no rows. Choose the file again, or export it again."))
    if find_header:
        reading = replace(reading, has_header=not any(_LOOKS_LIKE_DATA.search(cell) for cell in rows[0].cells))
    return reading, _head(rows, sheets, has_header=reading.has_header)


def _head(rows: list[Row], sheets: list[str], *, has_header: bool) -> Head:
    width = max(len(row.cells) for row in rows)
    padded = [Row(row.number, row.cells + [""] * (width - len(row.cells))) for row in rows]
    names = padded.pop(0).cells if has_header else [""] * width
    return Head(names, padded, sheets)


def stored(reading: Reading, head: Head) -> dict[str, Any]:
    """For `TableImport.head`."""
    return head.shown() | {"reading": asdict(reading)}


def column_letter(place: int) -> str:
    """`A` for the first column, as a spreadsheet names it."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
