"""The documentation page: Swagger UI from our own host, under the strict Content-Security-Policy.

drf-spectacular's page sets itself up by a script in the page, which the policy forbids; so ours is a page of our own whose script
is a static file.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View
from drf_spectacular.views import SpectacularAPIView

from portal.api import problems
from portal.api.schema import ApiSchema  # noqa: F401 - its class must be loaded before a schema is made
from portal.api.views import AnswersProblems


class Docs(View):
    """Every resource, to read and to try with the session's own rights."""

    http_method_names = ("get", "head")

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page."""
        return render(request, "portal/api_docs.html")

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A problem, as everywhere below /api/."""
        refused = super().http_method_not_allowed(request, *args, **kwargs)
        answer = problems.plain(405)
        answer["Allow"] = refused["Allow"]
        return answer


class Schema(AnswersProblems, SpectacularAPIView):
    """The schema as YAML or JSON."""
