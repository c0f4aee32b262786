"""Marked values, and the search for them wherever the portal could have left them.

A mark is a unique text that goes into the portal in the place of something personal or secret. All marks of one run hold the same
two tracers, one of ASCII letters and one of Greek ones, which escape differently, so that one search finds every mark in every
encoding. `trace` looks into bytes; it also unpacks what is base64, zlib, gzip or ZIP inside them, as deep as three layers.
"""

from __future__ import annotations

import base64
import re
import secrets
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

_LATIN = "bcdfghjkmnpqrstvwxz"
_GREEK = "αβγδεζηθικλμνξοπρστυφχψω"
_ABOUT = 200
_DEEPEST = 3
_INFLATE_STEP = 1024
_LARGEST = 8 * 1024 * 1024
_BASE64_RUN = re.compile(rb"[A-Za-z0-9+/_-]{24,}")
_ZLIB_START = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_GZIP_START = re.compile(rb"\x1f\x8b\x08")
_STANDARD_ALPHABET = bytes.maketrans(b"-_", b"+/")
_ZIP_START = re.compile(rb"PK\x03\x04.{4}\x08\x00", re.DOTALL)

Encoder = Callable[[str], Iterable[bytes]]


# --- Encodings: each gives the bytes that a text leaves, without what depends on its neighbours ---


def _utf8(text: str) -> Iterator[bytes]:
    yield text.encode()


def _utf16_le(text: str) -> Iterator[bytes]:
    yield text.encode("utf-16-le")


def _utf16_be(text: str) -> Iterator[bytes]:
    yield text.encode("utf-16-be")


def _base64(text: str) -> Iterator[bytes]:
    """At each of the three places where it can start within a group of three bytes, in both alphabets."""
    raw = text.encode()
    for shift, lost in ((0, 0), (1, 2), (2, 3)):
        padded = b"\0" * shift + raw
        whole = padded[: len(padded) // 3 * 3]
        yield base64.b64encode(whole)[lost:]
        yield base64.urlsafe_b64encode(whole)[lost:]


def _base32(text: str) -> Iterator[bytes]:
    raw = text.encode()
    for shift, lost in enumerate((0, 2, 4, 5, 7)):
        padded = b"\0" * shift + raw
        yield base64.b32encode(padded[: len(padded) // 5 * 5])[lost:]


def _hex(text: str) -> Iterator[bytes]:
    yield text.encode().hex().encode()
    yield text.encode().hex().upper().encode()


def _escaped(text: str, write: Callable[[str], str]) -> Iterator[bytes]:
    """Nothing when the escaping leaves the text as it is: that is the plain search."""
    escaped = write(text).encode()
    if escaped != text.encode():
        yield escaped


def _url(text: str) -> Iterator[bytes]:
    yield from _escaped(text, lambda plain: quote(plain, safe=""))
    yield from _escaped(text, lambda plain: re.sub("%..", lambda found: found[0].lower(), quote(plain, safe="")))


def _url_whole(text: str) -> Iterator[bytes]:
    """Letters that any writer escapes are found by the search before."""
    if text.isascii():
        yield "".join(f"%{byte:02X}" for byte in text.encode()).encode()
        yield "".join(f"%{byte:02x}" for byte in text.encode()).encode()


def _json(text: str) -> Iterator[bytes]:
    yield "".join(f"\\u{ord(letter):04x}" for letter in text).encode()
    yield "".join(f"\\u{ord(letter):04X}" for letter in text).encode()


def _html(text: str) -> Iterator[bytes]:
    yield from _escaped(text, lambda plain: plain.encode("ascii", "xmlcharrefreplace").decode())
    yield from _escaped(text, lambda plain: "".join(f"&#x{ord(letter):x};" if ord(letter) > 127 else letter for letter in plain))


def _backslash_x(text: str) -> Iterator[bytes]:
    yield from _escaped(text, lambda plain: "".join(chr(b) if b < 128 else f"\\x{b:02x}" for b in plain.encode()))


def _octal(text: str) -> Iterator[bytes]:
    yield from _escaped(text, lambda plain: "".join(chr(b) if b < 128 else f"\\{b:03o}" for b in plain.encode()))


ENCODINGS: dict[str, Encoder] = {
    "plain": _utf8,
    "UTF-16 LE": _utf16_le,
    "UTF-16 BE": _utf16_be,
    "base64": _base64,
    "base32": _base32,
    "hex": _hex,
    "URL": _url,
    "URL, every byte": _url_whole,
    "JSON": _json,
    "HTML": _html,
    "backslash x": _backslash_x,
    "octal": _octal,
}


# --- Marks ---


@dataclass(frozen=True)
class Found:
    """A mark that was found: in which encoding, and which mark when that can be told. Equal hits are one."""

    encoding: str
    mark: str


@dataclass
class Marks:
    """The marks of one run. `known` adds values that were not ours to choose, such as a token that Adobe issued."""

    latin: str = field(default_factory=lambda: "".join(secrets.choice(_LATIN) for _ in range(14)))
    greek: str = field(default_factory=lambda: "".join(secrets.choice(_GREEK) for _ in range(10)))
    known: dict[str, str] = field(default_factory=dict)
    _own: dict[str, str] = field(default_factory=dict)

    def ascii(self, name: str) -> str:
        """A new mark of ASCII letters and digits."""
        return f"{self.latin}{self._make_own(name)}"

    def text(self, name: str) -> str:
        """A new mark that holds both tracers."""
        return f"{self.latin}{self._make_own(name)}{self.greek}"

    def email(self, name: str) -> str:
        """A new mark in the form of an e-mail address, in mixed case."""
        return f"{self.latin}.{self.greek}{self._make_own(name)}@Example.com"

    def _make_own(self, name: str) -> str:
        self._own[name] = own = secrets.token_hex(5)
        return own

    def needles(self) -> dict[bytes, str]:
        """Every byte string to look for -> its encoding."""
        texts = [self.latin, self.latin.upper(), self.greek, self.greek.upper(), *self.known.values()]
        return {needle: encoding for text in texts for encoding, encode in ENCODINGS.items() for needle in encode(text)}

    def own_parts(self) -> dict[str, str]:
        """What each mark holds beside the tracers."""
        return self._own | self.known


def trace(data: bytes, marks: Marks) -> set[Found]:
    """Every mark that stands in `data` in any encoding, also inside base64 and compressed parts."""
    return _trace(data, marks, marks.needles(), _DEEPEST)


def _trace(data: bytes, marks: Marks, needles: dict[bytes, str], deepest: int) -> set[Found]:
    found = set(_direct(data, marks, needles))
    for wrapping, inner in _unpacked(data).items() if deepest else ():
        found |= {Found(f"{wrapping} > {one.encoding}", one.mark) for one in _trace(inner, marks, needles, deepest - 1)}
    return found


def _direct(data: bytes, marks: Marks, needles: dict[bytes, str]) -> Iterator[Found]:
    for needle, encoding in needles.items():
        start = data.find(needle)
        while start >= 0:
            yield Found(encoding, _which(data[max(0, start - _ABOUT) : start + len(needle) + _ABOUT], marks, encoding))
            start = data.find(needle, start + _ABOUT)


def _which(about: bytes, marks: Marks, encoding: str) -> str:
    """The name of the mark in these bytes; an empty one when only a part of a mark is there."""
    for name, own in marks.own_parts().items():
        if any(needle in about for variant in (own, own.upper()) for needle in _plain_or(encoding, variant)):
            return name
    return ""


def _plain_or(encoding: str, text: str) -> list[bytes]:
    return [*ENCODINGS[encoding](text)] or [text.encode()]


# --- What hides in other bytes ---


def _unpacked(data: bytes) -> dict[str, bytes]:
    """Everything in `data` that was base64 or compressed, by its kind, laid end to end."""
    parts: dict[str, list[bytes]] = {"base64": [], "zlib": [], "gzip": [], "zip": []}
    for run in _BASE64_RUN.finditer(data):
        # What stands before the text may be of the same alphabet, so it can begin at any of four places.
        standard = run[0].translate(_STANDARD_ALPHABET)
        parts["base64"] += [base64.b64decode(standard[at : at + (len(standard) - at) // 4 * 4]) for at in range(4)]
    for start in _ZLIB_START.finditer(data):
        parts["zlib"].append(_inflated(data, start.start(), zlib.MAX_WBITS))
    for start in _GZIP_START.finditer(data):
        parts["gzip"].append(_inflated(data, start.start(), zlib.MAX_WBITS | 16))
    for start in _ZIP_START.finditer(data):
        name, extra = (int.from_bytes(data[start.start() + at : start.start() + at + 2], "little") for at in (26, 28))
        parts["zip"].append(_inflated(data, start.start() + 30 + name + extra, -zlib.MAX_WBITS))
    joined = {kind: b"\n".join(part for part in found if part) for kind, found in parts.items()}
    return {kind: inner for kind, inner in joined.items() if inner}


def _inflated(data: bytes, start: int, window: int) -> bytes:
    """What can be inflated from here on, as far as it goes. A start by chance gives nothing, or rubbish."""
    inflater = zlib.decompressobj(window)
    plain = bytearray()
    for at in range(start, min(len(data), start + _LARGEST), _INFLATE_STEP):
        before, piece = inflater.copy(), data[at : at + _INFLATE_STEP]
        try:
            plain += inflater.decompress(piece)
        except zlib.error:
            # The stream is damaged or cut somewhere in this piece; what came before that place counts too.
            return bytes(plain) + b"".join(_until_error(before, piece))
        if inflater.eof:
            break
    return bytes(plain)


def _until_error(inflater: zlib._Decompress, piece: bytes) -> Iterator[bytes]:
    for place in range(len(piece)):
        try:
            yield inflater.decompress(piece[place : place + 1])
        except zlib.error:
            return
