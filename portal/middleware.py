"""Middleware of our own."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from portal import logs


def correlation(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Start a correlation id for each HTTP request (the caller's X-Request-ID when it is a plain one) and answer with it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        value = logs.start_correlation(request.headers.get("X-Request-ID"))
        response = get_response(request)
        response["X-Request-ID"] = value
        return response

    return middleware
