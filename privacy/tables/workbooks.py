"""XLSX read as a stream, every cell as the text that a person sees in it.

Nothing is written anywhere: the workbook is opened inside the decrypted stream.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from types import TracebackType
from typing import Any, Final, Self

from django.utils.translation import gettext as _

from portal import crypto
from portal.reading import FileProblem
from privacy.tables.guard import GuardedArchive, damaged
from privacy.tables.rows import MOST_COLUMNS, Reading, Row

# A spreadsheet keeps so many digits of a number; those after them are lost before the file is written.
EXACT_DIGITS: Final = 15
# The last row that a sheet can have.
_LAST_ROW: Final = 1_048_576
# What openpyxl raises for XML that is well-formed and makes no workbook.
_ODD: Final = (ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, SyntaxError, zipfile.BadZipFile)


class WorkbookTable:
    """One sheet of a workbook."""

    def __init__(self, stream: crypto.SealedReader, reading: Reading) -> None:
        """Takes the stream over: it is closed with the table. Raises FileProblem."""
        self._stream = stream
        self._archive = GuardedArchive(stream)  # type: ignore[arg-type]  # all that ZipFile asks of a file
        workbook = _workbook(stream, self._archive)
        self._sheets: dict[str, Any] = {sheet.title: sheet for sheet in workbook.worksheets}
        if not self._sheets:
            raise FileProblem("no-sheet", _("The workbook has no sheet with cells."))
        self.sheet: str = reading.sheet if reading.sheet in self._sheets else self._first_filled()

    @property
    def sheets(self) -> list[str]:
        """The names of its sheets."""
        return list(self._sheets)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._archive.close()
        self._stream.close()

    def part_read(self) -> float:
        """How much of the sheet was read, from 0 to 1."""
        watched = self._archive.watched.get(self._sheets[self.sheet]._worksheet_path)
        return watched.part_read() if watched else 0.0

    def rows(self) -> Iterator[Row]:
        """Every row that is not blank. Raises FileProblem."""
        return self._rows_of(self.sheet)

    def _first_filled(self) -> str:
        return next((name for name in self._sheets if next(self._rows_of(name), None)), next(iter(self._sheets)))

    def _rows_of(self, name: str) -> Iterator[Row]:
        sheet = self._sheets[name]
        # What a program wrote about the size of its sheet may be wrong.
        sheet.reset_dimensions()
        try:
            for number, cells in enumerate(sheet.iter_rows(), start=1):
                if number > _LAST_ROW:
                    raise damaged()
                if row := _row(number, cells):
                    yield row
        except _ODD:
            raise damaged() from None


def _workbook(stream: crypto.SealedReader, archive: GuardedArchive) -> Any:
    """As openpyxl's `load_workbook` does, but out of the guarded archive. Formulas give the values that they had last."""
    from openpyxl.reader.excel import ExcelReader  # noqa: PLC0415 - a tenth of the start of every process

    try:
        reader = ExcelReader(stream, read_only=True, data_only=True, keep_links=False)
        reader.archive = archive
        with warnings.catch_warnings():
            # It warns of styles and extensions that we have no use for.
            warnings.simplefilter("ignore")
            reader.read()
    except _ODD:
        raise damaged() from None
    return reader.wb


def _row(number: int, cells: tuple[Any, ...]) -> Row | None:
    texts = [_text(cell) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    if len(texts) > MOST_COLUMNS:
        message = _("Row %(row)s has %(count)s columns, more than %(most)s. Remove those that are not needed.")
        raise FileProblem("too-wide", message % {"row": number, "count": len(texts), "most": MOST_COLUMNS})
    return Row(number, texts) if texts else None


def _text(cell: Any) -> str:
    """A cell as a person reads it: dates as year-month-day, whole numbers without a point, leading zeros of the format kept."""
    value = cell.value
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            return _number(value, cell.number_format)
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
        case date() | time():
            return value.isoformat()
    return str(value).strip()


def _number(value: float, number_format: str | None) -> str:
    if isinstance(value, float) and not value.is_integer():
        return repr(value)
    if abs(value) >= 10**EXACT_DIGITS:
        # It was rounded: it must not look like the number that somebody typed.
        return f"{value:.14E}"
    text = str(int(value))
    return text.zfill(len(number_format)) if number_format and set(number_format) == {"0"} else text
