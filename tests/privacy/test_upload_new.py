"""Choosing request files: each is read at once, what cannot be read is said, and nothing of it is kept."""

from __future__ import annotations

import errno
import json
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone

from portal.models import AuditEvent, Organization, User
from privacy import intake
from privacy.models import Upload
from privacy.statuses import UploadStatus
from tests.actors import Actors, covers, everything_kept, stored_files
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.pages import Browser, Page
from tests.people import make_user
from tests.uploading import UNREADABLE, request_file, send, uploaded

pytestmark = pytest.mark.django_db
ADDRESS = "/uploads/new/"


def refused(answer: Any) -> Page:
    """The page that says what is wrong; nothing was kept."""
    assert answer.status_code == 422
    return Page.of(answer)


def summary(page: Page) -> str:
    """The words of the error summary."""
    return page.root.one("div", class_="error-summary").text


# --- Who may ---


@covers("privacy:upload-new")
def test_only_officers_may_open_it_and_viewers_leave_no_file(actors: Actors, organization: Organization) -> None:
    assert actors.officer.get(ADDRESS).status_code == actors.stranger.get(ADDRESS).status_code == 200
    assert actors.viewer.get(ADDRESS).status_code == 403
    assert actors.nobody.get(ADDRESS).headers["Location"] == f"/sign-in/?next={ADDRESS}"
    actors.refuse_methods(ADDRESS, allowed=("get", "post"))
    before = everything_kept()
    assert send(actors.viewer, organization, request_file()).status_code == 403
    assert send(actors.nobody, organization, request_file()).status_code == 302
    assert everything_kept() == before
    assert stored_files() == set()


def test_nobody_can_upload_for_an_organization_that_they_were_not_given(actors: Actors, organization: Organization) -> None:
    page = refused(send(actors.stranger, organization, request_file()))
    assert summary(page) == "Something needs correcting Choose one of your organizations."
    assert not Upload.objects.exists()
    assert stored_files() == set()


def test_without_an_organization_there_is_no_form(media: Path) -> None:
    page = Browser.of(make_user("new", "Officer")).page(ADDRESS)
    assert "You were not given an organization yet" in page.text
    assert page.forms == {}


def test_a_form_without_a_token_leaves_no_file(media: Path, officer: User, organization: Organization) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(officer)
    before = everything_kept()
    assert send(browser, organization, request_file()).status_code == 403
    assert everything_kept() == before
    assert stored_files() == set()


# --- What is taken ---


@pytest.mark.parametrize("content", [request_file(), b"\xef\xbb\xbf" + request_file(), request_file().replace(b"{", b"\r\n{ ")])
def test_one_file_that_can_be_read_is_checked_at_once_and_shown(
    browser: Browser, organization: Organization, officer: User, content: bytes
) -> None:
    upload = uploaded(browser, organization, content)
    assert (upload.status, upload.organization, upload.uploaded_by) == (UploadStatus.READY, organization, officer)
    assert (upload.file_name, upload.size, upload.received_on) == ("people-1.json", len(content), timezone.localdate())
    assert stored_files() == {upload.path}
    assert content not in upload.file_path.read_bytes()
    assert browser.page(f"/uploads/{upload.pk}/").title == "Check what will be sent"


def test_a_file_with_errors_in_it_is_kept_with_what_was_found(browser: Browser, organization: Organization) -> None:
    upload = uploaded(browser, organization, request_file(regulation="moon-law"))
    assert (upload.status, upload.error_count) == (UploadStatus.REFUSED, 1)
    assert browser.page(f"/uploads/{upload.pk}/").title == "This file has errors"


def test_several_files_lead_to_the_list_of_uploads(browser: Browser, organization: Organization) -> None:
    answer = send(browser, organization, request_file(1), request_file(2), request_file(3))
    assert answer.headers["Location"] == "/uploads/"
    assert sorted(upload.file_name or "" for upload in Upload.objects.all()) == [
        "people-1.json",
        "people-2.json",
        "people-3.json",
    ]
    assert len(browser.page("/uploads/").rows) == 3
    assert len(stored_files()) == 3


def test_a_request_of_htmx_is_led_on_in_its_own_way(browser: Browser, organization: Organization) -> None:
    answer = send(browser, organization, request_file(), headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, f"/uploads/{Upload.objects.get().pk}/")


def test_an_upload_stands_in_the_trail_without_its_name(browser: Browser, organization: Organization) -> None:
    uploaded(browser, organization, names=["Jane Doe wants out.json"])
    events = AuditEvent.objects.filter(action__startswith="upload.").order_by("at")
    assert [(event.action, event.actor_name) for event in events] == [("upload.received", "officer"), ("upload.checked", "")]
    assert "Jane" not in repr(list(events.values()))


def test_a_large_file_waits_for_a_worker_and_shows_how_far_it_is(
    browser: Browser, organization: Organization, settings: LazySettings
) -> None:
    settings.UPLOAD_INLINE_BYTES = 500
    upload = uploaded(browser, organization, request_file(20))
    assert upload.status == UploadStatus.WAITING
    page = browser.page(f"/uploads/{upload.pk}/")
    assert "Waiting to be checked" in page.section("checking-title").text
    assert intake.check_next() == 1
    assert "20 people" in browser.page(f"/uploads/{upload.pk}/").text


def test_a_large_file_that_cannot_be_read_keeps_its_finding_and_no_file(
    browser: Browser, organization: Organization, settings: LazySettings
) -> None:
    settings.UPLOAD_INLINE_BYTES = 5
    upload = uploaded(browser, organization, UNREADABLE["UTF-16"][0])
    assert intake.check_next() == 1
    assert UNREADABLE["UTF-16"][1] in browser.page(f"/uploads/{upload.pk}/").text
    assert stored_files() == set()


# --- What is not taken ---


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_file_that_is_no_request_file_is_refused_with_a_reason_and_nothing_of_it_is_kept(
    browser: Browser, organization: Organization, kind: str
) -> None:
    content, sentence = UNREADABLE[kind]
    before = everything_kept()
    page = refused(send(browser, organization, content, names=["wrong.json"]))
    assert summary(page).startswith("1 file could not be read, and nothing of it was kept wrong.json: ")
    assert sentence in summary(page)
    assert everything_kept() == before
    assert stored_files() == set()


def test_a_file_over_the_limit_is_refused_and_nothing_of_it_is_kept(
    browser: Browser, organization: Organization, settings: LazySettings
) -> None:
    settings.UPLOAD_MAX_BYTES = 1024
    page = refused(send(browser, organization, request_file(50)))
    assert "The file is larger than 1.0 KB, the most that is taken here. Split it into several files." in summary(page).replace(
        "\xa0", " "
    )
    assert stored_files() == set()
    assert not Upload.objects.exists()


def test_of_several_files_the_good_ones_are_kept_and_the_others_named(browser: Browser, organization: Organization) -> None:
    contents = [request_file(1), UNREADABLE["ZIP"][0], request_file(2), UNREADABLE["0 bytes"][0]]
    page = refused(send(browser, organization, *contents))
    assert summary(page).startswith("2 files could not be read, and nothing of them was kept")
    assert {name for name in ("people-1", "people-2", "people-3", "people-4") if name in summary(page)} == {
        "people-2",
        "people-4",
    }
    kept = {upload.file_name: f"/uploads/{upload.pk}/" for upload in Upload.objects.all()}
    assert set(kept) == {"people-1.json", "people-3.json"}
    assert "2 other files were taken and checked" in page.text
    assert all(page.links[address] == name for name, address in kept.items())
    assert len(stored_files()) == 2


def test_the_name_of_a_file_is_shown_as_it_is(browser: Browser, organization: Organization) -> None:
    page = refused(send(browser, organization, b"", names=["<img src=x onerror=alert(1)>.json"]))
    assert "<img src=x onerror=alert(1)>.json" in summary(page)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"received_on": ""}, "Enter the day on which the people asked."),
        ({"received_on": "2 Nov"}, "Enter the day as year-month-day, such as 2026-11-24."),
        ({"received_on": "tomorrow + 1"}, "Enter the day as year-month-day, such as 2026-11-24."),
        ({"received_on": (timezone.now() + timedelta(days=2)).date().isoformat()}, "This day has not come yet."),
        ({"received_on": (timezone.now() - timedelta(days=368)).date().isoformat()}, "This day is more than a year ago."),
        ({"received_on": "0001-01-01"}, "This day is more than a year ago."),
        ({"organization": ""}, "Choose the organization."),
        ({"organization": "00000000-0000-7000-8000-000000000000"}, "Choose one of your organizations."),
    ],
)
def test_a_wrong_field_is_named_at_the_top_and_at_its_place_and_keeps_what_was_typed(
    browser: Browser, organization: Organization, fields: dict[str, str], sentence: str
) -> None:
    given: dict[str, Any] = dict(fields)
    page = refused(send(browser, organization, request_file(), **given))
    (name,) = fields
    assert sentence in summary(page)
    assert sentence in page.root.one(id=f"error-{name}").text
    # The summary leads to the field, and the field is read out with its error.
    field = page.root.one(id=f"id_{name}")
    assert f"#id_{name}" in page.links
    assert f"error-{name}" in field["aria-describedby"].split()
    if name == "received_on":
        assert field["value"] == fields[name]
    else:
        assert page.root.one(id="id_received_on")["value"] == timezone.localdate().isoformat()
    assert not Upload.objects.exists()
    assert stored_files() == set()


def test_a_day_is_judged_where_the_organization_is(browser: Browser, organization: Organization) -> None:
    # 25 hours lie between the two places, so that it is never the same day in both.
    Organization.objects.update(time_zone="Pacific/Kiritimati")
    ahead = browser.page(ADDRESS).root.one(id="id_received_on")["value"]
    Organization.objects.update(time_zone="Pacific/Pago_Pago")
    assert browser.page(ADDRESS).root.one(id="id_received_on")["value"] < ahead
    assert "This day has not come yet." in summary(refused(send(browser, organization, request_file(), received_on=ahead)))


def test_a_year_back_is_still_taken(browser: Browser, organization: Organization) -> None:
    day = timezone.localdate() - timedelta(days=365)
    assert uploaded(browser, organization, received_on=day.isoformat()).received_on == day


def test_without_a_file_it_says_so(browser: Browser, organization: Organization) -> None:
    page = refused(send(browser, organization))
    assert "Choose at least one file." in summary(page)
    assert "#id_request_files" in page.links


def test_more_files_than_are_taken_at_once_are_refused_whole(
    browser: Browser, organization: Organization, settings: LazySettings
) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 2
    answer = send(browser, organization, request_file(1), request_file(1), request_file(1))
    assert answer.status_code == 400
    assert stored_files() == set()
    assert not Upload.objects.exists()


def test_a_form_that_breaks_off_leaves_no_file(browser: Browser, organization: Organization, officer: User) -> None:
    body = encode_multipart(BOUNDARY, {"organization": str(organization.pk), "received_on": timezone.localdate().isoformat()})
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="request_files"; filename="a.json"\r\n\r\n'.encode()
    half = body.removesuffix(f"--{BOUNDARY}--\r\n".encode()) + head + request_file()[:200]
    refused(browser.generic("POST", ADDRESS, half, MULTIPART_CONTENT))
    assert stored_files() == set()
    assert not Upload.objects.exists()


def test_a_disk_that_is_full_is_said_and_nothing_is_kept(
    browser: Browser, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    browser.raise_request_exception = False
    answer = send(browser, organization, request_file())
    assert (answer.status_code, Page.of(answer).title) == (507, "The portal's disk is full")
    assert stored_files() == set()
    assert not Upload.objects.exists()
    # With scripts the form stays as it is, beside the same words.
    answer = send(browser, organization, request_file(), headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (507, "#session")
    assert "nothing of what you sent was kept; what you typed is still here" in answer.content.decode()
    assert answer.headers["HX-Reselect"] == "#" + re.findall(r'id="([^"]+)"', answer.content.decode())[0]
    assert {"code": "507", "swap": True} in json.loads(browser.page(ADDRESS).root.one("meta", name="htmx-config")["content"])[
        "responseHandling"
    ]


def test_a_fault_after_the_file_is_kept_by_nobody_leaves_no_file(
    browser: Browser, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(intake, "take_in", fail)
    browser.raise_request_exception = False
    assert send(browser, organization, request_file()).status_code == 500
    assert stored_files() == set()


# --- The form itself ---


def test_the_organization_is_asked_for_only_where_there_is_a_choice(
    browser: Browser, organization: Organization, officer: User
) -> None:
    def choice(page: Page) -> bool:
        field = page.root.one("select", name="organization")
        return not any(field in div.all("select") and "hidden" in div.attributes for div in page.root.all("div", class_="field"))

    assert not choice(browser.page(ADDRESS))
    other = make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")
    officer.organizations.add(other)
    page = browser.page(ADDRESS)
    assert choice(page)
    assert uploaded(browser, other).organization == other


def test_an_organization_of_another_file_is_refused_by_the_check(browser: Browser, organization: Organization) -> None:
    contexts = [{"namespace": "imsOrgID", "value": OTHER_IMS_ORG}]
    upload = uploaded(browser, organization, request_file(companyContexts=contexts))
    assert upload.status == UploadStatus.REFUSED
    assert "The file names another IMS organization than the one you chose." in browser.page(f"/uploads/{upload.pk}/").text


def test_it_says_how_large_a_file_may_be_and_gives_a_template(browser: Browser, organization: Organization) -> None:
    page = browser.page(ADDRESS)
    assert "up to 100.0 MB a file" in page.text.replace("\xa0", " ")
    assert page.links["/uploads/template.json"] == "Download a template"
    assert json.loads(browser.get("/uploads/template.json").content)["regulation"] == "gdpr"


def test_of_several_organizations_none_is_chosen_beforehand(browser: Browser, organization: Organization, officer: User) -> None:
    officer.organizations.add(make_organization(ims_org_id=OTHER_IMS_ORG, name="Other"))
    options = browser.page("/uploads/new/").root.one("select", id="id_organization").all("option")
    assert [option.text for option in options] == ["Choose the organization", "Acme", "Other"]
    assert options[0]["value"] == ""
    assert "Choose the organization." in summary(refused(send(browser, None, request_file())))
