"""A box: one unwrapped data key, and what can be done with it."""

from __future__ import annotations

import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import Any, Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.core.signals import setting_changed

from portal.crypto.aead import KEY_BYTES, open_blob, seal_blob
from portal.crypto.master import unwrap

CACHED_BOXES = 256
CACHED_SECONDS = 300.0


class KeyRow(Protocol):
    """What a stored data key must tell; `portal.models.DataKey` does."""

    @property
    def id(self) -> uuid.UUID: ...
    @property
    def master_key_id(self) -> str: ...
    @property
    def wrapped(self) -> bytes | memoryview: ...


class Box:
    """Seals and opens under one data key. What was sealed under one label does not open under another."""

    def __init__(self, data_key_id: uuid.UUID, key: bytes) -> None:
        """`key` is 32 bytes."""
        self.data_key_id = data_key_id
        self._key = key
        self._cipher = AESGCM(key)
        self._suffix = f"|{data_key_id}".encode()

    def seal(self, label: str, plaintext: bytes) -> bytes:
        """Seal a small thing; `label` says where it is kept, as in `portal.Organization.client_secret_sealed`."""
        return seal_blob(self._cipher, self.associated(label), plaintext)

    def sealer(self, label: str) -> Callable[[bytes], bytes]:
        """`seal` for many things of one label."""
        return partial(seal_blob, self._cipher, self.associated(label))

    def open(self, label: str, blob: bytes) -> bytes:
        """What was sealed under `label`. Raises CannotDecrypt."""
        return self.opener(label)(blob)

    def opener(self, label: str) -> Callable[[bytes | memoryview], bytes]:
        """`open` for many things of one label."""
        cipher, associated = self._cipher, self.associated(label)
        what = partial("{} under data key {}".format, label, self.data_key_id)
        return partial(open_blob, cipher, associated, what)

    def associated(self, label: str) -> bytes:
        """The bytes that bind a ciphertext to its place: the label and the data key's id."""
        return label.encode() + self._suffix

    def derive(self, info: bytes, salt: bytes = b"") -> bytes:
        """A 32-byte key for another use (HKDF-SHA256), apart from the data key for each `info` and `salt`."""
        return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=salt, info=info).derive(self._key)


_cache: OrderedDict[uuid.UUID, tuple[float, Box]] = OrderedDict()
_cache_lock = Lock()


def box_for(data_key: KeyRow) -> Box:
    """The box of a stored data key; unwrapped keys stay in this process for a few minutes. Raises CannotDecrypt."""
    box = _cached(data_key.id)
    if box is None:
        box = Box(data_key.id, unwrap(data_key.id, data_key.master_key_id, bytes(data_key.wrapped)))
        _keep(box)
    return box


def forget(data_key_id: uuid.UUID) -> None:
    """Drop the unwrapped key from this process, as its row is gone. Other processes drop it within CACHED_SECONDS."""
    with _cache_lock:
        _cache.pop(data_key_id, None)


def _cached(data_key_id: uuid.UUID) -> Box | None:
    with _cache_lock:
        kept_at, box = _cache.get(data_key_id, (0.0, None))
        if box is None:
            return None
        if time.monotonic() - kept_at > CACHED_SECONDS:
            del _cache[data_key_id]
            return None
        _cache.move_to_end(data_key_id)
        return box


def _keep(box: Box) -> None:
    with _cache_lock:
        _cache[box.data_key_id] = (time.monotonic(), box)
        if len(_cache) > CACHED_BOXES:
            _cache.popitem(last=False)


def _settings_changed(*, setting: str, **_: Any) -> None:
    if setting == "MASTER_KEYS":
        with _cache_lock:
            _cache.clear()


setting_changed.connect(_settings_changed, dispatch_uid="portal.crypto.box")
