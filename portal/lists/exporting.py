"""A list as CSV: every row that matches, streamed part by part, so that memory stays flat however long the list is."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from portal import audit
from portal.lists.asked import Asked, read
from portal.lists.declaring import Field, RowList, Viewer
from portal.models import Organization, User

# Excel takes a file for UTF-8 by it.
BYTE_ORDER_MARK = "\ufeff"
# A spreadsheet would run a cell that begins so.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
PART = 500


class Echo:
    """What the CSV writer writes to: gives each line back."""

    def write(self, text: str) -> str:
        return text


def export(request: HttpRequest, row_list: RowList) -> StreamingHttpResponse:
    """Everything that the sent query asks for. Identities are masked unless they are asked for and may be seen."""
    viewer = Viewer.of(cast("User", request.user))
    clear = request.POST.get("clear") == "on"
    if clear and not (row_list.clear_fields and viewer.may(row_list.reveal_permission)):
        raise PermissionDenied
    asked = Asked.of(row_list, viewer, read(request.POST.get("query", "")))
    fields = [*row_list.fields, *(row_list.clear_fields if clear else row_list.masked_fields)]
    # Before the first byte: a transfer that breaks off has shown something, too.
    _record("list.exported", asked, clear=clear)
    response = StreamingHttpResponse(_lines(asked, fields, clear=clear), content_type="text/csv; charset=utf-8")
    name = f"{row_list.file_name}-{timezone.localdate().isoformat()}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _lines(asked: Asked, fields: Sequence[Field], *, clear: bool) -> Iterator[str]:
    writer = csv.writer(Echo())
    row_list, written, whole = asked.row_list, 0, False
    try:
        yield BYTE_ORDER_MARK + str(writer.writerow([field.head for field in fields]))
        for part in asked.order.keyset.parts(row_list.for_export(asked.rows()), size=PART):
            for row in part:
                line = str(writer.writerow([cell(field.value(row)) for field in fields]))
                written += 1
                yield line
        whole = True
    finally:
        _record("list.export_ended", asked, clear=clear, rows=written, whole=whole)


def cell(value: Any) -> str:
    """A value as text. Text that a spreadsheet would take for a formula gets an apostrophe, numbers stay what they are."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, int | date):
        return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _record(action: str, asked: Asked, **details: bool | int) -> None:
    viewer = asked.viewer
    audit.record(
        action,
        actor=viewer.user,
        organization=_of_whom(asked),
        obj=None,
        details={"list": asked.row_list.url_name, "filters": asked.address(columns="").removeprefix("?"), **details},
    )


def _of_whom(asked: Asked) -> Organization | None:
    """The organization whose rows they are; None when there may be several."""
    organizations = asked.viewer.organizations
    named = [one for one in organizations if one.ims_org_id == asked.value_of("organization")] or organizations
    return named[0] if len(named) == 1 else None
