"""Tables (CSV, XLSX): choose a file, say what its columns are, see what cannot be taken, and go on to the upload."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from portal import audit, crypto, runtime
from portal.masking import mask
from portal.models import Organization, User
from portal.paging import Keyset
from portal.reading import FileProblem
from privacy import tables
from privacy.intake import NotPossible
from privacy.models import TableImport
from privacy.statuses import TABLE_OPEN, TableKind, TableStatus
from privacy.table_forms import SEPARATOR_NAMES, MappingForm, ReadingForm, TableForm
from privacy.tables.detecting import ENCODINGS
from privacy.tables.heads import column_letter
from privacy.tables.mapping import Form

LIST: Keyset[TableImport] = Keyset("created_at")
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES = {TableKind.CSV: "text/csv; charset=utf-8", TableKind.XLSX: _SHEET_TYPE}
_CHUNK = 64 * 1024


# --- List and choose ---


@require_safe
@permission_required("privacy.add_upload", raise_exception=True)
def table_list(request: HttpRequest) -> HttpResponse:
    """Tables that still wait for somebody, or all of them."""
    everything = request.GET.get("show") == "all"
    rows = TableImport.objects.visible_to(request.user)
    if not everything:
        rows = rows.filter(status__in=TABLE_OPEN)
    rows = rows.select_related("organization", "uploaded_by", "data_key").defer("head_sealed", "mapping_sealed")
    return render(request, "privacy/table_list.html", {"page": LIST.page(rows, request.GET), "everything": everything})


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("privacy.add_upload", raise_exception=True)
def table_new(request: HttpRequest) -> HttpResponse:
    """Choose a file. What is no table is said on this page, and nothing of it is kept."""
    user = cast("User", request.user)
    if request.method != "POST":
        return _show_new(request, TableForm(user=user))
    form = TableForm(request.POST, request.FILES, user=user)
    if not form.is_valid():
        return _show_new(request, form)
    chosen = form.cleaned_data
    try:
        table = tables.take_in(chosen["table_file"], organization=chosen["organization"], user=user)
    except FileProblem as problem:
        form.add_error("table_file", problem.message)
        return _show_new(request, form)
    address = reverse("privacy:table-detail", args=[table.pk])
    return HttpResponseClientRedirect(address) if request.headers.get("HX-Request") else redirect(address)


def _show_new(request: HttpRequest, form: TableForm) -> HttpResponse:
    context = {
        "form": form,
        "limit": filesizeformat(runtime.number("UPLOAD_MAX_BYTES")),
        "organizations": Organization.objects.visible_to(request.user),
    }
    return render(request, "privacy/table_new.html", context, status=422 if form.errors else 200)


@require_safe
@permission_required("privacy.add_upload", raise_exception=True)
def table_template(request: HttpRequest, form: str, kind: str) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """A table to fill in."""
    if form not in Form.values or kind not in TableKind.values:
        raise Http404
    answer = HttpResponse(tables.blank(Form(form), TableKind(kind)), content_type=TYPES[TableKind(kind)])
    answer["Content-Disposition"] = f'attachment; filename="privacy-request-{form}.{kind}"'
    return answer


# --- One table ---


@require_safe
@permission_required("privacy.add_upload", raise_exception=True)
def table_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The columns to choose, the progress, or what was found."""
    return _show(request, _get(request, pk))


def _show(request: HttpRequest, table: TableImport, form: MappingForm | None = None) -> HttpResponse:
    context: dict[str, Any] = {"table": table, "live": _is_live(table), "may_see": _holds(request, table)}
    if table.data_key is not None and table.status in (TableStatus.MAPPING, TableStatus.REFUSED, TableStatus.DONE):
        context |= {"found": tables.findings_of(table), "may_take_bad": _may_take_bad_rows(request, table)}
        context |= _columns(request, table, form) if table.status == TableStatus.MAPPING else {}
    return render(request, "privacy/table_detail.html", context, status=422 if form is not None else 200)


def _columns(request: HttpRequest, table: TableImport, form: MappingForm | None) -> dict[str, Any]:
    reading, head = tables.reading_of(table), table.head
    if not _holds(request, table):
        # Somebody else's file: its shape is to be seen, not the people in it.
        for row in head["rows"]:
            row["cells"] = [mask(cell) if cell else "" for cell in row["cells"]]
        table.head = head
    return {
        "form": form or MappingForm(table=table),
        "reading": reading,
        "reading_form": ReadingForm(reading=reading, sheets=head["sheets"]),
        "encoding": ENCODINGS.get(reading.encoding, reading.encoding),
        "separator": SEPARATOR_NAMES.get(reading.separator, reading.separator),
        "head": head,
        # A table that was taken in by older code has no such word.
        "remembered": datetime.fromisoformat(chosen) if (chosen := head.get("remembered")) else None,
        "letters": [column_letter(place) for place in range(len(head["columns"]))],
    }


@require_safe
@permission_required("privacy.add_upload", raise_exception=True)
def table_progress(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How far the reading is; once it is over, the whole page comes anew."""
    table = _get(request, pk)
    if not _is_live(table):
        return HttpResponseClientRedirect(_after(table))
    return render(request, "privacy/_table_progress.html", {"table": table, "live": True})


@require_POST
@permission_required("privacy.add_upload", raise_exception=True)
def table_reading(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Read the file with another encoding, separator or sheet."""
    table = _get(request, pk)
    if table.status not in (TableStatus.MAPPING, TableStatus.REFUSED):
        return redirect(_after(table))
    form = ReadingForm(request.POST, reading=tables.reading_of(table), sheets=table.head["sheets"])
    return _head_changed(request, table, lambda: tables.read_differently(table, form.reading()) if form.is_valid() else None)


@require_POST
@permission_required("privacy.add_upload", raise_exception=True)
def table_guess(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Guess the columns anew, instead of what was chosen for an earlier table with the same header."""
    table = _get(request, pk)
    if table.status != TableStatus.MAPPING:
        return redirect(_after(table))
    return _head_changed(request, table, lambda: tables.guess_anew(table))


def _head_changed(request: HttpRequest, table: TableImport, change: Callable[[], object]) -> HttpResponse:
    """Its page again, which says why nothing changed where nothing did."""
    try:
        change()
    except (FileProblem, NotPossible) as problem:
        messages.error(request, str(problem))
    except (FileNotFoundError, crypto.CannotDecrypt):
        messages.error(request, _("The stored file is gone or damaged. Discard this table and choose the file again."))
    return redirect("privacy:table-detail", table.pk)


@require_POST
@permission_required("privacy.add_upload", raise_exception=True)
def table_columns(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep what the columns are and read the table. A second press leads to what the first one began."""
    table = _get(request, pk)
    if table.status != TableStatus.MAPPING:
        return redirect(_after(table))
    form = MappingForm(request.POST, table=table)
    if not form.is_valid():
        return _show(request, table, form)
    return _done(request, table, lambda: tables.choose(table, form.mapping(), form.cleaned_data["received_on"], _user(request)))


@require_POST
@permission_required("privacy.add_upload", raise_exception=True)
def table_columns_again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Back from the errors to the columns."""
    table = _get(request, pk)
    if table.status != TableStatus.REFUSED:
        return redirect(_after(table))
    return _done(request, table, lambda: tables.choose_again(table))


@require_POST
@permission_required("privacy.add_upload", raise_exception=True)
def table_go_on(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make the upload of the good rows alone."""
    table = _get(request, pk)
    if table.status != TableStatus.REFUSED:
        return redirect(_after(table))
    return _done(request, table, lambda: tables.go_on(table, _user(request)))


def _done(request: HttpRequest, table: TableImport, act: Any) -> HttpResponse:
    try:
        act()
    except NotPossible as reason:
        messages.error(request, str(reason))
    table.refresh_from_db()
    return redirect(_after(table))


@require_POST
@permission_required("privacy.add_upload", raise_exception=True)
def table_discard(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Remove the file and all that was read from it."""
    table = _get(request, pk)
    try:
        tables.discard(table, _user(request))
    except NotPossible as reason:
        messages.error(request, str(reason))
        return redirect("privacy:table-detail", table.pk)
    messages.success(request, _("The table was discarded: its file and everything read from it are removed."))
    return redirect("privacy:table-list")


@require_safe
@permission_required("privacy.add_upload", raise_exception=True)
def table_bad_rows(request: HttpRequest, pk: UUID) -> StreamingHttpResponse:
    """The bad rows alone, each with its reason, as a file of the same kind."""
    table = _get(request, pk)
    if not _may_take_bad_rows(request, table):
        raise PermissionDenied
    if not table.bad_path or table.data_key is None:
        raise Http404
    try:
        path = Path(settings.MEDIA_ROOT) / table.bad_path
        stream = crypto.open_sealed(path, crypto.box_for(table.data_key), tables.BAD_ROWS_LABEL)
        size = stream.size
    except (FileNotFoundError, crypto.CannotDecrypt):
        raise Http404 from None
    audit.record(
        "table.bad_rows_downloaded",
        actor=_user(request),
        organization=table.organization,
        obj=table,
        root_id=table.pk,
        details={"rows": table.bad_rows},
    )
    answer = StreamingHttpResponse(_pieces(stream), content_type=TYPES[TableKind(table.kind)])
    answer["Content-Length"] = str(size)
    answer["Content-Disposition"] = f'attachment; filename="bad-rows.{table.kind}"'
    return answer


def _pieces(stream: crypto.SealedReader) -> Iterator[bytes]:
    with stream:
        while piece := stream.read(_CHUNK):
            yield piece


def _get(request: HttpRequest, pk: UUID) -> TableImport:
    related = ("organization__data_key", "uploaded_by", "data_key", "upload")
    table: TableImport = get_object_or_404(TableImport.objects.visible_to(request.user).select_related(*related), pk=pk)
    return table


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)


def _holds(request: HttpRequest, table: TableImport) -> bool:
    """Whether it is the person's own file."""
    return bool(table.uploaded_by == request.user)


def _may_take_bad_rows(request: HttpRequest, table: TableImport) -> bool:
    return _holds(request, table) or request.user.has_perm("privacy.reveal_identities")


def _is_live(table: TableImport) -> bool:
    return table.status in (TableStatus.WAITING, TableStatus.READING)


def _after(table: TableImport) -> str:
    """Where a person goes on: at the upload that came of the table, unless rows were left out of it."""
    if table.status == TableStatus.DONE and table.upload is not None and not table.bad_path:
        return reverse("privacy:upload-detail", args=[table.upload.pk])
    return reverse("privacy:table-detail", args=[table.pk])
