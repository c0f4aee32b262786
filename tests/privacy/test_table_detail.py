"""One table's pages: its columns are chosen, it is read, bad rows are said and given back, and it becomes an upload or goes."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.conf import LazySettings

from portal.models import AuditEvent, DataKey, Organization, User
from privacy import intake, shredding
from privacy.models import PrivacyRequest, TableImport, Upload
from privacy.statuses import Origin, TableKind, TableStatus, UploadStatus
from privacy.tables.heads import detect, open_table
from tests.actors import Actors, covers, everything_kept, stored_files
from tests.pages import Browser, Page
from tests.steps import step_is_due, work
from tests.tables import LONG, WIDE, address, csv_bytes, filled, person_who_may, read, sealed, taken, wide, xlsx_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture
def table(browser: Browser, organization: Organization) -> TableImport:
    """Three people in a CSV file, the second of whom has no identity."""
    return taken(browser, organization, csv_bytes(wide(3, bad=[3])))


@pytest.fixture
def refused(browser: Browser, table: TableImport) -> TableImport:
    """That table, read."""
    return read(browser, table)


def people_of(upload: Upload) -> list[dict[str, Any]]:
    """Who stands in the file of an upload."""
    with intake.open_stream(upload) as stream:
        users: list[dict[str, Any]] = json.load(stream)["users"]
        return users


def upload_of(table: TableImport) -> Upload:
    """What the table became."""
    table.refresh_from_db()
    assert table.status == TableStatus.DONE
    assert table.upload is not None
    return table.upload


# --- Who may ---


@covers("privacy:table-detail", "privacy:table-progress")
def test_a_table_is_seen_by_those_who_may_upload_in_its_organization(actors: Actors, organization: Organization) -> None:
    table = taken(actors.officer, organization, csv_bytes(wide(1)))
    actors.open(address("detail", table), viewer=403)
    actors.open(address("progress", table), viewer=403)


@covers(
    "privacy:table-reading",
    "privacy:table-columns",
    "privacy:table-columns-again",
    "privacy:table-go-on",
    "privacy:table-discard",
)
@pytest.mark.parametrize("act", ["reading", "columns", "columns-again", "go-on", "discard"])
def test_only_those_who_may_upload_act(actors: Actors, organization: Organization, act: str) -> None:
    table = taken(actors.officer, organization, csv_bytes(wide(3, bad=[3])))
    data = filled(actors.officer, table) if act == "columns" else {"encoding": "cp1252", "separator": ","}
    if act in ("columns-again", "go-on"):
        read(actors.officer, table)
    actors.act(address(act, table), data)
    assert TableImport.objects.get().status != (TableStatus.REFUSED if act in ("columns-again", "go-on") else None)


@covers("privacy:table-bad-rows")
def test_bad_rows_are_for_the_person_and_for_those_who_see_identities(
    actors: Actors, organization: Organization, colleague: User
) -> None:
    table = read(actors.officer, taken(actors.officer, organization, csv_bytes(wide(3, bad=[3]))))
    where = address("bad-rows", table)
    assert actors.nobody.get(where).status_code == 302
    assert actors.viewer.get(where).status_code == 403
    assert actors.stranger.get(where).status_code == 404
    plain = person_who_may("plain", organization, "add_upload")
    assert Browser.of(plain).get(where).status_code == 403
    assert not AuditEvent.objects.filter(action="table.bad_rows_downloaded").exists()
    assert actors.officer.get(where).status_code == 200
    seeing = person_who_may("seeing", organization, "add_upload", "reveal_identities")
    assert Browser.of(seeing).get(where).status_code == 200
    actors.refuse_methods(where, allowed=("get",))


def test_somebody_elses_rows_are_masked(table: TableImport, organization: Organization) -> None:
    page = Browser.of(person_who_may("other", organization, "add_upload")).page(address("detail", table))
    assert "person-2@example.com" not in page.html
    assert "p…2@e…m" in page.html


# --- The columns ---


def test_the_page_shows_the_guess_and_the_first_rows(browser: Browser, table: TableImport) -> None:
    page = browser.page(address("detail", table))
    assert "As UTF-8, with its columns separated by: Comma." in page.text
    chosen = filled(browser, table)
    assert [chosen[f"use_{place}"] for place in range(4)] == ["key", "action", "of:standard:Email", "of:standard:ECID"]
    assert chosen["form"] == "wide"
    assert "person-2@example.com" in page.text
    assert [row.all("th")[0].text for row in page.root.one("table", class_="table-preview").all("tr")[1:]] == ["2", "3", "4"]


@pytest.mark.parametrize(
    ("changes", "anchor", "words"),
    [
        ({"regulation": ""}, "#id_regulation", "Law: Choose the law under which the people ask."),
        ({"products": []}, "#products", "Products: Choose at least one product."),
        ({"use_1": ""}, "#actions", "Choose what everybody asks for, or a column that says it."),
        ({"use_2": "", "use_3": ""}, "#id_use_0", "No column holds identities."),
        ({"use_3": "key"}, "#id_use_3", "Column A is the same."),
        ({"use_3": "other"}, "#id_namespace_3", "Write the namespace of the identities in this column."),
        ({"use_3": "namespace"}, "#id_use_3", "This is for a table with: One identity in each row."),
        (
            {"form": "long", "use_2": "", "use_3": ""},
            "#id_use_0",
            "needed for: The identity's namespace, The identity's value",
        ),
        ({"received_on": "2126-01-01"}, "#id_received_on", "This day has not come yet."),
        ({"received_on": "yesterday"}, "#id_received_on", "Enter the day as year-month-day"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    browser: Browser, table: TableImport, changes: dict[str, Any], anchor: str, words: str
) -> None:
    before = everything_kept()
    answer = browser.post(address("columns", table), filled(browser, table) | changes)
    assert answer.status_code == 422
    links = {link["href"]: link.text for link in Page.of(answer).root.one("div", class_="error-summary").all("a")}
    assert words in links[anchor]
    assert everything_kept() == before


def test_what_was_chosen_stays_after_an_error(browser: Browser, table: TableImport) -> None:
    answer = browser.post(
        address("columns", table),
        filled(browser, table, regulation="", use_3="other", namespace_3="crm", type_3="integrationCode"),
    )
    page = Page.of(answer)
    assert page.root.one("input", name="namespace_3")["value"] == "crm"
    chosen = {
        select["name"]: [o["value"] for o in select.all("option") if "selected" in o.attributes]
        for select in page.root.all("select")
    }
    assert chosen["use_3"] == ["other"]
    assert chosen["type_3"] == ["integrationCode"]


def test_a_namespace_of_ones_own_can_be_written(browser: Browser, organization: Organization) -> None:
    table = taken(browser, organization, csv_bytes([("Kund", "Email"), ("77", "a@example.com")]))
    read(browser, table, use_0="other", namespace_0="crm", type_0="integrationCode", actions=["access"])
    identities = people_of(upload_of(table))[0]["userIDs"]
    assert identities[0] == {"namespace": "crm", "value": "77", "type": "integrationCode", "isDeletedClientSide": False}


def test_the_file_can_be_read_in_another_way(browser: Browser, organization: Organization) -> None:
    table = taken(browser, organization, "key;e-mail\n1;år,ö@example.com\n".encode("cp850"))
    assert (table.encoding, table.separator) == ("cp1252", ";")
    browser.post(address("reading", table), {"encoding": "cp850", "separator": ";", "has_header": "on"})
    table.refresh_from_db()
    assert table.head["rows"][0]["cells"] == ["1", "år,ö@example.com"]
    browser.post(address("reading", table), {"encoding": "cp850", "separator": ",", "has_header": "on"})
    table.refresh_from_db()
    assert table.head["columns"] == ["key;e-mail", ""]
    browser.post(address("reading", table), {"encoding": "cp850", "separator": ";"})
    table.refresh_from_db()
    assert [row["number"] for row in table.head["rows"]] == [1, 2]


def test_an_encoding_that_does_not_fit_is_said_and_changes_nothing(browser: Browser, organization: Organization) -> None:
    table = taken(browser, organization, "key,e-mail\n1,å@example.com\n".encode("cp1252"))
    answer = browser.post(address("reading", table), {"encoding": "utf-8-sig", "separator": ","}, follow=True)
    assert "The text does not fit the encoding that was chosen" in Page.of(answer).text
    table.refresh_from_db()
    assert table.encoding == "cp1252"


def test_another_sheet_can_be_chosen(browser: Browser, organization: Organization) -> None:
    content = xlsx_bytes(wide(1), before=["Notes"])
    table = taken(browser, organization, content, "people.xlsx")
    assert "From the sheet “People”; formulas by their values." in browser.page(address("detail", table)).text
    answer = browser.post(address("reading", table), {"sheet": "Notes", "has_header": "on"}, follow=True)
    assert "The table has no rows." in Page.of(answer).text


# --- Reading ---


@pytest.mark.parametrize("kind", TableKind)
def test_a_good_table_leads_to_the_preview_of_its_upload(browser: Browser, organization: Organization, kind: TableKind) -> None:
    rows = wide(3, action="access, delete")
    table = taken(browser, organization, csv_bytes(rows) if kind == TableKind.CSV else xlsx_bytes(rows), "june.csv")
    answer = browser.post(address("columns", table), filled(browser, table))
    upload = upload_of(table)
    assert answer.headers["Location"] == f"/uploads/{upload.pk}/"
    assert (upload.status, upload.origin, upload.file_name) == (UploadStatus.READY, Origin.TABLE, "june.csv")
    assert [person["key"] for person in people_of(upload)] == ["key-2", "key-3", "key-4"]
    page = browser.page(f"/uploads/{upload.pk}/")
    assert "Send 3 people to Adobe" in page.text
    # Of the table itself nothing personal is left.
    assert stored_files() == {upload.path}
    assert (table.path, table.head_sealed, table.mapping_sealed, table.file_name_sealed, table.data_key) == (
        "",
        None,
        None,
        None,
        None,
    )


def test_it_is_confirmed_as_every_upload_is(browser: Browser, organization: Organization) -> None:
    table = read(browser, taken(browser, organization, csv_bytes(wide(2))))
    browser.post(f"/uploads/{upload_of(table).pk}/confirm/")
    work("prepare")
    request = PrivacyRequest.objects.get()
    assert request.origin == Origin.TABLE
    assert request.subjects.count() == 2


def test_the_long_form_is_read_too(browser: Browser, organization: Organization) -> None:
    rows = [LONG, ("k1", "Email", "a@x.se", "", "access"), ("k2", "Email", "b@x.se", "", "delete"), ("k1", "ECID", "1", "", "")]
    table = read(browser, taken(browser, organization, csv_bytes(rows)))
    assert [(one["key"], len(one["userIDs"])) for one in people_of(upload_of(table))] == [("k1", 2), ("k2", 1)]


def test_a_large_table_is_read_by_a_worker(browser: Browser, organization: Organization, settings: LazySettings) -> None:
    settings.UPLOAD_INLINE_BYTES = 10
    table = read(browser, taken(browser, organization, csv_bytes(wide(3))))
    assert table.status == TableStatus.WAITING
    page = browser.page(address("detail", table))
    assert page.title == "Table being read"
    assert "0 rows read" in Page.of(browser.get(address("progress", table))).text
    assert step_is_due("tables")
    work("tables")
    upload = upload_of(table)
    assert browser.get(address("progress", table)).headers["HX-Redirect"] == f"/uploads/{upload.pk}/"
    assert upload.status == UploadStatus.WAITING
    work("check")
    upload.refresh_from_db()
    assert upload.status == UploadStatus.READY


def test_a_second_press_leads_to_what_the_first_one_made(browser: Browser, organization: Organization) -> None:
    table = taken(browser, organization, csv_bytes(wide(2)))
    data = filled(browser, table)
    first = browser.post(address("columns", table), data)
    second = browser.post(address("columns", table), data)
    assert first.headers["Location"] == second.headers["Location"]
    assert Upload.objects.count() == 1


# --- Bad rows ---


def test_bad_rows_are_counted_and_said_and_nothing_is_made(browser: Browser, refused: TableImport) -> None:
    assert refused.status == TableStatus.REFUSED
    assert not Upload.objects.exists()
    page = browser.page(address("detail", refused))
    summary = page.root.one("section", class_="error-summary").text
    assert "1 of 3 rows is bad: nothing was made of the table yet" in summary
    assert "Row 3: no identity stands in it. Fill in at least one." in summary
    assert page.forms[address("go-on", refused)].buttons == ["Go on with the 2 good rows"]


def test_only_the_first_hundred_are_on_the_page(browser: Browser, organization: Organization) -> None:
    table = read(browser, taken(browser, organization, csv_bytes(wide(150, bad=range(2, 122)))))
    page = browser.page(address("detail", table))
    assert len(page.root.one("section", class_="error-summary").all("li")) == 100
    assert "120 of 150 rows are bad" in page.text
    assert "These are the first 100. The file of bad rows has all of them." in page.text
    assert "Go on with the 30 good rows" in page.text


def bad_rows(browser: Browser, table: TableImport) -> bytes:
    """The downloaded file."""
    answer: Any = browser.get(address("bad-rows", table))
    content = b"".join(answer.streaming_content)
    assert int(answer.headers["Content-Length"]) == len(content)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="bad-rows.{table.kind}"'
    return content


def test_the_bad_rows_are_given_back_with_their_reasons(browser: Browser, refused: TableImport) -> None:
    rows = list(csv.reader(io.StringIO(bad_rows(browser, refused).decode("utf-8-sig"))))
    assert rows == [[*WIDE, "Reason"], ["key-3", "access", "", "", "Row 3: no identity stands in it. Fill in at least one."]]
    event = AuditEvent.objects.get(action="table.bad_rows_downloaded")
    assert (event.object_id, event.details) == (str(refused.pk), {"rows": 1})


def test_bad_rows_of_a_workbook_come_as_a_workbook(browser: Browser, organization: Organization) -> None:
    content = xlsx_bytes([(*WIDE, "note"), ("k<1>", "access", "", "", "=1+1"), ("k2", "access", "a@x.se", "", "")])
    table = read(browser, taken(browser, organization, content, "people.xlsx"))
    given = bad_rows(browser, table)
    with open_table(sealed(given), detect(sealed(given))) as again:
        rows = [row.cells for row in again.rows()]
    assert rows[0] == [*WIDE, "note", "Reason"]
    assert rows[1][0] == "k<1>"
    assert rows[1][5].startswith("Row 2: no identity stands in it.")
    assert len(rows) == 2


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_no_cell_of_the_bad_rows_is_a_formula(browser: Browser, organization: Organization, start: str) -> None:
    formula = f'{start}HYPERLINK("http://evil.example","x")'
    table = read(browser, taken(browser, organization, csv_bytes([WIDE, (formula, "access", "", "")])))
    rows = list(csv.reader(io.StringIO(bad_rows(browser, table).decode("utf-8-sig"))))
    assert rows[1][0] == f"'{formula}"


def test_corrected_bad_rows_can_be_uploaded_as_they_are(
    browser: Browser, refused: TableImport, organization: Organization
) -> None:
    corrected = bad_rows(browser, refused).replace(b"key-3,access,,", b"key-3,access,c@x.se,")
    table = read(browser, taken(browser, organization, corrected))
    assert [person["key"] for person in people_of(upload_of(table))] == ["key-3"]


def test_going_on_without_the_bad_rows_is_a_choice(browser: Browser, refused: TableImport) -> None:
    answer = browser.post(address("go-on", refused))
    assert [person["key"] for person in people_of(upload_of(refused))] == ["key-2", "key-4"]
    assert answer.headers["Location"] == address("detail", refused)
    page = browser.page(address("detail", refused))
    assert "1 bad row was left out" in page.text
    assert "2 people went on to the upload." in page.text
    assert b"key-3" in bad_rows(browser, refused)
    assert refused.head["rows"] == []


def test_without_a_good_row_there_is_nothing_to_go_on_with(browser: Browser, organization: Organization) -> None:
    table = read(browser, taken(browser, organization, csv_bytes(wide(1, bad=[2]))))
    assert "Go on with" not in browser.page(address("detail", table)).text
    assert "There are no good rows" in Page.of(browser.post(address("go-on", table), follow=True)).text
    assert not Upload.objects.exists()


def test_the_columns_can_be_chosen_again(browser: Browser, refused: TableImport) -> None:
    browser.post(address("columns-again", refused))
    table = read(browser, refused, use_2="", use_3="other", namespace_3="x", type_3="custom")
    assert table.bad_rows == 3


def test_a_header_alone_has_no_people(browser: Browser, organization: Organization) -> None:
    table = read(browser, taken(browser, organization, csv_bytes([WIDE])), actions=["access"])
    assert "The table has no rows below its header." in browser.page(address("detail", table)).text


# --- Removing ---


@pytest.mark.parametrize("read_first", [False, True])
def test_discarding_removes_files_and_keys(browser: Browser, table: TableImport, read_first: bool) -> None:
    if read_first:
        read(browser, table)
        assert len(stored_files()) == 2
    key = table.data_key
    assert key is not None
    answer = browser.post(address("discard", table), follow=True)
    assert "The table was discarded" in Page.of(answer).text
    assert stored_files() == set()
    assert not DataKey.objects.filter(pk=key.pk).exists()
    table.refresh_from_db()
    assert (table.status, table.path, table.bad_path, table.head_sealed) == (TableStatus.DISCARDED, "", "", None)
    assert browser.page(address("detail", table)).title == "Discarded table"
    assert browser.get(address("bad-rows", table)).status_code == 404
    assert "was discarded already" in Page.of(browser.post(address("discard", table), follow=True)).text


def test_shredding_the_request_removes_the_bad_rows(browser: Browser, refused: TableImport, officer: User) -> None:
    browser.post(address("go-on", refused))
    upload = upload_of(refused)
    browser.post(f"/uploads/{upload.pk}/confirm/")
    work("prepare")
    request = PrivacyRequest.objects.get()
    browser.post(f"/requests/{request.number}/cancel/")
    shredding.shred(PrivacyRequest.objects.get(), officer)
    refused.refresh_from_db()
    assert (refused.bad_path, refused.data_key, refused.head_sealed) == ("", None, None)
    assert stored_files() == set()
