"""A result that could not be fetched is fetched again when a person asks for it."""

from __future__ import annotations

import pytest

from portal.models import AuditEvent, Organization, User
from privacy.models import Job, ResultArchive
from privacy.statuses import ArchiveStatus
from tests.actors import Actors, covers
from tests.conftest import Simulator
from tests.files import people
from tests.states import address_of, finish, job_of, sent_request
from tests.steps import work

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(simulator: Simulator, organization: Organization, officer: User) -> Job:
    """An access job whose result could not be fetched."""
    request = sent_request(organization, officer, people(1))
    finish(simulator)
    job = job_of(request)
    ResultArchive.objects.filter(job=job).update(status=ArchiveStatus.FAILED, attempts=20, last_error="damaged")
    return job


@covers("privacy:result-again")
def test_only_those_who_may_download_may_ask(actors: Actors, job: Job) -> None:
    actors.act(address_of("result-again", job))


def test_it_is_fetched_and_the_trail_says_who_asked(actors: Actors, job: Job, officer: User) -> None:
    actors.officer.post(address_of("result-again", job))
    assert AuditEvent.objects.get(action="result.asked_again").actor_name == officer.get_username()
    work("archive")
    assert ResultArchive.objects.get(job=job).status == ArchiveStatus.STORED


@pytest.mark.parametrize("status", [ArchiveStatus.STORED, ArchiveStatus.WAITING, ArchiveStatus.EXPIRED, ArchiveStatus.REMOVED])
def test_any_other_result_stays_as_it_is(actors: Actors, job: Job, status: str) -> None:
    ResultArchive.objects.filter(job=job).update(status=status)
    actors.officer.post(address_of("result-again", job))
    assert "The result is not waiting to be fetched again." in actors.officer.page(address_of("job-detail", job)).text
    assert ResultArchive.objects.get(job=job).status == status
