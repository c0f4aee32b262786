"""One opt-out: a draft says what will happen, later each call what became of it. Identities are masked for everybody."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from portal import crypto
from portal.models import DataKey, Organization, User
from portal.outbound import CallState, PersonReason
from privacy.consent import intake, shredding
from privacy.models import ConsentCall, OptOut
from privacy.statuses import OptOutStatus
from tests.actors import Actors, covers
from tests.opt_outs import address_of, again, confirmed, draft, payload
from tests.pages import Browser, Page

pytestmark = pytest.mark.django_db
PERSONAL = ("dsmith", "ajones", "443636576799758681021090721276")


def detail(browser: Browser, opt_out: OptOut) -> Page:
    """Its page, on which no identity stands in clear."""
    page = browser.page(address_of("opt-out-detail", opt_out))
    assert not any(value in page.html for value in PERSONAL)
    return page


def figures(page: Page) -> list[str]:
    """The numbers at its top, each with its words."""
    return [f"{one.one('strong').text} {one.one('span').text}" for one in page.root.one("ul", class_="figures").all("li")]


def ended(opt_out: OptOut, state: str, **fields: object) -> ConsentCall:
    """Its only call in a state, as after sending it."""
    now = timezone.now()
    opt_out.calls.update(state=state, first_byte_at=now, first_sent_at=now, attempts=1, **fields)
    OptOut.objects.filter(pk=opt_out.pk).update(
        status={
            CallState.SENT: OptOutStatus.SENT,
            CallState.REJECTED: OptOutStatus.REJECTED,
            CallState.UNKNOWN: OptOutStatus.ATTENTION,
        }[CallState(state)]
    )
    call: ConsentCall = opt_out.calls.select_related("opt_out__data_key").get()
    return call


@covers("privacy:opt-out-detail", "privacy:opt-out-progress")
def test_people_of_the_organization_may_look(actors: Actors, organization: Organization, officer: User) -> None:
    waiting, sent = draft(organization, officer), confirmed(organization, officer)
    for opt_out in (waiting, sent):
        actors.open(address_of("opt-out-detail", opt_out))
        actors.open(address_of("opt-out-progress", opt_out))


# --- A draft ---


def test_a_draft_says_what_will_happen(browser: Browser, organization: Organization, officer: User) -> None:
    body = payload("dsmith@acme.com", "DSMITH@acme.com", "ajones@acme.com")
    page = detail(browser, draft(organization, officer, body))
    assert figures(page) == ["3 identities", "1 duplicate removed", "1 call to Adobe"]
    assert "Adobe has no list of opt-outs: if the answer gets lost, a person decides." in page.text
    assert "There is no job, no progress and no result to follow." in page.text
    assert [row.text for row in page.rows] == ["E-mail address Email 2 1 d…h@a…m a…s@a…m", "Experience Cloud ID ECID 1 0 44…76"]
    assert page.forms[f"/opt-outs/{OptOut.objects.get().number}/confirm/"].buttons == ["Send 3 opt-outs to Adobe"]
    assert page.forms[f"/opt-outs/{OptOut.objects.get().number}/discard/"].buttons == ["Discard it instead"]
    assert "Read and checked: 3 identities, 1 duplicate removed" in page.text


def test_the_day_for_an_answer_is_californias_and_said_to_be_a_planning_aid(
    browser: Browser, organization: Organization, officer: User
) -> None:
    opt_out = draft(organization, officer)
    assert (opt_out.received_on, opt_out.due_on) == (date(2026, 11, 2), date(2026, 11, 23))
    words = detail(browser, opt_out).facts()["Answer by"]
    assert words.startswith("23 Nov 2026")
    assert "A planning aid. The consent call names no law" in words
    assert "15 business days" in words


def test_a_draft_says_how_many_calls_the_organizations_limit_makes(
    browser: Browser, organization: Organization, officer: User
) -> None:
    organization.max_identities_per_call = 9
    organization.save()
    page = detail(browser, draft(organization, officer, payload(*[f"p{number}@example.com" for number in range(20)])))
    assert figures(page)[2] == "3 calls to Adobe"


def test_a_draft_warns_of_what_adobe_does_not_describe_and_of_odd_addresses(
    browser: Browser, organization: Organization, officer: User
) -> None:
    page = detail(browser, draft(organization, officer, payload("not-an-address", optOutOfSale=False)))
    assert "This says optOutOfSale false. Adobe does not describe what that does." in page.text
    assert "1 value of the namespace Email holds no @." in page.text


def test_a_draft_tells_of_the_recall_period(browser: Browser, organization: Organization, officer: User) -> None:
    organization.recall_minutes = 30
    organization.save()
    facts = detail(browser, draft(organization, officer)).facts()
    assert facts["Recall period"] == "Nothing is sent for 30 minutes after you confirm; until then it can be cancelled."


def test_a_viewer_sees_the_draft_without_its_buttons(actors: Actors, organization: Organization, officer: User) -> None:
    page = detail(actors.viewer, draft(organization, officer))
    assert page.forms == {}
    assert "An officer of Acme can confirm it." in page.text


def test_a_draft_that_does_not_open_any_more_can_only_be_discarded(
    browser: Browser, organization: Organization, officer: User
) -> None:
    opt_out = draft(organization, officer)
    key = opt_out.data_key
    assert key is not None
    DataKey.objects.filter(pk=key.pk).update(wrapped=b"x" * 60)
    crypto.forget(key.pk)
    page = detail(browser, opt_out)
    assert "What this opt-out names cannot be opened any more." in page.text
    assert list(page.forms) == [address_of("opt-out-discard", opt_out)]
    assert browser.post(address_of("opt-out-confirm", opt_out)).status_code == 302
    assert again(opt_out).status == OptOutStatus.DRAFT


# --- Its calls ---


def test_a_queued_call_can_be_cancelled_and_the_page_renews_itself(
    browser: Browser, organization: Organization, officer: User
) -> None:
    opt_out = confirmed(organization, officer)
    page = detail(browser, opt_out)
    assert "Nothing has been sent yet" in page.text
    assert address_of("opt-out-cancel", opt_out) in page.forms
    assert page.root.one(id="progress")["hx-get"] == address_of("opt-out-progress", opt_out)
    part = Page.of(browser.get(address_of("opt-out-progress", opt_out)))
    assert not part.is_whole
    assert part.root.one(id="progress").text == page.root.one(id="progress").text


def test_the_recall_period_is_counted_down(browser: Browser, organization: Organization, officer: User) -> None:
    organization.recall_minutes = 90
    organization.save()
    opt_out = confirmed(organization, officer)
    OptOut.objects.update(recall_until=timezone.now() + timedelta(minutes=61, seconds=30))
    page = detail(browser, opt_out)
    assert "Nothing is sent for another 1 hour and 1 minute" in page.text
    assert page.forms[address_of("opt-out-cancel", opt_out)].buttons == ["Cancel this opt-out"]


def test_an_accepted_call_says_when_it_was_sent_and_under_which_reference(
    browser: Browser, organization: Organization, officer: User
) -> None:
    opt_out = confirmed(organization, officer)
    call = ended(opt_out, CallState.SENT, http_status=202)
    page = detail(browser, opt_out)
    assert page.pills == ["Accepted by Adobe", "Accepted"]
    (row,) = page.rows
    assert f"{opt_out.number}-1" in row.text
    assert "Adobe answered with HTTP 202" in row.text
    assert call.first_byte_at is not None
    assert row.one("time")["datetime"] == call.first_byte_at.isoformat()
    assert "hx-get" not in page.root.one(id="progress").attributes
    assert address_of("opt-out-cancel", opt_out) not in page.forms
    assert page.links[address_of("opt-out-shred", opt_out)] == "Remove the personal data…"


def test_a_refusal_stands_with_adobes_words(browser: Browser, organization: Organization, officer: User) -> None:
    opt_out = confirmed(organization, officer)
    call = ended(opt_out, CallState.REJECTED, http_status=400)
    call.words = "entities[0] is not acceptable"
    call.save(update_fields=["words_sealed"])
    page = detail(browser, opt_out)
    assert "Adobe's words: “entities[0] is not acceptable”" in page.text
    assert "Adobe refused 1 of 1 call: nothing was done for its identities." in page.text


def test_a_lost_answer_asks_for_a_decision_with_what_is_known(actors: Actors, organization: Organization, officer: User) -> None:
    opt_out = confirmed(organization, officer)
    ended(opt_out, CallState.UNKNOWN, person_reason=PersonReason.NO_LIST, last_error="timeout")
    page = detail(actors.officer, opt_out)
    form = page.forms[address_of("consent-decide", opt_out, 1)]
    assert form.buttons == ["It was accepted: close it", "Send it again", "Not sent: close it"]
    assert "no answer came in time. Adobe keeps no list in which it could be looked for." in page.text
    assert "whether a second one changes anything that the first did not is not known" in page.text
    assert "An officer of Acme can decide." in detail(actors.viewer, opt_out).text


def test_a_hold_is_said(browser: Browser, organization: Organization, officer: User) -> None:
    opt_out = confirmed(organization, officer)
    organization.hold("by_hand")
    assert (
        "On hold: nothing is sent until an administrator of the portal resumes the organization." in detail(browser, opt_out).text
    )


def test_what_was_removed_shows_counts_and_nothing_personal(browser: Browser, organization: Organization, officer: User) -> None:
    discarded, sent = draft(organization, officer), confirmed(organization, officer)
    intake.discard(discarded, officer)
    ended(sent, CallState.SENT)
    shredding.shred(sent, officer)
    assert "It was discarded before it was confirmed: nothing was sent" in detail(browser, discarded).text
    page = detail(browser, sent)
    assert "The personal data of this opt-out was removed on" in page.text
    assert page.facts()["E-mail address"] == "2 Email"
    assert address_of("opt-out-shred", sent) not in page.links


def test_a_call_that_waits_says_why_in_words(browser: Browser, organization: Organization, officer: User) -> None:
    opt_out = confirmed(organization, officer)
    opt_out.calls.update(last_error="throttled", http_status=429, attempts=1)
    assert "Adobe asked to slow down (HTTP 429)" in detail(browser, opt_out).text
