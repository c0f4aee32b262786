"""Choosing a table: it is encrypted as it comes, its columns are guessed, and what is no table is said and not kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import LazySettings

from portal.models import AuditEvent, Organization, User
from privacy import tables
from privacy.models import TableImport
from privacy.statuses import TableKind, TableStatus
from tests.actors import Actors, covers, everything_kept, stored_files
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.pages import Browser, Page
from tests.tables import address, csv_bytes, send, taken, wide, xlsx_bytes

pytestmark = pytest.mark.django_db
NEW = "/tables/new/"


@covers("privacy:table-new")
def test_only_those_who_may_upload_choose_a_table(actors: Actors, organization: Organization) -> None:
    assert actors.nobody.get(NEW).status_code == 302
    assert actors.viewer.get(NEW).status_code == 403
    assert actors.stranger.get(NEW).status_code == 200
    assert actors.officer.get(NEW).status_code == 200
    before = everything_kept()
    assert send(actors.viewer, organization, csv_bytes(wide(1))).status_code == 403
    assert send(actors.nobody, organization, csv_bytes(wide(1))).status_code == 302
    assert send(actors.stranger, organization, csv_bytes(wide(1))).status_code == 422
    assert everything_kept() == before
    assert send(actors.officer, organization, csv_bytes(wide(1))).status_code == 302
    actors.refuse_methods(NEW, allowed=("get", "post"))


@covers("privacy:table-list")
def test_the_list_is_of_the_persons_organizations(actors: Actors, organization: Organization) -> None:
    table = taken(actors.officer, organization, csv_bytes(wide(1)), "people-of-may.csv")
    actors.open("/tables/", viewer=403, stranger=200)
    page = actors.officer.page("/tables/")
    assert "people-of-may.csv" in page.text
    assert address("detail", table) in page.links
    assert "No table waits for anybody." in actors.stranger.page("/tables/").text
    tables.discard(table, table.uploaded_by)
    assert "No table waits" in actors.officer.page("/tables/").text
    assert "Removed file" in actors.officer.page("/tables/", show="all").text


@covers("privacy:table-template")
@pytest.mark.parametrize("form", ["wide", "long"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_each_template_is_understood_as_it_is(actors: Actors, organization: Organization, form: str, kind: str) -> None:
    where = f"/tables/template-{form}.{kind}"
    actors.open(where, viewer=403, stranger=200)
    answer = actors.officer.get(where)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="privacy-request-{form}.{kind}"'
    table = taken(actors.officer, organization, answer.content, f"template.{kind}")
    assert (table.kind, table.mapping["form"]) == (kind, form)
    assert all(column["use"] for column in table.mapping["columns"])
    assert len(table.head["rows"]) == (2 if form == "wide" else 3)


def test_there_is_no_template_of_another_kind(browser: Browser) -> None:
    assert browser.get("/tables/template-wide.ods").status_code == 404
    assert browser.get("/tables/template-tall.csv").status_code == 404


def test_a_template_is_for_the_spreadsheets_of_the_persons_language(browser: Browser) -> None:
    assert b"key,action" in browser.get("/tables/template-wide.csv").content
    assert b"key;action" in browser.get("/tables/template-wide.csv", headers={"Accept-Language": "sv"}).content


@pytest.mark.parametrize("kind", TableKind)
def test_it_is_kept_encrypted_with_a_guess(browser: Browser, organization: Organization, kind: TableKind, media: Path) -> None:
    rows = [("key", "Email"), ("case-7", "somebody@example.com")]
    content = csv_bytes(rows) if kind == TableKind.CSV else xlsx_bytes(rows)
    table = taken(browser, organization, content, "somebody.csv")
    assert (table.kind, table.status, table.size) == (kind, TableStatus.MAPPING, len(content))
    assert [column["use"] for column in table.mapping["columns"]] == ["key", "identity"]
    assert table.head["rows"] == [{"number": 2, "cells": ["case-7", "somebody@example.com"]}]
    (stored,) = (media / name for name in stored_files())
    assert b"somebody" not in stored.read_bytes()
    columns = TableImport.objects.filter(pk=table.pk).values("file_name_sealed", "head_sealed", "mapping_sealed").get()
    assert not [name for name, blob in columns.items() if b"somebody" in bytes(blob)]
    event = AuditEvent.objects.get(action="table.received")
    assert event.object_id == str(table.pk)


NO_TABLES = {
    "nothing": (b"", "The file is empty."),
    "an old workbook": (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "Save it as XLSX"),
    "JSON": (b'{"users": []}', "The file is JSON, not a table."),
    "a PDF": (b"%PDF-1.7", "Choose a CSV or an XLSX file."),
    "half a workbook": (xlsx_bytes(wide(1))[:-200], "The file is no Excel workbook (XLSX) that can be read."),
    "an empty sheet": (xlsx_bytes([]), "The table has no rows."),
}


@pytest.mark.parametrize("name", NO_TABLES)
def test_what_is_no_table_is_said_and_not_kept(browser: Browser, organization: Organization, name: str) -> None:
    content, words = NO_TABLES[name]
    before = everything_kept()
    answer = send(browser, organization, content)
    assert answer.status_code == 422
    assert words in Page.of(answer).root.one("div", class_="error-summary").text
    assert everything_kept() == before


def test_a_file_that_is_too_large_is_said(browser: Browser, organization: Organization, settings: LazySettings) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    answer = send(browser, organization, csv_bytes(wide(100)))
    assert "larger than 1000\N{NO-BREAK SPACE}bytes" in answer.content.decode()
    assert not TableImport.objects.exists()


def test_the_organization_is_chosen_when_there_are_several(browser: Browser, organization: Organization, officer: User) -> None:
    officer.organizations.add(make_organization(ims_org_id=OTHER_IMS_ORG, name="Other"))
    answer = send(browser, None, csv_bytes(wide(1)))
    assert answer.status_code == 422
    assert "Choose the organization." in Page.of(answer).text
    assert taken(browser, organization, csv_bytes(wide(1))).organization == organization


def test_htmx_is_led_on(browser: Browser, organization: Organization) -> None:
    answer = send(browser, organization, csv_bytes(wide(1)), HX_Request="true")
    table = TableImport.objects.get()
    assert answer.headers["HX-Redirect"] == address("detail", table)


def test_a_table_whose_key_is_gone_still_has_a_line(browser: Browser, organization: Organization) -> None:
    table = taken(browser, organization, csv_bytes(wide(1)))
    assert table.data_key is not None
    table.data_key.destroy()
    assert "Removed file" in browser.page("/tables/").text
