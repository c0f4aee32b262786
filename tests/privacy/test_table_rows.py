"""What is said of a converted table names its people by the rows of the table, and Adobe is sent what it was sent before."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.conf import LazySettings

from portal.models import Organization, User
from privacy import checking, intake, schema
from privacy.models import DataSubject, PrivacyRequest, Submission, TableImport, Upload
from privacy.reading import TABLE_ROW
from privacy.statuses import Origin, TableStatus
from privacy.submission import outgoing
from tests.files import confirmed_request, payload, people, stored_upload
from tests.pages import Browser, Page
from tests.people import make_user
from tests.steps import work
from tests.tables import LONG, WIDE, Cells, csv_bytes, read, taken, xlsx_bytes
from tests.uploading import request_file, uploaded

pytestmark = pytest.mark.django_db

# Ann stands in row 2, Bo in row 4, and Cy, who has no key, in row 7.
ROWS: list[Cells] = [
    WIDE,
    ("case-1", "access", "person1@example.com", ""),
    ("", "", "", ""),
    ("case-2", "access", "person2@example.com", ""),
    ("", "", "", ""),
    ("", "", "", ""),
    ("", "access", "cy@example.com", ""),
]
SCATTERED: list[Cells] = [
    LONG,
    ("case-1", "Email", "person1@example.com", "", "access"),
    ("case-1", "ECID", "44363657679975868102109072127612345678", "", ""),
    ("case-2", "Email", "person2@example.com", "", "access"),
    ("case-3", "Email", "cy@example.com", "", "access"),
    ("case-2", "ECID", "44363657679975868102109072127612345679", "", ""),
]


@pytest.fixture
def earlier(organization: Organization, officer: User, media: object) -> PrivacyRequest:
    """An open request for access of person 1 and person 2."""
    return confirmed_request(organization, officer, payload(people(2, "access")))


def converted(browser: Browser, organization: Organization, content: bytes) -> Upload:
    """The checked upload that came of a table."""
    table = read(browser, taken(browser, organization, content))
    assert table.status == TableStatus.DONE
    assert table.upload is not None
    return table.upload


def address_of(upload: Upload, act: str = "") -> str:
    """Where its pages are."""
    return f"/uploads/{upload.pk}/{act}"


def duplicates(page: Page) -> list[str]:
    """How the people with an open request are called."""
    return [row.all("td")[0].text for row in page.section("duplicates").one("tbody").all("tr")]


def findings_of(upload: Upload) -> list[tuple[str, int | None, str, str]]:
    """(code, row, path, message) of all that was found."""
    found = checking.CheckResult.from_dict(upload.result).findings
    return [(one.code, one.row, one.path, one.message) for one in found]


# --- What an officer reads ---


@pytest.mark.parametrize("content", [csv_bytes(ROWS), xlsx_bytes(ROWS)], ids=["csv", "xlsx"])
def test_people_with_open_requests_are_named_by_their_rows(
    browser: Browser, organization: Organization, earlier: PrivacyRequest, content: bytes
) -> None:
    upload = converted(browser, organization, content)
    page = browser.page(address_of(upload))
    assert duplicates(page) == ["Row 2, case-1", "Row 4, case-2"]
    assert "Rows are those of the table" in page.section("duplicates").text
    assert [one[1:] for one in findings_of(upload) if one[0] == "already-open"] == [
        (2, "", f"Row 2, case-1: the same access is already open in {earlier.number}."),
        (4, "", f"Row 4, case-2: the same access is already open in {earlier.number}."),
    ]


def test_a_person_of_several_rows_is_named_by_the_first(
    browser: Browser, organization: Organization, earlier: PrivacyRequest
) -> None:
    upload = converted(browser, organization, csv_bytes(SCATTERED))
    assert duplicates(browser.page(address_of(upload))) == ["Row 2, case-1", "Row 4, case-2"]


def test_somebody_else_reads_the_row_without_the_key(
    browser: Browser, organization: Organization, earlier: PrivacyRequest
) -> None:
    upload = converted(browser, organization, csv_bytes(ROWS))
    page = Browser.of(make_user("second", "Officer", organization)).page(address_of(upload))
    assert duplicates(page) == ["Row 2", "Row 4"]
    assert "case-" not in page.html


def test_who_is_left_out_by_their_row_is_the_one_who_stays_out(
    browser: Browser, organization: Organization, earlier: PrivacyRequest
) -> None:
    upload = converted(browser, organization, csv_bytes(ROWS))
    by_row = dict(upload.duplicates.values_list("row", "pk"))
    browser.post(address_of(upload, "duplicates/"), {f"choice-{by_row[2]}": "include", f"choice-{by_row[4]}": "leave-out"})
    assert "Send 2 people to Adobe" in browser.page(address_of(upload)).text
    assert "1 person of the file is left out" in browser.page(address_of(upload)).text
    browser.post(address_of(upload, "confirm/"))
    work("prepare")
    request = PrivacyRequest.objects.get(upload=upload)
    subjects = DataSubject.objects.select_related("request__data_key").filter(request=request).order_by("position")
    assert [(one.position, one.officer_key) for one in subjects] == [(1, "case-1"), (3, None)]


def test_a_namespace_is_said_to_stand_first_in_its_row(browser: Browser, organization: Organization) -> None:
    rows = [(*WIDE, "crm"), *[(*row, "77" if row[0] == "case-2" else "") for row in ROWS[1:]]]
    table = taken(browser, organization, csv_bytes(rows))
    read(browser, table, use_4="other", namespace_4="crm", type_4="integrationCode")
    assert table.upload is not None
    (email, crm) = [one[1:] for one in findings_of(table.upload) if one[0] == "namespace"]
    assert (email[:2], crm[:2]) == ((2, ""), (4, ""))
    assert "takes email identities" in email[2]
    assert "(3, first in row 2)" in email[2]
    assert "(1, first in row 4)" in crm[2]
    warnings = browser.page(address_of(table.upload)).section("warnings-title").text
    assert "Rows are those of the table" in warnings
    assert "users[" not in warnings


def test_rows_alike_are_named_by_their_rows(
    browser: Browser, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the conversion would have found itself, were hashes of two people not alike by chance.
    monkeypatch.setattr("privacy.tables.people._Reader._first_of", lambda _reader, person: person.row)
    upload = converted(browser, organization, csv_bytes([*ROWS, ROWS[-1]]))
    assert [one[1:] for one in findings_of(upload) if one[0] == "duplicate-person"] == [
        (8, "", "Row 8: row 7 has the same identities and actions.")
    ]
    page = browser.page(address_of(upload))
    assert "Rows are those of the table" in page.section("errors-title").text
    assert "Upload the corrected table" in page.text
    assert "/tables/new/" in page.links


def test_the_dry_run_and_its_report_name_the_rows(browser: Browser, organization: Organization) -> None:
    rows = [(*WIDE, "crm"), *[(*row, "77" if row[0] == "case-2" else "") for row in ROWS[1:]]]
    table = taken(browser, organization, csv_bytes(rows))
    read(browser, table, use_4="other", namespace_4="crm", type_4="integrationCode")
    assert table.upload is not None
    assert "first in row 4" in browser.page(address_of(table.upload, "dry-run/")).section("warnings-title").text
    answer: Any = browser.get(address_of(table.upload, "dry-run/report.csv"))
    report = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert ["Level", "Row of the table", "What was found", "What to do"] in report
    assert [line[1] for line in report if line and line[0] == "warning"] == ["2", "4"]


# --- What is kept of it ---


def test_a_worker_reads_the_same_rows(
    browser: Browser, organization: Organization, earlier: PrivacyRequest, settings: LazySettings
) -> None:
    settings.UPLOAD_INLINE_BYTES = 10
    table = read(browser, taken(browser, organization, csv_bytes(ROWS)))
    work("tables", "check")
    upload = Upload.objects.get(table=table)
    assert duplicates(browser.page(address_of(upload))) == ["Row 2, case-1", "Row 4, case-2"]
    # Counted anew after a choice, and again by a worker.
    browser.post(address_of(upload, "duplicates/"), {"do": "leave-out-all"})
    work("check")
    assert "Send 1 person to Adobe" in browser.page(address_of(upload)).text


def test_a_table_that_was_converted_before_rows_were_kept_counts_its_people(organization: Organization, officer: User) -> None:
    upload = stored_upload(organization, officer, request_file(2))
    Upload.objects.filter(pk=upload.pk).update(origin=Origin.TABLE)
    upload.refresh_from_db()
    assert [(person.row, person.position) for person in intake.people_of(upload)] == [(1, 1), (2, 2)]


def test_an_uploaded_file_cannot_say_which_rows_its_people_have(
    browser: Browser, organization: Organization, earlier: PrivacyRequest
) -> None:
    users = [person | {TABLE_ROW: 99} for person in people(2, "access")]
    upload = uploaded(browser, organization, json.dumps(payload(users)).encode())
    assert duplicates(browser.page(address_of(upload))) == ["Row 1, person-1", "Row 2, person-2"]
    assert "Rows are those of the table" not in browser.page(address_of(upload)).text


@pytest.mark.parametrize("row", ["7", 7.0, True, None, [7]])
def test_only_a_number_is_a_row(organization: Organization, officer: User, row: Any) -> None:
    upload = stored_upload(organization, officer, json.dumps(payload([people(1)[0] | {TABLE_ROW: row}])).encode())
    upload.origin = Origin.TABLE
    assert [person.row for person in intake.people_of(upload)] == [1]


# --- What is sent ---


def bodies_of(request: PrivacyRequest) -> list[Any]:
    """Each call as it goes to Adobe, its keys without what differs from request to request."""
    calls = Submission.objects.select_related("request__organization", "request__data_key").filter(request=request)
    bodies = [json.loads(outgoing(call).body) for call in calls.order_by("ordinal")]
    for body in bodies:
        for user in body["users"]:
            user["key"] = user["key"].split("#")[0].replace(request.number, "PR")
    return bodies


def confirmed(browser: Browser, upload: Upload) -> PrivacyRequest:
    """The prepared request of an upload."""
    browser.post(address_of(upload, "confirm/"))
    work("prepare")
    return PrivacyRequest.objects.get(upload=upload)


@pytest.mark.parametrize("rows", [ROWS, SCATTERED], ids=["wide", "long"])
def test_adobe_is_sent_what_it_would_be_sent_without_the_rows(
    browser: Browser, organization: Organization, rows: list[Cells]
) -> None:
    upload = converted(browser, organization, csv_bytes(rows))
    with intake.open_stream(upload) as stream:
        file = json.load(stream)
    assert [user.pop(TABLE_ROW) for user in file["users"]] == ([2, 4, 7] if rows is ROWS else [2, 4, 5])
    plain = uploaded(browser, organization, json.dumps(file).encode())
    sent = bodies_of(confirmed(browser, upload))
    assert sent == bodies_of(confirmed(browser, plain))
    assert [set(user) for user in sent[0]["users"]] == [{"key", "action", "userIDs"}] * 3
    assert [user["key"] for user in sent[0]["users"]] == ["case-1", "case-2", "PR-3" if rows is ROWS else "case-3"]
    assert TABLE_ROW not in json.dumps(sent)


def test_what_is_kept_of_a_person_has_no_row(browser: Browser, organization: Organization) -> None:
    request = confirmed(browser, converted(browser, organization, csv_bytes(ROWS)))
    for subject in DataSubject.objects.select_related("request__data_key").filter(request=request):
        assert [set(one) for one in subject.identities] == [{"namespace", "value", "type", "isDeletedClientSide"}]
    assert TableImport.objects.get().head_sealed is None


def test_a_person_has_both_numbers(organization: Organization) -> None:
    entry = people(1)[0] | {TABLE_ROW: 18}
    person, _findings = schema.read_person(18, entry, intake.rules_for(organization), 17)
    assert person is not None
    assert (person.row, person.position) == (18, 17)
