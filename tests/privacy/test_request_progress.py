"""The live part of a request's page: how far Adobe is, all together and product by product."""

from __future__ import annotations

import re

import pytest

from portal.models import Organization, User
from portal.outbound import CallState, PersonReason
from privacy import intake
from privacy.models import PrivacyRequest
from privacy.statuses import JobStatus
from privacy.views import requests
from tests.actors import Actors, covers
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people, stored_upload
from tests.pages import Browser, Page
from tests.states import address_of, again, finish, job_of, sent_request
from tests.uploading import request_file

pytestmark = pytest.mark.django_db


def live(browser: Browser, request: PrivacyRequest) -> Page:
    """The live part as it is now."""
    page = browser.page(address_of("request-progress", request))
    assert not page.is_whole
    return page


def counts(page: Page) -> dict[str, str]:
    """The words of each progress bar."""
    bars = [image["aria-label"].partition(": ") for image in page.root.all("svg", role="img")]
    return {name: words for name, _, words in bars}


def assert_numbers_are_rows(browser: Browser, page: Page) -> int:
    """Every number of jobs is a link to a list of exactly that many. Returns how many links there were."""
    links = [(address, words) for address, words in page.links.items() if "/jobs/?" in address]
    for address, words in links:
        number = int(re.match(r"[\d,]+", words)[0].replace(",", ""))  # type: ignore[index]
        assert len(browser.page(address).rows) == number, (address, words)
    return len(links)


@covers("privacy:request-progress")
def test_everybody_of_the_organization_may_look(actors: Actors, organization: Organization, officer: User) -> None:
    actors.open(address_of("request-progress", confirmed_request(organization, officer, payload(people(1)))))


def test_while_it_is_prepared_it_tells_how_many_people_are_written(
    browser: Browser, organization: Organization, officer: User
) -> None:
    upload = stored_upload(organization, officer, request_file())
    intake.check(upload)
    (request,) = intake.confirm(upload, officer)
    PrivacyRequest.objects.update(people_prepared=1500)
    page = live(browser, request)
    assert page.pills[0] == "Preparing"
    assert "Writing the people and their jobs: 1,500 so far. Nothing is sent before all of them are safe." in page.text


def test_before_adobe_has_said_a_word_everything_waits(browser: Browser, organization: Organization, officer: User) -> None:
    page = live(browser, confirmed_request(organization, officer, payload(people(3))))
    assert page.pills == ["Sending to Adobe", "Waiting to be sent"]
    assert "0 of 6 jobs done, 6 open · 3 people" in page.text
    assert counts(page) == {
        "All jobs": "0 of 6 jobs done",
        "Analytics": "0 of 6 done",
        "Real-Time Customer Profile": "0 of 6 done",
    }


def test_each_product_has_a_bar_of_its_own(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    users = [*people(2), *people(1, prefix="analytics-error"), *people(1, prefix="profileservice-stuck")]
    request = sent_request(organization, officer, users)
    finish(simulator, *(job_of(request, action, place) for action in ("access", "delete") for place in (1, 3)))
    page = live(browser, again(request))
    assert page.pills[0] == "Adobe is working"
    assert counts(page)["All jobs"] == "4 of 8 jobs done, 2 failed"
    assert counts(page)["Analytics"] == "4 of 8 done, 2 failed"
    assert counts(page)["Real-Time Customer Profile"] == "4 of 8 done"


def test_every_number_leads_to_exactly_the_jobs_it_counts(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    users = [*people(2), *people(1, prefix="analytics-error"), *people(1, prefix="error"), *people(1, prefix="notfound")]
    request = sent_request(organization, officer, users)
    assert assert_numbers_are_rows(browser, live(browser, request)) == 6
    finish(simulator, *(job_of(request, "access", place) for place in (1, 3, 4, 5)))
    # All jobs and each of two products: done, open, failed. Beside them the two ways in which they ended, for each product.
    assert assert_numbers_are_rows(browser, live(browser, again(request))) == 9 + 4
    finish(simulator)
    assert assert_numbers_are_rows(browser, live(browser, again(request))) == 6 + 4


def test_a_product_that_answers_unasked_has_a_bar_and_rows_too(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    request = sent_request(organization, officer)
    finish(simulator)
    request.product_responses.filter(product_code="analytics", job=job_of(request)).update(
        product="Brand & New Product", product_code="Brand & New Product"
    )
    page = live(browser, again(request))
    assert counts(page)["Brand & New Product"] == "1 of 6 done"
    assert_numbers_are_rows(browser, page)


def test_it_renews_itself_while_something_moves_and_then_stops(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    request = sent_request(organization, officer)
    part = live(browser, request).root.one(id="progress")
    assert (part["hx-get"], part["hx-swap"]) == (address_of("request-progress", request), "outerHTML")
    assert part["data-announce"] == f"{request.number}: Adobe is working, 0 of 6 jobs done"
    finish(simulator)
    page = live(browser, again(request))
    part = page.root.one(id="progress")
    assert ("hx-get" in part.attributes, "data-live" in part.attributes) == (False, False)
    assert part["data-announce"] == f"{request.number}: Adobe is done: answer the person, 6 of 6 jobs done"
    assert page.pills == ["Complete", "Sent"]


def test_what_happened_is_renewed_along_with_it(browser: Browser, organization: Organization, officer: User) -> None:
    page = live(browser, confirmed_request(organization, officer, payload(people(1))))
    beside = page.root.one(id="beside")
    assert beside["hx-swap-oob"] == "true"
    assert "Prepared: 1 person, 2 jobs, 1 call to Adobe" in beside.text


def test_links_and_forms_that_come_anew_have_names_so_that_the_focus_stays(
    browser: Browser, organization: Organization, officer: User
) -> None:
    page = live(browser, confirmed_request(organization, officer, payload(people(1))))
    assert all(link["id"] for link in page.root.one(id="progress").all("a"))


def test_each_call_shows_where_it_is(browser: Browser, simulator: Simulator, organization: Organization, officer: User) -> None:
    Organization.objects.update(max_people_per_call=2)
    organization.refresh_from_db()
    page = live(browser, sent_request(organization, officer, people(5)))
    assert page.root.one("summary", id="calls-summary").text == "3 calls to Adobe"
    rows = [[cell.text for cell in row.all("td")][:4] for row in page.rows]
    assert rows == [["1", "Sent", "2", "4"], ["2", "Sent", "2", "4"], ["3", "Sent", "1", "2"]]
    assert all(re.fullmatch(r"\S+", row.one("code").text) for row in page.rows)


def test_of_very_many_calls_the_first_are_shown_and_those_that_need_a_person_before_them(
    browser: Browser, organization: Organization, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "MOST_CALLS", 2)
    Organization.objects.update(max_people_per_call=1)
    organization.refresh_from_db()
    request = confirmed_request(organization, officer, payload(people(5)))
    request.submissions.filter(ordinal=4).update(state=CallState.UNKNOWN, person_reason=PersonReason.NONE_FOUND)
    page = live(browser, request)
    assert page.root.one("summary").text == "5 calls to Adobe"
    assert [row.one("td", data_label="Call").text for row in page.rows] == ["4", "1", "2"]
    assert "Call 4 needs a decision" in page.text


def test_a_call_that_waits_says_until_when(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    simulator.fault("throttle", match={"operation": "create"}, times=1, retry_after=30)
    page = live(browser, sent_request(organization, officer))
    (row,) = page.rows
    assert "Waiting to be sent Next try" in row.text


def test_a_refused_call_shows_adobes_words(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    simulator.fault("reject400", match={"operation": "create"}, times=1)
    request = sent_request(organization, officer)
    page = live(browser, request)
    assert page.pills == ["Finished with errors", "Refused by Adobe"]
    words = request.submissions.get().words
    assert words
    assert f"Adobe's words: {words}" in page.rows[0].text
    (notice,) = page.root.all("div", class_="notice-bad")
    assert notice.text.startswith(f"Adobe refused call 1: nothing was done for its 3 people. Adobe's words: {words}")
    assert notice.text.endswith("Correct the file and upload these people again.")
    assert set(request.jobs.values_list("status", flat=True)) == {JobStatus.NOT_SENT}
    assert "6 of 6 jobs done, 6 failed" in page.text


def test_words_of_adobe_that_do_not_open_leave_the_page_as_it_is_without_them(
    browser: Browser, organization: Organization, officer: User
) -> None:
    request = confirmed_request(organization, officer, payload(people(3)))
    request.submissions.update(state=CallState.REJECTED, words_sealed=b"damaged")
    page = live(browser, request)
    assert "Adobe refused call 1" in page.text
    assert "Adobe's words" not in page.text


def test_a_number_that_names_no_request_is_no_page(browser: Browser) -> None:
    assert browser.get("/requests/PR-2026-999999/progress/").status_code == 404
