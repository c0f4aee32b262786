"""Checks of the raw bytes of a JSON file, before the parser sees them."""

from __future__ import annotations

import codecs
import re
from typing import Final

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from portal.reading.problems import FileProblem

BOM: Final = b"\xef\xbb\xbf"
_ENCODINGS: Final = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_FORMATS: Final = (
    (b"PK\x03\x04", "zip", noop("a ZIP archive or an Excel file")),
    (b"PK\x05\x06", "zip", noop("an empty ZIP archive")),
    (b"\x1f\x8b", "gzip", noop("a gzip archive")),
    (b"%PDF", "not-json", noop("a PDF")),
)
# A backslash escape as a whole; only the group matches one half of a surrogate pair without its other half.
_ESCAPE: Final = re.compile(
    rb"\\(?:[^u]|u(?![dD][89a-fA-F])|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|(\\u[dD][89a-fA-F])",
    re.DOTALL,
)
_LONGEST_ESCAPE: Final = 12
_LONG_LINE: Final = 32 * 1024
# The parser must never see a number that Python refuses to build: it breaks on it instead of reporting it.
# (4,300 digits; three blocks of nothing but digits are in every run of 4,095.)
_DIGIT_BLOCK: Final = 1024
_MOST_DIGITS: Final = 3 * _DIGIT_BLOCK


def refuse_other_formats(start: bytes) -> None:
    if encoding := _other_encoding(start):
        raise FileProblem(
            "encoding",
            _("The file is written in %(encoding)s. Save it again as UTF-8; that is a choice in “Save as” of most editors.")
            % {"encoding": encoding},
        )
    for magic, code, name in _FORMATS:
        if start.startswith(magic):
            raise FileProblem(code, _("The file is %(name)s, not JSON. Choose the JSON file itself.") % {"name": _(name)})


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
    """Checks what the parser would pass over or break on, and knows where in the file the parser is."""

    def __init__(self) -> None:
        self.line = 1
        self.blank = True
        # Of what was checked, and of what was passed: bytes from the beginning of the file.
        self._checked = 0
        self._passed = 0
        # The line that is being read, as far as it was passed; None when it is very long.
        self._line_so_far: bytes | None = b""
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._undecoded = 0
        self._open_escape = b""
        self._digits = 0

    def check(self, chunk: bytes, position: int) -> None:
        """Raises FileProblem for bytes that are not UTF-8, for half surrogate pairs, and for endless numbers."""
        if not self._checked:
            self._passed = position
        self._checked = position + len(chunk)
        self.blank = self.blank and chunk.isspace()
        self._check_utf8(chunk, final=False)
        self._check_escapes(chunk, final=False)
        self._check_digits(chunk)

    def passed(self, part: bytes) -> None:
        """The next part of the file, of any length, is read."""
        self._passed += len(part)
        before, newline, line = part.rpartition(b"\n")
        if newline:
            self.line += before.count(b"\n") + 1
            self._line_so_far = b""
        if self._line_so_far is not None:
            self._line_so_far = self._line_so_far + line if len(self._line_so_far) + len(line) < _LONG_LINE else None

    def finish(self) -> None:
        """The end of the file. Raises FileProblem as `check` does."""
        self._check_utf8(b"", final=True)
        self._check_escapes(b"", final=True)

    def where(self, part: bytes, offset: int | None) -> str:
        """` in line 12, column 5`, as exactly as it is known; `offset` counts from what was passed."""
        if offset is None:
            return _(" near line %(line)s") % {"line": intcomma(self.line)}
        before, newline, line = part[:offset].rpartition(b"\n")
        number = self.line + before.count(b"\n") + len(newline)
        so_far = b"" if newline else self._line_so_far
        if so_far is None:
            return _(" in line %(number)s, byte %(number_2)s of the file") % {
                "number": intcomma(number),
                "number_2": intcomma(self._passed + offset + 1),
            }
        # A column counts characters, as editors do.
        column = len((so_far + line).decode("utf-8", "ignore")) + 1
        return _(" in line %(number)s, column %(column)s") % {"number": intcomma(number), "column": intcomma(column)}

    def _check_utf8(self, chunk: bytes, *, final: bool) -> None:
        try:
            self._decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            byte = self._checked - len(chunk) - self._undecoded + error.start + 1
            raise FileProblem(
                "not-utf8",
                _("The file is not UTF-8: byte %(byte)s does not belong to it. Save the file again as UTF-8.")
                % {"byte": intcomma(byte)},
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
                    "surrogate", _("The file holds half of an escaped character (\\ud800 to \\udfff). Export it again.")
                )
            end = match.end()
        tail = buffer.find(b"\\", end)
        self._open_escape = buffer[tail:] if tail >= 0 else b""

    def _check_digits(self, chunk: bytes) -> None:
        for start in range(0, len(chunk), _DIGIT_BLOCK):
            block = chunk[start : start + _DIGIT_BLOCK]
            self._digits = self._digits + len(block) if block.isdigit() else 0
            if self._digits >= _MOST_DIGITS:
                raise FileProblem(
                    "too-large",
                    _("The file holds a number of more than 3,000 digits near line %(line)s.") % {"line": intcomma(self.line)},
                )
