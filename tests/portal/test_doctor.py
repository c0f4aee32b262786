"""`manage.py doctor`: what is wrong with an installation, and what to do about it."""

from __future__ import annotations

import base64
import io
import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.models import F
from django.utils import timezone

from portal import heartbeats
from portal.doctor import Finding, Level, adobe, examine, keys, processes, storage
from portal.health import probes
from portal.models import DataKey, Heartbeat, Organization, ProcessKind
from privacy.models import JobListing
from tests.conftest import Simulator

pytestmark = pytest.mark.django_db


@pytest.fixture
def well(media: Path) -> None:
    """A worker and beat are alive, and the media folder is this test's own."""
    heartbeats.begin("one@here", ProcessKind.WORKER)
    heartbeats.begin(heartbeats.BEAT, ProcessKind.BEAT)


def doctor(*options: str) -> tuple[int, str]:
    """Exit status, and what was printed."""
    out = io.StringIO()
    try:
        call_command("doctor", *options, stdout=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


def about(what: str, findings: Iterator[Finding] | None = None) -> list[Finding]:
    """What was found about one thing."""
    return [each for each in findings or examine(ask_adobe=False, seconds=1) if each.about == what]


def only(what: str, level: Level, findings: Iterator[Finding] | None = None) -> Finding:
    """The only finding of this level about one thing."""
    (found,) = [each for each in about(what, findings) if each.level == level]
    assert found.words
    assert bool(found.advice) is (level != Level.OK)
    return found


def test_all_is_well(well: None, organization: Organization, simulator: Simulator) -> None:
    status, words = doctor()
    assert status == 0, words
    assert "PROBLEM" not in words
    assert "Acme: Adobe gives a token and lists privacy jobs." in words
    assert "no problems" in words


def test_it_speaks_to_programs_as_well(well: None) -> None:
    status, words = doctor("--json", "--no-adobe")
    found = json.loads(words)
    assert status == 0
    assert {each["about"] for each in found} >= {
        "database",
        "migrations",
        "broker",
        "workers",
        "beat",
        "encryption keys",
        "clock",
    }
    assert all(set(each) == {"about", "level", "words", "advice"} for each in found)


def test_a_problem_makes_the_exit_status(media: Path) -> None:
    status, words = doctor("--no-adobe")
    assert status == 1
    assert "No worker is alive." in words


# --- Database ---


def test_a_database_that_is_away_is_said_and_nothing_is_asked_of_it(monkeypatch: pytest.MonkeyPatch, media: Path) -> None:
    def away(*_: Any) -> None:
        raise OperationalError("could not connect to secret.example as portal")

    monkeypatch.setattr(connection, "ensure_connection", away)
    status, words = doctor()
    assert status == 1
    assert "The database does not answer (OperationalError)." in words
    assert "secret.example" not in words
    assert "workers" not in words
    assert "media folder" in words


def test_missing_migrations_are_named(monkeypatch: pytest.MonkeyPatch, well: None) -> None:
    monkeypatch.setattr(probes, "_last_migrations", lambda: frozenset({("portal", "9999_next"), ("portal", "0001_initial")}))
    found = only("migrations", Level.PROBLEM)
    assert "portal.9999_next" in found.words
    assert "0001_initial" not in found.words
    assert about("workers") == []


# --- Keys ---


def test_a_master_key_that_is_gone_is_named(well: None, organization: Organization, settings: LazySettings) -> None:
    settings.MASTER_KEYS = "next:" + base64.b64encode(b"n" * 32).decode()
    assert "master key test" in only(keys.ABOUT, Level.PROBLEM).words


def test_another_key_under_the_same_id_is_found(well: None, organization: Organization, settings: LazySettings) -> None:
    settings.MASTER_KEYS = "test:" + base64.b64encode(b"n" * 32).decode()
    found = only(keys.ABOUT, Level.PROBLEM)
    assert "another one" in found.words
    assert settings.MASTER_KEYS.partition(":")[2] not in found.words + found.advice


def test_every_master_key_in_use_is_found_by_as_many_questions(organization: Organization) -> None:
    DataKey.objects.make("upload", organization.pk)
    older = DataKey.objects.make("upload", organization.pk)
    DataKey.objects.filter(pk=older.pk).update(master_key_id="older")
    assert probes.master_keys_in_use() == ["older", "test"]


# --- Processes ---


def test_a_silent_worker_is_named_while_another_works(well: None) -> None:
    heartbeats.begin("two@there", ProcessKind.WORKER)
    Heartbeat.objects.filter(pk="two@there").update(seen_at=F("seen_at") - timedelta(minutes=5))
    assert "two@there" in only("workers", Level.WARNING).words
    assert only("workers", Level.OK).words == "1 alive: one@here."
    Heartbeat.objects.filter(pk="two@there").update(seen_at=F("seen_at") - timedelta(days=2))
    assert [each.level for each in about("workers")] == [Level.OK]


def test_beat_that_stopped_is_a_problem(well: None) -> None:
    Heartbeat.objects.filter(kind=ProcessKind.BEAT).update(seen_at=F("seen_at") - timedelta(minutes=5))
    assert "5 minutes" in only("beat", Level.PROBLEM).words


@pytest.mark.parametrize(("skew", "level"), [(-900, Level.OK), (5_000, Level.WARNING), (-40_000, Level.PROBLEM)])
def test_clocks_that_disagree_are_a_problem_when_claims_could_be_misjudged(
    monkeypatch: pytest.MonkeyPatch, skew: int, level: Level
) -> None:
    monkeypatch.setattr(heartbeats, "clock_skew", lambda: skew)
    (found,) = processes.clock()
    assert found.level == level


def test_the_clock_of_a_worker_elsewhere_counts_too(well: None) -> None:
    Heartbeat.objects.filter(pk="one@here").update(clock_skew=60_000)
    found = only("clock", Level.PROBLEM)
    assert "one@here" in found.words
    assert "60.0 s ahead" in found.words


def test_work_that_should_have_been_done_is_named(well: None, organization: Organization) -> None:
    assert only("queues", Level.OK)
    JobListing.objects.create(
        organization=organization, regulation="gdpr", next_list_at=timezone.now() - timedelta(minutes=15, seconds=5)
    )
    assert "List jobs at Adobe: 1 due, the oldest for 15 minutes" in only("queues", Level.WARNING).words


# --- Broker and folders ---


def test_a_broker_that_is_away_is_a_problem(monkeypatch: pytest.MonkeyPatch, well: None) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OSError("connection to redis://:secret@cache refused")

    monkeypatch.setattr("kombu.connection.Connection.ensure_connection", away)
    found = only("broker", Level.PROBLEM)
    assert "secret" not in found.words + found.advice


@pytest.mark.parametrize(
    ("state", "levels"),
    [
        ({"redis_version": "7.2.4", "maxmemory": 0, "maxmemory_policy": "allkeys-lru"}, [Level.OK]),
        ({"redis_version": "7.2.4", "maxmemory": 1, "maxmemory_policy": "allkeys-lru"}, [Level.WARNING, Level.OK]),
        ({"redis_version": "6.0.16", "maxmemory": 0, "maxmemory_policy": "noeviction"}, [Level.WARNING, Level.OK]),
    ],
)
def test_a_redis_that_may_forget_is_worth_a_warning(state: dict[str, Any], levels: list[Level]) -> None:
    assert [each.level for each in storage.judged_redis(state)] == levels


@pytest.mark.parametrize(("free", "level"), [(0.5, Level.PROBLEM), (3, Level.WARNING), (50, Level.OK)])
def test_a_disk_that_fills_up_is_said_before_it_is_full(
    monkeypatch: pytest.MonkeyPatch, media: Path, free: float, level: Level
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free * storage.GIB))
    (found,) = storage.media()
    assert found.level == level
    assert list(media.iterdir()) == []


def test_a_media_folder_that_is_none_is_a_problem(media: Path) -> None:
    media.write_text("a file")
    (found,) = storage.media()
    assert found.level == Level.PROBLEM


def test_static_files_that_were_not_collected_are_a_problem(settings: LazySettings, tmp_path: Path) -> None:
    assert list(storage.static_files()) == []
    settings.STORAGES = {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}
    settings.STATIC_ROOT = tmp_path
    assert [each.level for each in storage.static_files()] == [Level.PROBLEM]
    (tmp_path / "staticfiles.json").write_text("{}")
    assert [each.level for each in storage.static_files()] == [Level.OK]


def test_what_the_settings_must_not_be_is_among_the_findings(well: None, settings: LazySettings) -> None:
    settings.LOOK_AFTER_SECONDS = [1.0, 2.0, 3.0]
    assert "E007" in only("settings", Level.PROBLEM).words


# --- Adobe ---


def test_an_organization_whose_credentials_are_refused_is_named(organization: Organization, simulator: Simulator) -> None:
    organization.client_secret = "of-yesterday"
    organization.save()
    found = only("adobe", Level.PROBLEM, adobe.organizations(20))
    assert found.words.startswith("Acme: Adobe does not accept the client id and the client secret.")
    assert "Adobe's words" not in found.words
    assert "of-yesterday" not in found.words + found.advice


def test_adobe_is_not_waited_for_longer_than_it_may_take(organization: Organization, simulator: Simulator) -> None:
    simulator.control("settings", {"latency": 3})
    try:
        found = only("adobe", Level.WARNING, adobe.organizations(0.2))
        assert "has not answered within 0.2 s" in found.words or "no answer" in found.words
    finally:
        simulator.control("settings", {"latency": 0})


def test_a_hold_and_a_secret_that_does_not_open_are_said(organization: Organization, settings: LazySettings) -> None:
    organization.hold("by_hand")
    settings.MASTER_KEYS = "next:" + base64.b64encode(b"n" * 32).decode()
    found = list(adobe.organizations(5))
    assert [each.level for each in found] == [Level.WARNING, Level.PROBLEM]
    assert "on hold" in found[0].words
    assert "cannot be opened" in found[1].words


def test_a_clock_beside_adobe_s_is_seen_in_its_date(
    organization: Organization, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [each.about for each in adobe.organizations(20)] == ["adobe"]
    real = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(minutes=5))
    assert "s ahead of Adobe's" in only("clock", Level.WARNING, adobe.organizations(20)).words
