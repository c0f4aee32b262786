"""The address that Adobe calls with its events. Adobe signs in by signature, so there is neither a session nor a form."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from portal.adobe.event_signatures import HEADERS
from privacy.events import receiving


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "POST"])
def adobe_events(request: HttpRequest, source_id: uuid.UUID) -> HttpResponse:
    """GET answers Adobe's challenge, POST takes a delivery. Whatever is refused is told nothing but the status."""
    recipient = receiving.find_recipient(source_id)
    if recipient is None:
        return HttpResponse(status=404)
    if request.method == "GET":
        challenge = request.GET.get("challenge", "")
        if not receiving.is_challenge(challenge):
            return HttpResponse(status=400)
        # In the type that Adobe asks for (Adobe I/O Events, the challenge request).
        return HttpResponse(challenge, content_type="text/plain")
    body = _body(request)
    return HttpResponse(status=413 if body is None else receiving.receive(recipient, body, _headers(request)))


def _headers(request: HttpRequest) -> dict[str, str]:
    """Those that matter. `request.headers` would read them all, each time anew."""
    return {name: request.META[key] for name, key in _HEADERS.items() if key in request.META}


_HEADERS = {name: f"HTTP_{name.upper().replace('-', '_')}" for name in HEADERS}


def _body(request: HttpRequest) -> bytes | None:
    """The raw bytes, as they were signed; None when they are too many. Read past Django's own bound, which is lower."""
    length = request.META.get("CONTENT_LENGTH", "")
    if length.isdigit() and int(length) > receiving.LARGEST_BODY:
        return None
    body = bytes(request.read(receiving.LARGEST_BODY + 1))
    return body if len(body) <= receiving.LARGEST_BODY else None
