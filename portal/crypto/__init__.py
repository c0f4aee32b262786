"""Envelope encryption: nothing personal or secret is kept in clear.

Master keys (settings) wrap data keys (one for each owner, `portal.models.DataKey`), and a data key seals fields and
files and gives the blind index its key. Deleting the data key's row makes everything under it unreadable.
"""

from __future__ import annotations

from portal.crypto.aead import CannotDecrypt
from portal.crypto.blind import BlindIndex, KeyOwner, blind_index_for
from portal.crypto.box import Box, KeyRow, box_for, forget
from portal.crypto.fields import SealedBytes, SealedField, SealedJSON, SealedText
from portal.crypto.files import (
    SealedReader,
    SealedWriter,
    discard,
    discard_stale_parts,
    files_below,
    is_part,
    older_than,
    open_sealed,
    write_sealed,
)
from portal.crypto.master import MasterKey, MasterKeyMissing, WrappedKey, master_keys, rewrap, wrap_new

__all__ = [
    "BlindIndex",
    "Box",
    "CannotDecrypt",
    "KeyOwner",
    "KeyRow",
    "MasterKey",
    "MasterKeyMissing",
    "SealedBytes",
    "SealedField",
    "SealedJSON",
    "SealedReader",
    "SealedText",
    "SealedWriter",
    "WrappedKey",
    "blind_index_for",
    "box_for",
    "discard",
    "discard_stale_parts",
    "files_below",
    "forget",
    "is_part",
    "master_keys",
    "older_than",
    "open_sealed",
    "rewrap",
    "wrap_new",
    "write_sealed",
]
