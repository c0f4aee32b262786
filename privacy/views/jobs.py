"""The jobs of a request, and one job with each product's answer."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal import audit, crypto
from portal.masking import mask, mask_text
from portal.models import User
from portal.paging import Keyset
from privacy import catalog, codes, laying_out, masking, playbook, polling, timeline
from privacy.lists.jobs import Line, person_words
from privacy.models import Job, PrivacyRequest, ProductResponse
from privacy.statuses import JOB_DONE, JOB_FAILED, JOB_LOST, JOB_OPEN, Action, ArchiveStatus, JobStatus
from privacy.views.found import get_request

LIST: Keyset[Job] = Keyset("subject__position", "action", descending=False, read_first=int, read_second=Action)
STATES = {
    "open": ("Open", JOB_OPEN),
    "done": ("Done", JOB_DONE),
    "failed": ("Failed", JOB_FAILED),
    "complete": ("Complete", (JobStatus.COMPLETE,)),
}


@require_safe
@permission_required("privacy.view_job", raise_exception=True)
def job_list(request: HttpRequest, number: str) -> HttpResponse:
    """The jobs of one request; state, product, action and Adobe's job id narrow it."""
    found = get_request(request, number)
    jobs = _narrowed(request, Job.objects.filter(request=found))
    page = LIST.page(
        jobs.select_related("subject", "archive").prefetch_related("product_responses").defer("raw_sealed"), request.GET
    )
    used = jobs_products(found)
    context = {
        "request_row": found,
        "page": page,
        "rows": [Line.of(job, found.products) for job in page.rows],
        "states": [(name, words) for name, (words, _) in STATES.items()],
        "products": [(code, catalog.product_name(code)) for code in used],
        "actions": Action.choices,
        "ending": _ending(request),
        "choice": {name: request.GET.get(name, "") for name in ("state", "product", "action", "job", "code")},
        "result": _result(request),
        "may_download": request.user.has_perm("privacy.download_results"),
    }
    return render(request, "privacy/job_list.html", context)


def jobs_products(found: PrivacyRequest) -> list[str]:
    """The products asked for and those that answered beyond."""
    answered = ProductResponse.objects.filter(request=found).order_by().values_list("product_code", flat=True).distinct()
    return list(dict.fromkeys([*found.products, *answered]))


def _narrowed(request: HttpRequest, jobs: QuerySet[Job]) -> QuerySet[Job]:
    state, product, action, job_id, code = (request.GET.get(name, "") for name in ("state", "product", "action", "job", "code"))
    statuses = STATES[state][1] if state in STATES else None
    if product and statuses:
        jobs = jobs.filter(_state_of_product(product, state, statuses))
    elif statuses:
        jobs = jobs.filter(status__in=statuses)
    if action in Action.values:
        jobs = jobs.filter(action=action)
    if job_id:
        jobs = jobs.filter(adobe_job_id=job_id.strip())
    if request.GET.get("result") in ArchiveStatus.values:
        jobs = jobs.filter(archive__status=request.GET["result"])
    if code:
        answers = ProductResponse.objects.filter(job=OuterRef("pk"), code="" if code == playbook.NO_CODE else code)
        jobs = jobs.filter(Exists(answers.filter(product_code=product) if product else answers))
    return playbook.ended_as(state, jobs) if state in playbook.OF_JOBS else jobs


def _result(request: HttpRequest) -> str:
    """The state of results that a list is narrowed to, in words; empty when it is narrowed to none."""
    status = request.GET.get("result")
    return str(ArchiveStatus(status).label) if status in ArchiveStatus.values else ""


def _ending(request: HttpRequest) -> str:
    """The way of ending that a list is narrowed to, in words; empty when it is narrowed to none."""
    state, code = request.GET.get("state", ""), request.GET.get("code", "")
    if state in playbook.OF_JOBS:
        return _(playbook.OF_JOBS[state].title)
    known = playbook.PLAYS.get(codes.bare(code))
    return (
        _("%(title)s (Adobe code %(short)s)") % {"title": _(known.title), "short": codes.short(code)}
        if known
        else code and _(playbook.UNNAMED.title)
    )


def _state_of_product(product: str, state: str, statuses: Sequence[str]) -> Q:
    """Jobs by what one product said; those that ended without its word count as failed (as in progress.by_product)."""
    answers = ProductResponse.objects.filter(job=OuterRef("pk"), product_code=product)
    silent = ~Q(Exists(answers.filter(status__in=JOB_DONE)))
    lost = silent & Q(status__in=JOB_LOST)
    if state == "open":
        return silent & ~Q(status__in=JOB_LOST)
    said = Q(Exists(answers.filter(status__in=statuses)))
    return said | lost if state in ("done", "failed") else said


@require_safe
@permission_required("privacy.view_job", raise_exception=True)
def job_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One job, identities masked."""
    return _show(request, get_job(request, pk), revealed=False)


@require_POST
@permission_required("privacy.reveal_identities", raise_exception=True)
def job_reveal(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The same page with everything in clear, once, and a line in the trail."""
    job = get_job(request, pk)
    _record(request, job, "job.revealed")
    return _show(request, job, revealed=True)


@require_POST
@permission_required("privacy.refresh_job", raise_exception=True)
def job_refresh(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask Adobe about this job now."""
    job = get_job(request, pk)
    if job.adobe_job_id is None:
        messages.error(request, _("Adobe does not have this job yet, so there is nothing to ask."))
    elif job.organization.is_on_hold:
        messages.error(request, _("The organization is on hold, so Adobe is not asked."))
    else:
        polling.refresh_now(job)
        _record(request, job, "job.asked")
        messages.success(request, _("Adobe is being asked. Load this page again in a few seconds."))
    return redirect("privacy:job-detail", job.pk)


@dataclass(frozen=True)
class _Product:
    row: ProductResponse
    name: str
    play: playbook.Play | None
    code: str
    words: list[str]
    rows: list[laying_out.Row]


def _show(request: HttpRequest, job: Job, *, revealed: bool) -> HttpResponse:
    is_kept = job.request.data_key is not None and job.subject is not None
    readable = is_kept and _opens(job)
    identities: list[dict[str, Any]] = (job.subject.identities or []) if readable and job.subject else []
    key = job.subject.officer_key if readable and job.subject else None
    wire_key = job.subject.wire_key if readable and job.subject else None
    # What Adobe's words may name the person by.
    values = [*(str(identity["value"]) for identity in identities), *(each for each in (key, wire_key) if each)]
    archive = getattr(job, "archive", None)
    context = {
        "job": job,
        "request_row": job.request,
        "person": person_words(job),
        "key": key if revealed or not key else mask(key),
        "wire_key": wire_key if revealed else None,
        "identities": identities if revealed else [identity | {"value": mask(identity["value"])} for identity in identities],
        "products": [_product(row, values, readable=readable, revealed=revealed) for row in job.product_responses.all()],
        "missing": _silent_products(job),
        "archive": archive,
        "raw": _raw(job) if revealed and readable else "",
        "answer_rows": _answer_rows(job, values, revealed=revealed) if readable else [],
        "revealed": revealed,
        "readable": readable,
        "damaged": is_kept and not readable,
        "timeline": timeline.of_job(job.request_id, [job.pk, *([archive.pk] if archive else [])]),
        "may_reveal": request.user.has_perm("privacy.reveal_identities"),
        "may_refresh": request.user.has_perm("privacy.refresh_job"),
        "may_download": request.user.has_perm("privacy.download_results"),
    }
    return render(request, "privacy/job_detail.html", context)


def _opens(job: Job) -> bool:
    """Whether everything that is kept sealed about a job still opens. If not, nothing of it is shown: what cannot be read
    cannot be masked in Adobe's words either.
    """
    rows = [job, *job.product_responses.all(), *([job.subject] if job.subject else [])]
    names = ("raw", "answer", "identities", "officer_key", "wire_key")
    try:
        for row, name in itertools.product(rows, names):
            getattr(row, name, None)
    except crypto.CannotDecrypt:
        return False
    return True


def _product(row: ProductResponse, values: list[str], *, readable: bool, revealed: bool) -> _Product:
    answer = (row.answer or {}) if readable else {}
    texts = list(dict.fromkeys(text for text in (answer.get("message"), answer.get("detail")) if text))
    results = answer.get("results")
    known = playbook.play(row.code, row.status)
    return _Product(
        row=row,
        name=catalog.product_name(row.product_code),
        play=known,
        code=codes.short(row.code),
        words=texts if revealed else [mask_text(text, values) for text in texts],
        rows=laying_out.rows(results if revealed else masking.mask_tree(results, values)),
    )


def _silent_products(job: Job) -> list[str]:
    """Products that were asked and have not said a word yet."""
    answered = {row.product_code for row in job.product_responses.all()}
    return [catalog.product_name(code) for code in job.request.products if code not in answered]


def _answer_rows(job: Job, values: list[str], *, revealed: bool) -> list[laying_out.Row]:
    """Adobe's last answer about the job, field by field, so that nothing it carried is left out of the page."""
    if not job.raw:
        return []
    try:
        answer = json.loads(job.raw)
    except (ValueError, RecursionError):
        return []
    return laying_out.rows(answer if revealed else masking.mask_answer(answer, values), most=laying_out.MOST_ROWS_OF_JOB)


def _raw(job: Job) -> str:
    if not job.raw:
        return ""
    try:
        return json.dumps(json.loads(job.raw), indent=2, ensure_ascii=False)
    except ValueError:
        return job.raw.decode(errors="replace")


def get_job(request: HttpRequest, pk: UUID) -> Job:
    """The job, when the person may see it; else a 404."""
    visible = Job.objects.visible_to(request.user).select_related(
        "organization", "request__data_key", "request__organization", "subject__request__data_key", "archive"
    )
    job: Job = get_object_or_404(visible.prefetch_related("product_responses__job__request__data_key"), pk=pk)
    return job


def _record(request: HttpRequest, job: Job, action: str) -> None:
    audit.record(action, actor=cast("User", request.user), organization=job.organization, obj=job, root_id=job.request_id)
