"""Seeing who a job is about: once, for those who may, and noted."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission

from portal.models import AuditEvent, Organization, User
from privacy.models import Job
from tests.actors import Actors, covers
from tests.conftest import Simulator
from tests.files import confirmed_request, payload, people
from tests.pages import Browser, Page
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


def test_no_cache_keeps_it(actors: Actors, job: Job) -> None:
    assert "no-store" in actors.officer.post(address_of("job-reveal", job)).headers["Cache-Control"]


def test_each_time_is_noted(actors: Actors, job: Job) -> None:
    for _ in range(3):
        actors.officer.post(address_of("job-reveal", job))
    assert AuditEvent.objects.filter(action="job.revealed", object_id=str(job.pk)).count() == 3


def test_the_right_stands_apart_from_the_others(actors: Actors, job: Job, viewer: User) -> None:
    viewer.user_permissions.add(Permission.objects.get(codename="reveal_identities"))
    page = Page.of(Browser.of(viewer).post(address_of("job-reveal", job)))
    assert page.facts()["email"].startswith("person1@example.com")
    assert AuditEvent.objects.get(action="job.revealed").actor_name == "viewer"


def test_a_job_that_adobe_was_never_asked_about_has_no_raw_answer(
    actors: Actors, organization: Organization, officer: User
) -> None:
    job = job_of(confirmed_request(organization, officer, payload(people(1))))
    page = Page.of(actors.officer.post(address_of("job-reveal", job)))
    assert "Adobe has not been asked about this job yet." in page.text
    assert page.facts()["email"].startswith("person1@example.com")


@pytest.mark.parametrize("raw", [b"<html>not JSON</html>", b"\xff\xfe", b'{"a": NaN', b"0" * 10_000])
def test_a_raw_answer_is_shown_as_it_came_whatever_it_is(actors: Actors, job: Job, raw: bytes) -> None:
    stored = Job.objects.select_related("request__data_key").get(pk=job.pk)
    stored.raw = raw
    stored.save(update_fields=["raw_sealed"])
    page = Page.of(actors.officer.post(address_of("job-reveal", job)))
    assert page.root.one("pre").text == raw.decode(errors="replace")
