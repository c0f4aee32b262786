"""Reading what a control call says."""

from __future__ import annotations

import json
import math
from typing import Any

from aiohttp import web


class ControlError(ValueError):
    """A control call that makes no sense; answered with 400 and the text."""


async def read_body(request: web.Request) -> dict[str, Any]:
    """Raises ControlError."""
    try:
        body = json.loads(await request.read() or b"{}")
    except ValueError as error:
        raise ControlError("the body is not JSON") from error
    if not isinstance(body, dict):
        raise ControlError("the body must be a JSON object")
    return body


def number(body: dict[str, Any], name: str, default: float | None = None) -> float:
    """Raises ControlError."""
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise ControlError(f"{name} must be a number of at least 0")
    return float(value)


def window(request: web.Request) -> slice:
    """The part of a ledger that `after` and `limit` ask for. Raises ControlError."""
    after, limit = _whole(request, "after") or 0, _whole(request, "limit")
    return slice(after, None if limit is None else after + limit)


def _whole(request: web.Request, name: str) -> int | None:
    text = request.query.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        raise ControlError(f"{name} must be a whole number")
    return int(text)
