"""The list of record deletes."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hygiene.models import RecordDelete
from hygiene.statuses import RecordDeleteStatus
from portal.models import Organization, User
from tests.actors import Actors, covers
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.hygiene.deletes import draft, page_of
from tests.pages import Browser
from tests.people import make_user

pytestmark = pytest.mark.django_db
ADDRESS = "/record-deletes/"


@covers("hygiene:record-delete-list")
def test_everybody_sees_those_of_their_organizations(actors: Actors, organization: Organization, officer: User) -> None:
    made = draft(organization, officer)
    actors.open(ADDRESS, stranger=200)
    assert page_of(made) in actors.viewer.page(ADDRESS).links
    assert page_of(made) not in actors.stranger.page(ADDRESS).links
    assert "No record deletes yet" in actors.stranger.page(ADDRESS).text
    assert "New record delete" in actors.officer.page(ADDRESS).text
    assert "New record delete" not in actors.viewer.page(ADDRESS).text


def test_a_row_says_what_and_how_far_and_leads_to_the_work_orders_it_counts(
    browser: Browser, organization: Organization, officer: User
) -> None:
    made = draft(organization, officer)
    RecordDelete.objects.update(
        status=RecordDeleteStatus.IN_PROGRESS, orders_total=4, orders_done=3, orders_failed=1, confirmed_at=timezone.now()
    )
    page = browser.page(ADDRESS)
    (row,) = page.rows
    for words in (made.number, "Spring cleaning", "Adobe is working", "7eab61f3e5c34810a49a1ab3", "3 of 4", "1 failed"):
        assert words in row.text
    assert page.links[f"{page_of(made, 'work-order-list')}?state=failed"] == "1 failed"


@pytest.mark.parametrize(
    ("datasets", "profile_only", "words"),
    [(["ALL"], True, "All datasets Profile only"), (["a", "b"], False, "2 datasets"), ([], False, "Not known yet")],
)
def test_datasets_are_told_in_few_words(
    browser: Browser, organization: Organization, officer: User, datasets: list[str], profile_only: bool, words: str
) -> None:
    draft(organization, officer)
    RecordDelete.objects.update(datasets=datasets, profile_only=profile_only)
    assert words in browser.page(ADDRESS).rows[0].text


def test_it_can_be_narrowed_by_status_and_organization(browser: Browser, organization: Organization, officer: User) -> None:
    other = make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")
    officer.organizations.add(other)
    waiting, working, elsewhere = (draft(each, officer) for each in (organization, organization, other))
    RecordDelete.objects.filter(pk=working.pk).update(status=RecordDeleteStatus.IN_PROGRESS)

    def listed(**query: str) -> set[str]:
        return {row.all("a", class_="row-link")[0].text for row in browser.page(ADDRESS, **query).rows}

    assert listed() == {waiting.number, working.number, elsewhere.number}
    assert listed(status="open") == listed(status="in_progress") == {working.number}
    assert listed(status="drafts", organization=OTHER_IMS_ORG) == {elsewhere.number}
    assert "No record delete fits." in browser.page(ADDRESS, status="failed").text


def test_a_longer_list_has_pages(browser: Browser, organization: Organization, officer: User) -> None:
    for number in range(60):
        RecordDelete.objects.create(number=f"RD-2026-{number:06}", organization=organization, created_by=officer)
    first = browser.page(ADDRESS)
    assert len(first.rows) == 50
    older = next(address for address, words in first.links.items() if words == "Older")
    assert len(browser.page(ADDRESS + older).rows) == 10


def test_fifty_rows_take_no_more_queries_than_two(browser: Browser, organization: Organization, officer: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.page(ADDRESS)
        return len(captured)

    for _ in range(2):
        draft(organization, officer)
    few = queries()
    for _ in range(10):
        draft(organization, officer)
    assert queries() <= few


def test_without_an_organization_it_says_so(organization: Organization) -> None:
    assert "You were not given an organization yet" in Browser.of(make_user("new", "Officer")).page(ADDRESS).text
