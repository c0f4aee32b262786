"""What runs by itself: shown to administrators, with a button that lets it run now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import Task as CeleryTask
from celery.schedules import crontab
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from kombu.exceptions import OperationalError

from portal import clock, periodic, registry
from portal.celery import app
from portal.models import AuditEvent, Organization, StepRun, User, Wakeup
from tests.admins import Page, make_administrator, make_looker, open_page, queries_of, signed_in
from tests.files import confirmed_request, payload, people

ALL = reverse("admin:portal_steprun_changelist")


def run_of(name: str) -> str:
    """Address of the button."""
    return reverse("admin:portal_steprun_run", args=[name])


@pytest.fixture
def administrator(organization: Organization) -> User:
    """May press the buttons."""
    return make_administrator("administrator", organization)


@pytest.fixture
def looker(organization: Organization) -> User:
    """May look."""
    return make_looker("view_steprun", organization)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the tasks whose messages went to the broker."""
    names: list[str] = []
    monkeypatch.setattr(CeleryTask, "apply_async", lambda task, *_args, **_options: names.append(task.name))
    return names


def task(name: str) -> periodic.Task:
    """One of them, as the page shows it."""
    found = periodic.find(name)
    assert found is not None
    return found


# --- Who may ---


def test_they_are_for_administrators(administrator: User, looker: User, officer: User, published: list[str]) -> None:
    assert signed_in(administrator).get(ALL).status_code == 200
    assert signed_in(looker).get(ALL).status_code == 200
    refused: Any = signed_in(officer).get(ALL)
    assert refused.url.startswith(reverse("admin:login"))
    for name in ("submit", "tidy"):
        assert signed_in(looker).post(run_of(name)).status_code == 403
        assert signed_in(looker).get(run_of(name)).status_code == 403
        assert signed_in(officer).post(run_of(name)).status_code == 302
    without_token = Client(enforce_csrf_checks=True)
    without_token.force_login(administrator)
    assert without_token.post(run_of("submit")).status_code == 403
    assert published == []
    assert not AuditEvent.objects.filter(action="task.run_now").exists()


def test_whoever_may_only_look_gets_no_button(looker: User, administrator: User) -> None:
    assert "Run now" not in open_page(signed_in(looker), ALL).html
    assert "Run now" in open_page(signed_in(administrator), ALL).html


def test_none_is_added_changed_or_deleted(administrator: User) -> None:
    root = User.objects.create_superuser("root", password="x" * 20)
    StepRun.objects.create(step="submit")
    client = signed_in(root)
    assert client.get(reverse("admin:portal_steprun_add")).status_code == 403
    assert client.post(reverse("admin:portal_steprun_delete", args=["submit"]), {"post": "yes"}).status_code == 403
    answer: Any = client.post(reverse("admin:portal_steprun_change", args=["submit"]), {"step": "other"})
    assert answer.url == ALL
    assert StepRun.objects.get().step == "submit"


# --- What is shown ---


def test_every_step_and_every_task_of_the_clock_is_shown_in_words(administrator: User) -> None:
    page = open_page(signed_in(administrator), ALL)
    shown = periodic.tasks()
    assert {one.name for one in shown} == {*app.conf.beat_schedule, *registry.steps()}
    assert all(f'id="task-{one.name}"' in page.html for one in shown)
    # A name that stands for want of words would be a code.
    assert not [one.name for one in shown if one.label == one.name]
    assert page.inline_code == []


def test_a_task_of_the_clock_says_when_it_runs_next(db: None) -> None:
    now = timezone.now()
    tidy = task("tidy")
    assert tidy.how_often == "Every day at 03:10 UTC"
    assert tidy.next_at is not None
    assert now < tidy.next_at <= now + timedelta(days=1)
    assert (tidy.next_at.astimezone(UTC).hour, tidy.next_at.astimezone(UTC).minute) == (3, 10)
    assert task("seal-audit").is_due
    began = now - timedelta(seconds=20)
    StepRun.objects.create(step="seal-audit", began_at=began, ended_at=now)
    assert task("seal-audit").next_at == began + timedelta(seconds=60)


def test_the_time_of_the_day_is_the_schedules_own(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.conf.beat_schedule["tidy"], "schedule", crontab(hour=23, minute=5))
    assert task("tidy").how_often == "Every day at 23:05 UTC"


def test_a_step_runs_next_when_its_first_row_falls_due(organization: Organization, officer: User) -> None:
    assert task("submit").next_at is None
    confirmed_request(organization, officer, payload(people(1, "access")))
    submit = task("submit")
    assert submit.is_due
    calls: Any = registry.steps()["submit"].due(clock.now()).model
    later = timezone.now().replace(microsecond=0) + timedelta(hours=2)
    calls.objects.update(next_attempt_at=later)
    submit = task("submit")
    assert (submit.next_at, submit.is_due) == (later, False)


def test_a_task_that_is_not_noted_each_time_is_not_taken_for_late(db: None) -> None:
    now = timezone.now()
    StepRun.objects.create(step="sweep", began_at=now - timedelta(seconds=65), ended_at=now - timedelta(seconds=64))
    sweep = task("sweep")
    assert sweep.next_at is not None
    assert now < sweep.next_at < now + timedelta(seconds=30)
    StepRun.objects.update(began_at=now - timedelta(hours=1), ended_at=now - timedelta(hours=1))
    assert task("sweep").is_due


@pytest.mark.parametrize(
    ("began", "fields", "says"),
    [
        (None, {}, "Not yet"),
        (10, {"began_at": 10, "ended_at": 4, "done": 7, "done_at": 4}, "Began"),
        (10, {}, "At work"),
        (5, {"began_at": 20, "ended_at": 15}, "At work"),
        (8000, {}, "Broken off:"),
        (8000, {"began_at": 9000, "ended_at": 8900}, "Broken off:"),
        (10, {"began_at": 10, "ended_at": 4, "failed_at": 4, "error": "OperationalError"}, "Failed:"),
    ],
)
def test_the_last_run_is_said_in_words(
    began: int | None, fields: dict[str, Any], says: str, administrator: User, media: object
) -> None:
    now = timezone.now().replace(microsecond=0)

    def ago(value: Any) -> Any:
        return now - timedelta(seconds=value) if isinstance(value, int) else value

    if began is not None:
        Wakeup.objects.create(step="submit", began_at=ago(began))
    StepRun.objects.create(step="submit", **{name: value if name == "done" else ago(value) for name, value in fields.items()})
    html = open_page(signed_in(administrator), ALL).html
    row = html.partition('id="task-submit"')[2].partition("</tr>")[0]
    assert says in row
    assert [word for word in ("Not yet", "At work", "Broken off:", "Failed:") if word in row] == [says] * (says != "Began")
    assert ("7 rows" in row) == ("done" in fields)
    assert ("OperationalError" in row) == ("error" in fields)


def test_a_task_may_work_for_as_long_as_its_own_limit(db: None) -> None:
    Wakeup.objects.create(step="submit", began_at=timezone.now() - timedelta(minutes=30))
    Wakeup.objects.create(step="list", began_at=timezone.now() - timedelta(minutes=30))
    assert task("submit").is_broken_off
    assert not task("list").is_broken_off


def test_the_list_takes_as_many_queries_whatever_waits(organization: Organization, officer: User, administrator: User) -> None:
    client = signed_in(administrator)
    confirmed_request(organization, officer, payload(people(1, "access", prefix="first-")))
    # What a process asks once a minute is asked before.
    queries_of(client, ALL)
    before = queries_of(client, ALL)
    for number in range(5):
        confirmed_request(organization, officer, payload(people(2, "access", prefix=f"more-{number}-")))
    now = timezone.now()
    StepRun.objects.bulk_create(StepRun(step=name, began_at=now, ended_at=now) for name in registry.steps())
    assert queries_of(client, ALL) == before


# --- Run now ---


def test_a_step_is_woken_and_that_is_audited(administrator: User, published: list[str]) -> None:
    answer: Any = signed_in(administrator).post(run_of("submit"), follow=True)
    assert "a worker takes it up within seconds" in answer.content.decode()
    assert published == ["privacy.tasks.submit"]
    event = AuditEvent.objects.get(action="task.run_now")
    assert (event.actor_id, event.object_id, event.details) == (str(administrator.pk), "submit", {"task": "submit"})
    # Pressed twice, one message is on its way.
    signed_in(administrator).post(run_of("submit"))
    assert published == ["privacy.tasks.submit"]


@pytest.mark.parametrize("name", ["daily", "tidy"])
def test_a_task_of_the_clock_says_first_what_it_will_do(name: str, administrator: User, published: list[str]) -> None:
    client = signed_in(administrator)
    page = open_page(client, run_of(name))
    assert escape(task(name).warning) in page.html
    assert page.inline_code == []
    assert published == []
    client.post(run_of(name))
    assert published == [f"portal.tasks.{name}"]
    assert f'action="{run_of(name)}"' not in open_page(client, ALL).html


def test_a_broker_that_is_away_is_said(administrator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OperationalError("refused")

    monkeypatch.setattr(CeleryTask, "apply_async", refuse)
    for name in ("submit", "seal-audit"):
        answer: Any = signed_in(administrator).post(run_of(name), follow=True)
        assert "the message broker cannot be reached" in answer.content.decode()
    assert Wakeup.objects.get(step="submit").published_at is None


def test_a_task_that_is_none_is_not_there(administrator: User, published: list[str]) -> None:
    assert signed_in(administrator).post(run_of("rm")).status_code == 404
    assert published == []


def test_its_times_are_those_of_whoever_looks(administrator: User) -> None:
    administrator.time_zone = "Europe/Stockholm"
    administrator.save()
    at = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    StepRun.objects.create(step="submit", began_at=at, ended_at=at)
    assert "1 Jul 2026, 14:00" in Page(signed_in(administrator).get(ALL).content.decode()).html
