"""Whether an event really comes from Adobe (Adobe I/O Events, "Security considerations for event consumers").

Adobe signs the raw body twice, with two keys of which one may be about to be exchanged; one good signature is enough. Headers
name only the paths of the keys: the host is ours to know.
"""

from __future__ import annotations

import base64
import binascii
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from portal.adobe.addresses import Address, AddressError, parse_address
from portal.adobe.errors import AdobeError
from portal.adobe.transport import Answer, Call, Transport

KEY_PATH = re.compile(r"/prod/keys/pub-key-[0-9A-Za-z-]{1,64}\.pem")
KEY_ROUTE = "/prod/keys"
SMALLEST_KEY_BITS = 2048
LARGEST_PEM = 16 * 1024
_LONGEST_SIGNATURE = 4096
_PAIRS = (
    ("x-adobe-digital-signature-1", "x-adobe-public-key1-path"),
    ("x-adobe-digital-signature-2", "x-adobe-public-key2-path"),
)
# All that is read of a delivery's headers.
HEADERS = tuple(name for pair in _PAIRS for name in pair)

KEPT_SECONDS = 24 * 60 * 60.0
# A path that gave no usable key is not asked for again so soon; one that nobody answered for, a little sooner.
REFUSED_SECONDS = 10 * 60.0
UNREACHED_SECONDS = 10.0
KEPT_KEYS = 32
# A new key comes a few times a year. Whoever makes paths up makes us ask no oftener than this.
MOST_FETCHES, FETCH_WINDOW_SECONDS = 10, 60.0


class KeyUnavailable(Exception):
    """A key cannot be had just now, so that nothing can be said about its signature. Adobe delivers again."""


@dataclass(frozen=True)
class _Kept:
    """What is known of a path. `key` is None when there is no usable key at it, or nobody answered (`unreached`)."""

    key: RSAPublicKey | None
    until: float
    unreached: bool = False


class KeySource:
    """Adobe's public keys by path, kept in the memory of this process for a day. Thread-safe.

    `base` is the address of the one host that has them. `clock` counts seconds and never goes back.
    """

    def __init__(self, transport: Transport, base: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._transport = transport
        self._base = base.rstrip("/")
        self._clock = clock
        self._lock = threading.Lock()
        # One thread at a time asks; the others find what it got.
        self._fetching = threading.Lock()
        self._keys: OrderedDict[str, _Kept] = OrderedDict()
        self._fetches: list[float] = []

    def key(self, path: str) -> RSAPublicKey | None:
        """The key at this path; None when it is no path of a key, or there is no RSA key of 2,048 bits or more.

        Raises KeyUnavailable.
        """
        if not KEY_PATH.fullmatch(path):
            return None
        kept = self._known(path) or self._fetch(path)
        if kept.unreached:
            raise KeyUnavailable
        return kept.key

    def _known(self, path: str) -> _Kept | None:
        with self._lock:
            kept = self._keys.get(path)
            if kept is None or kept.until <= self._clock():
                return None
            self._keys.move_to_end(path)
            return kept

    def _fetch(self, path: str) -> _Kept:
        with self._fetching:
            kept = self._known(path)
            if kept is None:
                self._count_fetch()
                kept = self._asked(path)
                self._keep(path, kept)
        return kept

    def _keep(self, path: str, kept: _Kept) -> None:
        with self._lock:
            self._keys[path] = kept
            self._make_room()

    def _make_room(self) -> None:
        """Paths without a key go first: no stranger can drive Adobe's own keys out with paths that are made up."""
        while len(self._keys) > KEPT_KEYS:
            worthless = next((path for path, kept in self._keys.items() if kept.key is None), None)
            self._keys.pop(worthless if worthless is not None else next(iter(self._keys)))

    def _count_fetch(self) -> None:
        """Raises KeyUnavailable when there were too many of late."""
        now = self._clock()
        self._fetches = [at for at in self._fetches if at > now - FETCH_WINDOW_SECONDS]
        if len(self._fetches) >= MOST_FETCHES:
            raise KeyUnavailable
        self._fetches.append(now)

    def _asked(self, path: str) -> _Kept:
        try:
            answer = self._transport.patiently(Call("GET", self._address(path), KEY_ROUTE, {}, limit=LARGEST_PEM))
        except AdobeError:
            return _Kept(None, self._clock() + UNREACHED_SECONDS, unreached=True)
        if answer.status in {408, 425, 429} or answer.status >= 500:
            return _Kept(None, self._clock() + UNREACHED_SECONDS, unreached=True)
        key = _read_key(answer)
        return _Kept(key, self._clock() + (KEPT_SECONDS if key is not None else REFUSED_SECONDS))

    def _address(self, path: str) -> Address:
        try:
            return parse_address(self._base + path)
        except AddressError:
            raise KeyUnavailable from None


def _read_key(answer: Answer) -> RSAPublicKey | None:
    if answer.status != 200:
        return None
    try:
        key = load_pem_public_key(answer.body)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, RSAPublicKey) and key.key_size >= SMALLEST_KEY_BITS else None


def verify(body: bytes, headers: Mapping[str, str], keys: KeySource) -> bool:
    """Whether one of the two signatures of these raw bytes is good. Names of headers are taken in any case.

    Raises KeyUnavailable when none was good and a key could not be had.
    """
    given = {name.lower(): value for name, value in headers.items()}
    unavailable = False
    for signature_name, path_name in _PAIRS:
        signature, path = _decoded(given.get(signature_name, "")), given.get(path_name, "").strip()
        if not signature or not path:
            continue
        try:
            key = keys.key(path)
        except KeyUnavailable:
            unavailable = True
            continue
        if key is not None and _is_good(key, signature, body):
            return True
    if unavailable:
        raise KeyUnavailable
    return False


def _decoded(text: str) -> bytes:
    if len(text) > _LONGEST_SIGNATURE:
        return b""
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return b""


def _is_good(key: RSAPublicKey, signature: bytes, body: bytes) -> bool:
    try:
        key.verify(signature, body, padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True
