"""An XLSX file is a ZIP of XML, and both can be made to unpack to far more than they are: every part is watched as it is read."""

from __future__ import annotations

import zipfile
from typing import IO, Any, Final
from xml.parsers import expat

from django.utils.translation import gettext as _

from portal.reading import FileProblem
from privacy.tables.rows import LONGEST_CELL

_MOST_PARTS: Final = 2_000
# Unpacked, in bytes. A sheet is read as a stream; the texts of all sheets and every other part are built in memory.
_LARGEST: Final = {"sheet": 512 * 1024 * 1024, "texts": 64 * 1024 * 1024, "other": 8 * 1024 * 1024}
# Elements between the ends of two rows (or texts): 200 columns take a fraction of it.
_MOST_BETWEEN: Final = 50_000
_MOST_ITEMS: Final = 2_000_000
_ENDS: Final = frozenset({"row", "si"})


class GuardedArchive(zipfile.ZipFile):
    """The parts of a workbook, none of which can fill the memory. Raises FileProblem for one that would."""

    def __init__(self, file: IO[bytes]) -> None:
        """Raises FileProblem for what is no ZIP, or declares to be too large; a part never gives more than it declares."""
        try:
            super().__init__(file)
        except (zipfile.BadZipFile, ValueError):
            # ValueError: shorter than the end of a ZIP.
            raise damaged() from None
        self.watched: dict[str, _Watched] = {}
        parts = self.infolist()
        if len(parts) > _MOST_PARTS or any(part.file_size > _LARGEST[_sort(part.filename)] for part in parts if _is_xml(part)):
            raise too_large()

    def open(self, name: str | zipfile.ZipInfo, *arguments: Any, **options: Any) -> Any:
        """As ZipFile does, but for XML: watched."""
        info = name if isinstance(name, zipfile.ZipInfo) else self.getinfo(name)
        stream = super().open(info, *arguments, **options)
        if not _is_xml(info):
            return stream
        self.watched[info.filename] = _Watched(stream, info.file_size)
        return self.watched[info.filename]


class _Watched:
    """One part, with a parser beside it that only counts: it sees each piece before whoever builds something of it."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream, self._size, self._read = stream, size, 0
        self._elements = self._items = self._characters = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text

    def read(self, size: int = -1) -> bytes:
        """The next piece. Raises FileProblem."""
        piece = self._stream.read(size)
        self._read += len(piece)
        try:
            self._parser.Parse(piece, not piece)
        except expat.ExpatError:
            raise damaged() from None
        return piece

    def part_read(self) -> float:
        """From 0 to 1."""
        return self._read / self._size if self._size else 1.0

    def close(self) -> None:
        """Close the part."""
        self._stream.close()

    def __enter__(self) -> _Watched:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _refuse(self, *_: object) -> None:
        raise damaged()

    def _start(self, *_: object) -> None:
        self._elements += 1
        self._characters = 0
        if self._elements > _MOST_BETWEEN:
            raise too_large()

    def _end(self, name: str) -> None:
        if name.rpartition(" ")[2] in _ENDS:
            self._elements = 0
            self._items += 1
            if self._items > _MOST_ITEMS:
                raise too_large()

    def _text(self, text: str) -> None:
        self._characters += len(text)
        if self._characters > LONGEST_CELL:
            raise too_large()


def _is_xml(part: zipfile.ZipInfo) -> bool:
    """Pictures and such are never opened."""
    return part.filename.endswith((".xml", ".rels"))


def _sort(name: str) -> str:
    if name.endswith("sharedStrings.xml"):
        return "texts"
    return "sheet" if "/worksheets/" in name and name.endswith(".xml") else "other"


def damaged() -> FileProblem:
    """Not a workbook, or half of one."""
    return FileProblem("damaged", _("The file is no Excel workbook (XLSX) that can be read. Save it again as XLSX or as CSV."))


def too_large() -> FileProblem:
    """More than a table of people is."""
    return FileProblem(
        "too-large", _("The workbook unpacks to more than a table of people needs. Save its sheet as CSV instead.")
    )
