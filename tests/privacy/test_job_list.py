"""The jobs of a request: each filter shows what its number promised, and people are named by their place only."""

from __future__ import annotations

import pytest

from portal.models import Organization, User
from privacy import progress
from privacy.models import PrivacyRequest, ProductResponse, ResultArchive
from privacy.statuses import ArchiveStatus
from tests.actors import Actors, covers
from tests.admins import queries_of
from tests.conftest import Simulator
from tests.files import people
from tests.pages import Browser, Page
from tests.states import CREATE, address_of, finish, job_of, sent_request

pytestmark = pytest.mark.django_db


@pytest.fixture
def mixed(simulator: Simulator, organization: Organization, officer: User) -> PrivacyRequest:
    """Two people who are done, one whom Analytics refuses, one who waits: eight jobs."""
    users = [*people(2), *people(1, prefix="analytics-badformat"), *people(1, prefix="last")]
    request = sent_request(organization, officer, users)
    finish(simulator, *[job_of(request, action, position) for action in ("access", "delete") for position in (1, 2, 3)])
    request.refresh_from_db()
    return request


def listed(browser: Browser, request: PrivacyRequest, **query: str) -> Page:
    """The list, narrowed."""
    return browser.page(address_of("job-list", request), **query)


@covers("privacy:job-list")
def test_everybody_of_the_organization_may_look(actors: Actors, mixed: PrivacyRequest) -> None:
    actors.open(address_of("job-list", mixed))


def test_it_names_people_by_their_place_and_nothing_else(actors: Actors, mixed: PrivacyRequest) -> None:
    page = listed(actors.officer, mixed)
    people_and_actions = [(row.all("td")[0].text, row.all("td")[1].text) for row in page.rows]
    assert people_and_actions == [(f"Person {place}", action) for place in range(1, 5) for action in ("Access", "Delete")]
    assert "example.com" not in page.html
    assert "person-1" not in page.html


@pytest.mark.parametrize(("state", "count"), [("open", 2), ("done", 6), ("failed", 2), ("complete", 4), ("nonsense", 8)])
def test_a_state_shows_its_jobs(actors: Actors, mixed: PrivacyRequest, state: str, count: int) -> None:
    assert len(listed(actors.officer, mixed, state=state).rows) == count


def test_it_is_narrowed_to_results_in_one_state_and_says_so(actors: Actors, mixed: PrivacyRequest) -> None:
    stored = ResultArchive.objects.filter(request=mixed, status=ArchiveStatus.STORED).count()
    page = listed(actors.officer, mixed, result="stored")
    assert len(page.rows) == stored > 0
    assert page.root.one("ul", aria_label="Result").one("a").text.startswith("Stored")
    assert len(listed(actors.officer, mixed, result="nonsense").rows) == 8
    files = actors.officer.page(address_of("request-detail", mixed)).section("files")
    addresses = [link["href"] for link in files.all("a")]
    assert f"{address_of('job-list', mixed)}?result=stored" in addresses


def test_every_number_of_every_bar_leads_to_that_many_rows(actors: Actors, mixed: PrivacyRequest) -> None:
    for bar in [progress.overall(mixed), *progress.by_product(mixed)]:
        for state, count in (("done", bar.done), ("failed", bar.failed), ("open", bar.waiting)):
            assert len(listed(actors.officer, mixed, state=state, product=bar.code).rows) == count, (bar.code, state)


def test_jobs_that_were_never_sent_wait_for_no_product(
    actors: Actors, organization: Organization, officer: User, simulator: Simulator
) -> None:
    simulator.fault("reject400", match=CREATE, times=1)
    request = sent_request(organization, officer, people(2))
    for bar in progress.by_product(request):
        assert (bar.done, bar.failed, bar.waiting) == (4, 4, 0)
        assert len(listed(actors.officer, request, state="failed", product=bar.code).rows) == 4
        assert listed(actors.officer, request, state="open", product=bar.code).rows == []


def test_an_action_and_a_job_id_narrow_it(actors: Actors, mixed: PrivacyRequest) -> None:
    assert len(listed(actors.officer, mixed, action="delete").rows) == 4
    job = job_of(mixed, "access", 2)
    (row,) = listed(actors.officer, mixed, job=f" {job.adobe_job_id} ").rows
    assert row.all("td")[0].text == "Person 2"
    assert "No job of this request fits." in listed(actors.officer, mixed, job="unheard-of").text


def test_what_failed_is_named_and_what_went_well_is_counted(actors: Actors, mixed: PrivacyRequest) -> None:
    rows = listed(actors.officer, mixed).rows
    assert rows[0].all("td")[3].text == "2 of 2 done"
    assert rows[4].all("td")[3].text == "2 of 2 done Analytics: error"


def test_a_product_that_nobody_asked_for_has_a_filter_of_its_own(actors: Actors, mixed: PrivacyRequest) -> None:
    job = job_of(mixed)
    ProductResponse.objects.create(job=job, request=mixed, product="Astrology", product_code="Astrology", status="complete")
    page = listed(actors.officer, mixed, product="Astrology", state="done")
    assert "Astrology" in page.text
    assert len(page.rows) == 1


def test_only_those_who_may_download_find_the_link(actors: Actors, mixed: PrivacyRequest) -> None:
    address = address_of("job-result", job_of(mixed))
    assert address in listed(actors.officer, mixed).links
    viewers = listed(actors.viewer, mixed)
    assert address not in viewers.links
    assert viewers.rows[0].all("td")[5].text == "Stored"


@pytest.mark.parametrize("status", [status for status in ArchiveStatus if status != ArchiveStatus.STORED])
def test_a_result_that_is_not_stored_has_no_link(actors: Actors, mixed: PrivacyRequest, status: ArchiveStatus) -> None:
    job = job_of(mixed)
    ResultArchive.objects.filter(job=job).update(status=status)
    page = listed(actors.officer, mixed)
    assert address_of("job-result", job) not in page.links
    assert page.rows[0].all("td")[5].text == str(status.label)


def test_pages_go_on_where_the_last_one_ended(
    actors: Actors, organization: Organization, officer: User, simulator: Simulator
) -> None:
    request = sent_request(organization, officer, people(26))
    first = listed(actors.officer, request, state="open")
    assert len(first.rows) == 50
    assert "50 of 52 jobs" in first.text
    (further,) = [address for address, words in first.links.items() if words == "Further"]
    assert "state=open" in further
    second = Page.of(actors.officer.get(f"{address_of('job-list', request)}{further}"))
    assert [row.all("td")[0].text for row in second.rows] == ["Person 26", "Person 26"]


def test_a_person_whose_actions_stand_on_two_pages_keeps_both(
    actors: Actors, organization: Organization, officer: User, simulator: Simulator
) -> None:
    # One job, then two for each: the 50th is the first of person 26.
    request = sent_request(organization, officer, [*people(1, "access", prefix="single"), *people(25)])

    def row_names(page: Page) -> list[tuple[str, str]]:
        return [(row.all("td")[0].text, row.all("td")[1].text) for row in page.rows]

    def led_to(page: Page, words: str) -> Page:
        (query,) = [address for address, text in page.links.items() if text == words]
        assert "product=analytics" in query
        assert "state=open" in query
        return Page.of(actors.officer.get(f"{address_of('job-list', request)}{query}"))

    first = listed(actors.officer, request, state="open", product="analytics")
    second = led_to(first, "Further")
    assert row_names(first)[-1] == ("Person 26", "Access")
    assert row_names(second) == [("Person 26", "Delete")]
    assert row_names(led_to(second, "Back")) == row_names(first)


@pytest.mark.parametrize("cursor", [f"{10**30}~access", f"-{10**30}~delete", "1~burn", "access", "~"])
@pytest.mark.parametrize("side", ["after", "before"])
def test_an_address_that_names_no_page_is_still_answered(
    actors: Actors, organization: Organization, officer: User, simulator: Simulator, side: str, cursor: str
) -> None:
    listed(actors.officer, sent_request(organization, officer), **{side: cursor})


def test_more_rows_take_no_more_queries(actors: Actors, organization: Organization, officer: User, simulator: Simulator) -> None:
    few, many = sent_request(organization, officer, people(2)), sent_request(organization, officer, people(20, prefix="many"))
    finish(simulator)
    assert [len(listed(actors.officer, request).rows) for request in (few, many)] == [4, 40]
    assert queries_of(actors.officer, address_of("job-list", many)) == queries_of(actors.officer, address_of("job-list", few))
