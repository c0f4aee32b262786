"""Reads a record delete file as a stream: JSON in every shape of the Data Hygiene API, or CSV. Which of the two is told by its
first bytes, never by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.utils.translation import gettext as _

from hygiene.reading.assembling import Assembler
from hygiene.reading.items import Given, Item, ListStart, Member
from portal.reading import FileProblem, Readable, read_json
from portal.reading.pairs import read_pairs
from portal.reading.text import BOM, refuse_other_formats

__all__ = ["FileProblem", "Given", "Item", "ListStart", "Member", "Readable", "read_file"]

_START_BYTES = 4096
_WRONG_FORMATS = {"zip", "gzip"}


def read_file(open_stream: Callable[[], Readable], *, progress: Callable[[int], None] = lambda _: None) -> Iterator[Item]:
    """The members of the file and its identities one at a time, in the file's order. Raises FileProblem."""
    start = open_stream().read(_START_BYTES)
    _refuse(start)
    first = start.removeprefix(BOM).lstrip()[:1]
    if first in {b"{", b"["}:
        yield from read_json(open_stream(), Assembler(), progress=progress)
        return
    yield ListStart("rows")
    for pair in read_pairs(open_stream(), progress=progress):
        yield Given(pair.row, f"row {pair.row}", pair.namespace, pair.value, extra=pair.extra)


def _refuse(start: bytes) -> None:
    try:
        refuse_other_formats(start)
    except FileProblem as problem:
        if problem.code in _WRONG_FORMATS or start.startswith(b"%PDF"):
            raise FileProblem(
                problem.code, _("The file is an archive, an Excel file or a PDF. Save it as CSV (namespace, value) or as JSON.")
            ) from None
        raise
