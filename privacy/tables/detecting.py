"""What kind of table a file is, how its text is encoded and what separates its columns: told from its bytes."""

from __future__ import annotations

import codecs
import csv
import io
from itertools import islice
from typing import BinaryIO, Final

from django.utils.translation import gettext as _

from portal.reading import FileProblem
from privacy.statuses import TableKind

# What a person can choose, by the name that Python has for it.
ENCODINGS: Final = {
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "cp1252": "Windows-1252",
    "iso8859-15": "ISO 8859-15",
    "cp1250": "Windows-1250",
    "cp850": "DOS 850",
    "mac-roman": "Mac Roman",
}
SEPARATORS: Final = (",", ";", "\t", "|")
_CHUNK: Final = 64 * 1024
_LOOKED_AT: Final = 30
# Excel's own first line that says what separates the columns.
SAYS_SEPARATOR: Final = "sep="
_OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0"


def kind_of(start: bytes) -> TableKind:
    """By the first bytes of a file. Raises FileProblem for what is neither."""
    if not start.strip():
        raise FileProblem("empty", _("The file is empty. Choose the file again, or export it again."))
    if start.startswith(b"PK\x03\x04"):
        return TableKind.XLSX
    if start.startswith(_OLD_OFFICE):
        raise FileProblem("old-excel", _("The file is of an older Excel (XLS), or has a password. Save it as XLSX without one."))
    if start.startswith((b"%PDF", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff")):
        raise FileProblem("not-a-table", _("The file is a PDF, a picture or an archive. Choose a CSV or an XLSX file."))
    if start.lstrip(codecs.BOM_UTF8).lstrip()[:1] == b"{":
        raise FileProblem("json", _("The file is JSON, not a table. Choose it under “Upload a request file” instead."))
    return TableKind.CSV


def encoding_of(stream: BinaryIO) -> str:
    """The encoding of a text, read to its end: UTF-16 and UTF-8 are certain, all else is taken for Windows-1252."""
    start = stream.read(_CHUNK)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in start:
        raise FileProblem("not-a-table", _("The file is not a text. Choose a CSV file, saved as UTF-8, or an XLSX file."))
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        decoder.decode(start)
        while chunk := stream.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def separator_of(text: str) -> str:
    """What separates the columns of the first rows: what gives the most of them the same number of columns, and more than one."""
    first = text.split("\n", 1)[0].strip()
    if first.casefold().startswith(SAYS_SEPARATOR) and first[len(SAYS_SEPARATOR) :] in SEPARATORS:
        return first[len(SAYS_SEPARATOR) :]

    def fitting(separator: str) -> tuple[int, int]:
        widths = [len(row) for row in _first_rows(text, separator) if row]
        most = max((width for width in widths if width > 1), key=widths.count, default=0)
        return (widths.count(most), most) if most else (0, 0)

    # Of equals the first.
    return max(SEPARATORS, key=fitting)


def _first_rows(text: str, separator: str) -> list[list[str]]:
    try:
        return list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=separator), _LOOKED_AT))
    except csv.Error:
        return []
