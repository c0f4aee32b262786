"""Downloading a result: the very bytes that Adobe gave, for those who may, and noted."""

from __future__ import annotations

import hashlib
import zipfile
from io import BytesIO
from typing import Any

import pytest

from portal import crypto
from portal.models import AuditEvent, Organization, User
from privacy.archive import ARCHIVE_LABEL
from privacy.models import Job, ResultArchive
from tests.actors import Actors, covers
from tests.conftest import Simulator
from tests.files import people
from tests.states import address_of, finish, job_of, sent_request

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(simulator: Simulator, organization: Organization, officer: User, media: object) -> Job:
    """An access job whose result is stored."""
    request = sent_request(organization, officer, people(2))
    finish(simulator)
    return job_of(request, position=2)


def content_of(answer: Any) -> bytes:
    """What was streamed."""
    return b"".join(answer.streaming_content)


@covers("privacy:job-result")
def test_only_those_with_the_right_may(actors: Actors, job: Job) -> None:
    address = address_of("job-result", job)
    assert actors.nobody.get(address).status_code == 302
    assert actors.viewer.get(address).status_code == 403
    assert actors.stranger.get(address).status_code == 404
    assert not AuditEvent.objects.filter(action="result.downloaded").exists()
    assert actors.officer.get(address).status_code == 200
    for method in (actors.officer.post, actors.officer.put, actors.officer.delete):
        assert method(address).status_code == 405


def test_it_gives_the_zip_that_adobe_gave(actors: Actors, job: Job, simulator: Simulator) -> None:
    answer = actors.officer.get(address_of("job-result", job))
    content = content_of(answer)
    at_adobe = simulator.control(f"archives/{job.adobe_job_id}")
    assert hashlib.sha256(content).hexdigest() == at_adobe["sha256"]
    assert int(answer.headers["Content-Length"]) == len(content) == at_adobe["size"]
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{job.request.number}-person-2.zip"'
    assert zipfile.ZipFile(BytesIO(content)).testzip() is None


def test_the_trail_says_who_downloaded_what(actors: Actors, job: Job, officer: User) -> None:
    content_of(actors.officer.get(address_of("job-result", job)))
    event = AuditEvent.objects.get(action="result.downloaded")
    archive = ResultArchive.objects.get(job=job)
    assert (event.actor_name, event.object_id) == (officer.get_username(), str(archive.pk))
    assert event.details == {"bytes": archive.size, "sha256": archive.sha256}


@pytest.mark.parametrize("status", ["waiting", "failed", "expired", "removed"])
def test_what_is_not_stored_is_not_there(actors: Actors, job: Job, status: str) -> None:
    ResultArchive.objects.filter(job=job).update(status=status)
    assert actors.officer.get(address_of("job-result", job)).status_code == 404


def test_a_job_without_a_result_has_none(actors: Actors, job: Job) -> None:
    assert actors.officer.get(address_of("job-result", job_of(job.request, "delete"))).status_code == 404


def test_a_person_who_is_not_known_any_more_has_no_place_in_the_name(actors: Actors, job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(subject=None)
    answer = actors.officer.get(address_of("job-result", job))
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{job.request.number}-person-unknown.zip"'


def test_a_file_that_is_damaged_further_on_breaks_off_instead_of_ending(actors: Actors, job: Job) -> None:
    archive = ResultArchive.objects.select_related("job__request__data_key").get(job=job)
    with crypto.write_sealed(archive.file_path, crypto.box_for(archive.data_key), ARCHIVE_LABEL) as file:
        file.write(b"x" * 200_000)
    content = bytearray(archive.file_path.read_bytes())
    content[-1] ^= 1
    archive.file_path.write_bytes(content)
    answer = actors.officer.get(address_of("job-result", job))
    with pytest.raises(crypto.CannotDecrypt):
        content_of(answer)


@pytest.mark.parametrize("harm", ["gone", "damaged"])
def test_a_file_that_cannot_be_read_is_said_and_not_noted_as_downloaded(actors: Actors, job: Job, harm: str) -> None:
    path = ResultArchive.objects.get(job=job).file_path
    if harm == "gone":
        path.unlink()
    else:
        content = bytearray(path.read_bytes())
        content[60] ^= 1
        path.write_bytes(content)
    answer = actors.officer.get(address_of("job-result", job))
    assert answer.headers["Location"] == address_of("job-detail", job)
    assert "The stored result cannot be read." in actors.officer.page(address_of("job-detail", job)).text
    assert not AuditEvent.objects.filter(action="result.downloaded").exists()
