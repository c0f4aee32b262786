"""People of a file who have an open request already: shown, left out or asked for again, and counted as chosen."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.models import AuditEvent, Organization, User
from privacy import checking, intake
from privacy.intake.open_people import OpenPeople
from privacy.models import DataSubject, Duplicate, Job, PrivacyRequest, Upload
from privacy.shredding import shred
from privacy.statuses import JobStatus, UploadStatus
from tests.actors import Actors, covers
from tests.files import confirmed_request, payload, people
from tests.pages import Browser, Page
from tests.people import make_user
from tests.steps import work
from tests.uploading import uploaded

pytestmark = pytest.mark.django_db


@pytest.fixture
def earlier(organization: Organization, officer: User, media: object) -> PrivacyRequest:
    """An open request for access of the people 1 to 3."""
    return confirmed_request(organization, officer, payload(people(3, "access")))


def again(browser: Browser, organization: Organization, users: list[dict[str, Any]] | None = None) -> Upload:
    """An upload of the people 1 to 5, three of whom have an open request."""
    users = people(5, "access") if users is None else users
    return uploaded(browser, organization, json.dumps(payload(users)).encode())


def address_of(upload: Upload, act: str = "") -> str:
    """Where its pages are."""
    return f"/uploads/{upload.pk}/{act}"


def choose(browser: Browser, upload: Upload, do: str = "save", **rows: str) -> Any:
    """Send the form; `row_2="leave-out"`."""
    by_row = dict(upload.duplicates.values_list("row", "pk"))
    chosen = {f"choice-{by_row[int(name.removeprefix('row_'))]}": value for name, value in rows.items()}
    return browser.post(address_of(upload, "duplicates/"), chosen | {"do": do})


def choices(upload: Upload) -> dict[int, bool | None]:
    """What is chosen, by row."""
    return dict(upload.duplicates.values_list("row", "left_out"))


def figures(page: Page) -> list[str]:
    """The large numbers of the preview."""
    return [f"{one.one('strong').text} {one.one('span').text}" for one in page.root.one("ul", class_="figures").all("li")]


@covers("privacy:upload-duplicates")
def test_only_an_officer_of_the_organization_chooses(actors: Actors, organization: Organization, earlier: PrivacyRequest) -> None:
    upload = again(actors.officer, organization)
    actors.act(address_of(upload, "duplicates/"), {"do": "leave-out-all"})
    assert set(choices(upload).values()) == {True}


# --- Shown ---


def test_each_is_shown_once_with_the_request_that_is_open(
    browser: Browser, organization: Organization, officer: User, earlier: PrivacyRequest
) -> None:
    second = confirmed_request(organization, officer, payload(people(1, "access", "delete")))
    page = browser.page(address_of(again(browser, organization, people(5, "access", "delete"))))
    section = page.section("duplicates")
    assert section.one("h2").text == "3 people have open requests of the same action"
    rows = [[cell.text for cell in row.all("td")] for row in section.one("tbody").all("tr")]
    assert [row[0] for row in rows] == ["Row 1, person-1", "Row 2, person-2", "Row 3, person-3"]
    assert rows[0][1] == "email p…1@e…m"
    assert rows[0][2] == f"Access: {earlier.number} Access: {second.number} Delete: {second.number}"
    assert rows[1][2] == f"Access: {earlier.number}"
    assert f"/requests/{earlier.number}/" in page.links
    assert "person1@example.com" not in page.html


def test_another_action_is_no_duplicate(browser: Browser, organization: Organization, earlier: PrivacyRequest) -> None:
    upload = again(browser, organization, people(5, "delete"))
    assert choices(upload) == {}
    assert "duplicates" not in browser.page(address_of(upload)).html


def test_one_shared_identity_is_enough(browser: Browser, organization: Organization, earlier: PrivacyRequest) -> None:
    users = people(1, "access", prefix="other")
    users[0]["userIDs"].append({"namespace": "Email", "value": "PERSON2@example.com", "type": "standard"})
    assert list(choices(again(browser, organization, users))) == [1]


def test_what_adobe_has_finished_is_no_duplicate(browser: Browser, organization: Organization, earlier: PrivacyRequest) -> None:
    Job.objects.filter(request=earlier).update(status=JobStatus.COMPLETE)
    assert choices(again(browser, organization)) == {}


def test_keys_are_for_the_person_who_uploaded_the_file(
    actors: Actors, organization: Organization, earlier: PrivacyRequest
) -> None:
    upload = again(actors.officer, organization)
    for other in (actors.viewer, Browser.of(make_user("second", "Officer", organization))):
        page = other.page(address_of(upload))
        assert "Row 1" in page.section("duplicates").text
        assert "person-" not in page.html
    assert actors.viewer.page(address_of(upload)).forms == {}


def test_many_are_paged_through(browser: Browser, organization: Organization, officer: User, media: object) -> None:
    confirmed_request(organization, officer, payload(people(120, "access")))
    upload = again(browser, organization, people(120, "access"))
    seen, address = [], address_of(upload)
    while address:
        page = browser.page(address)
        seen += [row.all("td")[0].text.split(",")[0] for row in page.section("duplicates").one("tbody").all("tr")]
        nexts = page.root.all("a", rel="next")
        address = address_of(upload) + nexts[0]["href"] if nexts else ""
    assert seen == [f"Row {row}" for row in range(1, 121)]


# --- Chosen ---


def test_nothing_is_sent_before_it_is_chosen(browser: Browser, organization: Organization, earlier: PrivacyRequest) -> None:
    upload = again(browser, organization)
    page = browser.page(address_of(upload))
    assert address_of(upload, "confirm/") not in page.forms
    assert "Choose first what to do about 3 people with open requests" in page.section("confirm").text
    browser.post(address_of(upload, "confirm/"))
    assert PrivacyRequest.objects.count() == 1
    choose(browser, upload, row_1="leave-out")
    browser.post(address_of(upload, "confirm/"))
    assert PrivacyRequest.objects.count() == 1


def test_who_is_left_out_is_counted_nowhere_and_not_sent(
    browser: Browser, organization: Organization, earlier: PrivacyRequest
) -> None:
    upload = again(browser, organization)
    answer = choose(browser, upload, row_1="leave-out", row_2="include", row_3="leave-out")
    assert answer.headers["Location"] == address_of(upload)
    page = browser.page(address_of(upload))
    assert figures(page)[:2] == ["3 people", "3 jobs at Adobe"]
    assert "2 left out, 1 asked for again, 0 undecided." in page.section("duplicates").text
    assert "2 people of the file are left out and not counted here." in page.section("what").text
    assert "Send 3 people to Adobe" in page.forms[address_of(upload, "confirm/")].buttons
    browser.post(address_of(upload, "confirm/"))
    work("prepare")
    request = PrivacyRequest.objects.exclude(pk=earlier.pk).get()
    assert (request.people, request.jobs_total) == (3, 3)
    assert list(DataSubject.objects.filter(request=request).order_by("position").values_list("position", flat=True)) == [2, 4, 5]
    event = AuditEvent.objects.get(action="upload.duplicates_chosen")
    assert event.details == {"left_out": 2, "included": 1, "undecided": 0}


@pytest.mark.parametrize(("do", "people_left"), [("leave-out-all", 2), ("include-all", 5)])
def test_all_are_chosen_at_once(
    browser: Browser, organization: Organization, earlier: PrivacyRequest, do: str, people_left: int
) -> None:
    upload = again(browser, organization)
    choose(browser, upload, do)
    assert figures(browser.page(address_of(upload)))[0] == f"{people_left} people"


def test_a_choice_can_be_changed_until_it_is_confirmed(
    browser: Browser, organization: Organization, earlier: PrivacyRequest
) -> None:
    upload = again(browser, organization)
    choose(browser, upload, "leave-out-all")
    choose(browser, upload, row_2="include")
    assert choices(upload) == {1: True, 2: False, 3: True}
    assert figures(browser.page(address_of(upload)))[0] == "3 people"


def test_some_leave_the_rest_to_be_chosen(browser: Browser, organization: Organization, earlier: PrivacyRequest) -> None:
    upload = again(browser, organization)
    answer = choose(browser, upload, row_2="leave-out")
    assert answer.headers["Location"] == f"{address_of(upload)}?open=undecided#duplicates"
    page = browser.page(address_of(upload), open="undecided")
    rows = page.section("duplicates").one("tbody").all("tr")
    assert [row.all("td")[0].text for row in rows] == ["Row 1, person-1", "Row 3, person-3"]


def test_when_everybody_is_left_out_nothing_can_be_sent(
    browser: Browser, organization: Organization, earlier: PrivacyRequest
) -> None:
    upload = again(browser, organization, people(3, "access"))
    choose(browser, upload, "leave-out-all")
    page = browser.page(address_of(upload))
    assert "Everybody in the file is left out, so there is nothing to send." in page.section("confirm").text
    browser.post(address_of(upload, "confirm/"))
    assert PrivacyRequest.objects.count() == 1


def test_opt_outs_that_are_left_out_need_no_second_request(
    browser: Browser, organization: Organization, officer: User, media: object
) -> None:
    body = payload(people(1, "opt-out-of-sale", prefix="seller"), regulation="ccpa")
    confirmed_request(organization, officer, body)
    users = [*people(2, "access"), *people(1, "opt-out-of-sale", prefix="seller")]
    upload = uploaded(browser, organization, json.dumps(payload(users, regulation="ccpa")).encode())
    choose(browser, upload, "leave-out-all")
    browser.post(address_of(upload, "confirm/"))
    assert PrivacyRequest.objects.filter(upload=upload).count() == 1


@pytest.mark.parametrize("form", [{}, {"do": "save", "choice-x": "leave-out"}, {"do": "save", "choice-1": "maybe"}])
def test_a_form_that_says_nothing_changes_nothing(
    browser: Browser, organization: Organization, earlier: PrivacyRequest, form: dict[str, str]
) -> None:
    upload = again(browser, organization)
    assert browser.post(address_of(upload, "duplicates/"), form).status_code == 302
    assert set(choices(upload).values()) == {None}


def test_choices_of_another_upload_are_out_of_reach(
    browser: Browser, organization: Organization, earlier: PrivacyRequest
) -> None:
    mine, other = again(browser, organization), again(browser, organization)
    foreign = other.duplicates.get(row=1)
    browser.post(address_of(mine, "duplicates/"), {"do": "save", f"choice-{foreign.pk}": "leave-out"})
    assert set(choices(other).values()) == {None}


def test_nothing_is_chosen_about_a_confirmed_upload(
    browser: Browser, organization: Organization, earlier: PrivacyRequest
) -> None:
    upload = again(browser, organization)
    choose(browser, upload, "include-all")
    browser.post(address_of(upload, "confirm/"))
    choose(browser, upload, "leave-out-all")
    assert set(choices(upload).values()) == {False}
    upload.refresh_from_db()
    assert upload.status == UploadStatus.CONFIRMED


# --- Large files ---


def test_a_large_file_is_counted_anew_by_a_worker(
    browser: Browser, organization: Organization, earlier: PrivacyRequest, settings: LazySettings
) -> None:
    settings.UPLOAD_INLINE_BYTES = 10
    upload = again(browser, organization)
    work("check")
    assert choices(upload) == {1: None, 2: None, 3: None}
    choose(browser, upload, "leave-out-all")
    upload.refresh_from_db()
    assert upload.status == UploadStatus.WAITING
    # Meanwhile it can be neither confirmed nor chosen about.
    choose(browser, upload, "include-all")
    assert set(choices(upload).values()) == {True}
    work("check")
    assert figures(browser.page(address_of(upload)))[0] == "2 people"
    assert AuditEvent.objects.filter(action="upload.checked", object_id=str(upload.pk)).count() == 1


def test_a_check_that_starts_over_finds_each_once(
    organization: Organization, officer: User, earlier: PrivacyRequest, browser: Browser, settings: LazySettings
) -> None:
    settings.UPLOAD_INLINE_BYTES = 10
    upload = again(browser, organization)
    OpenPeople(organization, upload).find(list(checking.read_people(lambda: intake.open_stream(upload))))
    assert len(choices(upload)) == 3
    work("check")
    assert choices(upload) == {1: None, 2: None, 3: None}


# --- For programs, and removed ---


def test_a_program_that_confirms_includes_everybody_whom_nobody_left_out(
    browser: Browser, organization: Organization, officer: User, earlier: PrivacyRequest
) -> None:
    upload = again(browser, organization)
    (request,) = intake.confirm(upload, officer)
    work("prepare")
    request.refresh_from_db()
    assert request.people == 5


def test_they_go_with_the_upload(browser: Browser, organization: Organization, officer: User, earlier: PrivacyRequest) -> None:
    intake.discard(again(browser, organization), officer)
    assert not Duplicate.objects.exists()


def test_they_go_with_the_request_s_personal_data(
    browser: Browser, organization: Organization, officer: User, earlier: PrivacyRequest
) -> None:
    upload = again(browser, organization)
    choose(browser, upload, "leave-out-all")
    browser.post(address_of(upload, "confirm/"))
    work("prepare")
    request = PrivacyRequest.objects.exclude(pk=earlier.pk).get()
    request.submissions.update(state="cancelled")
    request.jobs.update(status=JobStatus.NOT_SENT)
    assert Duplicate.objects.exists()
    shred(PrivacyRequest.objects.get(pk=request.pk), officer)
    assert not Duplicate.objects.exists()


def test_what_was_found_is_kept_sealed(browser: Browser, organization: Organization, earlier: PrivacyRequest) -> None:
    again(browser, organization)
    assert all(b"person-" not in (one.found_sealed or b"person-") for one in Duplicate.objects.all())


def test_the_page_asks_the_database_no_more_for_many(
    browser: Browser, organization: Organization, officer: User, media: object
) -> None:
    def queries(count: int) -> int:
        upload = again(browser, organization, people(count, "access"))
        with CaptureQueriesContext(connection) as asked:
            browser.page(address_of(upload))
        return len(asked)

    confirmed_request(organization, officer, payload(people(40, "access")))
    browser.page(address_of(again(browser, organization, people(1, "access"))))
    assert queries(40) == queries(2)
