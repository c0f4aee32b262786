"""How many calls a caller may make in a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from portal import runtime

if TYPE_CHECKING:
    # REST framework imports this module while it makes APIView.
    from rest_framework.views import APIView


class CallerThrottle(SimpleRateThrottle):
    """API_CALLS_PER_MINUTE for each caller and web process; 0 sets no limit. Beyond it the answer is 429 with Retry-After."""

    scope = "api"

    def get_rate(self) -> str | None:
        """As REST framework writes it."""
        most = runtime.number("API_CALLS_PER_MINUTE")
        return f"{most}/min" if most else None

    def get_cache_key(self, request: Request, view: APIView) -> str:  # noqa: ARG002 - REST framework's signature
        """Each integration and each person by itself."""
        return f"portal.api.calls.{request.user.pk}"
