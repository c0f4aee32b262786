"""The blind index: equal values of one organization have equal digests, and a digest tells nothing without the key."""

from __future__ import annotations

import hmac
import uuid
from typing import Protocol

from portal.crypto.box import KeyRow, box_for

_VERSION = b"\x01"
_INFO = b"blind-index-v1"
_MOST_BEGUN = 64


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
        self._begun = hmac.new(key, _length_prefixed(organization_id.bytes), "sha256")
        # As far as digests of one kind and namespace are the same.
        self._begun_for: dict[tuple[str, str], hmac.HMAC] = {}

    def digest(self, kind: str, namespace: str, value: str) -> bytes:
        """33 bytes: a version byte and HMAC-SHA256 over organization, kind, namespace and value.

        The caller gives `namespace` and `value` in their canonical form; nothing is folded here.
        """
        mac = (self._begun_for.get((kind, namespace)) or self._begin(kind, namespace)).copy()
        mac.update(_length_prefixed(_bytes(value)))
        return _VERSION + mac.digest()

    def _begin(self, kind: str, namespace: str) -> hmac.HMAC:
        begun = self._begun.copy()
        begun.update(_length_prefixed(_bytes(kind)) + _length_prefixed(_bytes(namespace)))
        # A file may name any number of namespaces; there are a few that most identities have.
        if len(self._begun_for) < _MOST_BEGUN:
            self._begun_for[kind, namespace] = begun
        return begun


def blind_index_for(organization: KeyOwner) -> BlindIndex:
    """The index of one organization. Raises CannotDecrypt when its data key does not open."""
    return BlindIndex(box_for(organization.data_key).derive(_INFO), organization.id)


def _bytes(text: str) -> bytes:
    # A JSON file may hold half of a surrogate pair: it must have a digest too.
    return text.encode("utf-8", "surrogatepass")


def _length_prefixed(part: bytes) -> bytes:
    # Without lengths ("ab", "c") and ("a", "bc") would share a digest.
    return len(part).to_bytes(4, "big") + part
