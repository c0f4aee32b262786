"""Deletes that wait for the results of access, on the page of their request: why they wait, and what a person may do."""

from __future__ import annotations

import pytest

from portal.models import Organization, User
from portal.outbound import CallState
from privacy import progress
from privacy.models import Job, PrivacyRequest
from privacy.statuses import JobStatus, RequestStatus
from tests.actors import Actors, covers, everything_kept
from tests.files import confirmed_request, payload, people
from tests.pages import Browser, Page
from tests.states import address_of, again

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(media: object, organization: Organization, officer: User) -> PrivacyRequest:
    """Three people who want both; their access is at Adobe."""
    organization.access_before_delete = True
    organization.save(update_fields=["access_before_delete"])
    request = confirmed_request(organization, officer, payload(people(3)))
    for number, job in enumerate(request.jobs.filter(action="access"), start=1):
        Job.objects.filter(pk=job.pk).update(status=JobStatus.PROCESSING, adobe_job_id=f"job-{number}")
    request.submissions.filter(waits_for_access=False).update(state=CallState.SENT)
    progress.refresh(request.pk)
    return again(request)


@pytest.fixture
def undecided(held: PrivacyRequest) -> PrivacyRequest:
    """One of the access jobs has failed, one is complete without a result, one still runs."""
    first, second, _ = held.jobs.filter(action="access").order_by("pk")
    Job.objects.filter(pk=first.pk).update(status=JobStatus.ERROR)
    Job.objects.filter(pk=second.pk).update(status=JobStatus.COMPLETE, next_poll_at=None)
    progress.refresh(held.pk)
    return again(held)


def decide(browser: Browser, request: PrivacyRequest, decision: str) -> str:
    """Press a button, and read the message that the request's page shows then."""
    answer = browser.post(address_of("deletes-decide", request), {"decision": decision})
    assert answer.headers["Location"] == address_of("request-detail", request)
    page = Page.of(browser.get(answer.headers["Location"]))
    (message,) = [one for one in page.root.all("div") if one["class"].endswith(("notice-success", "notice-error"))]
    return message.text


def section_of(browser: Browser, request: PrivacyRequest) -> tuple[str, list[str]]:
    """The words about the deletes, and its buttons."""
    section = browser.page(address_of("request-detail", request)).section("held-title")
    return section.text, [button.text for button in section.all("button")]


@covers("privacy:deletes-decide")
def test_only_an_officer_of_the_organization_may(actors: Actors, undecided: PrivacyRequest) -> None:
    actors.act(address_of("deletes-decide", undecided), {"decision": "send_anyway"})
    assert not undecided.submissions.held_for_access().exists()


def test_while_results_are_on_their_way_it_only_says_so(browser: Browser, held: PrivacyRequest) -> None:
    assert held.status == RequestStatus.IN_PROGRESS
    words, buttons = section_of(browser, held)
    assert words.startswith(
        "The deletes wait for the results of access 3 deletions in 1 call are not sent before every access result is safe in the "
        "portal. 0 of 3 are safe, 3 are on the way."
    )
    assert buttons == ["Do not send the deletes"]
    page = browser.page(address_of("request-detail", held))
    assert "Waiting for the results of access" in page.pills
    assert page.facts()["Deletes"] == "after the results of access are safe"
    before = everything_kept()
    assert decide(browser, held, "send_anyway").startswith("The results of access are still on their way.")
    assert everything_kept() == before


def test_it_says_why_they_wait_for_a_person(browser: Browser, undecided: PrivacyRequest) -> None:
    assert undecided.status == RequestStatus.ATTENTION
    words, buttons = section_of(browser, undecided)
    assert "The deletes need a decision" in words
    assert "0 of 3 are safe, 1 is on the way." in words
    assert "1 access job ended with an error" in words
    assert "1 access job is complete, but Adobe offers no result: the credential may lack the content permission" in words
    assert buttons == ["Send the deletes anyway", "Do not send the deletes"]


def test_a_viewer_is_told_who_decides(actors: Actors, undecided: PrivacyRequest) -> None:
    words, buttons = section_of(actors.viewer, undecided)
    assert (words.endswith("An officer of Acme can decide."), buttons) == (True, [])


def test_sending_anyway_puts_them_into_the_queue(browser: Browser, undecided: PrivacyRequest) -> None:
    assert decide(browser, undecided, "send_anyway") == "The deletes are sent now."
    assert again(undecided).status == RequestStatus.SENDING
    page = browser.page(address_of("request-detail", undecided))
    assert "The deletes are sent, though 3 access results are missing" in page.section("happened").text


def test_not_sending_closes_them(browser: Browser, undecided: PrivacyRequest) -> None:
    assert decide(browser, undecided, "do_not_send") == "The deletes are closed. They count as not sent."
    assert set(undecided.jobs.filter(action="delete").values_list("status", flat=True)) == {JobStatus.NOT_SENT}
    assert "The deletes are not sent: 3 jobs closed" in browser.page(address_of("request-detail", undecided)).text
    assert decide(browser, undecided, "do_not_send").startswith("No delete of this request waits any more.")


@pytest.mark.parametrize("decision", ["", "release", "give_up"])
def test_no_other_word_is_a_decision(browser: Browser, undecided: PrivacyRequest, decision: str) -> None:
    before = everything_kept()
    assert decide(browser, undecided, decision) == "Choose what to do with the deletes."
    assert everything_kept() == before
