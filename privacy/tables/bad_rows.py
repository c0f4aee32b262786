"""The rows that could not be taken, with a reason beside each: a file of the same kind, to be corrected and uploaded again."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any, Final, Protocol
from xml.sax.saxutils import escape

from django.utils.translation import gettext as _

from portal import crypto
from privacy.statuses import TableKind
from privacy.tables.rows import Reading, Row

# What a spreadsheet takes for the beginning of a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_SHEET: Final = "xl/worksheets/sheet1.xml"
_SHEET_START: Final = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
)
_SHEET_END: Final = "</sheetData></worksheet>"
# The style of cells that are texts, so that long numbers stay as they are when somebody corrects them.
_TEXT: Final = 1
# What XML cannot hold.
_NOT_IN_XML: Final = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535))


class BadRows(Protocol):
    """Takes the rows one after another."""

    def add(self, row: Row, reason: str) -> None:
        """One row."""
        ...

    def finish(self) -> None:
        """No more come; the file beneath is closed by whoever opened it."""
        ...


def open_bad_rows(target: crypto.SealedWriter, reading: Reading, columns: list[str]) -> BadRows:
    """A writer of such a file, encrypted as it is written. `columns`: the names in the table's header, if it has one."""
    header = [*columns, _("Reason")] if reading.has_header else []
    if reading.kind == TableKind.CSV:
        return _DelimitedRows(target, reading.separator, header, len(columns))
    return _SheetRows(target, header, len(columns))


def _line(row: Row, width: int, reason: str) -> list[str]:
    return [*row.cells, *[""] * (width - len(row.cells)), reason]


class _DelimitedRows:
    """CSV as Excel opens it: UTF-8 with its mark, the separator of the table."""

    def __init__(self, target: crypto.SealedWriter, separator: str, header: list[str], width: int) -> None:
        self._target, self._width = target, width
        self._buffer = io.StringIO(newline="")
        self._writer = csv.writer(self._buffer, delimiter=separator)
        target.write("\N{ZERO WIDTH NO-BREAK SPACE}".encode())
        if header:
            self._write(header)

    def add(self, row: Row, reason: str) -> None:
        """One row."""
        self._write(_line(row, self._width, reason))

    def finish(self) -> None:
        """Nothing is left to write."""

    def _write(self, cells: list[str]) -> None:
        self._writer.writerow([guarded(cell) for cell in cells])
        self._target.write(self._buffer.getvalue().encode())
        self._buffer.seek(0)
        self._buffer.truncate()


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


class _Sink(io.RawIOBase):
    """What ZipFile asks of a file that it only writes, and never seeks in."""

    def __init__(self, target: crypto.SealedWriter) -> None:
        super().__init__()
        self._target = target

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: Any, /) -> int:
        """Hand it on."""
        return self._target.write(bytes(data))


class _SheetRows:
    """XLSX. openpyxl writes each sheet to a temporary file in clear first, so it makes all but the sheet; rows are texts."""

    def __init__(self, target: crypto.SealedWriter, header: list[str], width: int) -> None:
        self._width = width
        self._archive = zipfile.ZipFile(_Sink(target), "w", zipfile.ZIP_DEFLATED)
        with zipfile.ZipFile(io.BytesIO(_frame())) as frame:
            for part in frame.namelist():
                if part != _SHEET:
                    self._archive.writestr(part, frame.read(part))
        self._sheet = self._archive.open(_SHEET, "w", force_zip64=True)
        self._sheet.write(_SHEET_START.encode())
        if header:
            self._write(header)

    def add(self, row: Row, reason: str) -> None:
        """One row."""
        self._write(_line(row, self._width, reason))

    def finish(self) -> None:
        """Write the ends of sheet and archive."""
        self._sheet.write(_SHEET_END.encode())
        self._sheet.close()
        self._archive.close()

    def _write(self, cells: list[str]) -> None:
        written = "".join(
            f'<c s="{_TEXT}" t="inlineStr"><is><t xml:space="preserve">{escape(cell.translate(_NOT_IN_XML))}</t></is></c>'
            for cell in cells
        )
        self._sheet.write(f"<row>{written}</row>".encode())


def _frame() -> bytes:
    """A workbook of one sheet with one style of our own."""
    from openpyxl import Workbook  # noqa: PLC0415 - a tenth of the start of every process

    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None  # noqa: S101 - a new workbook has one
    sheet.cell(1, 1, "").number_format = "@"
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()
