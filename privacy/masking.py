"""What a page may show of personal data before somebody with the right asks to see it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from portal.masking import mask, mask_text

# Members of product answers that hold counts, times and names of namespaces, never a person.
PLAIN_NAMES = frozenset(
    {"namespace", "type", "createdAt", "message", "numberOfAuthenticationSessions", "numberOfAuthorizationDecisions"}
)
# Longer numbers are identities (ECID: 38 digits), shorter ones are counts.
LONGEST_COUNT = 9


def mask_tree(value: Any, values: Collection[str], name: str = "") -> Any:
    """Free JSON of a product with every text masked but those that cannot name a person. Counts and yes/no stay.

    `values` are what we know of the person: they are masked wherever they stand, in texts and names that are plain otherwise too.
    """
    if isinstance(value, dict):
        return {mask_text(key, values): mask_tree(inner, values, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [mask_tree(inner, values, name) for inner in value]
    if isinstance(value, bool) or not isinstance(value, str | int):
        return value
    if str(value) in values or _may_name(name, value):
        return mask(str(value))
    return mask_text(value, values) if isinstance(value, str) else value


def _may_name(name: str, value: str | int) -> bool:
    """Whether a text or a number may say who somebody is."""
    if name in PLAIN_NAMES:
        return False
    return len(str(value)) > LONGEST_COUNT if str(value).isdecimal() else isinstance(value, str)
