"""Sending the upload form in tests, and files that are no request file."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from portal.models import Organization
from privacy.models import Upload
from tests.files import payload, people
from tests.pages import Browser, Page


def request_file(count: int = 3, *actions: str, **fields: Any) -> bytes:
    """A file that is right, of so many people."""
    return json.dumps(payload(people(count, *actions), **fields)).encode()


def send(
    browser: Browser, organization: Organization | None, /, *contents: bytes, names: list[str] | None = None, **fields: Any
) -> Any:
    """Send the form with these files, as the browser does."""
    files = [
        SimpleUploadedFile(name, content, "application/json")
        for name, content in zip(
            names or [f"people-{place}.json" for place in range(1, len(contents) + 1)], contents, strict=True
        )
    ]
    chosen = {"organization": organization.pk if organization else "", "received_on": timezone.localdate().isoformat()} | fields
    headers = chosen.pop("headers", {})
    return browser.post(reverse("privacy:upload-new"), chosen | {"request_files": files}, headers=headers)


def uploaded(browser: Browser, organization: Organization, content: bytes | None = None, **fields: Any) -> Upload:
    """The upload that came of sending one file."""
    answer = send(browser, organization, request_file() if content is None else content, **fields)
    assert answer.status_code == 302, Page.of(answer).text
    return Upload.objects.get(pk=answer.headers["Location"].rstrip("/").rsplit("/", 1)[1])


def zipped(content: bytes) -> bytes:
    """The content in a ZIP."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("people.json", content)
    return buffer.getvalue()


UNREADABLE: dict[str, tuple[bytes, str]] = {
    "not JSON": (b"key;email\n1;person@example.com\n", "The file is not valid JSON in line 1, column 1."),
    "cut": (request_file()[:-20], "The file ends before its JSON does, in line 1."),
    "0 bytes": (b"", "The file is empty (0 bytes). Choose the file again, or export it again."),
    "blank": (b" \n\t ", "The file holds nothing but blank space."),
    "UTF-16": (request_file().decode().encode("utf-16"), "The file is written in UTF-16. Save it again as UTF-8"),
    "Latin-1": ('{"regulation": "gdpr é"}'.encode("latin-1"), "The file is not UTF-8: byte"),
    "NaN": (b'{"users": [], "priority": NaN}', "The file holds NaN in line 1, column 27, which is not JSON."),
    "duplicate names": (
        b'{"users": [], "regulation": "gdpr", "regulation": "ccpa"}',
        "The key “regulation” stands twice in the file's top level.",
    ),
    "deep": (b'{"users": [' + b'{"a": ' * 100 + b"1" + b"}" * 100 + b"]}", "The file is nested deeper than 100 levels."),
    "ZIP": (zipped(request_file()), "The file is a ZIP archive or an Excel file, not JSON. Choose the JSON file itself."),
    "PDF": (b"%PDF-1.7\n", "The file is a PDF, not JSON. Choose the JSON file itself."),
    "a list": (b"[]", "a list of users belongs under “users”"),
    "one value": (b'"gdpr"', "It is a single value here."),
}
