"""The dry run of an upload: everything up to the POST, to look at and to download."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal import audit, crypto
from portal.models import User
from privacy.dry_run import DryRun
from privacy.models import Upload
from privacy.statuses import UploadStatus

CHECKED = (UploadStatus.READY, UploadStatus.REFUSED)


@require_safe
@permission_required("privacy.view_upload", raise_exception=True)
def dry_run(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What would happen, and what stands in the way."""
    upload = _get(request, pk)
    if upload.status not in CHECKED:
        return redirect("privacy:upload-detail", upload.pk)
    run = DryRun.of(upload)
    findings = run.findings(holds_file=upload.uploaded_by == request.user)
    context = {"upload": upload, "run": run, "findings": findings, "lost": False}
    try:
        context["calls"], context["has_more"] = run.first_calls
    except (FileNotFoundError, crypto.CannotDecrypt):
        context["lost"] = True
    return render(request, "privacy/upload_dry_run.html", context)


@require_safe
@permission_required("privacy.view_upload", raise_exception=True)
def report(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The same as CSV, with every call."""
    upload = _get(request, pk)
    if upload.status not in CHECKED or not upload.file_path.is_file():
        messages.error(request, _("There is nothing to report: the upload is not checked, or its file is gone."))
        return redirect("privacy:upload-detail", upload.pk)
    user = cast("User", request.user)
    if request.method == "GET":
        audit.record("upload.dry_run_downloaded", actor=user, organization=upload.organization, obj=upload, root_id=upload.pk)
    lines = DryRun.of(upload).lines(holds_file=upload.uploaded_by == user)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="dry-run-{upload.received_on.isoformat()}.csv"'
    return response


def _get(request: HttpRequest, pk: UUID) -> Upload:
    visible = Upload.objects.visible_to(request.user).select_related("organization__data_key", "uploaded_by", "data_key")
    upload: Upload = get_object_or_404(visible, pk=pk)
    return upload
