"""Pages that belong to neither app: the way in, signing in, and errors."""

from __future__ import annotations

import sys

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from django.views.decorators.csrf import requires_csrf_token
from django.views.decorators.http import require_safe

from portal import full_disk, logs
from portal.api import problems


@require_safe
@login_not_required
def favicon(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """For pages that name no icon of their own, as the admin's do not."""
    return redirect(static("favicon.svg"))


class SignIn(LoginView):
    """User name and password; too many tries in a row are turned away for a while (django-axes)."""

    template_name = "portal/sign_in.html"
    redirect_authenticated_user = True


@require_safe
@login_not_required
def session(request: HttpRequest) -> HttpResponse:
    """Whether the person is still known, asked before a form goes: 204, or 401 with the words that the page then shows."""
    if request.user.is_authenticated:
        return HttpResponse(status=204)
    response = render(request, "portal/_signed_out.html", status=401)
    add_never_cache_headers(response)
    return response


# --- Errors: what happened and what to do, never what was sent ---


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """400."""
    return _error(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """403."""
    return _error(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """404, also for what belongs to an organization that the person was not given."""
    return _error(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, and 507 when a disk is full. The templates ask the database for nothing: it may be what failed.

    A form that htmx has sent stays as it is filled in, and is told of the full disk beside it.

    Django calls this while it handles the exception, and does not hand it over.
    """
    disk_is_full = full_disk.is_cause_of(sys.exception())
    status = 507 if disk_is_full else 500
    if problems.is_api(request):
        return problems.plain(status)
    context = {"correlation_id": logs.correlation_id(), "disk_is_full": disk_is_full}
    if disk_is_full and request.headers.get("HX-Request"):
        response = render(request, "portal/_disk_full.html", context, status=status)
        response["HX-Retarget"], response["HX-Reswap"], response["HX-Reselect"] = (
            "#session",
            "innerHTML",
            "#disk-full",
        )
        return response
    return render(request, "portal/server_error.html", context, status=status)


@requires_csrf_token
@login_not_required
def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """A form without a valid token: usually a page that stood open over a sign-out."""
    return render(request, "portal/error.html", _in_words("form"), status=403)


def _error(request: HttpRequest, status: int) -> HttpResponse:
    """A page for a person; a problem for a program."""
    if problems.is_api(request):
        return problems.plain(status)
    return render(request, "portal/error.html", _in_words(status), status=status)


def _in_words(error: int | str) -> dict[str, str]:
    """Title, words and advice, in the language of the page."""
    return {name: _(words) for name, words in _ERRORS[error].items()}


_ERRORS: dict[int | str, dict[str, str]] = {
    400: {
        "title": noop("This request cannot be read"),
        "words": noop("The portal did not understand what the browser sent, and nothing was changed."),
        "advice": noop("Go back and try again. If it happens twice, tell an administrator the time."),
    },
    403: {
        "title": noop("You may not do this"),
        "words": noop("Your role does not include this page or this action, and nothing was changed."),
        "advice": noop("An administrator of the portal can give you the right: Viewer, Officer or Administrator."),
    },
    404: {
        "title": noop("There is no such page"),
        "words": noop("The address is wrong, or what it names belongs to an organization that you were not given."),
        "advice": noop("Start from the list of requests, or ask an administrator to give you the organization."),
    },
    "form": {
        "title": noop("This form is no longer valid"),
        "words": noop(
            "The page stood open while you signed out or in again, so the portal did not take it. Nothing was changed."
        ),
        "advice": noop("Go back, reload the page, and send the form again."),
    },
}
