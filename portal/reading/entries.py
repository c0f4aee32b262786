"""Reads the entries of one long list with the json module, which builds plain values in C, many times faster than from events.

It knows when to stop: what is large, deep, unusual or wrong is left to the parser, which says what is wrong with it. So a file
means the same by either way; only its speed differs.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Generic, NoReturn, TypeVar

# An entry of this many characters stays within any assembler's budget, whatever it holds.
PLAIN_CHARACTERS: Final = 12_000
_BLANKS: Final = "[ \t\r\n]*"
_SEPARATOR: Final = re.compile(rf"{_BLANKS}([,\]]){_BLANKS}")
_BLANK: Final = re.compile(_BLANKS)

Item = TypeVar("Item")


@dataclass(frozen=True)
class LongList(Generic[Item]):
    """A list of which a file may hold millions of entries: the member that holds it, and how an assembler stands to it."""

    name: str
    # Whether the assembler has just come into the list.
    is_entered: Callable[[], bool]
    # Makes an item of an entry.
    take: Callable[[Any], Item]
    # How deep an entry may be nested.
    max_depth: int

    @property
    def beginning(self) -> re.Pattern[bytes]:
        """Its name and its bracket. Text that looks the same may stand elsewhere: `is_entered` tells."""
        blanks = _BLANKS.encode()
        return re.compile(b'"' + re.escape(self.name.encode()) + b'"' + blanks + b":" + blanks + rb"\[")


class Entries(Generic[Item]):
    """The entries of a list, from behind its bracket on. Once `is_over`, `rest` is for the parser again."""

    def __init__(self, long_list: LongList[Item]) -> None:
        self.is_over = False
        # Whether an entry and its comma were read: then the parser must believe that it has seen one.
        self.follows_comma = False
        # What the last call has read.
        self.read = b""
        self._list = long_list
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text = ""

    @property
    def rest(self) -> bytes:
        """What was fed and not read."""
        return self._text.encode() + self._decoder.getstate()[0]

    def feed(self, chunk: bytes) -> Iterator[Item]:
        """The entries that are complete with this chunk, whose bytes are UTF-8."""
        text = self._text + self._decoder.decode(chunk)
        start = _BLANK.match(text).end()  # type: ignore[union-attr]  # it always matches
        while (found := self._next(text, start)) is not None:
            value, start = found
            yield self._list.take(value)
        self.read = text[:start].encode()
        self._text = text[start:]
        # A plain entry would be complete by now.
        self.is_over |= len(self._text) > PLAIN_CHARACTERS or self._text.startswith("]")

    def _next(self, text: str, start: int) -> tuple[Any, int] | None:
        """One entry and where the next begins, or None when none that is plain and complete stands there."""
        try:
            value, end = _DECODER.raw_decode(text, start)
        except (ValueError, ArithmeticError, RecursionError):
            # Not complete yet, or not right.
            return None
        separator = _SEPARATOR.match(text, end)
        if separator is None or not self._is_plain(text, start, end):
            return None
        if separator[1] == "]":
            self.is_over, self.follows_comma = True, False
            return value, separator.start(1)
        self.follows_comma = True
        return value, separator.end()

    def _is_plain(self, text: str, start: int, end: int) -> bool:
        brackets = text.count("{", start, end) + text.count("[", start, end)
        if end - start <= PLAIN_CHARACTERS and brackets <= self._list.max_depth:
            return True
        self.is_over = True
        return False


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# As the parser builds them: numbers with a fraction are Decimals.
_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_float=Decimal, parse_constant=_no_constant)
