"""Answers in the shapes of the first edition: status numbers in place of words, its spellings, a result beside a delete."""

from __future__ import annotations

import pytest

from portal.models import Organization, User
from privacy.statuses import ArchiveStatus, JobStatus
from tests.actors import Actors
from tests.conftest import Simulator
from tests.files import people
from tests.states import address_of, again, finish, job_of, look, sent_request

pytestmark = pytest.mark.django_db

FIRST_EDITION = {
    "create_shape": "brief",
    "status_style": "numeric",
    "download_key": "downloadURL",
    "list_size": "1/100",
    "retry_count": "none",
}
PASS = {"namespace": "http://www.adobe.com/primetimeAuthentication/Dish", "type": "unregistered", "value": "1234-5678"}


def test_numbers_in_place_of_words_are_followed_to_the_end(
    actors: Actors, simulator: Simulator, organization: Organization, officer: User
) -> None:
    simulator.control("switches", FIRST_EDITION)
    request = sent_request(organization, officer, people(2), include=["analytics"])
    look()
    job = job_of(request)
    assert (job.status, job.adobe_status) in {(JobStatus.SUBMITTED, "3"), (JobStatus.PROCESSING, "2")}
    finish(simulator)
    request = again(request)
    assert (request.status, request.jobs_done, request.jobs_failed) == ("complete", 4, 0)
    job = job_of(request)
    assert (job.status, job.adobe_status, job.archive.status) == (JobStatus.COMPLETE, "1", ArchiveStatus.STORED)
    assert [(row.status, row.adobe_status) for row in job.product_responses.all()] == [(JobStatus.COMPLETE, "1")]
    assert actors.officer.page(address_of("job-detail", job)).pills[0] == "Complete"


def test_a_result_that_a_delete_carries_is_kept_and_can_be_downloaded(
    actors: Actors, simulator: Simulator, organization: Organization, officer: User
) -> None:
    simulator.control("switches", {"download_presence": "complete"})
    users = people(1, "delete")
    users[0]["userIDs"] = [PASS]
    request = sent_request(organization, officer, users, include=["primetimeAuthentication"], regulation="ccpa")
    finish(simulator)
    job = job_of(request, "delete")
    assert job.archive.status == ArchiveStatus.STORED
    page = actors.officer.page(address_of("job-detail", job))
    assert address_of("job-result", job) in page.links
    assert page.facts()["Authentication sessions"].isdecimal()
    assert actors.officer.get(address_of("job-result", job)).status_code == 200
