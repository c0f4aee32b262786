"""The lists of this app: their pages, what is done with many rows, and their exports."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from portal.lists import acting, exporting, showing
from privacy.lists.jobs import JOBS
from privacy.lists.opt_outs import OPT_OUTS
from privacy.lists.people import PEOPLE
from privacy.lists.requests import REQUESTS

EXPORT = "privacy.export_privacyrequest"


@require_safe
@permission_required(REQUESTS.needed, raise_exception=True)
def request_list(request: HttpRequest) -> HttpResponse:
    """Requests, newest or due first."""
    return showing.show(request, REQUESTS, may_upload=request.user.has_perm("privacy.add_upload"))


@require_POST
@permission_required(REQUESTS.needed, raise_exception=True)
def request_act(request: HttpRequest) -> HttpResponse:
    """Give away, acknowledge, ask again: of many requests. Each act asks for a right of its own."""
    return acting.act(request, REQUESTS)


@require_POST
@permission_required((*REQUESTS.needed, EXPORT), raise_exception=True)
def request_export(request: HttpRequest) -> HttpResponseBase:
    """Every request that matches, as CSV."""
    return exporting.export(request, REQUESTS)


@require_safe
@permission_required(JOBS.needed, raise_exception=True)
def all_jobs(request: HttpRequest) -> HttpResponse:
    """Jobs across requests, newest first."""
    return showing.show(request, JOBS, may_download=request.user.has_perm("privacy.download_results"))


@require_POST
@permission_required(JOBS.needed, raise_exception=True)
def job_act(request: HttpRequest) -> HttpResponse:
    """Have Adobe asked about many jobs."""
    return acting.act(request, JOBS)


@require_POST
@permission_required((*JOBS.needed, EXPORT), raise_exception=True)
def job_export(request: HttpRequest) -> HttpResponseBase:
    """Every job that matches, as CSV."""
    return exporting.export(request, JOBS)


@require_safe
@permission_required(PEOPLE.needed, raise_exception=True)
def person_list(request: HttpRequest) -> HttpResponse:
    """Data subjects, newest first, masked."""
    return showing.show(request, PEOPLE)


@require_POST
@permission_required((*PEOPLE.needed, EXPORT), raise_exception=True)
def person_export(request: HttpRequest) -> HttpResponseBase:
    """Everybody who matches, as CSV; in clear only for those who may see it and ask for it."""
    return exporting.export(request, PEOPLE)


@require_safe
@permission_required(OPT_OUTS.needed, raise_exception=True)
def opt_out_list(request: HttpRequest) -> HttpResponse:
    """Opt-outs through the consent endpoint. Those through privacy jobs are requests."""
    if request.GET.get("way") == "jobs":
        return redirect(f"{reverse('privacy:request-list')}?kind=opt-out")
    rights = {"may_add": "privacy.add_optout", "may_upload": "privacy.add_upload"}
    return showing.show(request, OPT_OUTS, **{name: request.user.has_perm(right) for name, right in rights.items()})


@require_POST
@permission_required(OPT_OUTS.needed, raise_exception=True)
def opt_out_act(request: HttpRequest) -> HttpResponse:
    """Cancel many before they are sent."""
    return acting.act(request, OPT_OUTS)


@require_POST
@permission_required((*OPT_OUTS.needed, EXPORT), raise_exception=True)
def opt_out_export(request: HttpRequest) -> HttpResponseBase:
    """Every opt-out that matches, as CSV."""
    return exporting.export(request, OPT_OUTS)
