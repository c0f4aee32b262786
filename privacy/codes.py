"""Adobe's response codes as they are written (Privacy Service guide, troubleshooting: response codes): `PRVCY-6052-200`."""

from __future__ import annotations

import re

_CODE = re.compile(r"(?:PRVCY-)?(\d{4}-\d{3})")


def bare(code: str) -> str:
    """`6052-200`, for a code with or without Adobe's prefix; the text itself when it is none."""
    match = _CODE.fullmatch(code.strip())
    return match[1] if match else code


def short(code: str) -> str:
    """The number by which Adobe's documents name it: `6052`."""
    match = _CODE.fullmatch(code.strip())
    return match[1].split("-")[0] if match else code
