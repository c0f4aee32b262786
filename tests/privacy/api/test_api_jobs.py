"""Jobs and results through the API: masked, revealed with a line in the trail, downloaded."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.http import http_date

from portal.models import AuditEvent, Organization, User
from privacy.models import Job, PrivacyRequest, ResultArchive
from tests.actors import covers
from tests.api import Api, ApiActors
from tests.conftest import Simulator
from tests.files import people
from tests.states import finish, sent_request

pytestmark = pytest.mark.django_db
JOBS, RESULTS = "/api/v1/jobs", "/api/v1/results"


@pytest.fixture
def finished(simulator: Simulator, organization: Organization, officer: User) -> PrivacyRequest:
    """Two people's access, complete, the results stored."""
    request = sent_request(organization, officer, people(2, "access"))
    finish(simulator)
    request.refresh_from_db()
    return request


@covers("api:job-list", "api:job-detail", "api:job-reveal", "api:job-refresh")
def test_who_may_see_jobs(api_actors: ApiActors, finished: PrivacyRequest) -> None:
    job = finished.jobs.order_by("subject__position")[0]
    api_actors.look(JOBS, stranger=200)
    api_actors.look(f"{JOBS}/{job.pk}")
    assert api_actors.stranger.json(JOBS)["results"] == []
    shown = api_actors.act(f"{JOBS}/{job.pk}/reveal").json()
    assert (shown["is_revealed"], shown["key"]) == (True, "person-1")
    api_actors.act(f"{JOBS}/{job.pk}/refresh", officer=202)
    api_actors.refuse_methods(f"{JOBS}/{job.pk}/reveal", "post")


def test_a_token_without_reveal_sees_everything_masked(organization: Organization, finished: PrivacyRequest) -> None:
    job = finished.jobs.order_by("subject__position")[0]
    reader = Api.of(organization, "read", "submit", "download")
    answer = reader.get(f"{JOBS}/{job.pk}")
    assert "person1@example.com" not in answer.content.decode()
    shown = answer.json()
    assert (shown["person"], shown["status"], shown["is_revealed"]) == (1, "complete", False)
    assert [identity["value"] for identity in shown["identities"]] == ["p…1@e…m"]
    assert {product["product_code"] for product in shown["products"]} == {"analytics", "profileService"}
    assert reader.post(f"{JOBS}/{job.pk}/reveal").status_code == 403


def test_revealing_shows_it_in_clear_and_stands_in_the_trail(organization: Organization, finished: PrivacyRequest) -> None:
    job = finished.jobs.order_by("subject__position")[0]
    shown = Api.of(organization, "read", "reveal").post(f"{JOBS}/{job.pk}/reveal").json()
    assert shown["identities"][0]["value"] == "person1@example.com"
    event = AuditEvent.objects.get(action="job.revealed")
    assert (event.object_id, event.actor_name.startswith("integration-system-")) == (str(job.pk), True)


def test_lists_are_narrowed(finished: PrivacyRequest, organization: Organization) -> None:
    api = Api.of(organization)
    ids = [str(pk) for pk in finished.jobs.order_by("pk").values_list("pk", flat=True)]
    assert [one["id"] for one in api.json(f"{JOBS}?open=false")["results"]] == ids[::-1]
    assert api.json(f"{JOBS}?open=true")["results"] == []
    assert [one["id"] for one in api.json(f"/api/v1/requests/{finished.number}/jobs")["results"]] == ids
    assert len(api.json(f"{JOBS}?product=analytics&action=access&status=complete&request={finished.number}")["results"]) == 2
    page = api.json(f"{JOBS}?limit=1")
    assert [one["id"] for one in api.json(f"{JOBS}?limit=1&cursor={page['next_cursor']}")["results"]] == ids[:1]
    assert api.get(f"/api/v1/requests/{finished.number}/jobs?request=x").status_code == 400
    # A cursor of one list is none of another.
    assert api.get(f"{RESULTS}?cursor={page['next_cursor']}").status_code == 400


def test_who_polls_a_finished_job_by_time_is_told_when_nothing_changed(
    finished: PrivacyRequest, organization: Organization
) -> None:
    api, job = Api.of(organization), finished.jobs.order_by("pk")[0]
    an_hour = timezone.now() + timedelta(hours=1)
    assert api.get(f"{JOBS}/{job.pk}", If_Modified_Since=http_date(an_hour.timestamp())).status_code == 200, "too fresh to say"
    long_ago = timezone.now() - timedelta(days=1)
    AuditEvent.objects.all()._raw_delete(using="default")
    Job.objects.update(finished_at=long_ago, detail_at=long_ago, next_poll_at=None)
    ResultArchive.objects.update(stored_at=long_ago)
    answer = api.get(f"{JOBS}/{job.pk}")
    assert answer.headers["Last-Modified"] == http_date(int(long_ago.timestamp()))
    assert api.get(f"{JOBS}/{job.pk}", If_Modified_Since=answer.headers["Last-Modified"]).status_code == 304
    before = http_date(long_ago.timestamp() - 10)
    assert api.get(f"{JOBS}/{job.pk}", If_Modified_Since=before).status_code == 200


@covers("api:result-list", "api:result-detail", "api:result-content", "api:result-fetch")
def test_who_may_see_and_download_results(api_actors: ApiActors, finished: PrivacyRequest) -> None:
    result = ResultArchive.objects.order_by("pk")[0]
    api_actors.look(RESULTS, stranger=200)
    api_actors.look(f"{RESULTS}/{result.pk}")
    api_actors.act(f"{RESULTS}/{result.pk}/content", method="get")
    api_actors.act(f"{RESULTS}/{result.pk}/fetch", officer=409)
    assert [one["sha256"] for one in api_actors.officer.json(f"{RESULTS}?job={result.job_id}")["results"]] == [result.sha256]


def test_a_download_is_the_zip_and_a_line_in_the_trail(organization: Organization, finished: PrivacyRequest) -> None:
    result = ResultArchive.objects.order_by("pk")[0]
    api = Api.of(organization, "download")
    answer = api.get(f"{RESULTS}/{result.pk}/content", Accept="application/zip")
    content = b"".join(answer.streaming_content)
    assert zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert (answer.headers["Content-Type"], int(answer.headers["Content-Length"])) == ("application/zip", len(content))
    assert AuditEvent.objects.filter(action="result.downloaded", object_id=str(result.pk)).count() == 1
    head = api.ask("head", f"{RESULTS}/{result.pk}/content")
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(content)))
    assert AuditEvent.objects.filter(action="result.downloaded").count() == 1


def test_a_result_that_is_damaged_or_not_there_is_a_problem_whatever_was_asked_for(
    organization: Organization, finished: PrivacyRequest
) -> None:
    result = ResultArchive.objects.order_by("pk")[0]
    api = Api.of(organization)
    result.file_path.write_bytes(result.file_path.read_bytes()[:-1])
    damaged = api.get(f"{RESULTS}/{result.pk}/content", Accept="application/zip")
    assert (damaged.status_code, damaged.json()["code"]) == (410, "damaged")
    ResultArchive.objects.update(status="expired")
    assert api.get(f"{RESULTS}/{result.pk}/content", Accept="application/zip").status_code == 404
    assert not AuditEvent.objects.filter(action="result.downloaded").exists()


def test_a_job_whose_data_was_removed_is_shown_without_it(organization: Organization, finished: PrivacyRequest) -> None:
    api = Api.of(organization)
    assert api.post(f"/api/v1/requests/{finished.number}/shred", {"number": finished.number}).status_code == 200
    shown = api.json(f"{JOBS}/{finished.jobs.all()[0].pk}")
    assert (shown["is_readable"], shown["identities"], shown["key"], shown["status"]) == (False, [], None, "complete")
