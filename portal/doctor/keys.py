"""The master keys: every one that is needed is there, and opens what it should."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.exceptions import ImproperlyConfigured

from portal import crypto
from portal.doctor.findings import Finding, ok, problem
from portal.health import probes
from portal.models import DataKey

ABOUT = "encryption keys"


def master_keys() -> Iterator[Finding]:
    """One data key of each master key is opened as proof."""
    try:
        given = [key.id for key in crypto.master_keys()]
    except ImproperlyConfigured as error:
        yield problem(ABOUT, str(error), "Set MASTER_KEYS or MASTER_KEYS_FILE; see README.md, Settings.")
        return
    used = probes.master_keys_in_use()
    for key_id in used:
        yield from _opened(key_id, given)
    idle = [key_id for key_id in given[1:] if key_id not in used]
    if idle:
        yield ok(ABOUT, f"Nothing is under {', '.join(idle)} any more; keep it for as long as a backup from before is kept.")
    if not used:
        yield ok(ABOUT, f"Nothing is encrypted yet. New data will be under {given[0]}.")


def _opened(key_id: str, given: list[str]) -> Iterator[Finding]:
    if key_id not in given:
        yield problem(
            ABOUT,
            f"Data is encrypted under master key {key_id}, which this process does not have.",
            "Put it back into MASTER_KEYS, behind the newest; then manage.py rotate_master_key.",
        )
        return
    row = DataKey.objects.filter(master_key_id=key_id).order_by("-id").first()
    if row is None:
        return  # rewrapped since
    try:
        # Opened on the way; what comes of it is kept nowhere.
        crypto.rewrap(row.pk, row.master_key_id, bytes(row.wrapped))
    except crypto.CannotDecrypt:
        yield problem(
            ABOUT,
            f"The master key with the id {key_id} is another one than the data was encrypted with.",
            "Find the right one: each new key needs an id of its own. Until then nothing under it can be read.",
        )
    else:
        yield ok(ABOUT, f"Master key {key_id} is there and opens its data keys.")
