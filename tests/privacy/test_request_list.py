"""The list of privacy requests: newest first, narrowed by status, law and organization."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from portal.models import Organization, User
from privacy.models import PrivacyRequest
from privacy.statuses import REQUEST_OPEN, Origin, RequestStatus
from tests.actors import Actors, covers
from tests.admins import queries_of
from tests.conftest import OTHER_IMS_ORG, Simulator, make_organization
from tests.files import RECEIVED_ON, confirmed_request, payload, people
from tests.pages import Browser, Element, Page
from tests.people import make_user
from tests.states import address_of, finish, sent_request

pytestmark = pytest.mark.django_db
ADDRESS = "/requests/"


def plain_requests(organization: Organization, user: User, *kinds: dict[str, Any]) -> list[PrivacyRequest]:
    """Rows as the list shows them, without people, one for each given set of fields."""
    first = PrivacyRequest.objects.count() + 1
    common = {"organization": organization, "created_by": user, "received_on": RECEIVED_ON, "regulation": "gdpr"}
    return PrivacyRequest.objects.bulk_create(
        PrivacyRequest(**(common | {"number": f"PR-2026-{place:06}"} | kind)) for place, kind in enumerate(kinds, first)
    )


def numbers(page: Page) -> list[str]:
    """The number of each row, from the top."""
    return [row.one("a", class_="row-link").text for row in page.rows]


def cell(row: Element, label: str) -> str:
    """What stands in a column."""
    return row.one("td", data_label=label).text


@covers("privacy:request-list")
def test_everybody_may_look_and_sees_the_requests_of_their_own_organizations(
    actors: Actors, organization: Organization, officer: User
) -> None:
    plain_requests(organization, officer, {})
    actors.open(ADDRESS, stranger=200)
    assert [len(numbers(person.page(ADDRESS))) for person in (actors.officer, actors.viewer)] == [1, 1]
    stranger = actors.stranger.page(ADDRESS, organization=organization.ims_org_id)
    assert "PR-2026-000001" not in stranger.html


def test_each_state_is_said_in_words(browser: Browser, organization: Organization, officer: User) -> None:
    plain_requests(organization, officer, *({"status": status} for status in RequestStatus))
    words = {RequestStatus.COMPLETE: "Adobe is done: answer the person"}
    assert browser.page(ADDRESS).pills == [words.get(status, str(status.label)) for status in reversed(RequestStatus)]
    PrivacyRequest.objects.update(answered_on=RECEIVED_ON)
    assert str(RequestStatus.COMPLETE.label) in browser.page(ADDRESS).pills


def test_a_row_tells_whose_law_due_date_people_and_progress(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    request = sent_request(organization, officer, [*people(2), *people(1, prefix="error")])
    finish(simulator)
    (row,) = browser.page(ADDRESS).rows
    assert (cell(row, "Law"), cell(row, "Status"), cell(row, "People")) == (
        "General Data Protection Regulation (EU and UK) gdpr",
        "Finished with errors",
        "3",
    )
    assert cell(row, "Due").startswith("2 Dec 2026, ")
    assert cell(row, "Jobs done") == "6 of 6, 2 failed"
    assert row.one("svg", role="img")["aria-label"] == f"{request.number}: 6 of 6 jobs done, 2 failed"
    assert row.one("a", class_="row-link")["href"] == address_of("request-detail", request)


def test_its_numbers_lead_to_the_jobs_that_they_count(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    sent_request(organization, officer, [*people(2), *people(1, prefix="error")])
    finish(simulator)
    links = {words: address for address, words in browser.page(ADDRESS).links.items()}
    assert len(browser.page(links["6 of 6"]).rows) == 6
    assert len(browser.page(links["2 failed"]).rows) == 2


@pytest.mark.parametrize(
    ("days", "tone", "words"),
    [(11, "info", "in 11 days"), (7, "warning", "in 7 days"), (0, "warning", "today"), (-3, "bad", "3 days ago")],
)
def test_how_pressing_an_open_request_is(
    browser: Browser, organization: Organization, officer: User, days: int, tone: str, words: str
) -> None:
    due_on = timezone.localdate() + timedelta(days=days)
    plain_requests(organization, officer, {"due_on": due_on, "status": "in_progress"})
    (row,) = browser.page(ADDRESS).rows
    assert row.one("span", class_=f"tone-{tone}").text == words


def test_only_what_is_not_answered_presses(browser: Browser, organization: Organization, officer: User) -> None:
    over = timezone.localdate() - timedelta(days=3)
    late: dict[str, Any] = {"due_on": over, "status": "complete", "finished_at": timezone.now()}
    kinds: list[dict[str, Any]] = [
        late,
        {**late, "answered_on": over},
        {**late, "status": "cancelled"},
        {"due_on": None},
        {"paused_on": over},
    ]
    plain_requests(organization, officer, *kinds)
    paused, without_date, cancelled, answered, unanswered = (cell(row, "Due") for row in browser.page(ADDRESS).rows)
    assert ("3 days ago" in unanswered, "ago" in answered + cancelled) == (True, False)
    assert answered.startswith("answered ")
    assert (without_date, paused) == ("no date", "clock paused")


def test_an_opt_out_is_told_apart(browser: Browser, organization: Organization, officer: User) -> None:
    plain_requests(organization, officer, {"opt_out": True}, {})
    first, second = browser.page(ADDRESS).rows
    assert ("Opt-out of sale" in first.text, "Opt-out of sale" in second.text) == (False, True)


# --- Narrowing ---


def test_status_and_law_narrow_the_list_and_each_other(browser: Browser, organization: Organization, officer: User) -> None:
    kinds = [{"status": status, "regulation": law} for status in ("complete", "failed", "sending") for law in ("gdpr", "ccpa")]
    plain_requests(organization, officer, *kinds)
    assert len(numbers(browser.page(ADDRESS, status="complete"))) == 2
    assert len(numbers(browser.page(ADDRESS, law="ccpa"))) == 3
    assert numbers(browser.page(ADDRESS, status="complete", law="ccpa")) == ["PR-2026-000002"]
    assert len(numbers(browser.page(ADDRESS, status="open"))) == 2


def test_open_is_everything_that_still_moves_or_waits_for_a_person(
    browser: Browser, organization: Organization, officer: User
) -> None:
    plain_requests(organization, officer, *({"status": status} for status in RequestStatus))
    assert set(browser.page(ADDRESS, status="open").pills) == {str(status.label) for status in REQUEST_OPEN}


def test_every_filter_leads_to_what_it_says_and_keeps_the_others(
    browser: Browser, organization: Organization, officer: User
) -> None:
    kinds = [{"status": status, "regulation": law} for status in RequestStatus for law in ("gdpr", "ccpa")]
    plain_requests(organization, officer, *kinds)
    page = browser.page(ADDRESS, law="ccpa")
    chips = {chip.text: chip["href"] for chip in page.root.one("ul", aria_label="Status").all("a")}
    for status in RequestStatus:
        narrowed = browser.page(ADDRESS + chips[str(status.label)])
        assert len(numbers(narrowed)) == 1
        assert [chip.text for chip in narrowed.root.all("a", class_="chip", aria_current="true")] == [str(status.label)]
        assert narrowed.root.one("summary", class_="on").text == "Law: ccpa"
    assert len(numbers(browser.page(ADDRESS + chips["All"]))) == len(RequestStatus)


@pytest.mark.parametrize(
    "query", [{"status": "no such status"}, {"after": "nonsense"}, {"status": "", "law": "", "organization": ""}]
)
def test_a_filter_that_makes_no_sense_narrows_nothing(
    browser: Browser, organization: Organization, officer: User, query: dict[str, str]
) -> None:
    plain_requests(organization, officer, {}, {})
    assert len(numbers(browser.page(ADDRESS, **query))) == 2


def test_laws_are_offered_once_there_is_a_choice(browser: Browser, organization: Organization, officer: User) -> None:
    plain_requests(organization, officer, {})
    assert browser.page(ADDRESS).root.all("ul", aria_label="Law") == []
    plain_requests(organization, officer, {"regulation": "ccpa"})
    cache.clear()
    assert [chip.text for chip in browser.page(ADDRESS).root.one("ul", aria_label="Law").all("a")] == ["All", "ccpa", "gdpr"]


def test_laws_of_other_organizations_are_not_told(actors: Actors, organization: Organization, officer: User) -> None:
    other = Organization.objects.exclude(pk=organization.pk).get()
    plain_requests(organization, officer, {"regulation": "ccpa"}, {"regulation": "gdpr"})
    plain_requests(other, officer, {"regulation": "gdpr"}, {"regulation": "lgpd_bra"})

    def laws(person: Browser) -> list[str]:
        return [chip.text for chip in person.page(ADDRESS).root.one("ul", aria_label="Law").all("a")]

    assert (laws(actors.officer), laws(actors.stranger)) == (["All", "ccpa", "gdpr"], ["All", "gdpr", "lgpd_bra"])
    assert actors.stranger.page(ADDRESS, law="ccpa").rows == []


def test_people_of_several_organizations_can_tell_them_apart(browser: Browser, organization: Organization, officer: User) -> None:
    assert "Organization" not in browser.page(ADDRESS).html
    other = make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")
    officer.organizations.add(other)
    plain_requests(organization, officer, {})
    plain_requests(other, officer, {})
    page = browser.page(ADDRESS)
    assert [cell(row, "Organization") for row in page.rows] == ["Other", "Acme"]
    chips = {chip.text: chip["href"] for chip in page.root.one("ul", aria_label="Organization").all("a")}
    assert numbers(browser.page(ADDRESS + chips["Other"])) == ["PR-2026-000002"]


# --- Nothing to show ---


def test_without_an_organization_it_says_who_can_give_one(media: object) -> None:
    page = Browser.of(make_user("new", "Officer")).page(ADDRESS)
    assert "You were not given an organization yet" in page.text
    assert page.root.all("table") == []


def test_an_empty_list_teaches_and_offers_the_first_step(actors: Actors) -> None:
    officer, viewer = actors.officer.page(ADDRESS), actors.viewer.page(ADDRESS)
    assert "A request begins with a JSON file that names the people, what they ask for, and the products." in officer.text
    assert officer.links["/uploads/new/"] == "Upload the first request file"
    assert "/uploads/new/" not in viewer.links
    assert "An officer of your organization can upload one." in viewer.text


def test_a_filter_that_finds_nothing_leads_back(browser: Browser, organization: Organization, officer: User) -> None:
    plain_requests(organization, officer, {})
    page = browser.page(ADDRESS, status="failed")
    assert (page.rows, page.links[ADDRESS]) == ([], "Show all requests")


# --- Many ---


def test_a_long_list_has_pages_that_keep_the_filter(browser: Browser, organization: Organization, officer: User) -> None:
    plain_requests(organization, officer, *({"status": "complete"} for _ in range(120)), *({} for _ in range(5)))
    seen: list[str] = []
    address = "?status=complete"
    while address:
        page = browser.page(ADDRESS + address)
        assert "of 120 requests" in page.text
        seen += numbers(page)
        address = next((link for link, words in page.links.items() if words == "Older"), "")
    assert seen == [f"PR-2026-{place:06}" for place in range(120, 0, -1)]


def test_it_costs_the_same_with_many_rows(browser: Browser, organization: Organization, officer: User) -> None:
    # With a second organization, each row says whose it is.
    officer.organizations.add(make_organization(ims_org_id=OTHER_IMS_ORG, name="Other"))
    plain_requests(organization, officer, *({} for _ in range(3)))
    few = queries_of(browser, ADDRESS)
    plain_requests(organization, officer, *({} for _ in range(27)))
    assert len(numbers(browser.page(ADDRESS))) == 30
    assert queries_of(browser, ADDRESS) == few


def test_it_shows_nobodys_data(browser: Browser, organization: Organization, officer: User) -> None:
    confirmed_request(organization, officer, payload(people(1)))
    page = browser.page(ADDRESS)
    assert "person1@example.com" not in page.html
    assert "person-1" not in page.html


def test_requests_are_narrowed_by_where_they_were_made(browser: Browser, organization: Organization, officer: User) -> None:
    plain_requests(organization, officer, {})
    assert not browser.page(ADDRESS).root.all("ul", aria_label="Origin")
    cache.clear()
    plain_requests(
        organization,
        officer,
        {"origin": Origin.API},
        {"origin": Origin.RESUBMISSION},
        {"origin": Origin.ELSEWHERE, "created_by": None},
    )
    page = browser.page(ADDRESS)
    chips = page.root.one("ul", aria_label="Origin")
    used = (Origin.UPLOAD, Origin.API, Origin.RESUBMISSION, Origin.ELSEWHERE)
    assert [link.text for link in chips.all("a")] == ["All", *(origin.label for origin in used)]
    assert [row.all("td")[0].text for row in page.rows] == [
        "PR-2026-000004 Created outside the portal",
        "PR-2026-000003 Resubmitted",
        "PR-2026-000002 Made through the API",
        "PR-2026-000001",
    ]
    assert numbers(browser.page(ADDRESS, origin="elsewhere")) == ["PR-2026-000004"]
    assert len(numbers(browser.page(ADDRESS, origin="nonsense"))) == 4
    outside = browser.page(address_of("request-detail", PrivacyRequest.objects.get(origin=Origin.ELSEWHERE)))
    facts = outside.facts()
    assert (facts["Origin"], "Seen here" in facts, "Confirmed" in facts) == ("Created outside the portal", True, False)
