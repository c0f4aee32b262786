"""A person asks Adobe about one job now."""

from __future__ import annotations

import pytest
from django.utils import timezone

from portal.models import AuditEvent, Organization, User
from privacy.models import Job
from tests.actors import Actors, covers
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.states import address_of, job_of, sent_request

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(simulator: Simulator, organization: Organization, officer: User) -> Job:
    """A job at Adobe that is not due."""
    return job_of(sent_request(organization, officer, people(1)))


@covers("privacy:job-refresh")
def test_only_those_with_the_right_may(actors: Actors, job: Job) -> None:
    actors.act(address_of("job-refresh", job))


def test_the_job_is_due_at_once_and_the_trail_says_who_asked(actors: Actors, job: Job, officer: User) -> None:
    assert job.next_poll_at is None
    actors.officer.post(address_of("job-refresh", job))
    assert Job.objects.due_for_detail(timezone.now()).filter(pk=job.pk).exists()
    assert AuditEvent.objects.get(action="job.asked").actor_name == officer.get_username()


def test_a_job_that_adobe_does_not_have_cannot_be_asked_about(actors: Actors, organization: Organization, officer: User) -> None:
    job = job_of(confirmed_request(organization, officer, payload(people(1))))
    actors.officer.post(address_of("job-refresh", job))
    assert "there is nothing to ask" in actors.officer.page(address_of("job-detail", job)).text
    assert not AuditEvent.objects.filter(action="job.asked").exists()


def test_an_organization_on_hold_is_not_asked_for(actors: Actors, job: Job, organization: Organization) -> None:
    organization.hold("by_hand")
    actors.officer.post(address_of("job-refresh", job))
    page = actors.officer.page(address_of("job-detail", job))
    assert "The organization is on hold, so Adobe is not asked." in page.text
    assert not Job.objects.due_for_detail(timezone.now()).exists()
