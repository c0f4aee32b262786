"""Tables for tests: as bytes of CSV and XLSX, and on their way through the portal's pages."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook

from portal import crypto
from portal.crypto.files import SealedReader
from portal.ids import new_id
from portal.models import DataKey, Organization, User
from portal.uploads import UPLOAD_LABEL
from privacy.models import TableImport
from tests.pages import Browser, Page

WIDE = ("key", "action", "Email", "ECID")
LONG = ("key", "namespace", "value", "type", "action")
Cells = Sequence[Any]


def csv_bytes(rows: Iterable[Cells], *, encoding: str = "utf-8", separator: str = ",") -> bytes:
    """A CSV file."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx_bytes(rows: Iterable[Cells], *, sheet: str = "People", before: Sequence[str] = ()) -> bytes:
    """A workbook with the rows in one sheet; empty sheets stand `before` it."""
    workbook = Workbook()
    assert workbook.active is not None
    workbook.remove(workbook.active)
    for name in before:
        workbook.create_sheet(name)
    cells = workbook.create_sheet(sheet)
    for row in rows:
        cells.append(list(row))
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def sealed(content: bytes) -> SealedReader:
    """The bytes as a decrypted stream, as a stored file gives them."""
    key = DataKey.new("upload", new_id())
    buffer = io.BytesIO()
    writer = crypto.SealedWriter(buffer, crypto.box_for(key), UPLOAD_LABEL)
    writer.write(content)
    writer.close()
    return crypto.SealedReader(io.BytesIO(buffer.getvalue()), crypto.box_for(key), UPLOAD_LABEL)


def wide(count: int, *, bad: Iterable[int] = (), action: str = "access") -> list[Cells]:
    """A header and so many people; in the spreadsheet's rows of `bad` no identity stands."""
    wrong = set(bad)
    people = (
        (f"key-{number}", action, "" if number in wrong else f"person-{number}@example.com", "") for number in range(2, count + 2)
    )
    return [WIDE, *people]


def person_who_may(name: str, organization: Organization, *codenames: str) -> User:
    """A person of the organization with these permissions of the privacy app and no others."""
    user = User.objects.create_user(name)
    user.organizations.add(organization)
    user.user_permissions.add(*Permission.objects.filter(content_type__app_label="privacy", codename__in=codenames))
    return user


def send(browser: Browser, organization: Organization | None, content: bytes, name: str = "people.csv", **headers: str) -> Any:
    """Send the form with this file, as the browser does."""
    file = SimpleUploadedFile(name, content, "application/octet-stream")
    chosen = {"organization": organization.pk if organization else "", "table_file": file}
    return browser.post(reverse("privacy:table-new"), chosen, headers=headers)


def taken(browser: Browser, organization: Organization, content: bytes, name: str = "people.csv") -> TableImport:
    """The table that came of sending a file; its columns are guessed."""
    answer = send(browser, organization, content, name)
    assert answer.status_code == 302, Page.of(answer).text
    return TableImport.objects.get(pk=answer.headers["Location"].rstrip("/").rsplit("/", 1)[1])


def address(name: str, table: TableImport) -> str:
    """The address of one of a table's pages."""
    return reverse(f"privacy:table-{name}", args=[table.pk])


def filled(browser: Browser, table: TableImport, **changes: Any) -> dict[str, Any]:
    """The form of columns as the page offers it, with a law, a product and no actions of everybody."""
    page = Page.of(browser.get(address("detail", table)))
    form = page.root.one("form", action=address("columns", table))
    fields: dict[str, Any] = {
        each["name"]: each["value"] for each in form.all("input") if each["type"] in ("hidden", "text", "date")
    }
    fields |= {each["name"]: each["value"] for each in form.all("input", type="radio") if "checked" in each.attributes}
    for select in form.all("select"):
        chosen = [option["value"] for option in select.all("option") if "selected" in option.attributes]
        fields[select["name"]] = chosen[0] if chosen else ""
    return fields | {"regulation": "gdpr", "products": ["analytics"]} | changes


def read(browser: Browser, table: TableImport, **changes: Any) -> TableImport:
    """Choose the columns as they are guessed, and let the table be read."""
    answer = browser.post(address("columns", table), filled(browser, table, **changes))
    assert answer.status_code == 302, Page.of(answer).text
    table.refresh_from_db()
    return table
