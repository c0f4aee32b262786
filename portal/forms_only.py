"""Addresses that only take forms, opened as a page: reloaded, shared, or come back to after signing in.

A browser is led to the page that the form stands on, which is the nearest page above in the address unless the view says
otherwise. A program that asks for no page is told that the method is not taken.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse

from portal.api import problems

View = TypeVar("View", bound=Callable[..., Any])
_PAGE = "page_of_its_form"


def form_stands_on(page: str) -> Callable[[View], View]:
    """For a view that takes a form: the name of the page with it, which takes the same arguments. Stands outermost."""

    def named(view: View) -> View:
        setattr(view, _PAGE, page)
        return view

    return named


def lead_to_page(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """The middleware. Whether the person may see the page, the page itself says."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and _wants_a_page(request):
            return redirect(_page_of(request))
        return response

    return middleware


def _wants_a_page(request: HttpRequest) -> bool:
    is_page = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
    return is_page and request.user.is_authenticated and not problems.is_api(request)


def _page_of(request: HttpRequest) -> str:
    match = request.resolver_match
    name = getattr(match.func, _PAGE, "") if match else ""
    return reverse(name, args=match.args, kwargs=match.kwargs) if match and name else _page_above(request.path)


def _page_above(path: str) -> str:
    parts = path.strip("/").split("/")[:-1]
    while parts:
        address = f"/{'/'.join(parts)}/"
        try:
            resolve(address)
        except Resolver404:
            parts.pop()
        else:
            return address
    return "/"
