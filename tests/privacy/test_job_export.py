"""Every job that matches, as CSV."""

from __future__ import annotations

import pytest

from portal.models import Organization, User
from tests.actors import Actors, covers
from tests.conftest import Simulator
from tests.files import people
from tests.lists import exported, only_with_the_right_to_export
from tests.pages import Browser
from tests.states import finish, job_of, sent_request

pytestmark = pytest.mark.django_db
ADDRESS = "/jobs/export/"


@covers("privacy:job-export")
def test_those_who_may_export_get_the_rows_that_they_see(
    actors: Actors, simulator: Simulator, organization: Organization, officer: User
) -> None:
    sent_request(organization, officer, people(1))
    only_with_the_right_to_export(actors, ADDRESS)


def test_a_row_says_what_adobe_said_and_names_nobody(
    browser: Browser, simulator: Simulator, organization: Organization, officer: User
) -> None:
    request = sent_request(organization, officer, people(1, prefix="analytics-badformat"))
    finish(simulator)
    rows = exported(browser, ADDRESS, "?state=failed")
    assert len(rows) == 2
    (row,) = [row for row in rows if row["action"] == "access"]
    job = job_of(request)
    assert (row["request"], row["person"], row["adobe_job_id"]) == (request.number, "1", job.adobe_job_id)
    assert row["status"] == "error"
    assert "analytics=error" in row["products"]
    assert "analytics=PRVCY-1000-400" in row["codes"]
    assert "badformat" not in str(rows)


def test_the_jobs_of_one_request_are_exported_from_its_page(
    actors: Actors, simulator: Simulator, organization: Organization, officer: User
) -> None:
    request, _other = sent_request(organization, officer, people(2)), sent_request(organization, officer, people(1))
    page = actors.officer.page(f"/requests/{request.number}/")
    form = page.forms[ADDRESS]
    assert form.buttons == ["Export 4 jobs as CSV"]
    rows = exported(actors.officer, ADDRESS, form.fields["query"])
    assert [row["request"] for row in rows] == [request.number] * 4
    assert f"Request: {request.number}" in actors.officer.page("/jobs/", request=request.number).text
    assert ADDRESS not in actors.viewer.page(f"/requests/{request.number}/").forms
    assert exported(actors.stranger, ADDRESS, form.fields["query"]) == []
