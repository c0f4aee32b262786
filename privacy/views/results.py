"""Giving out the results of access jobs, with permission and a line in the trail."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from portal import audit, crypto
from portal.forms_only import form_stands_on
from portal.models import User
from privacy import archive
from privacy.models import ResultArchive
from privacy.statuses import ArchiveStatus


@require_GET
@permission_required("privacy.download_results", raise_exception=True)
def job_result(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The ZIP, decrypted as it streams."""
    result = _get(request, pk)
    if result.status != ArchiveStatus.STORED or result.request.data_key is None:
        raise Http404
    try:
        content = _begun(archive.stream(result))
    except (crypto.CannotDecrypt, FileNotFoundError):
        messages.error(request, _("The stored result cannot be read. Tell an administrator: the file is damaged or gone."))
        return redirect("privacy:job-detail", pk)
    audit.record(
        "result.downloaded",
        actor=cast("User", request.user),
        organization=result.job.organization,
        obj=result,
        root_id=result.request_id,
        details={"bytes": result.size or 0, "sha256": result.sha256},
    )
    response = StreamingHttpResponse(content, content_type="application/zip")
    response["Content-Length"] = str(result.size)
    response["Content-Disposition"] = f'attachment; filename="{file_name(result)}"'
    return response


def _begun(content: Iterator[bytes]) -> Iterator[bytes]:
    """The same content with its first chunk read, so that what cannot be opened fails before the answer begins."""
    return chain([next(content, b"")], content)


def file_name(result: ResultArchive) -> str:
    """The request's number and the person's place in it; never a name or an identity."""
    subject = result.job.subject
    return f"{result.request.number}-person-{subject.position if subject else 'unknown'}.zip"


@form_stands_on("privacy:job-detail")
@require_POST
@permission_required("privacy.download_results", raise_exception=True)
def result_again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Fetch a result again that could not be fetched."""
    if archive.fetch_again(_get(request, pk), cast("User", request.user)):
        messages.success(request, _("The result is fetched again. Load this page again in a few seconds."))
    else:
        messages.error(request, _("The result is not waiting to be fetched again."))
    return redirect("privacy:job-detail", pk)


def _get(request: HttpRequest, pk: UUID) -> ResultArchive:
    visible = ResultArchive.objects.visible_to(request.user).select_related(
        "job__organization", "job__subject", "job__request__data_key", "request__data_key"
    )
    result: ResultArchive = get_object_or_404(visible, job_id=pk)
    return result
