"""The people of a resubmission are answered once, in the request that they were first in; its page says so and leads there."""

from __future__ import annotations

import pytest

from portal.models import AuditEvent, Organization, User
from privacy.models import OtherSystem, PrivacyRequest, RequestAnswer, SystemDone
from privacy.statuses import Origin, RequestStatus
from tests.actors import Actors, everything_kept
from tests.handling import days_ago, received, today
from tests.lists import asked, confirm, told
from tests.pages import Browser, Page
from tests.privacy.test_request_answer import answer
from tests.states import address_of, again

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


def asked_again(organization: Organization, user: User, first: PrivacyRequest, **fields: object) -> PrivacyRequest:
    """A request that asks again for people of the first one; Adobe is done with it, unless told otherwise."""
    row = received(organization, user)
    PrivacyRequest.objects.filter(pk=row.pk).update(origin=Origin.RESUBMISSION, resubmission_of=first, **fields)
    return again(row)


@pytest.fixture
def first(organization: Organization, officer: User) -> PrivacyRequest:
    """What failed in it was asked again."""
    return received(organization, officer, status=RequestStatus.FAILED)


@pytest.fixture
def second(organization: Organization, officer: User, first: PrivacyRequest) -> PrivacyRequest:
    """The request that asks again."""
    return asked_again(organization, officer, first)


@pytest.fixture
def third(organization: Organization, officer: User, second: PrivacyRequest) -> PrivacyRequest:
    """It failed there too, and was asked again from there."""
    return asked_again(organization, officer, second)


def shown(browser: Browser, request: PrivacyRequest) -> Page:
    return browser.page(address_of("request-detail", request))


def test_its_page_leads_to_the_answer_and_offers_none_of_its_own(
    browser: Browser, first: PrivacyRequest, second: PrivacyRequest
) -> None:
    page = shown(browser, second)
    assert f"/requests/{first.number}/#answer" in page.links
    assert address_of("request-answer", second) not in page.links
    assert address_of("request-acknowledge", second) not in page.forms
    assert f"The person is answered once: in {first.number}, whose date counts." in page.section("answer").text
    assert page.facts()[f"Answered in {first.number}"].startswith("not yet, due on ")
    assert f"Adobe is done here: the person is answered in {first.number}" in page.section("awaits-title").text
    assert "Adobe is done: answer the person" not in page.text
    own = shown(browser, first)
    assert address_of("request-answer", first) in own.links
    assert address_of("request-acknowledge", first) in own.forms


def test_a_chain_leads_to_its_first_request(browser: Browser, first: PrivacyRequest, third: PrivacyRequest) -> None:
    assert third.answered_in == first
    assert f"The person is answered once: in {first.number}" in shown(browser, third).section("answer").text


def test_once_the_person_is_answered_its_page_says_when(browser: Browser, first: PrivacyRequest, second: PrivacyRequest) -> None:
    browser.post(address_of("request-answer", first), answer())
    page = shown(browser, second)
    assert page.facts()[f"Answered in {first.number}"].endswith(", Answered in full")
    assert page.root.all("section", aria_labelledby="awaits-title") == []


@pytest.mark.parametrize("status", [RequestStatus.IN_PROGRESS, RequestStatus.CANCELLED])
def test_nothing_is_said_to_be_done_before_it_is(browser: Browser, second: PrivacyRequest, status: RequestStatus) -> None:
    PrivacyRequest.objects.filter(pk=second.pk).update(status=status)
    assert shown(browser, second).root.all("section", aria_labelledby="awaits-title") == []


def test_its_state_is_adobes_alone(second: PrivacyRequest) -> None:
    assert (second.status_words, second.awaits_answer, second.tone) == ("Complete", False, "good")


def test_the_first_one_says_what_is_still_being_asked_again(
    browser: Browser, first: PrivacyRequest, second: PrivacyRequest
) -> None:
    PrivacyRequest.objects.filter(pk=first.pk).update(jobs_failed=1)
    PrivacyRequest.objects.filter(pk=second.pk).update(status=RequestStatus.IN_PROGRESS, finished_at=None)
    words = shown(browser, first).section("awaits-title").text
    assert f"What failed is still being asked again, in {second.number}." in words
    assert "ask again for them first" not in words


@pytest.mark.parametrize("ask", ["get", "post"])
def test_no_answer_is_written_down_in_it(browser: Browser, first: PrivacyRequest, second: PrivacyRequest, ask: str) -> None:
    before = everything_kept()
    address = address_of("request-answer", second)
    reply = browser.get(address, follow=True) if ask == "get" else browser.post(address, answer(), follow=True)
    assert f"Its people are answered in {first.number}: write the answer down there." in Page.of(reply).text
    assert everything_kept() == before


def test_receipt_is_not_acknowledged_in_it(browser: Browser, first: PrivacyRequest, second: PrivacyRequest) -> None:
    reply = browser.post(address_of("request-acknowledge", second), follow=True)
    assert f"Its people are answered in {first.number}" in Page.of(reply).text
    assert again(second).acknowledged_on is None
    page = asked(browser, "/requests/act/", "acknowledge", [first, second])
    words = told(browser, confirm(browser, page))
    assert "Noted for 1 request." in words
    assert f"1 row was left as it is ({second.number}): This request asks Adobe again for what failed." in words
    assert [again(one).acknowledged_on for one in (first, second)] == [today(), None]


def test_an_answer_that_was_written_down_in_it_before_stays_and_can_be_corrected(
    browser: Browser, organization: Organization, officer: User, first: PrivacyRequest
) -> None:
    row = asked_again(organization, officer, first, answered_on=days_ago(2), outcome="granted", acknowledged_on=days_ago(9))
    RequestAnswer.objects.create(request=row, channel="email", answered_by=officer)
    page = shown(browser, row)
    assert address_of("request-answer", row) in page.links
    assert page.facts()["Told"] == "Answered in full · E-mail"
    browser.post(address_of("request-answer", row), answer(answered_on=days_ago(1)))
    assert again(row).answered_on == days_ago(1)
    assert AuditEvent.objects.filter(action="request.answer_changed").count() == 1


def test_without_its_first_request_it_stands_for_itself(
    browser: Browser, organization: Organization, officer: User, first: PrivacyRequest
) -> None:
    row = asked_again(organization, officer, first)
    PrivacyRequest.objects.filter(pk=row.pk).update(resubmission_of=None)
    assert again(row).answered_in is None
    browser.post(address_of("request-answer", row), answer())
    assert again(row).answered_on == days_ago(1)


def test_other_systems_are_seen_to_in_the_first_request(
    browser: Browser, organization: Organization, officer: User, first: PrivacyRequest, second: PrivacyRequest
) -> None:
    system = OtherSystem.objects.create(organization=organization, name="Newsletter")
    assert "Newsletter" in shown(browser, first).text
    assert "Newsletter" not in shown(browser, second).text
    SystemDone.objects.create(request=second, system=system, by=officer)
    assert "Newsletter" in shown(browser, second).section("systems").text


def test_who_may_only_look_is_led_there_too(actors: Actors, first: PrivacyRequest, second: PrivacyRequest) -> None:
    page = shown(actors.viewer, second)
    assert f"/requests/{first.number}/#answer" in page.links
    assert {form.method for form in page.forms.values()} == {"get"}
