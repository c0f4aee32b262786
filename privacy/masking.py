"""What a page may show of personal data before somebody with the right asks to see it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from privacy.schema import mask

# Members of product answers that hold counts, times and names of namespaces, never a person.
PLAIN_NAMES = frozenset(
    {"namespace", "type", "createdAt", "message", "numberOfAuthenticationSessions", "numberOfAuthorizationDecisions"}
)
# Longer numbers are identities (ECID: 38 digits), shorter ones are counts.
LONGEST_COUNT = 9


def mask_text(text: str, values: Iterable[str]) -> str:
    """`text` with each of `values` masked, longest first, in any casing that Adobe may have given it."""
    for value in sorted({value for value in values if value}, key=len, reverse=True):
        start = text.lower().find(value.lower())
        while start >= 0:
            masked = mask(value)
            text = text[:start] + masked + text[start + len(value) :]
            start = text.lower().find(value.lower(), start + len(masked))
    return text


def mask_tree(value: Any, name: str = "") -> Any:
    """Free JSON of a product with every text masked but those that cannot name a person. Numbers and yes/no stay."""
    if isinstance(value, dict):
        return {key: mask_tree(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [mask_tree(inner, name) for inner in value]
    return mask(value) if isinstance(value, str) and _may_name(name, value) else value


def _may_name(name: str, text: str) -> bool:
    """Whether a text may say who somebody is."""
    is_count = text.isdecimal() and len(text) <= LONGEST_COUNT
    return name not in PLAIN_NAMES and not is_count
