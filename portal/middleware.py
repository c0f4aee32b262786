"""Middleware of our own."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme

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


def refuse_nul(get_response: Handler) -> Handler:
    """PostgreSQL takes no NUL in a text, and no address of ours has one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if "\0" in request.path or any("\0" in value for _, values in request.GET.lists() for value in values):
            raise SuspiciousOperation("a NUL in an address")
        return get_response(request)

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
        if request.method not in ("GET", "HEAD"):
            # Signing in leads on by a GET, which the address of a form does not take: back to the page that the form stood on.
            page = _page_of_form(request)
            return redirect_to_login(page, resolve_url(self.get_login_url(view_func)), self.get_redirect_field_name(view_func))
        return super().handle_no_permission(request, view_func)


def _page_of_form(request: HttpRequest) -> str:
    """The path of the page that sent this request, when that is one of ours; else the first page."""
    page = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure()):
        return reverse("home")
    parts = urlsplit(page)
    return urlunsplit(("", "", f"/{parts.path.lstrip('/')}", parts.query, ""))


def as_the_person_wants(get_response: Handler) -> Handler:
    """Pages in the language and the time zone that the person has chosen, where they have."""

    def middleware(request: HttpRequest) -> HttpResponse:
        language, zone = getattr(request.user, "language", ""), getattr(request.user, "time_zone", "")
        if language:
            # It stands until the next request of this thread begins with the browser's choice (LocaleMiddleware).
            translation.activate(language)
        with timezone.override(zone or None):
            return get_response(request)

    return middleware


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


def speak_english_to_machines(get_response: Handler) -> Handler:
    """The API answers every caller in the same words, whatever the language of a person's pages is."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/api/"):
            return get_response(request)
        with translation.override("en"):
            response = get_response(request)
        response["Content-Language"] = "en"
        return response

    return middleware
