"""The list of jobs across requests: each filter shows what a number elsewhere promised."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.models import Organization, User
from privacy.lists import narrowing
from privacy.models import DayFigure, Job, PrivacyRequest, ProductResponse, ResultArchive, Submission
from privacy.statuses import ArchiveStatus, JobStatus
from tests.actors import Actors, covers
from tests.admins import queries_of
from tests.conftest import OTHER_IMS_ORG, Simulator, make_organization
from tests.files import people
from tests.pages import Browser, Page
from tests.states import finish, job_of, sent_request

pytestmark = pytest.mark.django_db
ADDRESS = "/jobs/"


@pytest.fixture
def mixed(simulator: Simulator, organization: Organization, officer: User) -> PrivacyRequest:
    """Two people who are done, one whom Analytics refuses, one who waits: eight jobs."""
    users = [*people(2), *people(1, prefix="analytics-badformat"), *people(1, prefix="last")]
    request = sent_request(organization, officer, users)
    finish(simulator, *[job_of(request, action, position) for action in ("access", "delete") for position in (1, 2, 3)])
    request.refresh_from_db()
    return request


def found(browser: Browser, **query: str) -> set[tuple[str, str]]:
    """(person, action) of each row."""
    rows = browser.page(ADDRESS, **query).rows
    return {(row.one("a", class_="row-link").text, row.one("td", data_label="Action").text) for row in rows}


@covers("privacy:all-jobs")
def test_everybody_sees_the_jobs_of_their_organizations(actors: Actors, mixed: PrivacyRequest) -> None:
    actors.open(ADDRESS, stranger=200)
    assert len(actors.viewer.page(ADDRESS).rows) == 8
    stranger = actors.stranger.page(ADDRESS)
    assert mixed.number not in stranger.html
    assert "No jobs yet" in stranger.text


def test_a_row_leads_to_its_job_and_its_request_and_names_nobody(browser: Browser, mixed: PrivacyRequest) -> None:
    page = browser.page(ADDRESS)
    newest = Job.objects.select_related("subject").order_by("-pk")[0]
    assert newest.subject is not None
    link = page.rows[0].one("a", class_="row-link")
    assert (link["href"], link.text) == (f"/jobs/{newest.pk}/", f"Person {newest.subject.position}")
    assert f"/requests/{mixed.number}/" in page.links
    assert "example.com" not in page.html
    assert "person-1" not in page.html


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"state": "open"}, 2),
        ({"state": "working"}, 2),
        ({"state": "done"}, 6),
        ({"state": "failed"}, 2),
        ({"state": "complete"}, 4),
        ({"state": "nonsense"}, 8),
        ({"action": "delete"}, 4),
        ({"action": "delete", "state": "failed"}, 1),
        # By what one product said.
        ({"product": "analytics"}, 8),
        ({"product": "analytics", "state": "failed"}, 2),
        ({"product": "analytics", "state": "complete"}, 4),
        ({"product": "profileService", "state": "failed"}, 0),
        ({"product": "analytics", "state": "open"}, 2),
        ({"product": "nonsense"}, 8),
        ({"law": "gdpr"}, 8),
        ({"law": "ccpa"}, 0),
        ({"assignee": "me"}, 0),
        ({"assignee": "none"}, 8),
        ({"due": "none"}, 0),
        ({"due": "open"}, 8),
        ({"result": "stored"}, 2),
        ({"finished": "2020-01-01"}, 0),
        ({"finished": "nonsense"}, 8),
    ],
)
def test_filters_show_what_they_say(browser: Browser, mixed: PrivacyRequest, query: dict[str, str], count: int) -> None:
    assert len(found(browser, **query)) == count


def test_a_product_leads_to_the_jobs_that_ask_for_it_and_one_only_adobe_knows_to_those_it_answered(
    browser: Browser, mixed: PrivacyRequest
) -> None:
    # No case of the test above, of which only the first asks PostgreSQL: it looks into a list of products in a way of its own.
    assert len(found(browser, product="analytics")) == len(found(browser, product="profileService")) == 8
    assert found(browser, product="target") == set()
    assert len(found(browser, product="analytics", state="open")) == 2
    job = Job.objects.order_by("pk")[0]
    ProductResponse.objects.create(job=job, request=mixed, product="New", product_code="New", status=JobStatus.COMPLETE)
    DayFigure.objects.create(
        organization=mixed.organization,
        regulation="gdpr",
        product_code="New",
        day=timezone.now().date(),
        kind="complete",
        count=1,
    )
    assert len(found(browser, product="New")) == 1


def test_days_are_those_that_the_figures_count(browser: Browser, mixed: PrivacyRequest) -> None:
    today = timezone.now().date()
    finished = Job.objects.exclude(finished_at=None)
    ids = list(finished.values_list("pk", flat=True)[:2])
    Job.objects.filter(pk__in=ids).update(finished_at=timezone.now() - timedelta(days=3))
    before = (today - timedelta(days=3)).isoformat()
    assert len(found(browser, finished=before)) == 2
    assert len(found(browser, finished=today.isoformat(), state="done")) == 4
    assert len(found(browser, finished=f"{before}..{today.isoformat()}")) == 6
    assert len(found(browser, finished=f"..{before}")) == 2
    assert len(found(browser, sent=today.isoformat())) == 8
    Submission.objects.update(settled_at=timezone.now() - timedelta(days=1))
    assert found(browser, sent=today.isoformat()) == set()
    chips = browser.page(ADDRESS, sent=today.isoformat()).root.all("a", class_="chip", aria_current="true")
    assert [chip.text.startswith("Sent: ") for chip in chips] == [False, True]


@pytest.mark.parametrize("query", [{"due": "open"}, {"due": "month"}, {"due": "overdue"}, {"sent": "TODAY"}])
@pytest.mark.parametrize("limit", ["MOST", "MOST_ROWS"])
def test_rows_of_many_requests_are_those_of_few(
    browser: Browser, mixed: PrivacyRequest, monkeypatch: pytest.MonkeyPatch, query: dict[str, str], limit: str
) -> None:
    query = {name: value.replace("TODAY", timezone.now().date().isoformat()) for name, value in query.items()}
    few = found(browser, **query)
    assert len(few) == (0 if query == {"due": "overdue"} else 8)
    monkeypatch.setattr(narrowing.Few, limit, 0)
    assert found(browser, **query) == few


def test_results_about_to_expire_are_found(browser: Browser, mixed: PrivacyRequest) -> None:
    archive = ResultArchive.objects.all()[0]
    soon = timezone.now() + timedelta(days=6)
    ResultArchive.objects.filter(pk=archive.pk).update(status=ArchiveStatus.WAITING, adobe_expires_at=soon)
    page = browser.page(ADDRESS, result="expiring")
    assert [row.one("a", class_="row-link")["href"] for row in page.rows] == [f"/jobs/{archive.job_id}/"]
    ResultArchive.objects.filter(pk=archive.pk).update(adobe_expires_at=soon + timedelta(days=3))
    assert browser.page(ADDRESS, result="expiring").rows == []


def test_columns_are_chosen_in_the_address(browser: Browser, mixed: PrivacyRequest) -> None:
    def heads(page: Page) -> list[str]:
        return [head.text for head in page.root.one("thead").all("th")]

    assert heads(browser.page(ADDRESS)) == ["Job", "Action", "State", "Products", "Adobe's job id", "Result", "Due"]
    page = browser.page(ADDRESS, columns="finished,law,nonsense")
    assert heads(page) == ["Job", "Law", "Finished"]
    assert [cell["data-label"] for cell in page.rows[0].all("td")] == ["", "Law", "Finished"]
    # As the form of check boxes sends them.
    assert heads(browser.page(f"{ADDRESS}?columns=state&columns=due")) == ["Job", "State", "Due"]
    chosen = [box["value"] for box in page.root.all("input", name="columns") if "checked" in box.attributes]
    assert chosen == ["law", "finished"]
    # Filters keep them.
    chips = {chip.text: chip["href"] for chip in page.root.one("ul", aria_label="State").all("a")}
    assert heads(browser.page(ADDRESS + chips["Failed"])) == ["Job", "Law", "Finished"]


def test_a_long_list_has_pages_and_each_row_stands_once(
    browser: Browser, organization: Organization, mixed: PrivacyRequest
) -> None:
    Job.objects.bulk_create(Job(organization=organization, request=mixed, action="access") for _ in range(112))
    # The second is of few requests, whose jobs are found first and put in order then.
    for address in ("?columns=state", "?due=open"):
        seen: list[str] = []
        while address:
            page = browser.page(ADDRESS + address)
            assert "of 120 jobs" in page.text
            seen += [row.one("a", class_="row-link")["href"] for row in page.rows]
            address = next((link for link, words in page.links.items() if words == "Older"), "")  # noqa: PLW2901 - to the next page
        assert seen == [f"/jobs/{pk}/" for pk in Job.objects.order_by("-pk").values_list("pk", flat=True)]


def test_it_costs_the_same_with_many_rows(
    browser: Browser, organization: Organization, officer: User, mixed: PrivacyRequest
) -> None:
    officer.organizations.add(make_organization(ims_org_id=OTHER_IMS_ORG, name="Other"))
    few = queries_of(browser, ADDRESS)
    Job.objects.bulk_create(
        Job(organization=organization, request=mixed, action="access", status=JobStatus.SUBMITTED) for _ in range(30)
    )
    assert len(browser.page(ADDRESS).rows) == 38
    assert queries_of(browser, ADDRESS) == few
