"""A record delete before it is confirmed: begun, checked, looked at, confirmed or discarded."""

from __future__ import annotations

import csv
import json
from io import StringIO
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from hygiene import intake, preview, timeline
from hygiene.forms.record_deletes import RecordDeleteForm
from hygiene.models import RecordDelete
from hygiene.schema import ALL, Finding
from hygiene.statuses import RECORD_DELETE_DRAFTS, RecordDeleteStatus
from hygiene.views.lookup import get_record_delete
from hygiene.words import opened
from portal import crypto, runtime
from portal.models import User

NOT_CONFIRMED = (*RECORD_DELETE_DRAFTS, RecordDeleteStatus.DISCARDED)
MOST_FINDINGS = 100


# --- Beginning one ---


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("hygiene.add_recorddelete", raise_exception=True)
def record_delete_new(request: HttpRequest) -> HttpResponse:
    """Choose a file or type identities. What cannot be read is said on this page, and nothing of it is kept."""
    user = cast("User", request.user)
    if request.method != "POST":
        return _show_form(request, RecordDeleteForm(user=user))
    form = RecordDeleteForm(request.POST, request.FILES, user=user)
    if not form.is_valid():
        return _show_form(request, form)
    try:
        made = _take_in(form, user)
    except intake.Unreadable as problem:
        form.add_error("identities" if form.is_typed else "identity_file", str(problem))
        return _show_form(request, form)
    address = reverse("hygiene:record-delete-detail", args=[made.number])
    return HttpResponseClientRedirect(address) if request.headers.get("HX-Request") else redirect(address)


def _take_in(form: RecordDeleteForm, user: User) -> RecordDelete:
    given = form.cleaned_data
    organization = given["organization"]
    if form.is_typed:
        return intake.take_typed(given["identities"], given["namespace"], form.wanted(), organization=organization, user=user)
    return intake.take_in(given["identity_file"], form.wanted(), organization=organization, user=user)


def _show_form(request: HttpRequest, form: RecordDeleteForm) -> HttpResponse:
    context = {
        "form": form,
        "limit": filesizeformat(runtime.number("UPLOAD_MAX_BYTES")),
        "organizations": list(form.fields["organization"].queryset),  # type: ignore[attr-defined]
    }
    return render(request, "hygiene/record_delete_new.html", context, status=422 if form.errors else 200)


# --- Templates to fill in ---

_EXAMPLES = [
    ("email", "person@example.com"),
    ("email", "someone@example.com"),
    ("ECID", "00000000000000000000000000000000000000"),
]


@require_safe
@permission_required("hygiene.add_recorddelete", raise_exception=True)
def record_delete_template(request: HttpRequest, kind: str) -> HttpResponse:  # noqa: ARG001
    """A file to fill in, as JSON (Adobe's own shape of today) or as CSV."""
    written = {"json": (_json_template, "application/json"), "csv": (_csv_template, "text/csv; charset=utf-8")}.get(kind)
    if written is None:
        raise Http404
    content, content_type = written
    response = HttpResponse(content(), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="record-delete-template.{kind}"'
    return response


def _json_template() -> str:
    """Data Hygiene API, create a work order: `namespacesIdentities` with `ids`."""
    namespaces = dict.fromkeys(namespace for namespace, _ in _EXAMPLES)
    body = {
        "displayName": "What this is about",
        "description": "Why these records are removed",
        "action": "delete_identity",
        "datasetId": "the id of a dataset, several with commas between them, or ALL",
        "namespacesIdentities": [
            {"namespace": {"code": namespace}, "ids": [value for of, value in _EXAMPLES if of == namespace]}
            for namespace in namespaces
        ],
    }
    return json.dumps(body, indent=2)


def _csv_template() -> str:
    text = StringIO()
    csv.writer(text).writerows([("namespace", "value"), *_EXAMPLES])
    return text.getvalue()


# --- Looking at one ---


def is_being_checked(found: RecordDelete) -> bool:
    """Whether its check is still to come or goes on."""
    return found.status in (RecordDeleteStatus.WAITING, RecordDeleteStatus.CHECKING)


def show(request: HttpRequest, found: RecordDelete, *, error: str = "") -> HttpResponse:
    """Findings or the preview. `error`: why a confirmation was not taken; then the answer is a 422."""
    shown = _preview(found)
    context: dict[str, Any] = {
        "record_delete": found,
        "live": is_being_checked(found),
        "file_name": opened(found, "file_name") if found.data_key else "",
        "findings": _findings(found, holds_file=found.created_by == request.user),
        "description": opened(found, "description") if found.data_key else "",
        "timeline": timeline.of_record_delete(found.pk),
        "preview": shown,
        "damaged": shown is None and found.status == RecordDeleteStatus.READY,
        "word": confirmation_word(found),
        "error": error,
        "typed": request.POST.get("typed", ""),
    }
    return render(request, "hygiene/record_delete_draft.html", context, status=422 if error else 200)


def _preview(found: RecordDelete) -> preview.Preview | None:
    """What will happen; None when it is not ready, or when what is kept of it does not open any more."""
    if found.status != RecordDeleteStatus.READY:
        return None
    try:
        return preview.build(found)
    except crypto.CannotDecrypt:
        return None


def _findings(found: RecordDelete, *, holds_file: bool) -> dict[str, list[Finding]]:
    """Errors and warnings of the check, the first hundred of each. Only who holds the file sees what they quote of it."""
    try:
        kept = (found.result or {}).get("findings", []) if found.data_key else []
    except crypto.CannotDecrypt:
        kept = []
    every = [Finding(**each) for each in kept]
    shown = every if holds_file else [finding.masked() for finding in every]
    return {
        "errors": [finding for finding in shown if finding.level == "error"][:MOST_FINDINGS],
        "warnings": [finding for finding in shown if finding.level == "warning"][:MOST_FINDINGS],
    }


def confirmation_word(found: RecordDelete) -> str:
    """What the officer types to confirm: ALL when every dataset is meant, else the number of identities."""
    return ALL if found.datasets == [ALL] else str(found.identities)


def _is_confirmed_by(typed: str, found: RecordDelete) -> bool:
    """Whether the right word was typed; a number also with its thousands set apart, ALL in capitals only."""
    return typed.strip().replace(",", "").replace(" ", "") == confirmation_word(found)


# --- Deciding about one ---


@require_POST
@permission_required("hygiene.confirm_recorddelete", raise_exception=True)
def record_delete_confirm(request: HttpRequest, number: str) -> HttpResponse:
    """Send it, when the right word was typed. A second press leads to what the first one began."""
    found = get_record_delete(request, number)
    if found.status not in NOT_CONFIRMED:
        return redirect("hygiene:record-delete-detail", number)
    if not _is_confirmed_by(request.POST.get("typed", ""), found):
        return show(
            request,
            found,
            error=_("Type %(confirmation_word)s to confirm. Nothing was sent.") % {"confirmation_word": confirmation_word(found)},
        )
    try:
        intake.confirm(found, cast("User", request.user))
    except intake.NotPossible as reason:
        messages.error(request, str(reason))
    return redirect("hygiene:record-delete-detail", number)


@require_POST
@permission_required("hygiene.add_recorddelete", raise_exception=True)
def record_delete_discard(request: HttpRequest, number: str) -> HttpResponse:
    """Remove the identities and all that was read from them."""
    found = get_record_delete(request, number)
    try:
        intake.discard(found, cast("User", request.user))
    except intake.NotPossible as reason:
        messages.error(request, str(reason))
        return redirect("hygiene:record-delete-detail", number)
    messages.success(
        request,
        _("%(number)s was discarded: its identities and everything read from them are removed.") % {"number": found.number},
    )
    return redirect("hygiene:record-delete-list")
