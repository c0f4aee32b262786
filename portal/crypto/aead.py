"""The one form in which small things are sealed: version byte | 12-byte nonce | AES-256-GCM ciphertext and tag."""

from __future__ import annotations

import os
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
_VERSION = b"\x01"
_OVERHEAD = len(_VERSION) + NONCE_BYTES + TAG_BYTES


class CannotDecrypt(Exception):
    """Not what was sealed there, or its key is gone. The message names places and ids, never content."""


def seal_blob(cipher: AESGCM, associated: bytes, plaintext: bytes) -> bytes:
    """Seal `plaintext`; it opens only with the same `associated` bytes."""
    nonce = os.urandom(NONCE_BYTES)
    return _VERSION + nonce + cipher.encrypt(nonce, plaintext, associated)


def open_blob(cipher: AESGCM, associated: bytes, what: Callable[[], str], blob: bytes | memoryview) -> bytes:
    """The plaintext of a blob of `seal_blob`. Raises CannotDecrypt, whose message says `what` it was."""
    if len(blob) < _OVERHEAD or blob[:1] != _VERSION:
        raise CannotDecrypt(f"{what()}: not in a form that we know")
    try:
        return cipher.decrypt(blob[1 : 1 + NONCE_BYTES], blob[1 + NONCE_BYTES :], associated)
    except InvalidTag:
        raise CannotDecrypt(f"{what()}: changed, moved from elsewhere, or sealed under another key") from None
