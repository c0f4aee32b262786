"""Master keys: a list in the settings, newest first. They only wrap data keys."""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from portal.crypto.aead import KEY_BYTES, CannotDecrypt, open_blob, seal_blob

_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class MasterKeyMissing(CannotDecrypt):
    """This process was not given the master key; another may have it, so nothing is lost and it is to be tried again."""


@dataclass(frozen=True)
class MasterKey:
    """One master key. Its bytes never show in a repr."""

    id: str
    key: bytes = field(repr=False)

    @property
    def cipher(self) -> AESGCM:
        """AES-256-GCM under this key."""
        return AESGCM(self.key)


@dataclass(frozen=True)
class WrappedKey:
    """A data key as it is stored: which master key wraps it, and the wrapped bytes."""

    master_key_id: str
    wrapped: bytes = field(repr=False)


@lru_cache(maxsize=1)
def master_keys() -> tuple[MasterKey, ...]:
    """The keys of settings.MASTER_KEYS, newest first. Raises ImproperlyConfigured, never showing any of the value."""
    entries = [entry.strip() for entry in re.split(r"[,\r\n]", settings.MASTER_KEYS) if entry.strip()]
    if not entries:
        raise ImproperlyConfigured("MASTER_KEYS is empty. Set it to id:base64 of 32 random bytes.")
    keys = tuple(_parse(number, entry) for number, entry in enumerate(entries, start=1))
    if len({key.id for key in keys}) < len(keys):
        raise ImproperlyConfigured("MASTER_KEYS names the same id twice. Each key needs an id of its own.")
    return keys


def _parse(number: int, entry: str) -> MasterKey:
    # Messages count entries and do not quote them: a mistyped entry may hold the key where the id should be.
    key_id, colon, encoded = entry.partition(":")
    if not colon or not _ACCEPTABLE_ID.fullmatch(key_id):
        raise ImproperlyConfigured(
            f"MASTER_KEYS entry {number} does not start with an id (1 to 64 of letters, digits, '.', '_', '-') and a colon."
        )
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise ImproperlyConfigured(f"MASTER_KEYS entry {number} is not base64 after its colon.") from None
    if len(key) != KEY_BYTES:
        raise ImproperlyConfigured(f"MASTER_KEYS entry {number} is {len(key)} bytes long; it must be {KEY_BYTES}.")
    return MasterKey(key_id, key)


def wrap_new(data_key_id: uuid.UUID) -> WrappedKey:
    """A new random data key of 256 bits, wrapped by the newest master key and bound to the id it will have."""
    return _wrap(data_key_id, AESGCM.generate_key(bit_length=KEY_BYTES * 8))


def rewrap(data_key_id: uuid.UUID, master_key_id: str, wrapped: bytes) -> WrappedKey:
    """The same data key wrapped by the newest master key. Raises CannotDecrypt."""
    return _wrap(data_key_id, unwrap(data_key_id, master_key_id, wrapped))


def unwrap(data_key_id: uuid.UUID, master_key_id: str, wrapped: bytes) -> bytes:
    """The data key's own 32 bytes. Raises CannotDecrypt."""
    master = next((key for key in master_keys() if key.id == master_key_id), None)
    if master is None:
        raise MasterKeyMissing(f"data key {data_key_id}: its master key {master_key_id} is not in MASTER_KEYS")
    return open_blob(master.cipher, _associated(data_key_id), lambda: f"data key {data_key_id}", wrapped)


def _wrap(data_key_id: uuid.UUID, key: bytes) -> WrappedKey:
    newest = master_keys()[0]
    return WrappedKey(newest.id, seal_blob(newest.cipher, _associated(data_key_id), key))


def _associated(data_key_id: uuid.UUID) -> bytes:
    return f"data-key|{data_key_id}".encode()


def _settings_changed(*, setting: str, **_: Any) -> None:
    if setting == "MASTER_KEYS":
        master_keys.cache_clear()


setting_changed.connect(_settings_changed, dispatch_uid="portal.crypto.master")
