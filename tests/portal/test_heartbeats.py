"""Heartbeats: every worker and beat show that they are alive, and a database that is away ends no worker."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db import OperationalError
from django.db.models import F

from portal import heartbeats, tasks, tidying
from portal.celery import app
from portal.heartbeats import Pulse, WorkerPulse
from portal.models import Heartbeat, ProcessKind

WORKER = "one@here"


def age_all(**ago: float) -> None:
    """Let every process have been seen so long ago."""
    Heartbeat.objects.update(seen_at=F("seen_at") - timedelta(**ago))


@pytest.mark.django_db
def test_a_process_is_alive_until_it_has_missed_several_beats(settings: LazySettings) -> None:
    heartbeats.begin(WORKER, ProcessKind.WORKER)
    (process,) = heartbeats.processes()
    assert (process.name, process.kind, process.is_silent) == (WORKER, ProcessKind.WORKER, False)
    assert abs(process.clock_skew) < 5000
    age_all(seconds=settings.HEARTBEAT_EVERY_SECONDS)
    assert not heartbeats.processes()[0].is_silent
    age_all(seconds=3 * settings.HEARTBEAT_EVERY_SECONDS)
    assert heartbeats.processes()[0].is_silent


@pytest.mark.django_db
def test_a_process_that_shows_itself_again_is_alive_again_and_keeps_its_start() -> None:
    heartbeats.begin(WORKER, ProcessKind.WORKER)
    started = Heartbeat.objects.get().started_at
    age_all(days=1)
    heartbeats.note(WORKER, ProcessKind.WORKER)
    assert not heartbeats.processes()[0].is_silent
    assert Heartbeat.objects.get().started_at == started


@pytest.mark.django_db
def test_a_worker_that_begins_under_an_old_name_has_a_new_start() -> None:
    heartbeats.begin(WORKER, ProcessKind.WORKER)
    Heartbeat.objects.update(started_at=F("started_at") - timedelta(days=2))
    before = Heartbeat.objects.get().started_at
    heartbeats.begin(WORKER, ProcessKind.WORKER)
    assert Heartbeat.objects.get().started_at > before


@pytest.mark.django_db
def test_the_sweep_shows_that_beat_is_alive() -> None:
    tasks.sweep()
    (process,) = heartbeats.processes()
    assert (process.name, process.kind) == ("beat", ProcessKind.BEAT)


@pytest.mark.django_db
def test_beat_is_silent_only_after_several_sweeps(settings: LazySettings) -> None:
    settings.SWEEP_EVERY_SECONDS = 300
    tasks.sweep()
    age_all(seconds=600)
    assert not heartbeats.processes()[0].is_silent
    age_all(seconds=301)
    assert heartbeats.processes()[0].is_silent


@pytest.mark.django_db
def test_silent_processes_are_forgotten_after_a_week() -> None:
    heartbeats.begin("old", ProcessKind.WORKER)
    age_all(days=7, seconds=1)
    heartbeats.begin("new", ProcessKind.WORKER)
    assert [one.name for one in heartbeats.processes()] == ["new"]
    tidying.tidy()
    assert [row.name for row in Heartbeat.objects.all()] == ["new"]


# --- In a worker ---


@pytest.mark.django_db(transaction=True)
def test_a_worker_beats_and_takes_its_row_away_when_it_ends_in_good_order() -> None:
    pulse = Pulse(WORKER)
    pulse.beat()
    pulse.beat()
    assert [one.name for one in heartbeats.processes()] == [WORKER]
    pulse.stop()
    assert heartbeats.processes() == []


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_is_logged_once_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "portal.heartbeats")
    pulse = Pulse(WORKER)

    def away() -> int:
        raise OperationalError("connection refused to host secret.example")

    with monkeypatch.context() as broken:
        broken.setattr(heartbeats, "clock_skew", away)
        for _ in range(3):
            pulse.beat()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "secret.example" not in caplog.text
    pulse.beat()
    assert [one.name for one in heartbeats.processes()] == [WORKER]
    assert "is back" in caplog.text


def test_every_worker_of_this_project_beats() -> None:
    assert WorkerPulse in app.steps["worker"]
