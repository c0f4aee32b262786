"""Templates: tables to fill in, with an example in each of the two forms. Nothing of them is about anybody."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Final

from django.utils.translation import get_language

from privacy.statuses import TableKind
from privacy.tables.mapping import Form

_EXAMPLES: Final = {
    Form.WIDE: (
        ("key", "action", "Email", "ECID", "loyaltyCard (integrationCode)"),
        ("your-reference-1", "access", "person@example.com", "", ""),
        ("your-reference-2", "access, delete", "someone@example.com", "00000000000000000000000000000000000000", "LC-0001"),
    ),
    Form.LONG: (
        ("key", "action", "namespace", "value", "type"),
        ("your-reference-1", "access", "Email", "person@example.com", "standard"),
        ("your-reference-2", "access, delete", "Email", "someone@example.com", "standard"),
        ("your-reference-2", "access, delete", "ECID", "00000000000000000000000000000000000000", "standard"),
    ),
}
# A spreadsheet that is filled in below the examples: so many rows are texts beforehand, for long numbers to stay whole.
_TEXT_ROWS: Final = 1_000


def blank(form: Form, kind: TableKind) -> bytes:
    """The file."""
    rows = _EXAMPLES[form]
    return _csv(rows) if kind == TableKind.CSV else _xlsx(rows)


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    """As a spreadsheet of the person's language opens it: many take a comma for the sign before decimals."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter="," if (get_language() or "en").startswith("en") else ";").writerows(rows)
    return buffer.getvalue().encode("utf-8-sig")


def _xlsx(rows: Sequence[Sequence[str]]) -> bytes:
    from openpyxl import Workbook  # noqa: PLC0415 - a tenth of the start of every process
    from openpyxl.styles import Font  # noqa: PLC0415

    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None  # noqa: S101 - a new workbook has one
    for number, cells in enumerate((*rows, *[[""] * len(rows[0])] * _TEXT_ROWS), start=1):
        for place, text in enumerate(cells, start=1):
            cell = sheet.cell(number, place, text or None)
            cell.number_format = "@"
            if number == 1:
                cell.font = Font(bold=True)
    for place in range(len(rows[0])):
        sheet.column_dimensions["ABCDEFG"[place]].width = 32
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()
