"""The list of dataset expirations, and reading Adobe's list by a button."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hygiene.models import DatasetExpiration
from portal.models import AuditEvent, Organization, User
from tests.actors import Actors, covers, everything_kept
from tests.conftest import Simulator
from tests.hygiene.expirations import asked, made_elsewhere, pending
from tests.pages import Browser

pytestmark = pytest.mark.django_db
ADDRESS = "/expirations/"
READ = "/expirations/read/"


@covers("hygiene:expiration-list")
def test_everybody_sees_those_of_their_organizations(actors: Actors, organization: Organization, officer: User) -> None:
    row = asked(organization, officer)
    actors.open(ADDRESS, stranger=200)
    assert f"/expirations/{row.pk}/" in actors.viewer.page(ADDRESS).links
    assert f"/expirations/{row.pk}/" not in actors.stranger.page(ADDRESS).links
    assert "No dataset expirations yet" in actors.stranger.page(ADDRESS).text
    assert "Schedule an expiration" in actors.officer.page(ADDRESS).text
    assert "Schedule" not in actors.viewer.page(ADDRESS).text
    assert READ not in actors.viewer.page(ADDRESS).forms


@covers("hygiene:expiration-list-read")
def test_an_officer_reads_the_list_of_their_own_organizations(
    simulator: Simulator, actors: Actors, organization: Organization
) -> None:
    made_elsewhere(organization, "theirs")
    actors.refuse_methods(READ, allowed=("post",))
    before = everything_kept()
    assert actors.viewer.post(READ).status_code == 403
    assert actors.nobody.post(READ).status_code == 302
    # A stranger's organizations are read, and this one is not among them.
    assert actors.stranger.post(READ).status_code == 302
    assert everything_kept() == before
    page = actors.officer.post(READ, follow=True)
    assert "Adobe lists 1 expiration of Acme, 1 of them new here." in page.content.decode()
    (row,) = actors.officer.page(ADDRESS).rows
    cells = [cell.text for cell in row.all("td")]
    # The simulator names datasets after their ids.
    assert cells[1:4] == ["Made by hand", "prod", "Pending"]
    assert cells[4].endswith("in 30 days")
    assert cells[5] == "outside the portal"
    assert AuditEvent.objects.filter(action="expiration.listed", actor_name="officer").count() == 1


def test_what_keeps_adobe_from_answering_is_said(simulator: Simulator, browser: Browser, organization: Organization) -> None:
    simulator.fault("forbidden", match={"path": "/data/core/hygiene/ttl"}, times=1)
    assert "Give its product profile the Data Hygiene permissions" in browser.post(READ, follow=True).content.decode()
    organization.hold("by_hand")
    assert "Acme is on hold, so Adobe was not asked about it." in browser.post(READ, follow=True).content.decode()


def test_a_status_narrows_it(simulator: Simulator, browser: Browser, organization: Organization, officer: User) -> None:
    pending(organization, officer)
    other = asked(organization, officer, "another")
    DatasetExpiration.objects.filter(pk=other.pk).update(status="rejected")
    for status, count in (("", 2), ("open", 1), ("pending", 1), ("rejected", 1), ("completed", 0), ("nonsense", 2)):
        assert len(browser.page(ADDRESS, status=status).rows) == count, status
    assert "No expiration fits." in browser.page(ADDRESS, status="completed").text


def test_more_rows_take_no_more_queries(browser: Browser, organization: Organization, officer: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.page(ADDRESS)
        return len(captured)

    asked(organization, officer, "dataset-0")
    few = queries()
    for number in range(1, 6):
        asked(organization, officer, f"dataset-{number}")
    assert queries() == few
