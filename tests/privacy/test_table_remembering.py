"""The columns of the last table with the same header are the guess for the next one; a person can have them guessed anew."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portal import clock, registry
from portal.models import Organization, User
from privacy import shredding
from privacy.models import PrivacyRequest, RememberedMapping, TableImport
from privacy.statuses import TableStatus
from privacy.tables import remembering
from privacy.tables.mapping import Column, Mapping, Use
from tests.actors import Actors, covers
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.pages import Browser, Page
from tests.people import make_user
from tests.steps import work
from tests.tables import Cells, address, csv_bytes, filled, read, taken, xlsx_bytes

pytestmark = pytest.mark.django_db

HEADER = ("Kund", "Contact", "Notes")
CRM = {"use_0": "other", "namespace_0": "crm", "type_0": "integrationCode", "use_1": "of:standard:Email", "use_2": ""}
LINE = "The columns are chosen as last time"


def rows(*people: int, header: Cells = HEADER) -> bytes:
    """A table of these people whose columns no guess gets right."""
    return csv_bytes([header, *((f"K{number}", f"person{number}@example.com", "none") for number in people)])


@pytest.fixture
def first(browser: Browser, organization: Organization) -> TableImport:
    """A table whose columns an officer has chosen, with a product that no guess has."""
    return read(
        browser, taken(browser, organization, rows(1)), actions=["delete"], products=["analytics", "profileService"], **CRM
    )


def chosen(browser: Browser, table: TableImport) -> list[str]:
    """What the page offers for the columns."""
    offered = filled(browser, table)
    return [offered[f"use_{place}"] for place in range(len(table.head["columns"]))]


def page_of(browser: Browser, table: TableImport) -> Page:
    return browser.page(address("detail", table))


def ticked(page: Page, name: str) -> list[str]:
    """The ticked boxes of one question."""
    return [box["value"] for box in page.root.all("input", name=name) if "checked" in box.attributes]


# --- Remembered ---


def test_the_next_table_with_that_header_begins_with_what_was_chosen(
    browser: Browser, organization: Organization, first: TableImport
) -> None:
    assert first.status == TableStatus.DONE
    assert LINE not in page_of(browser, taken(browser, organization, rows(2, header=("Kund", "Contact", "Remarks")))).text
    table = taken(browser, organization, rows(2))
    assert chosen(browser, table) == ["other", "of:standard:Email", ""]
    page = page_of(browser, table)
    assert LINE in page.root.one(id="remembered").text
    assert page.root.one("input", name="namespace_0")["value"] == "crm"
    laws = page.root.one("select", name="regulation").all("option")
    assert [law["value"] for law in laws if "selected" in law.attributes] == ["gdpr"]
    assert ticked(page, "products") == ["analytics", "profileService"]
    # A deletion is never a leftover of last time.
    assert ticked(page, "actions") == []


@pytest.mark.parametrize("header", [("KUND", " contact ", "notes"), ("Kund:", "Con-tact", "Notes")])
def test_a_header_is_the_same_in_other_letters(
    browser: Browser, organization: Organization, first: TableImport, header: Cells
) -> None:
    assert chosen(browser, taken(browser, organization, rows(2, header=header))) == ["other", "of:standard:Email", ""]


@pytest.mark.parametrize(
    "header",
    [("Contact", "Kund", "Notes"), ("KundContact", "", "Notes"), ("Kund", "Contact", "Notes 2"), ("Kund", "Contact", "")],
)
def test_another_header_is_guessed(browser: Browser, organization: Organization, first: TableImport, header: Cells) -> None:
    assert LINE not in page_of(browser, taken(browser, organization, rows(2, header=header))).text


def test_a_workbook_and_a_colleague_have_it_too(browser: Browser, organization: Organization, first: TableImport) -> None:
    colleague = Browser.of(make_user("second", "Officer", organization))
    table = taken(colleague, organization, xlsx_bytes([HEADER, ("K1", "person1@example.com", "")]), "people.xlsx")
    assert chosen(colleague, table) == ["other", "of:standard:Email", ""]


def test_another_organization_has_not(browser: Browser, organization: Organization, officer: User, first: TableImport) -> None:
    other = make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")
    officer.organizations.add(other)
    assert LINE not in page_of(browser, taken(browser, other, rows(2))).text


def test_the_last_choice_counts(browser: Browser, organization: Organization, first: TableImport) -> None:
    table = taken(browser, organization, rows(2))
    read(browser, table, actions=["access"], **(CRM | {"namespace_0": "shop"}))
    assert RememberedMapping.objects.count() == 1
    page = page_of(browser, taken(browser, organization, rows(3)))
    assert page.root.one("input", name="namespace_0")["value"] == "shop"


def test_what_led_to_bad_rows_is_remembered_for_the_corrected_file(browser: Browser, organization: Organization) -> None:
    bad = csv_bytes([HEADER, ("", "", "x"), ("K2", "person2@example.com", "")])
    table = read(browser, taken(browser, organization, bad), actions=["access"], **CRM)
    assert table.status == TableStatus.REFUSED
    assert LINE in page_of(browser, taken(browser, organization, rows(1, 2))).text
    # The file of bad rows, corrected: one column more, which is left out.
    answer: Any = browser.get(address("bad-rows", table))
    corrected = b"".join(answer.streaming_content).replace(b",,x", b"K1,person1@example.com,x")
    again = taken(browser, organization, corrected)
    assert again.head["columns"] == [*HEADER, "Reason"]
    assert chosen(browser, again) == ["other", "of:standard:Email", "", ""]


def test_a_table_without_a_header_is_like_no_other(browser: Browser, organization: Organization) -> None:
    content = csv_bytes([("K1", "person1@example.com")])
    read(browser, taken(browser, organization, content), actions=["access"], **CRM)
    assert not RememberedMapping.objects.exists()
    assert LINE not in page_of(browser, taken(browser, organization, content)).text


def test_the_line_goes_once_the_columns_are_chosen(browser: Browser, organization: Organization, first: TableImport) -> None:
    table = taken(browser, organization, csv_bytes([HEADER, ("", "", "x")]))
    read(browser, table, actions=["access"])
    browser.post(address("columns-again", table))
    assert LINE not in page_of(browser, table).text
    assert chosen(browser, table) == ["other", "of:standard:Email", ""]


# --- Guessed anew ---


@covers("privacy:table-guess")
def test_only_those_who_may_upload_have_it_guessed_anew(actors: Actors, organization: Organization) -> None:
    read(actors.officer, taken(actors.officer, organization, rows(1)), actions=["access"], **CRM)
    table = taken(actors.officer, organization, rows(2))
    actors.act(address("guess", table))
    assert chosen(actors.officer, table) == ["", "of:standard:Email", ""]


def test_guessed_anew_the_page_says_that_it_is_a_guess(browser: Browser, organization: Organization, first: TableImport) -> None:
    table = taken(browser, organization, rows(2))
    page = page_of(browser, table)
    assert page.forms[address("guess", table)].buttons == ["Guess the columns anew"]
    page = Page.of(browser.post(address("guess", table), follow=True))
    assert LINE not in page.text
    assert "This is a guess from the names of the columns" in page.text
    assert ticked(page, "products") == []
    # A second press, and one after the table was read, change nothing.
    browser.post(address("guess", table))
    read(browser, table, actions=["access"])
    assert browser.post(address("guess", table)).status_code == 302
    table.refresh_from_db()
    assert table.status == TableStatus.DONE


def test_a_file_that_is_gone_is_said(browser: Browser, organization: Organization, first: TableImport) -> None:
    table = taken(browser, organization, rows(2))
    table.file_path.unlink()
    assert "The stored file is gone or damaged." in Page.of(browser.post(address("guess", table), follow=True)).text


# --- Kept and forgotten ---


def test_nothing_of_it_is_kept_in_clear(organization: Organization, first: TableImport) -> None:
    kept = RememberedMapping.objects.select_related("organization__data_key").get()
    stored = bytes(kept.header_digest) + bytes(kept.mapping_sealed or b"")
    for words in (b"kund", b"Kund", b"crm", b"person1"):
        assert words not in stored
    assert kept.mapping["columns"][0] == {"use": Use.IDENTITY, "namespace": "crm", "type": "integrationCode"}
    assert (kept.mapping["actions"], kept.mapping["leave_out_bad"]) == ([], False)


def test_discarding_a_table_leaves_what_was_chosen_before(
    browser: Browser, organization: Organization, first: TableImport
) -> None:
    table = taken(browser, organization, rows(2))
    browser.post(address("discard", table))
    assert LINE in page_of(browser, taken(browser, organization, rows(3))).text


def shred(browser: Browser, table: TableImport, officer: User) -> None:
    """Cancel the request of a table and remove its personal data."""
    table.refresh_from_db()
    browser.post(f"/uploads/{table.upload_id}/confirm/")
    work("prepare")
    request = PrivacyRequest.objects.get(upload=table.upload_id)
    browser.post(f"/requests/{request.number}/cancel/")
    shredding.shred(PrivacyRequest.objects.get(pk=request.pk), officer)


def test_it_goes_with_the_personal_data_of_the_last_table(
    browser: Browser, organization: Organization, officer: User, first: TableImport
) -> None:
    second = read(browser, taken(browser, organization, rows(2)), actions=["access"])
    shred(browser, first, officer)
    assert RememberedMapping.objects.get().table_id == second.pk
    shred(browser, second, officer)
    assert not RememberedMapping.objects.exists()


def test_a_header_that_nobody_uses_any_more_is_forgotten(first: TableImport) -> None:
    assert remembering.forget_old in registry.daily()
    for days, is_kept in ((399, True), (401, False)):
        RememberedMapping.objects.update(chosen_at=clock.read() - timedelta(days=days))
        remembering.forget_old()
        assert RememberedMapping.objects.exists() == is_kept


def test_what_is_chosen_twice_is_kept_once(organization: Organization, first: TableImport, browser: Browser) -> None:
    table = taken(browser, organization, rows(2))
    mapping = Mapping.from_dict(table.mapping)
    for _ in range(2):
        remembering.remember(table, mapping)
    found = remembering.recall(organization, HEADER)
    assert found is not None
    assert found.mapping.columns == (
        Column("identity", "crm", "integrationCode"),
        Column("identity", "Email", "standard"),
        Column(),
    )
    assert RememberedMapping.objects.count() == 1
