"""Error answers, with the bodies of the gateway and of Privacy Service."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web


def json_response(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(
        # Half a surrogate pair goes out as the JSON escape that it came in as.
        body=json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode(errors="backslashreplace"),
        status=status,
        headers=headers,
        content_type="application/json",
        charset="utf-8",
    )


_TITLES = {400: "BadRequestError", 404: "NotFoundError"}


class Refusal(Exception):
    """An answer other than 2xx: HTTP status, JSON body, headers."""

    def __init__(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = headers

    def response(self) -> web.Response:
        return json_response(self.body, self.status, self.headers)


def gateway(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Refusal:
    """The gateway's shape (Platform API troubleshooting)."""
    return Refusal(status, {"error_code": code, "message": message}, headers)


def privacy(style: str, status: int, code: str, message: str) -> Refusal:
    """Privacy Service's own errors have no published shape; `style` is the switch `error_style`."""
    bodies: dict[str, dict[str, Any]] = {
        "gateway": {"error_code": code, "message": message},
        "code": {"code": code, "message": message},
        "errorCode": {"errorCode": code, "title": message},
        "problem": {"type": f"/errors/{code}", "status": status, "title": _TITLES[status], "detail": message},
    }
    return Refusal(status, bodies[style])


def no_such_path() -> Refusal:
    return gateway(404, "404000", "The requested resource was not found")


def forbidden() -> Refusal:
    return gateway(403, "403027", "Forbidden. The caller has no permission for this operation.")


def wrong_content_type() -> Refusal:
    return Refusal(
        400,
        {
            "type": "/placeholder/type/uri",
            "status": 400,
            "title": "BadRequestError",
            "detail": "A valid content-type must be specified",
        },
    )
