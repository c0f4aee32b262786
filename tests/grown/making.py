"""Requests that are being made: drafts, uploads with findings and duplicates, tables."""

from __future__ import annotations

import json
from typing import Any

from privacy import building, intake
from privacy.building import Content, Stamp
from privacy.building.content import DraftIdentity, DraftPerson
from privacy.models import Draft, TableImport, Upload
from tests import tables
from tests.files import payload, stored_upload
from tests.grown.ground import Addresses, Ground, about, plain
from tests.grown.requests import SHARED
from tests.tables import csv_bytes, wide

PAGES = ("make", "draft-list", "upload-list", "upload-new", "upload-template", "table-list", "table-new")


def grow(ground: Ground, count: int) -> Addresses:
    """`count` of each."""
    drafts = [_draft(ground, count) for _ in range(count)]
    ready = [_upload(ground, count, bad=False) for _ in range(count)]
    refused = [_upload(ground, count, bad=True) for _ in range(count)]
    mapped = [_table(ground, count) for _ in range(count)]
    read = tables.read(ground.browser, _table(ground, count))
    return {
        **plain("privacy", *PAGES),
        **about("privacy", drafts[0].pk, "draft-detail", "draft-discard"),
        **about("privacy", ready[0].pk, "upload-detail", "upload-dry-run", "upload-dry-run-report"),
        **about("privacy", refused[0].pk, "upload-detail", face="with errors"),
        **about("privacy", mapped[0].pk, "table-detail"),
        **about("privacy", read.pk, "table-detail", face="read"),
        **about("privacy", read.pk, "table-bad-rows"),
    }


def _draft(ground: Ground, count: int) -> Draft:
    draft = building.start(ground.organization, ground.user)
    people = [
        DraftPerson(f"key-{place}", [DraftIdentity("email", f"person{ground.number()}@example.com", "standard")])
        for place in range(count)
    ]
    content = Content("gdpr", ["analytics"], ["access"], "2026-11-02", people)
    return building.save(draft, content, Stamp(draft.version, "one", 1))


def _upload(ground: Ground, count: int, *, bad: bool) -> Upload:
    """Checked: every person has an open request already, or none has an identity that can be taken."""
    users = [_user(ground, place, bad=bad) for place in range(count)]
    upload = stored_upload(ground.organization, ground.user, json.dumps(payload(users)).encode())
    intake.check(upload)
    upload.refresh_from_db()
    return upload


def _user(ground: Ground, place: int, *, bad: bool) -> dict[str, Any]:
    identities = [{"namespace": "email", "value": SHARED, "type": "standard"}]
    identities += [{"namespace": "email", "value": f"person{ground.number()}@example.com", "type": "standard"}]
    return {"key": f"key-{place}", "action": ["access"], "userIDs": [] if bad else identities}


def _table(ground: Ground, count: int) -> TableImport:
    """So many people, and as many rows that name nobody."""
    rows = wide(2 * count, bad=range(2, count + 2))
    return tables.taken(ground.browser, ground.organization, csv_bytes(rows))
