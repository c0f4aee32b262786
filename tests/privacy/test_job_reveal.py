"""Seeing who a job is about: once, for those who may, and noted."""

from __future__ import annotations

import pytest

from portal.models import AuditEvent, Organization, User
from privacy.models import Job
from tests.actors import Actors, covers
from tests.conftest import Simulator
from tests.files import people
from tests.pages import Page
from tests.states import address_of, finish, job_of, sent_request

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(simulator: Simulator, organization: Organization, officer: User) -> Job:
    """An access job with an answer."""
    request = sent_request(organization, officer, people(1), include=["audienceManager"])
    finish(simulator)
    return job_of(request)


@covers("privacy:job-reveal")
def test_only_those_with_the_right_may(actors: Actors, job: Job) -> None:
    actors.act(address_of("job-reveal", job), officer=200)


def test_it_shows_identities_keys_and_the_raw_answer_and_is_noted(actors: Actors, job: Job, officer: User) -> None:
    page = Page.of(actors.officer.post(address_of("job-reveal", job)))
    facts = page.facts()
    assert facts["email"].startswith("person1@example.com")
    assert facts["Key in the file"] == "person-1"
    assert facts["Key at Adobe"].startswith("person-1#")
    assert facts["Found and processed (1)"] == "person1@example.com"
    assert str(job.adobe_job_id) in page.root.one("pre").text
    event = AuditEvent.objects.get(action="job.revealed")
    assert (event.actor_name, event.object_id, event.details) == (officer.get_username(), str(job.pk), {})


def test_the_next_look_is_masked_again(actors: Actors, job: Job) -> None:
    actors.officer.post(address_of("job-reveal", job))
    assert "person1@example.com" not in actors.officer.page(address_of("job-detail", job)).html


def test_a_viewer_finds_no_button(actors: Actors, job: Job) -> None:
    assert address_of("job-reveal", job) in actors.officer.page(address_of("job-detail", job)).forms
    assert actors.viewer.page(address_of("job-detail", job)).forms == {}
