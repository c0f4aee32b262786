"""The people of a request with their worst state: masked, paged, each leading to the person and to the jobs."""

from __future__ import annotations

import pytest
from django.urls import reverse

from portal.models import Organization, User
from privacy import shredding
from privacy.models import Job, PrivacyRequest
from privacy.statuses import JobStatus
from privacy.views import request_people
from tests.actors import Actors, covers
from tests.admins import queries_of
from tests.files import confirmed_request, payload, people
from tests.pages import Browser, Page
from tests.states import address_of, again

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


@pytest.fixture
def request_row(organization: Organization, officer: User) -> PrivacyRequest:
    return confirmed_request(organization, officer, payload(people(3)))


def table(browser: Browser, request: PrivacyRequest, **query: str) -> Page:
    return browser.page(address_of("request-people", request), **query)


@covers("privacy:request-people")
def test_everybody_of_the_organization_may_look(actors: Actors, request_row: PrivacyRequest) -> None:
    actors.open(address_of("request-people", request_row))


def test_each_person_is_masked_and_leads_to_the_person_and_the_jobs(browser: Browser, request_row: PrivacyRequest) -> None:
    page = table(browser, request_row)
    assert "person1@example.com" not in page.html
    first = page.rows[0]
    subject = request_row.subjects.get(position=1)
    assert first.one("a", class_="row-link")["href"] == reverse("privacy:person", args=[subject.pk])
    assert "email: p…1@e…m" in first.text
    jobs = {link["href"] for link in first.all("a") if link["href"].startswith("/jobs/")}
    assert jobs == {address_of("job-detail", job) for job in subject.jobs.all()}


@pytest.mark.parametrize(
    ("access", "delete", "worst"),
    [
        (JobStatus.COMPLETE, JobStatus.ERROR, "Error"),
        (JobStatus.NOT_SENT, JobStatus.PROCESSING, "Not sent"),
        (JobStatus.COMPLETE, JobStatus.PROCESSING, "Processing"),
        (JobStatus.COMPLETE, JobStatus.COMPLETE, "Complete"),
        (JobStatus.GONE, JobStatus.SUBMITTED, "No longer at Adobe"),
    ],
)
def test_the_worst_of_a_persons_jobs_is_the_persons_state(
    browser: Browser, request_row: PrivacyRequest, access: JobStatus, delete: JobStatus, worst: str
) -> None:
    for action, status in (("access", access), ("delete", delete)):
        Job.objects.filter(subject__position=2, action=action).update(status=status)
    row = table(browser, request_row).rows[1]
    assert row.one("span", class_="pill").text == worst


def test_every_state_of_a_job_has_its_place() -> None:
    assert set(request_people.WORST_FIRST) == set(JobStatus)


def test_they_are_paged_in_the_order_of_the_file(
    browser: Browser, request_row: PrivacyRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_people, "A_PAGE", 2)
    page = table(browser, request_row)
    assert [row.one("a", class_="row-link").text for row in page.rows] == ["Person 1", "Person 2"]
    further = page.root.one("a", id="people-after")
    assert further["href"].startswith(address_of("request-detail", request_row))
    second = Page.of(browser.get(further["hx-get"]))
    assert [row.one("a", class_="row-link").text for row in second.rows] == ["Person 3"]
    # Without JavaScript the same page of people stands in the page of the request.
    whole = Page.of(browser.get(further["href"].partition("#")[0]))
    assert "Person 3" in whole.root.one("section", id="people").text
    assert "Person 1" not in whole.root.one("section", id="people").text
    back = second.root.one("a", id="people-before")
    assert len(Page.of(browser.get(back["hx-get"])).rows) == 2


def test_it_renews_itself_only_while_something_moves(browser: Browser, request_row: PrivacyRequest) -> None:
    assert "data-live" in table(browser, request_row).root.one("section", id="people").attributes
    PrivacyRequest.objects.update(status="complete")
    assert "data-live" not in table(browser, request_row).root.one("section", id="people").attributes


def test_people_whose_data_was_removed_have_numbers_only(browser: Browser, request_row: PrivacyRequest, officer: User) -> None:
    request_row.jobs.update(status="complete")
    request_row.submissions.update(state="sent")
    PrivacyRequest.objects.update(status="complete")
    shredding.shred(again(request_row), officer)
    row = table(browser, request_row).rows[0]
    assert "nothing kept" in row.text
    assert "…" not in row.text


def test_it_costs_the_same_with_many_people(browser: Browser, organization: Organization, officer: User) -> None:
    few, many = (confirmed_request(organization, officer, payload(people(count))) for count in (1, 30))
    assert queries_of(browser, address_of("request-people", many)) == queries_of(browser, address_of("request-people", few))
