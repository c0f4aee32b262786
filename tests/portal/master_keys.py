"""Master keys for tests."""

from __future__ import annotations

import base64
import hashlib


def entry(key_id: str, *, other: str = "") -> str:
    """One entry of MASTER_KEYS; the same id always has the same key, and another one with `other`."""
    return f"{key_id}:{base64.b64encode(hashlib.sha256(f'{key_id}{other}'.encode()).digest()).decode()}"


def key_bytes(key_id: str) -> bytes:
    """The key of `entry(key_id)`."""
    return base64.b64decode(entry(key_id).partition(":")[2])
