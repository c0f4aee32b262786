"""How an identity is shown to those who may not see it whole."""

from __future__ import annotations

import re
from collections.abc import Collection


def mask(value: str) -> str:
    """Enough to recognise a value that one knows, too little to learn one: `d…h@a…m`, `44…22`."""
    if "@" in value:
        return "@".join(f"{part[0]}…{part[-1]}" if len(part) > 2 else "…" for part in value.split("@", 1))
    return f"{value[:2]}…{value[-2:]}" if len(value) > 8 else "…"


def mask_text(text: str, values: Collection[str]) -> str:
    """`text` with each of `values` masked, longest first, in any casing that Adobe may have given it."""
    wanted = "|".join(re.escape(value) for value in sorted(filter(None, values), key=len, reverse=True))
    return re.sub(wanted, lambda found: mask(found[0]), text, flags=re.IGNORECASE) if wanted else text
