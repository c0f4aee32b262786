"""A person's page: everything asked for and done, across the requests that name an identity of the one looked at."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.models import AuditEvent, DataKey, Organization, User
from privacy import shredding
from privacy.models import DataSubject, PrivacyRequest, RequestAnswer
from privacy.statuses import AnswerChannel, JobStatus, Outcome
from tests import opt_outs
from tests.actors import Actors, covers
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.pages import Browser, Page
from tests.people import make_user
from tests.states import finish, sent_request
from tests.steps import work

pytestmark = pytest.mark.django_db


def named(key: str, *emails: str, actions: tuple[str, ...] = ("access",), **more: str) -> dict[str, Any]:
    """One entry of `users` with these e-mail addresses, and `ecid` where there is one."""
    identities = [{"namespace": "email", "value": email, "type": "standard"} for email in emails]
    identities += [{"namespace": "ECID", "value": value, "type": "standard"} for value in more.values()]
    return {"key": key, "action": list(actions), "userIDs": identities}


def subject_of(request: PrivacyRequest, position: int = 1) -> DataSubject:
    """One person of a request."""
    found: DataSubject = request.subjects.get(position=position)
    return found


def address_of(subject: DataSubject, name: str = "person") -> str:
    """The address of a person's page."""
    return reverse(f"privacy:{name}", args=[subject.pk])


def lines(page: Page) -> list[str]:
    """What there is to say when the person calls."""
    return [item.text for item in page.section("say").all("li")]


def requests_on(page: Page) -> list[str]:
    """The numbers of the requests that it shows, in order."""
    headings = page.root.all("h2")
    return [link.text for heading in headings if heading["id"].startswith("request-") for link in heading.all("a")]


@pytest.fixture
def subject(organization: Organization, officer: User) -> DataSubject:
    """The only person of a request that has not gone out."""
    return subject_of(confirmed_request(organization, officer, payload([named("ann", "ann@acme.com", ecid="4387403850")])))


@covers("privacy:person", "privacy:person-reveal")
def test_people_of_the_organization_may_look_and_officers_may_see_identities(actors: Actors, subject: DataSubject) -> None:
    actors.open(address_of(subject))
    actors.act(address_of(subject, "person-reveal"), officer=200)


def test_who_may_see_requests_but_no_jobs_may_not_look(organization: Organization, subject: DataSubject) -> None:
    clerk = make_user("clerk", "Viewer", organization)
    clerk.groups.clear()
    clerk.user_permissions.add(Permission.objects.get(codename="view_privacyrequest"))
    assert Browser.of(clerk).get(address_of(subject)).status_code == 403


# --- Which requests ---


def test_it_shows_every_request_that_names_an_identity_of_the_person(
    browser: Browser, organization: Organization, officer: User, subject: DataSubject
) -> None:
    second = confirmed_request(organization, officer, payload([named("other key", "ANN@acme.com")]))
    third = confirmed_request(
        organization, officer, payload([named("bob", "bob@acme.com"), named("x", "x@acme.com", e="4387403850")])
    )
    confirmed_request(organization, officer, payload([named("somebody", "somebody@acme.com")]))
    page = browser.page(address_of(subject))
    assert requests_on(page) == [third.number, second.number, subject.request.number]
    assert "3 requests, 3 not answered yet" in page.text


def test_sharing_goes_no_further_than_the_one_looked_at(
    browser: Browser, organization: Organization, officer: User, subject: DataSubject
) -> None:
    between = confirmed_request(organization, officer, payload([named("k", "ann@acme.com", "family@acme.com")]))
    far = confirmed_request(organization, officer, payload([named("f", "family@acme.com", "far@acme.com")]))
    page = browser.page(address_of(subject))
    assert requests_on(page) == [between.number, subject.request.number]
    others = page.section("others").all("a")
    assert [(link.text, link["href"]) for link in others] == [("f…y@a…m", address_of(subject_of(between)))]
    assert requests_on(browser.page(others[0]["href"])) == [far.number, between.number, subject.request.number]


def test_the_same_identity_in_another_organization_is_another_person(
    actors: Actors, colleague: User, subject: DataSubject
) -> None:
    other = colleague.organizations.get()
    elsewhere = subject_of(confirmed_request(other, colleague, payload([named("ann", "ann@acme.com")])))
    assert requests_on(actors.officer.page(address_of(subject))) == [subject.request.number]
    assert requests_on(actors.stranger.page(address_of(elsewhere))) == [elsewhere.request.number]
    both = User.objects.get(username="officer")
    both.organizations.add(other)
    assert requests_on(actors.officer.page(address_of(subject))) == [subject.request.number]


# --- Who ---


def test_identities_and_keys_are_masked(browser: Browser, subject: DataSubject) -> None:
    page = browser.page(address_of(subject))
    assert [value.text for value in page.section("who").all("dd")] == ["a…n@a…m standard", "43…50 standard"]
    assert not any(text in page.html for text in ("ann@acme.com", "4387403850"))


def test_showing_them_is_noted_for_each_request_and_lasts_for_one_page(
    actors: Actors, organization: Organization, officer: User, subject: DataSubject
) -> None:
    second = subject_of(confirmed_request(organization, officer, payload([named("annie", "ann@acme.com", "two@acme.com")])))
    page = Page.of(actors.officer.post(address_of(subject, "person-reveal")))
    assert [value.text for value in page.section("who").all("dd")] == ["ann@acme.com standard", "4387403850 standard"]
    assert page.section("others").one("a").text == "two@acme.com"
    assert [page.facts()["Key in the file"] in {"ann", "annie"}] == [True]
    events = AuditEvent.objects.filter(action="subject.revealed")
    assert {(event.object_id, event.root_id) for event in events} == {
        (str(one.pk), str(one.request_id)) for one in (subject, second)
    }
    assert {event.actor_name for event in events} == {"officer"}
    assert "ann@acme.com" not in actors.officer.page(address_of(subject)).html
    assert "A person's identities were shown unmasked" in actors.officer.page(f"/requests/{subject.request.number}/").text


def test_a_viewer_finds_no_button(actors: Actors, subject: DataSubject) -> None:
    assert address_of(subject, "person-reveal") in actors.officer.page(address_of(subject)).forms
    assert actors.viewer.page(address_of(subject)).forms == {}


# --- What was done ---


def test_it_tells_what_each_product_did_and_offers_the_result(
    actors: Actors, organization: Organization, officer: User, simulator: Simulator
) -> None:
    request = sent_request(organization, officer, [named("ann", "ann@acme.com", actions=("access", "delete"))])
    waiting = actors.officer.page(address_of(subject_of(request)))
    assert "Adobe is still working: " in lines(waiting)[0]
    assert "Analytics" in lines(waiting)[0]
    finish(simulator)
    access = request.jobs.get(action="access")
    page = actors.officer.page(address_of(subject_of(request)))
    assert page.links[f"/jobs/{access.pk}/result/"] == "Download the result"
    assert "Adobe is done with all of it. 1 result can be given out." in lines(page)[0]
    assert {link for link in page.links if link.startswith("/jobs/")} >= {f"/jobs/{job.pk}/" for job in request.jobs.all()}
    seen = actors.viewer.page(address_of(subject_of(request)))
    assert f"/jobs/{access.pk}/result/" not in seen.links
    assert "A result is stored." in seen.text


def test_what_failed_is_said(browser: Browser, organization: Organization, officer: User, subject: DataSubject) -> None:
    subject.jobs.update(status=JobStatus.ERROR, finished_at=timezone.now())
    page = browser.page(address_of(subject))
    assert "Not done: access." in lines(page)[0]
    assert page.pills[0] == "Error"


def test_opt_outs_that_name_the_person_stand_there(
    browser: Browser, organization: Organization, officer: User, subject: DataSubject
) -> None:
    assert "No opt-out through Adobe's consent call names" in browser.page(address_of(subject)).text
    mine = opt_outs.confirmed(organization, officer, opt_outs.payload("Ann@acme.com"))
    opt_outs.confirmed(organization, officer, opt_outs.payload("bob@acme.com"))
    work("index")
    page = browser.page(address_of(subject))
    assert [link["href"] for link in page.section("opt-outs").all("a")] == [f"/opt-outs/{mine.number}/"]
    assert lines(page)[-1] == f"{mine.number} Opted out of sale on 2 Nov 2026: Sending to Adobe."


# --- What to say ---


def line_after(browser: Browser, subject: DataSubject, **fields: Any) -> str:
    """The line of a request, when its row says this."""
    PrivacyRequest.objects.filter(pk=subject.request_id).update(**fields)
    return lines(browser.page(address_of(subject)))[0]


def test_it_says_when_what_was_asked_and_by_when_it_is_due(browser: Browser, subject: DataSubject) -> None:
    today = timezone.localdate()
    first = line_after(browser, subject, due_on=today + timedelta(days=11))
    asked = "Asked on 2 Nov 2026 for access under General Data Protection Regulation (EU and UK)."
    assert first.startswith(f"{subject.request.number} {asked} Not answered yet: due on ")
    assert first.endswith(", in 11 days. Nothing was sent to Adobe yet.")
    assert "Not answered yet: today is the last day." in line_after(browser, subject, due_on=today)
    assert ", 1 day ago." in line_after(browser, subject, due_on=today - timedelta(days=1))
    assert "the law names no last day" in line_after(browser, subject, due_on=None)
    assert "the law's clock is paused since 3 Nov 2026" in line_after(browser, subject, paused_on=date(2026, 11, 3))


def test_it_says_when_and_how_the_person_was_answered(browser: Browser, subject: DataSubject) -> None:
    assert "Answered on 20 Nov 2026." in line_after(browser, subject, answered_on=date(2026, 11, 20))
    RequestAnswer.objects.create(request=subject.request, channel=AnswerChannel.POST)
    assert "Answered on 20 Nov 2026: Partly refused, Letter." in line_after(browser, subject, outcome=Outcome.PARTLY)
    assert "not answered yet" not in browser.page(address_of(subject)).text


def test_it_says_that_a_request_was_cancelled(browser: Browser, subject: DataSubject) -> None:
    assert line_after(browser, subject, status="cancelled").endswith("It was cancelled before anything was sent to Adobe.")
    assert "not answered yet" not in browser.page(address_of(subject)).text


# --- Removed and damaged ---


def test_of_a_shredded_person_only_the_request_itself_is_shown(
    browser: Browser, organization: Organization, officer: User, simulator: Simulator
) -> None:
    users = [named("ann", "ann@acme.com")]
    first, second = (sent_request(organization, officer, users) for _ in range(2))
    finish(simulator)
    row = PrivacyRequest.objects.select_related("data_key", "upload", "organization").get(pk=first.pk)
    shredding.shred(row, officer)
    page = browser.page(address_of(subject_of(first)))
    assert "Who this was can no longer be read." in page.text
    assert requests_on(page) == [first.number]
    assert page.forms == {}
    assert requests_on(browser.page(address_of(subject_of(second)))) == [second.number]


def test_damaged_rows_break_nothing(browser: Browser, subject: DataSubject) -> None:
    DataSubject.objects.filter(pk=subject.pk).update(identities_sealed=b"damaged", officer_key_sealed=b"damaged")
    assert "Who this was can no longer be read." in browser.page(address_of(subject)).text
    DataKey.objects.filter(owner_id=subject.request_id).delete()
    assert "Who this was can no longer be read." in browser.page(address_of(subject)).text


# --- Its price ---


def test_the_number_of_queries_does_not_depend_on_the_number_of_requests(
    browser: Browser, organization: Organization, officer: User, subject: DataSubject
) -> None:
    counts = []
    for more in (1, 6):
        for _ in range(more):
            confirmed_request(
                organization, officer, payload([*people(2), named("k", "ann@acme.com", actions=("access", "delete"))])
            )
        with CaptureQueriesContext(connection) as queries:
            browser.page(address_of(subject))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 20
