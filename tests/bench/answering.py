"""The portal for gunicorn, with one more address: a view that reads what is sent and answers 200."""

from __future__ import annotations

# It sets Django up, which the rest needs.
from portal.wsgi import application

# isort: split
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from portal import urls

__all__ = ["application"]


@csrf_exempt
@login_not_required
def answer(request: HttpRequest) -> HttpResponse:
    """The least that a view can do with a delivery."""
    request.read()
    return HttpResponse(status=200)


urls.urlpatterns.insert(0, path("bench-answers/", answer))
