"""Checks of the raw bytes of a JSON file, before the parser sees them."""

from __future__ import annotations

import codecs
import re
from typing import Final

from portal.reading.problems import FileProblem

BOM: Final = b"\xef\xbb\xbf"
_ENCODINGS: Final = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_FORMATS: Final = (
    (b"PK\x03\x04", "zip", "a ZIP archive or an Excel file"),
    (b"PK\x05\x06", "zip", "an empty ZIP archive"),
    (b"\x1f\x8b", "gzip", "a gzip archive"),
    (b"%PDF", "not-json", "a PDF"),
)
# A backslash escape as a whole; only the group matches one half of a surrogate pair without its other half.
_ESCAPE: Final = re.compile(
    rb"\\(?:[^u]|u(?![dD][89a-fA-F])|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|(\\u[dD][89a-fA-F])",
    re.DOTALL,
)
_LONGEST_ESCAPE: Final = 12
# The parser must never see a number that Python refuses to build: it breaks on it instead of reporting it.
# (4,300 digits; three blocks of nothing but digits are in every run of 4,095.)
_DIGIT_BLOCK: Final = 1024
_MOST_DIGITS: Final = 3 * _DIGIT_BLOCK


def refuse_other_formats(start: bytes) -> None:
    if encoding := _other_encoding(start):
        raise FileProblem(
            "encoding",
            f"The file is written in {encoding}. Save it again as UTF-8; that is a choice in “Save as” of most editors.",
        )
    for magic, code, name in _FORMATS:
        if start.startswith(magic):
            raise FileProblem(code, f"The file is {name}, not JSON. Choose the JSON file itself.")


def _other_encoding(start: bytes) -> str | None:
    for mark, encoding in _ENCODINGS:
        if start.startswith(mark):
            return encoding
    # JSON begins with an ASCII character, so the zero bytes around it tell the width of the others.
    zeros = tuple(byte == 0 for byte in start[:4])
    if zeros in {(True, True, True, False), (False, True, True, True)}:
        return "UTF-32"
    return "UTF-16" if zeros in {(True, False, True, False), (False, True, False, True)} else None


class TextWatch:
    """Checks what the parser would pass over or break on, and knows where in the file a chunk is."""

    def __init__(self) -> None:
        self.line = 1
        self.blank = True
        self._position = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._undecoded = 0
        self._open_escape = b""
        self._digits = 0

    def check(self, chunk: bytes, position: int) -> None:
        """Raises FileProblem for bytes that are not UTF-8, for half surrogate pairs, and for endless numbers."""
        self._position = position
        self.blank = self.blank and chunk.isspace()
        self._check_utf8(chunk, final=False)
        self._check_escapes(chunk, final=False)
        self._check_digits(chunk)

    def passed(self, chunk: bytes) -> None:
        """The chunk is read."""
        self.line += chunk.count(b"\n")
        self._position += len(chunk)

    def finish(self) -> None:
        """The end of the file. Raises FileProblem as `check` does."""
        self._check_utf8(b"", final=True)
        self._check_escapes(b"", final=True)

    def where(self, chunk: bytes, offset: int | None) -> str:
        """` in line 12, column 5`, as exactly as it is known."""
        if offset is None:
            return f" near line {self.line:,}"
        before = chunk[:offset]
        line = self.line + before.count(b"\n")
        if self.line == line and self._position > len(BOM):
            return f" in line {line:,}, byte {self._position + offset + 1:,} of the file"
        # A column counts characters, as editors do.
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "ignore")) + 1
        return f" in line {line:,}, column {column:,}"

    def _check_utf8(self, chunk: bytes, *, final: bool) -> None:
        try:
            self._decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            byte = self._position - self._undecoded + error.start + 1
            raise FileProblem(
                "not-utf8", f"The file is not UTF-8: byte {byte:,} does not belong to it. Save the file again as UTF-8."
            ) from None
        self._undecoded = len(self._decoder.getstate()[0])

    def _check_escapes(self, chunk: bytes, *, final: bool) -> None:
        buffer = self._open_escape + chunk
        self._open_escape = b""
        if b"\\" not in buffer:
            return
        end = 0
        for match in _ESCAPE.finditer(buffer):
            if match.start() + _LONGEST_ESCAPE > len(buffer) and not final:
                self._open_escape = buffer[match.start() :]
                return
            if match[1]:
                raise FileProblem(
                    "surrogate", "The file holds half of an escaped character (\\ud800 to \\udfff). Export it again."
                )
            end = match.end()
        tail = buffer.find(b"\\", end)
        self._open_escape = buffer[tail:] if tail >= 0 else b""

    def _check_digits(self, chunk: bytes) -> None:
        for start in range(0, len(chunk), _DIGIT_BLOCK):
            block = chunk[start : start + _DIGIT_BLOCK]
            self._digits = self._digits + len(block) if block.isdigit() else 0
            if self._digits >= _MOST_DIGITS:
                raise FileProblem("too-large", f"The file holds a number of more than 3,000 digits near line {self.line:,}.")
