"""One upload: what will be sent, in numbers, before anything is; or what is wrong with the file."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from portal.models import Organization, User
from privacy import intake
from privacy.models import Upload
from privacy.statuses import UploadStatus
from tests.actors import Actors, covers
from tests.files import confirmed_request, payload, people, stored_upload
from tests.pages import Browser, Page
from tests.people import make_user
from tests.uploading import request_file, uploaded

pytestmark = pytest.mark.django_db


def address_of(upload: Upload) -> str:
    """Where its page is."""
    return f"/uploads/{upload.pk}/"


def shown(browser: Browser, organization: Organization, body: dict[str, Any], **fields: Any) -> Page:
    """The page of an upload with this content."""
    return browser.page(address_of(uploaded(browser, organization, json.dumps(body).encode(), **fields)))


def figures(page: Page) -> list[str]:
    """The large numbers of the preview."""
    return [f"{one.one('strong').text} {one.one('span').text}" for one in page.root.one("ul", class_="figures").all("li")]


def rows_of(page: Page, section: str) -> list[list[str]]:
    """The cells of the table in a section."""
    return [[cell.text for cell in row.all("td")] for row in page.section(section).one("tbody").all("tr")]


@covers("privacy:upload-detail")
def test_everybody_of_the_organization_may_look(actors: Actors, organization: Organization) -> None:
    actors.open(address_of(uploaded(actors.officer, organization)))


# --- Ready ---


def test_a_ready_upload_shows_in_numbers_what_will_be_sent(browser: Browser, organization: Organization) -> None:
    body = payload([*people(3, "access"), *people(2, "access", "delete", prefix="leaver")])
    page = shown(browser, organization, body, received_on="2026-11-02")
    assert page.title == "Check what will be sent"
    assert page.pills == ["Ready to confirm"]
    assert figures(page) == ["5 people", "7 jobs at Adobe", "1 call to Adobe", "2 products"]
    assert [line[0] for line in rows_of(page, "products")] == ["Analytics", "Real-Time Customer Profile"]
    assert [line[:2] for line in rows_of(page, "identities")] == [["email", "5"]]
    facts = page.facts()
    assert facts["Law"] == "General Data Protection Regulation (EU and UK) (gdpr)"
    assert facts["Access"].startswith("5 people, due 2 Dec 2026")
    assert facts["Delete"].startswith("2 people, due 2 Dec 2026")
    assert "GDPR Art. 12(3): one month from receipt" in facts["Delete"]


def test_deleting_is_spoken_of_plainly_before_it_is_done(browser: Browser, organization: Organization) -> None:
    page = shown(browser, organization, payload(people(240, "delete")))
    confirm = page.section("confirm")
    assert "This deletes the data of 240 people in 2 products. Adobe cannot undo it." in confirm.text
    assert "Send 240 people to Adobe" in [button.text for button in confirm.all("button")]


def test_only_access_is_said_to_change_nothing(browser: Browser, organization: Organization) -> None:
    page = shown(browser, organization, payload(people(1, "access")))
    assert (
        "Only access is asked for: nothing at Adobe is changed. Once sent, it cannot be called back."
        in page.section("confirm").text
    )
    assert figures(page)[0] == "1 person"
    assert "Send 1 person to Adobe" in page.text


def test_opt_outs_beside_access_need_an_agreement_to_two_requests(browser: Browser, organization: Organization) -> None:
    body = payload([*people(2, "access"), *people(3, "opt-out-of-sale", prefix="seller")], regulation="ccpa")
    page = shown(browser, organization, body)
    confirm = page.section("confirm")
    assert "3 people opt out of the sale of their data. Adobe knows no way to take an opt-out back." in confirm.text
    assert "this file becomes two requests" in confirm.text
    box = confirm.one("input", name="agree_to_two")
    assert "required" in box.attributes
    assert figures(page)[2] == "2 calls to Adobe"
    assert "Adobe takes opt-outs only in calls of their own." in page.facts()["Calls to Adobe"]


def test_the_number_of_calls_follows_the_limits_of_the_organization(browser: Browser, organization: Organization) -> None:
    Organization.objects.update(max_people_per_call=2)
    page = shown(browser, organization, payload(people(5)))
    assert figures(page)[2] == "3 calls to Adobe"
    assert page.facts()["Calls to Adobe"] == "3. A call takes at most 2 people and 1,000 identities."


def test_a_law_without_a_number_of_days_says_so(browser: Browser, organization: Organization) -> None:
    page = shown(browser, organization, payload(people(1, "access"), regulation="dpdpa_ind"))
    assert page.facts()["Access"] == "1 person, no due date This law gives no number of days."


def test_identities_are_counted_and_masked(actors: Actors, organization: Organization) -> None:
    body = payload(people(2))
    body["users"][0]["userIDs"].append({"namespace": "ECID", "value": "4436365766797586810210707", "type": "standard"})
    upload = uploaded(actors.officer, organization, json.dumps(body).encode())
    for person in (actors.officer, actors.viewer):
        page = person.page(address_of(upload))
        assert [line[:2] for line in rows_of(page, "identities")] == [["email", "2"], ["ecid", "1"]]
        assert "3 identities" in page.text
        for value in ("person1@example.com", "4436365766797586810210707", "person-1"):
            assert value not in page.html


def test_a_viewer_sees_the_preview_and_no_button(actors: Actors, organization: Organization) -> None:
    upload = uploaded(actors.officer, organization)
    assert set(actors.officer.page(address_of(upload)).forms) == {
        f"{address_of(upload)}confirm/",
        f"{address_of(upload)}discard/",
    }
    page = actors.viewer.page(address_of(upload))
    assert page.forms == {}
    assert "An officer of Acme can confirm it." in page.text


def test_people_with_an_open_request_stand_by_themselves_and_not_among_the_warnings(
    browser: Browser, organization: Organization, officer: User
) -> None:
    earlier = confirmed_request(organization, officer, payload(people(1, "access")))
    page = shown(browser, organization, payload(people(2, "access")))
    assert f"Row 1, person-1 email p…1@e…m Access: {earlier.number}" in page.section("duplicates").text
    assert page.root.all("section", aria_labelledby="warnings-title") == []


def test_it_tells_what_happened_to_the_upload(browser: Browser, organization: Organization) -> None:
    timeline = shown(browser, organization, payload(people(1))).section("happened").text
    assert "The file was checked: 0 errors, 0 warnings" in timeline
    assert "The file was uploaded" in timeline
    assert "officer" in timeline


# --- Errors ---


def wrong_rows() -> bytes:
    """A file in which two people are wrong."""
    body = payload(people(4))
    body["users"][1]["action"] = ["burn"]
    body["users"][3]["userIDs"] = []
    return json.dumps(body).encode()


def test_a_file_with_errors_names_each_with_its_place_and_offers_no_sending(browser: Browser, organization: Organization) -> None:
    upload = uploaded(browser, organization, wrong_rows())
    page = browser.page(address_of(upload))
    errors = page.section("errors-title")
    assert page.title == "This file has errors"
    assert errors.one("h2").text == "2 errors: nothing can be sent until they are corrected in the file"
    assert [item.one("code").text for item in errors.all("li")] == ["users[1].action[0]", "users[3].userIDs"]
    assert set(page.forms) == {f"{address_of(upload)}discard/"}
    assert page.links["/uploads/new/"] == "Upload the corrected file"


def test_keys_of_the_file_are_for_the_person_who_uploaded_it(actors: Actors, organization: Organization) -> None:
    upload = uploaded(actors.officer, organization, wrong_rows())
    mine = actors.officer.page(address_of(upload)).section("errors-title").text
    assert "Row 2, person-2:" in mine
    assert "Row 4, person-4:" in mine
    second = Browser.of(make_user("second", "Officer", organization))
    for other in (second, actors.viewer):
        page = other.page(address_of(upload))
        assert "Row 2:" in page.text
        assert "Row 4:" in page.text
        assert "person-" not in page.html


def test_one_error_is_spoken_of_as_one(browser: Browser, organization: Organization) -> None:
    page = shown(browser, organization, payload(people(1), regulation="moon-law"))
    assert page.section("errors-title").one("h2").text == "1 error: nothing can be sent until it is corrected in the file"


def test_of_very_many_findings_the_first_are_shown_and_all_are_counted(browser: Browser, organization: Organization) -> None:
    page = shown(browser, organization, payload([{"key": f"k{number}", "action": ["burn"]} for number in range(600)]))
    errors = page.section("errors-title")
    assert errors.one("h2").text.startswith("1,200 errors")
    assert len(errors.all("li")) == 500
    assert "The first 500 of 1,200 are shown." in errors.text


def test_texts_of_the_file_cannot_bring_markup(browser: Browser, organization: Organization) -> None:
    page = shown(browser, organization, payload(people(1), regulation="<script>alert(1)</script>"))
    assert "<script>alert(1)</script> is not a law that Adobe knows." in page.section("errors-title").text


# --- Other states ---


@pytest.mark.parametrize("status", [UploadStatus.WAITING, UploadStatus.CHECKING])
def test_while_it_is_checked_the_page_asks_how_far_it_is(
    browser: Browser, organization: Organization, officer: User, status: UploadStatus
) -> None:
    upload = stored_upload(organization, officer, request_file())
    Upload.objects.update(status=status)
    part = browser.page(address_of(upload)).root.one(id="checking")
    assert part["hx-get"] == f"{address_of(upload)}progress/"
    assert "data-live" in part.attributes


def test_a_confirmed_upload_leads_to_its_request(browser: Browser, organization: Organization, officer: User) -> None:
    upload = uploaded(browser, organization)
    (request,) = intake.confirm(upload, officer)
    page = browser.page(address_of(upload))
    assert "1 request came of it:" in page.text
    assert page.links[f"/requests/{request.number}/"] == request.number
    assert page.forms == {}


def test_an_upload_that_became_two_requests_leads_to_both(browser: Browser, organization: Organization, officer: User) -> None:
    body = payload([*people(2, "access"), *people(3, "opt-out-of-sale", prefix="seller")], regulation="ccpa")
    upload = uploaded(browser, organization, json.dumps(body).encode())
    first, second = intake.confirm(upload, officer, agreed_to_two=True)
    page = browser.page(address_of(upload))
    assert "2 requests came of it:" in page.text
    assert {f"/requests/{first.number}/", f"/requests/{second.number}/"} <= set(page.links)
    assert page.text.count("opt-out of sale") == 1


def test_a_discarded_upload_says_that_all_of_it_is_removed(browser: Browser, organization: Organization, officer: User) -> None:
    upload = uploaded(browser, organization, names=["Jane Doe.json"])
    intake.discard(upload, officer)
    page = browser.page(address_of(upload))
    assert "This upload was discarded. Its file and everything read from it are removed." in page.text
    assert "Jane Doe" not in page.html
    assert page.forms == {}


def test_the_file_is_named_and_the_day_of_receipt_said(browser: Browser, organization: Organization) -> None:
    upload = uploaded(browser, organization, names=["november.json"], received_on="2026-11-02")
    assert upload.received_on == date(2026, 11, 2)
    assert "november.json · Acme · received 2 Nov 2026" in browser.page(address_of(upload)).text


def test_an_address_that_names_no_upload_is_no_page(browser: Browser) -> None:
    for address in ("/uploads/00000000-0000-7000-8000-000000000000/", "/uploads/1/", "/uploads/x/"):
        assert browser.get(address).status_code == 404


# --- What the organization lets happen after the confirmation ---


def test_it_says_how_long_it_can_be_cancelled(browser: Browser, organization: Organization) -> None:
    assert "before the first call" not in shown(browser, organization, payload(people(1))).section("confirm").text
    organization.recall_minutes = 15
    organization.save(update_fields=["recall_minutes"])
    words = shown(browser, organization, payload(people(1))).section("confirm").text
    assert "After you confirm, Acme waits 15 minutes before the first call to Adobe." in words
    assert "Acme: the first call to Adobe waits 15 minutes after you confirm" in browser.page("/uploads/new/").text


@pytest.mark.parametrize("default", [True, False])
def test_to_collect_before_deleting_is_offered_where_people_ask_for_both(
    browser: Browser, organization: Organization, default: bool
) -> None:
    organization.access_before_delete = default
    organization.save(update_fields=["access_before_delete"])
    (choice,) = shown(browser, organization, payload(people(2))).root.all("input", name="access_first")
    assert ("checked" in choice.attributes) is default
    apart = payload([*people(2, "access"), *people(2, "delete", prefix="leaver")])
    assert shown(browser, organization, apart).root.all("input", name="access_first") == []
