"""What the search box finds of privacy requests: exactly what is typed, in every namespace, and only of one's organizations."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.models import Organization, User
from portal.search.finding import Wanted
from privacy import searching, shredding
from privacy.consent import shredding as consent_shredding
from privacy.models import Job, OptOut, PrivacyRequest
from tests import opt_outs
from tests.actors import Actors
from tests.conftest import OTHER_IMS_ORG, Simulator, make_organization
from tests.files import confirmed_request, payload, people
from tests.pages import Browser
from tests.people import make_user
from tests.searching import found, kinds, links_of, result_of, search
from tests.states import finish, job_of, sent_request
from tests.steps import work

pytestmark = pytest.mark.django_db
ECID = "43874038509845623095865432347265"


def person(key: str, *identities: tuple[str, str, str]) -> dict[str, Any]:
    """One entry of `users`, of (namespace, value, type)."""
    named = [{"namespace": namespace, "value": value, "type": type_} for namespace, value, type_ in identities]
    return {"key": key, "action": ["access"], "userIDs": named}


@pytest.fixture
def request_row(organization: Organization, officer: User) -> PrivacyRequest:
    """Two people with identities of several kinds."""
    users = [
        person(
            "DavidSmith",
            ("email", "dsmith@acme.com", "standard"),
            ("ECID", ECID, "standard"),
            ("loyaltyAccount", "12AD45FE30R29", "custom"),
            ("20914", "gaid-1", "namespaceId"),
            ("visitorId", "visitor-7", "analytics"),
        ),
        person("AnnJones", ("email", "ajones@acme.com", "standard")),
    ]
    return confirmed_request(organization, officer, payload(users))


# --- People ---


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("dsmith@acme.com", "Identity: Email"),
        ("DSmith@ACME.com", "Identity: Email"),
        ("  dsmith@acme.com\n", "Identity: Email"),
        (ECID, "Identity: ECID"),
        ("gaid-1", "Identity: GAID"),
        ("12AD45FE30R29", "Identity in a namespace of your own"),
        ("visitor-7", "Identity in a namespace of your own"),
        ("DavidSmith", "Key in the file"),
    ],
)
def test_a_person_is_found_by_every_identity_and_by_the_officers_key(
    browser: Browser, request_row: PrivacyRequest, typed: str, why: str
) -> None:
    page = result_of(browser, typed)
    first = request_row.subjects.get(position=1)
    assert links_of(page, "people") == [f"/people/{first.pk}/"]
    row = found(page, "people")[0]
    assert row.startswith(f"Person 1 of {request_row.number} Access · General Data Protection Regulation")
    assert why in row
    assert "2 Nov 2026" in row


@pytest.mark.parametrize("typed", ["dsmith", "acme.com", "12ad45fe30r29", "davidsmith", "GAID-1", "dsmith@acme.co", "*", "%"])
def test_what_is_not_exactly_the_same_is_not_found(browser: Browser, request_row: PrivacyRequest, typed: str) -> None:
    assert kinds(result_of(browser, typed)) == []


def test_the_key_at_adobe_finds_its_person(browser: Browser, request_row: PrivacyRequest) -> None:
    subject = request_row.subjects.select_related("request__data_key").get(position=2)
    page = result_of(browser, str(subject.wire_key))
    assert links_of(page, "people") == [f"/people/{subject.pk}/"]
    assert "Key at Adobe" in found(page, "people")[0]


def test_one_person_in_several_requests_stands_there_newest_first(
    browser: Browser, organization: Organization, officer: User
) -> None:
    numbers = [confirmed_request(organization, officer, payload(people(1))).number for _ in range(3)]
    page = result_of(browser, "person1@example.com")
    assert [row.split()[3] for row in found(page, "people")] == numbers[::-1]


def test_people_of_other_organizations_are_not_found(actors: Actors, request_row: PrivacyRequest) -> None:
    assert kinds(result_of(actors.viewer, "dsmith@acme.com")) == ["people"]
    assert kinds(result_of(actors.stranger, "dsmith@acme.com")) == []


def test_several_organizations_are_searched_at_once_and_named(
    browser: Browser, organization: Organization, officer: User
) -> None:
    other = make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")
    officer.organizations.add(other)
    for owner in (organization, other):
        confirmed_request(owner, officer, payload(people(1)))
    rows = found(result_of(browser, "person1@example.com"), "people")
    assert [("Other" in row, "Acme" in row) for row in rows] == [(True, False), (False, True)]


def test_a_shredded_person_is_not_found(
    browser: Browser, organization: Organization, officer: User, simulator: Simulator
) -> None:
    users = [person("DavidSmith", ("email", "dsmith@acme.com", "standard"), ("loyaltyAccount", "12AD", "custom"))]
    request = sent_request(organization, officer, users, include=["analytics"])
    wire_key = str(job_of(request).subject.wire_key)  # type: ignore[union-attr]
    finish(simulator)
    typed = ("dsmith@acme.com", "12AD", "DavidSmith", wire_key)
    assert [kinds(result_of(browser, text)) for text in typed] == [["people"]] * 4
    shredding.shred(PrivacyRequest.objects.select_related("data_key", "upload").get(pk=request.pk), officer)
    assert [kinds(result_of(browser, text)) for text in typed] == [[]] * 4


def test_no_identity_stands_on_the_page_but_what_was_typed(browser: Browser, request_row: PrivacyRequest) -> None:
    html = result_of(browser, "DavidSmith").html
    assert not any(value in html for value in ("dsmith", ECID, "12AD45FE30R29", "ajones"))


def test_who_may_see_requests_but_no_jobs_finds_requests_only(organization: Organization, request_row: PrivacyRequest) -> None:
    clerk = make_user("clerk", "Viewer", organization)
    clerk.groups.clear()
    clerk.user_permissions.add(Permission.objects.get(codename="view_privacyrequest"))
    browser = Browser.of(clerk)
    assert kinds(result_of(browser, "dsmith@acme.com")) == []
    assert search(browser, request_row.number).headers["Location"] == f"/requests/{request_row.number}/"
    assert [name.text for name in browser.page("/search/").section("what").all("dt")] == ["Privacy requests"]


# --- Requests and jobs ---


def test_adobes_request_id_finds_the_request_of_the_call(
    actors: Actors, organization: Organization, officer: User, simulator: Simulator
) -> None:
    request = sent_request(organization, officer)
    call = request.submissions.get()
    assert call.adobe_request_id
    page = result_of(actors.officer, call.adobe_request_id)
    assert links_of(page, "requests") == [f"/requests/{request.number}/"]
    assert "Adobe's request id" in found(page, "requests")[0]
    assert kinds(result_of(actors.stranger, call.adobe_request_id)) == []


def test_calls_that_adobe_has_not_named_are_found_by_nothing(
    organization: Organization, officer: User, request_row: PrivacyRequest
) -> None:
    assert request_row.submissions.get().adobe_request_id == ""
    assert searching.find_requests(officer, Wanted(" ")) == []


def test_the_request_id_of_a_request_made_elsewhere_finds_it(browser: Browser, request_row: PrivacyRequest) -> None:
    PrivacyRequest.objects.filter(pk=request_row.pk).update(adobe_request_id="17163122360423301RX-42")
    page = result_of(browser, "17163122360423301RX-42")
    assert links_of(page, "requests") == [f"/requests/{request_row.number}/"]


def test_adobes_job_id_finds_the_job(actors: Actors, organization: Organization, officer: User, simulator: Simulator) -> None:
    job = job_of(sent_request(organization, officer), position=2)
    page = result_of(actors.officer, str(job.adobe_job_id))
    assert links_of(page, "jobs") == [f"/jobs/{job.pk}/"]
    assert found(page, "jobs")[0].startswith(f"Person 2 of {job.request.number} Access")
    assert kinds(result_of(actors.stranger, str(job.adobe_job_id))) == []


def test_the_further_id_of_a_doubled_job_finds_it_too(browser: Browser, request_row: PrivacyRequest) -> None:
    job = job_of(request_row)
    Job.objects.filter(pk=job.pk).update(extra_adobe_job_ids=["second-id", "third-id"])
    assert links_of(result_of(browser, "third-id"), "jobs") == [f"/jobs/{job.pk}/"]
    assert kinds(result_of(browser, "fourth-id")) == []


# --- Opt-outs ---


def test_an_opt_out_is_found_by_each_of_its_identities(actors: Actors, organization: Organization, officer: User) -> None:
    opt_out = opt_outs.confirmed(organization, officer)
    work("index")
    for typed in ("DSmith@acme.com", "ajones@acme.com", opt_outs.ECID):
        page = result_of(actors.officer, typed)
        assert links_of(page, "opt_outs") == [f"/opt-outs/{opt_out.number}/"]
        assert kinds(result_of(actors.stranger, typed)) == []
    assert "Opt-out of sale" in found(page, "opt_outs")[0]


def test_our_number_leads_to_an_opt_out(browser: Browser, organization: Organization, officer: User) -> None:
    opt_out = opt_outs.draft(organization, officer)
    assert search(browser, opt_out.number).headers["Location"] == f"/opt-outs/{opt_out.number}/"


def test_the_same_number_of_two_kinds_lists_both(browser: Browser, request_row: PrivacyRequest, officer: User) -> None:
    opt_out = opt_outs.draft(request_row.organization, officer)
    assert opt_out.number[3:] == request_row.number[3:]
    page = result_of(browser, opt_out.number[3:])
    assert kinds(page) == ["requests", "opt_outs"]


def test_an_opt_out_whose_digests_are_still_to_come_is_told_of(
    browser: Browser, organization: Organization, officer: User
) -> None:
    opt_outs.confirmed(organization, officer)
    waiting = "only just being made findable"
    assert waiting in result_of(browser, "dsmith@acme.com").text
    work("index")
    assert waiting not in result_of(browser, "dsmith@acme.com").text


def test_a_shredded_opt_out_is_not_found(
    browser: Browser, organization: Organization, officer: User, simulator: Simulator
) -> None:
    opt_out = opt_outs.confirmed(organization, officer)
    work("index", "consent")
    assert kinds(result_of(browser, "dsmith@acme.com")) == ["opt_outs"]
    consent_shredding.shred(opt_outs.again(opt_out), officer)
    assert kinds(result_of(browser, "dsmith@acme.com")) == []
    assert not OptOut.objects.get().digests.exists()


# --- Its price ---


def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(
    browser: Browser, organization: Organization, officer: User
) -> None:
    counts: list[int] = []
    for _ in range(2):
        for _ in range(1 if not counts else 5):
            confirmed_request(organization, officer, payload(people(3)))
            opt_outs.confirmed(organization, officer, opt_outs.payload("person1@example.com"))
        work("index")
        address = search(browser, "person1@example.com").headers["Location"]
        with CaptureQueriesContext(connection) as queries:
            page = browser.page(address)
        counts.append(len(queries))
    assert len(found(page, "people")) == 6
    assert counts[0] == counts[1] <= 35
