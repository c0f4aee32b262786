"""Wake-ups: at most one of a step is on its way, and losing all of them loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from portal import clock, registry, steps
from portal.models import Wakeup

pytestmark = pytest.mark.django_db
OnCommit = Callable[..., AbstractContextManager[Any]]


@dataclass
class Broker:
    """Counts what is published; `away` makes it unreachable."""

    published: list[str] = field(default_factory=list)
    away: Exception | None = None

    def publisher(self, name: str) -> Callable[[], None]:
        """What a step calls to publish."""

        def publish() -> None:
            if self.away:
                raise self.away
            self.published.append(name)

        return publish


@dataclass
class Rows:
    """Units of work that wait in one step."""

    waiting: int = 0

    def at(self, _now: Any) -> Any:
        """As far as a step asks, the rows that are due."""
        return self

    def exists(self) -> bool:
        """Whether one waits."""
        return self.waiting > 0


@pytest.fixture
def broker() -> Broker:
    """A broker."""
    return Broker()


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch, broker: Broker) -> dict[str, Rows]:
    """The rows of two steps, which are the only ones there are."""
    monkeypatch.setattr(registry, "_steps", {})
    both = {"send": Rows(), "look": Rows()}
    for name, waiting in both.items():
        registry.add_step(registry.Step(name, name, waiting.at, "since", broker.publisher(name)))
    return both


@pytest.fixture
def wake(rows: dict[str, Rows], django_capture_on_commit_callbacks: OnCommit) -> Callable[[str], None]:
    """Wake a step in a transaction that is committed."""

    def wake_and_commit(name: str) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            steps.wake(name)

    return wake_and_commit


@pytest.fixture
def run(rows: dict[str, Rows], django_capture_on_commit_callbacks: OnCommit) -> Callable[[], int]:
    """Let a worker take the message of "send" and work."""

    def run_and_commit() -> int:
        with django_capture_on_commit_callbacks(execute=True):
            return steps.run("send", lambda: one_unit(rows["send"]))

    return run_and_commit


def one_unit(waiting: Rows) -> int:
    """Do one unit of what waits."""
    if not waiting.waiting:
        return 0
    waiting.waiting -= 1
    return 1


# --- Waking ---


def test_it_publishes_after_the_commit_and_not_before(
    rows: dict[str, Rows], broker: Broker, django_capture_on_commit_callbacks: OnCommit
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        steps.wake("send")
        assert broker.published == []
    assert broker.published == []
    for callback in callbacks:
        callback()
    assert broker.published == ["send"]


def test_what_is_rolled_back_wakes_nobody(
    rows: dict[str, Rows], broker: Broker, django_capture_on_commit_callbacks: OnCommit
) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        steps.wake("send")
        transaction.set_rollback(True)
    assert broker.published == []
    assert not Wakeup.objects.exists()


def test_a_second_wake_up_publishes_nothing_while_the_first_is_on_its_way(wake: Callable[[str], None], broker: Broker) -> None:
    for _ in range(5):
        wake("send")
    assert broker.published == ["send"]


def test_steps_do_not_wait_for_each_other(wake: Callable[[str], None], broker: Broker) -> None:
    wake("send")
    wake("look")
    wake("send")
    assert broker.published == ["send", "look"]


def test_a_message_that_was_taken_makes_room_for_the_next(
    wake: Callable[[str], None], run: Callable[[], int], broker: Broker
) -> None:
    wake("send")
    run()
    wake("send")
    assert broker.published == ["send", "send"]


def test_a_message_that_nobody_took_for_long_is_taken_for_lost(wake: Callable[[str], None], broker: Broker) -> None:
    wake("send")
    almost = timezone.now() - steps.LOST_AFTER + timedelta(seconds=30)
    Wakeup.objects.update(published_at=almost)
    wake("send")
    assert broker.published == ["send"]
    Wakeup.objects.update(published_at=timezone.now() - steps.LOST_AFTER - timedelta(seconds=1))
    wake("send")
    assert broker.published == ["send", "send"]
    wake("send")
    assert broker.published == ["send", "send"]


def test_a_mark_is_by_the_clock_that_all_share(
    wake: Callable[[str], None], broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine whose clock is an hour ahead must not keep a step asleep for an hour when its message is lost."""
    right = timezone.now()
    monkeypatch.setattr(clock, "now", lambda: right)
    monkeypatch.setattr(timezone, "now", lambda: right + timedelta(hours=1))
    wake("send")
    assert broker.published == ["send"]
    assert Wakeup.objects.get(step="send").published_at == right


@pytest.mark.parametrize("error", [OperationalError("refused"), ConnectionRefusedError("refused"), OSError(28, "disk full")])
def test_a_broker_that_is_away_loses_nothing(
    wake: Callable[[str], None], rows: dict[str, Rows], broker: Broker, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    rows["send"].waiting = 1
    broker.away = error
    wake("send")
    assert caplog.messages == ["could not publish a wake-up of step send; the sweep will"]
    broker.away = None
    wake("send")
    assert broker.published == ["send"]


def test_a_step_that_nobody_registered_is_a_mistake_that_shows(wake: Callable[[str], None]) -> None:
    with pytest.raises(KeyError):
        wake("unheard_of")


# --- The sweep ---


def test_the_sweep_wakes_due_steps_only(
    rows: dict[str, Rows], broker: Broker, django_capture_on_commit_callbacks: OnCommit
) -> None:
    rows["look"].waiting = 3
    with django_capture_on_commit_callbacks(execute=True):
        assert steps.sweep() == ["look"]
    assert broker.published == ["look"]


def test_the_sweep_brings_back_what_an_emptied_broker_lost(
    rows: dict[str, Rows],
    broker: Broker,
    wake: Callable[[str], None],
    run: Callable[[], int],
    django_capture_on_commit_callbacks: OnCommit,
) -> None:
    rows["send"].waiting = 2
    wake("send")
    broker.published.clear()
    Wakeup.objects.update(published_at=timezone.now() - steps.LOST_AFTER - timedelta(seconds=1))
    with django_capture_on_commit_callbacks(execute=True):
        steps.sweep()
    assert broker.published == ["send"]
    assert run() == 2


def test_the_sweep_rests_when_nothing_is_due(
    rows: dict[str, Rows], broker: Broker, django_capture_on_commit_callbacks: OnCommit
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert steps.sweep() == []
    assert broker.published == []


# --- Working ---


def test_it_works_until_nothing_is_left(run: Callable[[], int], rows: dict[str, Rows]) -> None:
    rows["send"].waiting = 7
    assert run() == 7
    assert rows["send"].waiting == 0


@pytest.mark.django_db(transaction=True)
def test_it_wakes_the_next_worker_before_it_works_itself(rows: dict[str, Rows], broker: Broker) -> None:
    rows["send"].waiting = 2
    published_when_working: list[list[str]] = []

    def work() -> int:
        published_when_working.append(list(broker.published))
        return one_unit(rows["send"])

    assert steps.run("send", work) == 2
    assert published_when_working == [["send"]] * 3


def test_it_wakes_nobody_when_nothing_is_due(run: Callable[[], int], broker: Broker) -> None:
    assert run() == 0
    assert broker.published == []


def test_workers_help_each_other_until_the_work_is_done(run: Callable[[], int], rows: dict[str, Rows], broker: Broker) -> None:
    rows["send"].waiting = 3
    run()
    # The message for the next worker finds nothing to do and ends the chain.
    assert broker.published == ["send"]
    assert run() == 0
    assert broker.published == ["send"]


def test_a_slice_that_is_over_hands_the_rest_on(
    run: Callable[[], int], rows: dict[str, Rows], broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "SLICE_SECONDS", -1.0)
    rows["send"].waiting = 3
    assert run() == 0
    assert rows["send"].waiting == 3
    assert broker.published == ["send"]


def test_a_unit_that_raises_leaves_the_next_worker_awake(
    rows: dict[str, Rows], broker: Broker, django_capture_on_commit_callbacks: OnCommit
) -> None:
    rows["send"].waiting = 3

    def poison() -> int:
        raise ZeroDivisionError

    with django_capture_on_commit_callbacks(execute=True), pytest.raises(ZeroDivisionError):
        steps.run("send", poison)
    assert broker.published == ["send"]
