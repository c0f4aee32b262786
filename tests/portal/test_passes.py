"""How the last passes went: noted cheaply, and never in the way of the work."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal import clock, passes, registry, steps
from portal.models import StepRun, Wakeup

pytestmark = pytest.mark.django_db(transaction=True)


class Rows:
    """Units that wait in the step "send"; it looks like what `due` gives."""

    def __init__(self) -> None:
        self.waiting = 0

    def exists(self) -> bool:
        """Whether one waits."""
        return self.waiting > 0

    def take(self) -> int:
        """Do one."""
        done = min(self.waiting, 1)
        self.waiting -= done
        return done


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> Rows:
    """The step, which is the only one."""
    monkeypatch.setattr(registry, "_steps", {})
    monkeypatch.setattr(passes, "_noted", {})
    found = Rows()

    def due(_now: Any) -> Any:
        return found

    registry.add_step(registry.Step("send", "Send", due, "since", lambda: None))
    return found


def run(work: Callable[[], int]) -> int:
    """What a worker does that took the message; it waited in the broker."""
    Wakeup.objects.update_or_create(step="send", defaults={"published_at": timezone.now()})
    return steps.run("send", work)


def run_of_send() -> StepRun:
    """What was noted."""
    return StepRun.objects.get(step="send")


def test_a_pass_is_noted_with_its_times_and_what_it_did(rows: Rows) -> None:
    before = clock.read()
    rows.waiting = 3
    assert run(rows.take) == 3
    noted, began = run_of_send(), Wakeup.objects.get(step="send").began_at
    assert noted.done == 3
    assert noted.began_at == began
    assert noted.began_at is not None
    assert noted.ended_at is not None
    assert before <= noted.began_at <= noted.ended_at == noted.done_at
    assert (noted.failed_at, noted.error) == (None, "")


def test_a_pass_that_does_nothing_keeps_what_the_one_before_did(rows: Rows) -> None:
    rows.waiting = 3
    run(rows.take)
    first = run_of_send()
    rows.waiting = 1
    # Another worker was faster.
    assert run(lambda: 0) == 0
    noted = run_of_send()
    assert (noted.done, noted.done_at) == (3, first.done_at)
    assert noted.ended_at is not None
    assert first.ended_at is not None
    assert noted.ended_at > first.ended_at


def test_a_pass_shows_that_it_began_while_it_works(rows: Rows) -> None:
    rows.waiting = 1
    run(rows.take)
    rows.waiting = 1
    seen: list[bool] = []

    def work() -> int:
        began, ended = Wakeup.objects.get(step="send").began_at, run_of_send().ended_at
        assert began is not None
        assert ended is not None
        seen.append(began > ended)
        return rows.take()

    run(work)
    assert seen[0]


def test_a_killed_pass_shows_that_it_began_and_did_not_end(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    rows.waiting = 1
    # A kill leaves no time to note anything.
    monkeypatch.setattr(passes, "_write", lambda *_words, **_fields: None)
    with pytest.raises(SystemExit):
        run(killed)
    assert Wakeup.objects.get(step="send").began_at is not None
    assert not StepRun.objects.exists()


def killed() -> int:
    raise SystemExit


def test_a_pass_that_raises_leaves_the_name_of_what_it_raised(rows: Rows) -> None:
    rows.waiting = 1

    def raise_it() -> int:
        raise ZeroDivisionError("alex@example.com")

    with pytest.raises(ZeroDivisionError):
        run(raise_it)
    noted = run_of_send()
    assert (noted.error, noted.failed_at) == ("ZeroDivisionError", noted.ended_at)
    run(rows.take)
    later = run_of_send()
    assert later.failed_at == noted.failed_at
    assert later.ended_at != noted.ended_at


def test_a_pass_costs_one_statement_more_than_its_work(rows: Rows) -> None:
    rows.waiting = 1
    run(rows.take)
    rows.waiting = 1
    with CaptureQueriesContext(connection) as queries:
        steps.run("send", rows.take)
    noting = [query["sql"] for query in queries if "portal_steprun" in query["sql"]]
    assert len(noting) == 1
    # Clearing the mark, and setting it for the next worker, which also says that this one began.
    assert len([query for query in queries if "portal_wakeup" in query["sql"]]) == 2
    assert len(queries) == 3


def test_an_empty_pass_is_noted_once_a_minute_at_most(rows: Rows) -> None:
    run(rows.take)
    first = run_of_send().idle_at
    assert first is not None
    assert run_of_send().ended_at is None
    with CaptureQueriesContext(connection) as queries:
        for _ in range(5):
            steps.run("send", rows.take)
    assert not [query for query in queries if "portal_steprun" in query["sql"]]
    assert run_of_send().idle_at == first
    assert passes._noted["send"] <= time.monotonic() + passes.SELDOM_SECONDS
    # As it is when the minute is over.
    passes._noted["send"] = time.monotonic()
    run(rows.take)
    again = run_of_send().idle_at
    assert again is not None
    assert again > first


def test_a_wake_up_that_is_on_its_way_already_hides_no_beginning(rows: Rows) -> None:
    """Another worker has woken the next one before this one gets to it."""
    rows.waiting = 1
    before = clock.read()
    Wakeup.objects.create(step="send", published_at=timezone.now(), began_at=before - timedelta(hours=1))
    steps.publish("send", before)
    assert Wakeup.objects.get(step="send").began_at == before


def test_what_cannot_be_noted_stops_nothing(
    rows: Rows, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(**_: Any) -> Any:
        raise DatabaseError("disk full")

    monkeypatch.setattr(StepRun.objects, "filter", refuse)
    rows.waiting = 2
    assert run(rows.take) == 2
    assert caplog.messages == ["a pass of send was not noted: DatabaseError"]


# --- What begins by the clock ---


def test_a_task_of_the_clock_begins_and_ends() -> None:
    with passes.noted("tidy") as one:
        begun = StepRun.objects.get(step="tidy")
        assert begun.began_at is not None
        assert begun.ended_at is None
        one.done = 7
    noted = StepRun.objects.get(step="tidy")
    assert (noted.began_at, noted.done) == (begun.began_at, 7)
    assert noted.ended_at is not None


def test_a_task_of_the_clock_that_raises_says_so() -> None:
    with pytest.raises(ZeroDivisionError), passes.noted("tidy"):
        raise ZeroDivisionError
    noted = StepRun.objects.get(step="tidy")
    assert (noted.error, noted.failed_at, noted.done) == ("ZeroDivisionError", noted.ended_at, None)
