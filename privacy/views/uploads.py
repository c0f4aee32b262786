"""Uploading request files: choose, check, preview, confirm or discard."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from portal import runtime
from portal.models import Organization, User
from portal.paging import Keyset
from portal.uploads import StoredUpload
from privacy import catalog, intake, timeline
from privacy.checking import CheckResult
from privacy.forms import UploadForm, chosen_access_first
from privacy.models import Draft, Duplicate, Upload
from privacy.preview import Preview, duplicate_lines, shown_findings, without_duplicates
from privacy.statuses import UploadStatus

LIST: Keyset[Upload] = Keyset("created_at")
DUPLICATES: Keyset[Duplicate] = Keyset("row", descending=False, read_first=int)


@require_safe
@permission_required("privacy.view_upload", raise_exception=True)
def upload_list(request: HttpRequest) -> HttpResponse:
    """Uploads that still wait for somebody, or all of them."""
    everything = request.GET.get("show") == "all"
    visible = Upload.objects.visible_to(request.user)
    rows = visible if everything else visible.still_open()
    rows = rows.select_related("organization", "uploaded_by", "data_key").defer("result_sealed")
    context = {
        "page": LIST.page(rows, request.GET),
        "everything": everything,
        "may_upload": request.user.has_perm("privacy.add_upload"),
    }
    return render(request, "privacy/upload_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("privacy.add_upload", raise_exception=True)
def upload_new(request: HttpRequest) -> HttpResponse:
    """Choose files. What cannot be read is said on this page, and nothing of it is kept."""
    user = cast("User", request.user)
    if request.method != "POST":
        return _show_form(request, UploadForm(user=user), [])
    form = UploadForm(request.POST, request.FILES, user=user)
    if not form.is_valid():
        return _show_form(request, form, [])
    kept, problems = _take_in(form.cleaned_data, user)
    if problems:
        return _show_form(request, form, problems, kept)
    return _go_to(request, kept)


def _take_in(chosen: dict[str, Any], user: User) -> tuple[list[Upload], list[tuple[str, str]]]:
    """Each file by itself: what was kept, and (file name, sentence) for what was not."""
    kept, problems = [], []
    files: list[StoredUpload] = chosen["request_files"]
    for file in files:
        try:
            kept.append(intake.take_in(file, organization=chosen["organization"], user=user, received_on=chosen["received_on"]))
        except intake.Unreadable as problem:
            problems.append((file.name or _("The file"), str(problem)))
    return kept, problems


def _show_form(
    request: HttpRequest, form: UploadForm, problems: list[tuple[str, str]], kept: list[Upload] | None = None
) -> HttpResponse:
    context = {
        "form": form,
        "problems": problems,
        "kept": kept or [],
        "limit": filesizeformat(runtime.number("UPLOAD_MAX_BYTES")),
        "organizations": list(form.fields["organization"].queryset),  # type: ignore[attr-defined]
    }
    status = 422 if problems or form.errors else 200
    return render(request, "privacy/upload_new.html", context, status=status)


def _go_to(request: HttpRequest, kept: list[Upload]) -> HttpResponse:
    """To the one upload; to the list when there are several."""
    address = reverse("privacy:upload-detail", args=[kept[0].pk]) if len(kept) == 1 else reverse("privacy:upload-list")
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(address)
    return redirect(address)


@require_safe
@permission_required("privacy.view_upload", raise_exception=True)
def upload_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The findings and the preview of one upload, or where it is."""
    upload = _get(request, pk)
    context: dict[str, Any] = {"upload": upload, "live": _is_live(upload)}
    if upload.status in (UploadStatus.READY, UploadStatus.REFUSED):
        result = CheckResult.from_dict(upload.result)
        context |= _duplicates(request, upload)
        if upload.status == UploadStatus.READY and context["chosen"].people:
            result = without_duplicates(result)
        context |= {
            "result": result,
            "preview": Preview.of(upload, result, catalog.current()) if result.envelope else None,
            "asks_both": intake.asks_both(result.summary),
            "findings": shown_findings(result, holds_file=upload.uploaded_by == request.user),
        }
    context["draft"] = Draft.objects.visible_to(request.user).filter(upload=upload).first()
    context["requests"] = upload.requests.order_by("number")
    context["timeline"] = timeline.of_upload(upload.pk)
    return render(request, "privacy/upload_detail.html", context)


def _duplicates(request: HttpRequest, upload: Upload) -> dict[str, Any]:
    """The people of the file who have open requests, page by page; only those still to be chosen about with `open=undecided`."""
    undecided_only = request.GET.get("open") == "undecided"
    rows = upload.duplicates.undecided() if undecided_only else upload.duplicates.all()
    page = DUPLICATES.page(rows, request.GET)
    return {
        "chosen": intake.tally(upload),
        "page": page,
        "undecided_only": undecided_only,
        "duplicates": duplicate_lines(upload, page.rows, holds_file=upload.uploaded_by == request.user),
    }


@require_POST
@permission_required("privacy.confirm_upload", raise_exception=True)
def upload_duplicates(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep what was chosen about people with open requests: for some, or for all at once."""
    upload, user, wanted = _get(request, pk), cast("User", request.user), request.POST.get("do", "")
    address = reverse("privacy:upload-detail", args=[upload.pk])
    try:
        if wanted in ("leave-out-all", "include-all"):
            intake.choose_all(upload, user, left_out=wanted == "leave-out-all")
        else:
            intake.choose(upload, user, _choices(request.POST))
    except intake.NotPossible as reason:
        messages.error(request, str(reason))
        return redirect(address)
    if upload.duplicates.undecided().exists():
        return redirect(f"{address}?open=undecided#duplicates")
    messages.success(request, _("What you chose is kept, and the numbers below are counted anew."))
    return redirect(address)


def _choices(form: QueryDict) -> dict[UUID, bool]:
    """By the id of each person; what is neither of the two answers is passed over."""
    answers = {"leave-out": True, "include": False}
    found = {}
    for name, value in form.items():
        start, _dash, rest = name.partition("-")
        if start == "choice" and value in answers:
            with suppress(ValueError):
                found[UUID(rest)] = answers[str(value)]
    return found


@require_safe
@permission_required("privacy.view_upload", raise_exception=True)
def upload_progress(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How far a check is; once it is over, the whole page comes anew."""
    upload = _get(request, pk)
    if not _is_live(upload):
        return HttpResponseClientRedirect(reverse("privacy:upload-detail", args=[upload.pk]))
    return render(request, "privacy/_upload_progress.html", {"upload": upload, "live": True})


@require_POST
@permission_required("privacy.confirm_upload", raise_exception=True)
def upload_confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make the request or requests. A second press leads to what the first one made."""
    upload = _get(request, pk)
    if upload.status == UploadStatus.CONFIRMED:
        return _to_requests(upload)
    try:
        intake.confirm(
            upload,
            cast("User", request.user),
            agreed_to_two=request.POST.get("agree_to_two") == "yes",
            access_first=chosen_access_first(request.POST),
            needs_choices=True,
        )
    except intake.NotPossible as reason:
        upload.refresh_from_db(fields=["status"])
        if upload.status == UploadStatus.CONFIRMED:
            return _to_requests(upload)
        messages.error(request, str(reason))
        return redirect("privacy:upload-detail", upload.pk)
    return _to_requests(upload)


@require_POST
@permission_required("privacy.add_upload", raise_exception=True)
def upload_discard(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Remove the file and all that was read from it."""
    upload = _get(request, pk)
    try:
        intake.discard(upload, cast("User", request.user))
    except intake.NotPossible as reason:
        messages.error(request, str(reason))
        return redirect("privacy:upload-detail", upload.pk)
    messages.success(request, _("The upload was discarded: its file and everything read from it are removed."))
    return redirect("privacy:upload-list")


@require_safe
@permission_required("privacy.add_upload", raise_exception=True)
def template(request: HttpRequest) -> HttpResponse:
    """A request file to fill in, with the organization's id and products."""
    organization = Organization.objects.visible_to(request.user).first()
    if organization is None:
        raise PermissionDenied
    response = JsonResponse(_template(organization), json_dumps_params={"indent": 2})
    response["Content-Disposition"] = 'attachment; filename="privacy-request-template.json"'
    return response


def _template(organization: Organization) -> dict[str, Any]:
    """Privacy Service UI, upload a JSON file: the body of a create call."""
    return {
        "companyContexts": [{"namespace": "imsOrgID", "value": organization.ims_org_id}],
        "users": [
            {
                "key": "a reference of your own",
                "action": ["access"],
                "userIDs": [{"namespace": "Email", "value": "person@example.com", "type": "standard"}],
            },
            {
                "key": "another reference",
                "action": ["access", "delete"],
                "userIDs": [
                    {"namespace": "Email", "value": "someone@example.com", "type": "standard"},
                    {"namespace": "ECID", "value": "00000000000000000000000000000000000000", "type": "standard"},
                ],
            },
        ],
        "include": _example_products(organization.product_codes),
        "expandIds": False,
        "priority": "normal",
        "regulation": "gdpr",
    }


def _example_products(codes: list[str]) -> list[str]:
    """Three at most, those first that take the template's e-mail addresses, so that the file has no warning as it is."""
    known = catalog.current().products.by_code
    takes_email = {code for code in codes if code in known and known[code].takes("email", "standard")}
    return sorted(codes, key=lambda code: code not in takes_email)[:3] or ["analytics"]


def _get(request: HttpRequest, pk: UUID) -> Upload:
    visible = Upload.objects.visible_to(request.user).select_related("organization__data_key", "uploaded_by", "data_key")
    upload: Upload = get_object_or_404(visible, pk=pk)
    return upload


def _is_live(upload: Upload) -> bool:
    return upload.status in (UploadStatus.WAITING, UploadStatus.CHECKING)


def _to_requests(upload: Upload) -> HttpResponse:
    made = list(upload.requests.order_by("opt_out"))
    return redirect("privacy:request-detail", made[0].number) if len(made) == 1 else redirect("privacy:upload-detail", upload.pk)
