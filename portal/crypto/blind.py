"""The blind index: equal values of one organization have equal digests, and a digest tells nothing without the key."""

from __future__ import annotations

import hmac
import uuid
from typing import Protocol

from portal.crypto.box import KeyRow, box_for

_VERSION = b"\x01"
_INFO = b"blind-index-v1"


class KeyOwner(Protocol):
    """An organization, as far as its blind index needs it."""

    @property
    def id(self) -> uuid.UUID: ...
    @property
    def data_key(self) -> KeyRow: ...


class BlindIndex:
    """Digests for looking up what is stored encrypted."""

    def __init__(self, key: bytes, organization_id: uuid.UUID) -> None:
        """`key` is 32 bytes, of one organization and for this use only."""
        self._key = key
        self._prefix = _length_prefixed(organization_id.bytes)

    def digest(self, kind: str, namespace: str, value: str) -> bytes:
        """33 bytes: a version byte and HMAC-SHA256 over organization, kind, namespace and value.

        The caller gives `namespace` and `value` in their canonical form; nothing is folded here.
        """
        # A JSON file may hold half of a surrogate pair: it must have a digest too.
        parts = (_length_prefixed(part.encode("utf-8", "surrogatepass")) for part in (kind, namespace, value))
        return _VERSION + hmac.digest(self._key, self._prefix + b"".join(parts), "sha256")


def blind_index_for(organization: KeyOwner) -> BlindIndex:
    """The index of one organization. Raises CannotDecrypt when its data key does not open."""
    return BlindIndex(box_for(organization.data_key).derive(_INFO), organization.id)


def _length_prefixed(part: bytes) -> bytes:
    # Without lengths ("ab", "c") and ("a", "bc") would share a digest.
    return len(part).to_bytes(4, "big") + part
