"""One request: what was asked, how far it is, what happened, and what a person can do about it."""

from __future__ import annotations

import pytest
from django.utils import timezone

from portal.models import Organization, User
from portal.outbound import CallState
from privacy import intake, shredding
from privacy.models import PrivacyRequest, Submission
from privacy.statuses import RequestStatus
from tests.actors import Actors, covers
from tests.admins import make_administrator, queries_of
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people, stored_upload
from tests.pages import Browser, Page
from tests.states import CREATE, address_of, again, finish, job_of, look, sent_request, undecided_request
from tests.uploading import request_file, uploaded

pytestmark = pytest.mark.django_db


def shown(browser: Browser, request: PrivacyRequest) -> Page:
    """Its page as it is now."""
    return browser.page(address_of("request-detail", request))


def pills_of(page: Page) -> list[str]:
    """The states in its live part, but for those of products that still work."""
    return [pill.text for pill in page.root.one(id="progress").all("span", class_="pill") if pill.text != "Known"]


@pytest.fixture
def prepared(media: object, organization: Organization, officer: User) -> PrivacyRequest:
    """Three people who want access and deletion, waiting to be sent."""
    return confirmed_request(organization, officer, payload(people(3)))


@covers("privacy:request-detail")
def test_everybody_of_the_organization_may_look(actors: Actors, prepared: PrivacyRequest) -> None:
    actors.open(address_of("request-detail", prepared))


# --- What it is about ---


def test_it_says_what_was_asked_of_whom_by_when(browser: Browser, prepared: PrivacyRequest, officer: User) -> None:
    User.objects.filter(pk=officer.pk).update(first_name="Ada", last_name="Byron")
    page = shown(browser, prepared)
    assert page.title == prepared.number
    facts = page.facts()
    assert facts["Due"].startswith("2 Dec 2026")
    assert (facts["Received"], facts["Asked for"]) == ("2 Nov 2026", "Access and delete")
    assert facts["Products"] == "Analytics, Real-Time Customer Profile"
    assert facts["Law"] == "General Data Protection Regulation (EU and UK) (gdpr)"
    assert facts["Confirmed"].endswith("by Ada Byron")
    assert "Finished" not in facts


def test_an_opt_out_is_called_so(browser: Browser, organization: Organization, officer: User) -> None:
    request = confirmed_request(organization, officer, payload(people(2, "opt-out-of-sale"), regulation="ccpa"))
    assert shown(browser, request).facts()["Asked for"] == "Opt-out of sale"


def test_a_law_without_a_number_of_days_gives_no_date(browser: Browser, organization: Organization, officer: User) -> None:
    request = confirmed_request(organization, officer, payload(people(1, "access"), regulation="dpdpa_ind"))
    assert shown(browser, request).facts()["Due"] == "this law gives no date"


def test_it_tells_what_happened_from_the_upload_on_newest_first(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    upload = uploaded(browser, organization, request_file(1))
    browser.post(f"/uploads/{upload.pk}/confirm/")
    assert intake.prepare_next() == 1
    page = shown(browser, PrivacyRequest.objects.get())
    entries = [entry.text for entry in page.section("happened").all("li")]
    assert len(entries) == 4
    assert entries[0].startswith("Prepared: 1 person, 2 jobs, 1 call to Adobe")
    assert entries[-1].startswith("The file was uploaded")
    assert entries[-1].endswith("officer")
    assert entries[0].endswith("the portal")


def test_it_shows_nobodys_data(browser: Browser, simulator: Simulator, organization: Organization, officer: User) -> None:
    request = sent_request(organization, officer)
    finish(simulator)
    page = shown(browser, request)
    for value in ("person1@example.com", "person-1", "people.json"):
        assert value not in page.html


# --- Every state ---


def test_a_request_that_is_being_prepared(browser: Browser, organization: Organization, officer: User) -> None:
    upload = stored_upload(organization, officer, request_file())
    intake.check(upload)
    (request,) = intake.confirm(upload, officer)
    page = shown(browser, request)
    assert pills_of(page) == ["Preparing"]
    assert page.facts()["Due"] == "known in a moment"


def test_a_request_that_is_being_sent(browser: Browser, prepared: PrivacyRequest) -> None:
    page = shown(browser, prepared)
    assert pills_of(page) == ["Sending to Adobe", "Waiting to be sent"]
    assert "data-live" in page.root.one(id="progress").attributes


def test_a_request_that_adobe_works_on(browser: Browser, simulator: Simulator, organization: Organization, officer: User) -> None:
    request = sent_request(organization, officer)
    assert pills_of(shown(browser, request)) == ["Adobe is working", "Sent"]
    look()
    assert pills_of(shown(browser, request)) == ["Adobe is working", "Sent"]


def test_a_complete_request(browser: Browser, simulator: Simulator, organization: Organization, officer: User) -> None:
    request = sent_request(organization, officer)
    finish(simulator)
    page = shown(browser, request)
    assert pills_of(page) == ["Complete", "Sent"]
    assert "Finished" in page.facts()
    # Adobe is done; the person is not answered, and the law's clock runs.
    assert page.facts()["Due"].startswith("2 Dec 2026, ")
    assert "Complete: 6 jobs finished" in page.section("happened").text


def test_a_request_with_jobs_that_failed(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    request = sent_request(organization, officer, [*people(1), *people(1, prefix="badformat")])
    finish(simulator)
    page = shown(browser, request)
    assert pills_of(page) == ["Finished with errors", "Badly formatted", "Badly formatted", "Sent"]
    assert "Finished with errors: 2 of 4 jobs failed" in page.section("happened").text


# --- How jobs ended ---


def test_jobs_that_ended_alike_are_told_together_with_the_next_step(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    users = [*people(1), *people(2, "access", prefix="analytics-uploadfailure"), *people(1, "access", prefix="notfound")]
    users += people(1, "access", prefix="analytics-badformat")
    request = sent_request(organization, officer, users)
    finish(simulator)
    page = shown(browser, request)
    endings = page.section("endings-title").all("li")
    assert [one.one("strong").text for one in endings] == ["Analytics", "Analytics", "Analytics", "Real-Time Customer Profile"]
    assert [one.one("span", class_="pill").text for one in endings] == [
        "Result not delivered",
        "Badly formatted",
        "Not found",
        "Not found",
    ]
    assert "2 jobs of 2 people (Adobe code 1020)" in endings[0].text
    assert [link.text for link in endings[0].all("a", class_="button")] == ["Resubmit these 2 people only…"]
    # The same values would fail again, and who is not known to a product is done.
    assert [link.text for link in endings[1].all("a", class_="button")] == ["Upload these people again"]
    assert endings[2].all("a", class_="button") == []
    again_page = browser.get(endings[0].one("a", class_="button")["href"])
    form = Page.of(again_page).forms[address_of("request-resubmit", request)]
    assert form.buttons == ["Ask again for 2 people"]
    browser.post(form.action, form.fields)
    made = request.resubmissions.get()
    assert (made.products, sorted(made.subjects.values_list("position", flat=True))) == (["analytics"], [2, 3])


def test_what_only_an_administrator_can_mend_leads_there(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    request = sent_request(organization, officer, people(1, "access", prefix="analytics-nopermission"))
    finish(simulator)
    ending = shown(browser, request).section("endings-title").one("li")
    assert "Ask the administrator" in ending.text
    assert [link.text for link in ending.all("a", class_="button")] == ["Resubmit this person only…"]
    administrator = Browser.of(make_administrator("administrator", organization))
    ending = shown(administrator, request).section("endings-title").one("li")
    assert f"/admin/portal/organization/{organization.pk}/change/" in {link["href"] for link in ending.all("a")}


def test_a_request_whose_file_was_lost_says_that_nothing_was_sent(
    browser: Browser, organization: Organization, officer: User
) -> None:
    upload = stored_upload(organization, officer, request_file())
    intake.check(upload)
    (request,) = intake.confirm(upload, officer)
    upload.file_path.unlink()
    assert intake.prepare_next() == 1
    page = shown(browser, request)
    assert pills_of(page) == ["Finished with errors"]
    assert "Nothing was sent. The stored file was gone or damaged before its people were written. Upload it again." in page.text


def test_a_request_that_needs_a_person_because_adobe_shows_nothing(
    actors: Actors, simulator: Simulator, organization: Organization, officer: User
) -> None:
    request = undecided_request(organization, officer, simulator, "error500")
    assert again(request).status == RequestStatus.ATTENTION
    page = shown(actors.officer, request)
    assert pills_of(page)[0] == "Needs a person"
    card = page.section("call-1-title").text
    assert "Call 1 needs a decision" in card
    assert "Whether Adobe took this call is not known: Adobe's list does not show it in any look." in card
    assert "It stands for 3 people and 6 jobs, with deletions or opt-outs, which cannot be taken back." in card
    assert page.forms[address_of("call-decide", request, 1)].buttons == [
        "Look at Adobe's list again",
        "Send what Adobe's list does not show",
        "Close it as not sent",
    ]
    for_viewer = shown(actors.viewer, request)
    assert "An officer of Acme can decide." in for_viewer.text
    assert address_of("call-decide", request, 1) not in for_viewer.forms


def test_a_request_that_needs_a_person_because_adobe_shows_a_part(
    actors: Actors, simulator: Simulator, organization: Organization, officer: User
) -> None:
    request = undecided_request(organization, officer, simulator, "accept_then_cut", lost=2)
    page = shown(actors.officer, request)
    assert "Adobe's list shows only a part of it" in page.section("call-1-title").text
    assert len(page.forms[address_of("call-decide", request, 1)].buttons) == 3
    assert address_of("call-decide", request, 1) not in shown(actors.viewer, request).forms


def test_a_request_that_needs_a_person_because_adobe_has_jobs_twice(
    actors: Actors, simulator: Simulator, organization: Organization, officer: User
) -> None:
    simulator.fault("double", match={"operation": "create"}, times=1)
    request = undecided_request(organization, officer, simulator, "accept_then_cut")
    page = shown(actors.officer, request)
    assert "Adobe has more than one job for the same person and action." in page.section("call-1-title").text
    assert page.forms[address_of("call-decide", request, 1)].buttons == ["Note that the doubled jobs were seen"]
    assert address_of("call-decide", request, 1) not in shown(actors.viewer, request).forms


def test_a_call_that_the_portal_still_looks_for_asks_nobody_for_anything(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    simulator.fault("error500", match=CREATE, times=1)
    request = sent_request(organization, officer)
    page = shown(browser, request)
    assert pills_of(page)[0] == "Sending to Adobe"
    (notice,) = page.root.one(id="progress").all("div", class_="notice-warning")
    assert notice.text.startswith("Whether Adobe took call 1 is not known yet. The portal looks for it in Adobe's list, next ")
    assert "Next look at Adobe's list" in page.root.one("details", id="calls").text
    assert address_of("call-decide", request, 1) not in page.forms


def test_a_request_on_hold_says_so_until_it_is_finished(browser: Browser, prepared: PrivacyRequest) -> None:
    def held() -> bool:
        return "On hold: nothing is sent" in shown(browser, prepared).section("progress-title").text

    assert not held()
    Organization.objects.update(held_at=timezone.now())
    assert held()
    PrivacyRequest.objects.update(status=RequestStatus.COMPLETE)
    assert not held()


def test_a_request_without_its_personal_data_says_so_and_offers_no_removal(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    request = sent_request(organization, officer)
    finish(simulator)
    assert address_of("request-shred", request) in shown(browser, request).links
    shredding.shred(again(request), officer)
    page = shown(browser, request)
    assert pills_of(page)[0] == "Personal data removed"
    assert "Counts, states and the trail of what happened stay." in page.text
    assert address_of("request-shred", request) not in page.links
    assert "6 of 6 jobs done" in page.text


# --- What can be done ---


def test_removing_personal_data_is_offered_once_nothing_moves_and_to_those_who_may(
    actors: Actors, simulator: Simulator, organization: Organization, officer: User
) -> None:
    request = sent_request(organization, officer)
    assert address_of("request-shred", request) not in shown(actors.officer, request).links
    finish(simulator)
    assert address_of("request-shred", request) in shown(actors.officer, request).links
    assert address_of("request-shred", request) not in shown(actors.viewer, request).links


def test_a_job_can_be_found_by_adobes_id(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    request = sent_request(organization, officer)
    (form,) = [form for address, form in shown(browser, request).forms.items() if address == address_of("job-list", request)]
    assert (form.method, list(form.fields)) == ("get", ["job"])
    job = job_of(request)
    assert len(browser.page(form.action, job=f" {job.adobe_job_id} ").rows) == 1
    assert browser.page(form.action, job="no-such-job").rows == []


def test_a_number_that_names_no_request_is_no_page(browser: Browser, prepared: PrivacyRequest) -> None:
    for address in ("/requests/PR-2026-999999/", "/requests/x/", f"/requests/{prepared.pk}/"):
        assert browser.get(address).status_code == 404


def test_it_costs_the_same_with_many_jobs_and_calls(browser: Browser, organization: Organization, officer: User) -> None:
    few = confirmed_request(organization, officer, payload(people(3)))
    Organization.objects.update(max_people_per_call=1)
    organization.refresh_from_db()
    many = confirmed_request(organization, officer, payload(people(30)))
    assert (few.submissions.count(), many.submissions.count()) == (1, 30)

    def assert_same_cost() -> None:
        for name in ("request-detail", "request-progress"):
            assert queries_of(browser, address_of(name, many)) == queries_of(browser, address_of(name, few))

    assert_same_cost()
    for call in Submission.objects.select_related("request__data_key"):
        call.state, call.words = CallState.REJECTED, "Not a known namespace"
        call.save()
    assert shown(browser, many).text.count("Adobe's words: Not a known namespace") == 2 * 30
    assert_same_cost()
