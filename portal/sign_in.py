"""Counting failed sign-ins (django-axes) without keeping what was typed."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest
from django.utils.crypto import salted_hmac


def name_to_count(request: HttpRequest, credentials: Mapping[str, str | None] | None = None) -> str:
    """What a try is counted under in place of the user name: a keyed digest, because people type passwords into that field."""
    typed = (request.POST if credentials is None else credentials).get("username") or ""
    return salted_hmac("portal.sign_in", typed, algorithm="sha256").hexdigest()
