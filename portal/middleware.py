"""Middleware of our own."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from portal import logs, uploads

Handler = Callable[[HttpRequest], HttpResponse]


def correlation(get_response: Handler) -> Handler:
    """Start a correlation id for each HTTP request (the caller's X-Request-ID when it is a plain one) and answer with it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        value = logs.start_correlation(request.headers.get("X-Request-ID"))
        response = get_response(request)
        response["X-Request-ID"] = value
        return response

    return middleware


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Every page needs a signed-in person, unless its view says otherwise."""

    def handle_no_permission(  # type: ignore[override]  # Django's own type knows redirects only
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        """To the sign-in page; a live part of a page says in its own place that the session is over.

        A redirect would put the sign-in page into that place, and a reload would lose what is being typed elsewhere.
        """
        if request.headers.get("HX-Request"):
            # 286 ends polling (htmx); the headers put the words into their own place, whatever the caller had in mind.
            response = render(request, "portal/_signed_out.html", status=286)
            response["HX-Retarget"], response["HX-Reswap"], response["HX-Reselect"] = "#session", "innerHTML", "#signed-out"
            return response
        return super().handle_no_permission(request, view_func)


def drop_unkept_uploads(get_response: Handler) -> Handler:
    """Remove uploaded files that no view has kept: a form with an error, a refused person, an exception."""

    def middleware(request: HttpRequest) -> HttpResponse:
        try:
            return get_response(request)
        finally:
            uploads.drop_unkept(request)

    return middleware


def keep_out_of_caches(get_response: Handler) -> Handler:
    """What a signed-in person sees is kept by no cache, neither on the way nor in the browser."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.user.is_authenticated:
            add_never_cache_headers(response)
        return response

    return middleware
