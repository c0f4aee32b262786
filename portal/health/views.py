"""For load balancers (live, ready), for Prometheus (metrics), and a page for administrators."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required, permission_required
from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal import heartbeats, registry
from portal.admin.base import acting_user
from portal.health import metrics, picture, probes
from portal.models import Organization, ProcessKind

PLAIN = "text/plain; charset=utf-8"


@require_safe
@never_cache
@login_not_required
def live(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """This process serves. Asks nobody: a database that is away is no reason to end the process."""
    return HttpResponse("live\n", content_type=PLAIN)


@require_safe
@never_cache
@login_not_required
def ready(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """This process can do its work; else 503 and the names of what fails, which say nothing of our secrets or data."""
    failing = probes.failing()
    return JsonResponse({"ready": not failing, "failing": failing}, status=503 if failing else 200)


@require_safe
@never_cache
@login_not_required
def prometheus(request: HttpRequest) -> HttpResponse:
    """For whoever has METRICS_TOKEN; without one set there is no such page."""
    if not settings.METRICS_TOKEN:
        raise Http404
    given = request.headers.get("Authorization", "")
    if not secrets.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode()):
        return HttpResponse("A token is needed.\n", status=401, content_type=PLAIN, headers={"WWW-Authenticate": "Bearer"})
    try:
        return HttpResponse(metrics.scrape(), content_type=metrics.CONTENT_TYPE_LATEST)
    except Error:
        return HttpResponse("The database does not answer.\n", status=503, content_type=PLAIN)


@require_safe
@permission_required("portal.view_heartbeat", raise_exception=True)
def page(request: HttpRequest) -> HttpResponse:
    """How everything is, for administrators."""
    return render(request, "portal/health.html", _now(request))


@require_safe
@permission_required("portal.view_heartbeat", raise_exception=True)
def now(request: HttpRequest) -> HttpResponse:
    """The part of the page that renews itself."""
    return render(request, "portal/_health.html", _now(request))


def _now(request: HttpRequest) -> dict[str, Any]:
    processes = heartbeats.processes()
    workers = [one for one in processes if one.kind == ProcessKind.WORKER]
    queues = picture.queues()
    return {
        "at": timezone.now(),
        "queues": queues,
        "late": [queue for queue in queues if queue.is_late],
        "workers": workers,
        "alive": sum(not one.is_silent for one in workers),
        "beat": next((one for one in processes if one.kind == ProcessKind.BEAT), None),
        "calls": picture.calls_of(Organization.objects.visible_to(acting_user(request))),
        "figures": [_as_far_as_open_to(request, figure) for figure in registry.figures()],
    }


def _as_far_as_open_to(request: HttpRequest, figure: registry.Figure) -> registry.Figure:
    """The admin is for staff: others see the number without its rows."""
    return replace(figure, rows="") if figure.in_admin and not acting_user(request).is_staff else figure
