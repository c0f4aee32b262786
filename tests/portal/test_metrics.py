"""The numbers for Prometheus."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from portal import heartbeats
from portal.health import metrics, picture
from portal.models import CallTally, Organization, ProcessKind
from privacy.models import JobListing
from tests.actors import covers

pytestmark = pytest.mark.django_db
TOKEN = "for-prometheus-alone"


@pytest.fixture
def client(media: Path, settings: LazySettings) -> Client:
    """Whoever scrapes."""
    settings.METRICS_TOKEN = TOKEN
    return Client()


def samples(text: str) -> dict[tuple[str, ...], float]:
    """(name, values of its labels in the order of their names) -> value."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(client: Client) -> dict[tuple[str, ...], float]:
    """The numbers, as Prometheus reads them."""
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return samples(answer.content.decode())


@covers("metrics")
def test_only_who_has_the_token_reads_them(client: Client) -> None:
    for given in ("", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", "Bearer é"):
        answer = client.get("/metrics", headers={"Authorization": given})
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer"), given
        assert TOKEN.encode() not in answer.content
    assert scrape(client)
    assert client.post("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 405


def test_without_a_token_set_there_is_no_such_page(client: Client, settings: LazySettings) -> None:
    settings.METRICS_TOKEN = ""
    for given in ("", "Bearer ", f"Bearer {TOKEN}"):
        assert client.get("/metrics", headers={"Authorization": given}).status_code == 404


def test_they_say_what_waits_who_lives_and_how_adobe_answers(client: Client, organization: Organization) -> None:
    now = timezone.now()
    JobListing.objects.create(organization=organization, regulation="gdpr", next_list_at=now - timedelta(hours=1))
    heartbeats.begin("one@here", ProcessKind.WORKER)
    CallTally.objects.create(organization=organization, minute=now, route="/jobs", outcome="429", calls=3, milliseconds=1500)
    organization.hold("by_hand")
    organization.resume()
    found = scrape(client)
    assert found["portal_step_waiting", "list"] == 1
    assert 3600 <= found["portal_step_oldest_seconds", "list"] < 3700
    assert found["portal_step_oldest_seconds", "submit"] == 0
    assert (found["portal_processes_alive", "worker"], found["portal_processes_alive", "beat"]) == (1, 0)
    assert found["portal_heartbeat_age_seconds", "worker", "one@here"] < 60
    assert found["portal_adobe_calls_last_hour", str(organization.pk), "429", "/jobs"] == 3
    assert found["portal_adobe_call_seconds_last_hour", str(organization.pk), "429", "/jobs"] == 1.5
    assert found["portal_organizations_on_hold",] == 0
    assert found["portal_privacy_requests_overdue",] == 0
    assert found["portal_calls_of_unknown_outcome", "work_order", "person"] == 0
    assert found["portal_calls_of_unknown_outcome", "submission", "look"] == 0


def test_they_name_nobody(client: Client, organization: Organization) -> None:
    CallTally.objects.create(organization=organization, minute=timezone.now(), route="/jobs", outcome="202", calls=1)
    organization.hold("by_hand", "Adobe's words about Acme")
    found = scrape(client)
    assert found["portal_organizations_on_hold",] == 1
    text = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
    assert organization.name not in text
    assert organization.ims_org_id not in text
    assert "Adobe's words" not in text


def test_a_database_that_is_away_is_no_error_page(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> list[picture.Queue]:
        raise OperationalError("could not connect to secret.example")

    monkeypatch.setattr(picture, "queues", away)
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 503
    assert b"secret.example" not in answer.content


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    assert project["version"] == metrics.VERSION
