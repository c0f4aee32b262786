"""What runs by itself, for administrators: the steps of background work and the tasks that beat begins by the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from celery.schedules import crontab, maybe_schedule
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from kombu.exceptions import OperationalError

from portal import clock, passes, registry, steps
from portal.celery import app
from portal.models import StepRun, Wakeup
from portal.waits import time_left

# A row that is due only after this is not looked for.
FARTHEST: Final = timedelta(days=400)


@dataclass(frozen=True)
class _ByTheClock:
    """A task of the beat schedule. `warning`: what a person should know who begins it by hand."""

    label: str
    warning: str = ""


# By their names in the beat schedule (portal.tasks).
_BY_THE_CLOCK: Final = {
    "sweep": _ByTheClock(noop("Wake every step that has something due")),
    "seal-audit": _ByTheClock(noop("Seal the audit trail")),
    "daily": _ByTheClock(
        noop("Begin what is done once a night"),
        noop("This reads Adobe's lists of all organizations, tells people what is due soon, and forgets what is old."),
    ),
    "tidy": _ByTheClock(
        noop("Remove files that nobody needs"),
        noop("This looks at every stored file, and removes those that no row names once they are a day old."),
    ),
}


@dataclass(frozen=True)
class Task:
    """One step or task. `next_at`: when it runs next, None where nothing waits for it; `longest`: how long a pass may take."""

    name: str
    label: str
    how_often: str
    warning: str
    longest: timedelta
    began_at: datetime | None
    last: StepRun
    next_at: datetime | None
    now: datetime
    begin: Callable[[], bool]

    @property
    def is_unended(self) -> bool:
        """Whether the last pass has not ended: it is at work, or was broken off."""
        ended = self.last.ended_at
        return self.began_at is not None and (ended is None or ended < self.began_at)

    @property
    def is_broken_off(self) -> bool:
        """Whether it began longer ago than a pass may take, and did not end."""
        return self.is_unended and self.began_at is not None and self.began_at + self.longest < self.now

    @property
    def has_failed(self) -> bool:
        """Whether the pass that ended last raised something."""
        return self.last.failed_at is not None and self.last.failed_at == self.last.ended_at

    @property
    def is_due(self) -> bool:
        """Whether it should run now."""
        return self.next_at is not None and self.next_at <= self.now


def tasks() -> list[Task]:
    """All of them: those of the clock first. Asks two statements, and one or two for each step."""
    runs = {run.step: run for run in StepRun.objects.all()}
    began = dict(Wakeup.objects.values_list("step", "began_at"))
    now = clock.read()
    return [*_by_the_clock(runs, now), *_steps(runs, began, now)]


def find(name: str) -> Task | None:
    """One of them."""
    return next((task for task in tasks() if task.name == name), None)


def _by_the_clock(runs: dict[str, StepRun], now: datetime) -> Iterator[Task]:
    for name, entry in app.conf.beat_schedule.items():
        words = _BY_THE_CLOCK.get(name, _ByTheClock(name))
        last = runs.get(name, StepRun(step=name))
        # What celery's types do not tell: a schedule of the clock or of an interval.
        schedule: Any = maybe_schedule(entry["schedule"])
        yield Task(
            name=name,
            label=_(words.label),
            how_often=_how_often(schedule),
            warning=_(words.warning) if words.warning else "",
            longest=_longest(app.tasks[entry["task"]]),
            began_at=last.began_at,
            last=last,
            next_at=_next_of(schedule, last, now),
            now=now,
            begin=_publisher(app.tasks[entry["task"]].delay),
        )


def _steps(runs: dict[str, StepRun], began: dict[str, datetime | None], now: datetime) -> Iterator[Task]:
    how_often = _("When something is due; looked for every %(span)s") % {"span": _span(settings.SWEEP_EVERY_SECONDS)}
    for name, step in registry.steps().items():
        yield Task(
            name=name,
            label=_(step.label),
            how_often=how_often,
            warning="",
            longest=_longest(getattr(step.publish, "__self__", None)),
            began_at=began.get(name),
            last=runs.get(name, StepRun(step=name)),
            next_at=_next_due(step, now),
            now=now,
            begin=_waker(name),
        )


def _next_due(step: registry.Step, now: datetime) -> datetime | None:
    """When the first row falls due, also one that is due already."""
    rows = step.due(clock.now() + FARTHEST).order_by(step.since)
    first: datetime | None = rows.values_list(step.since, flat=True).first()
    if first is None and step.also_due():
        return now
    return first


def _next_of(schedule: Any, last: StepRun, now: datetime) -> datetime | None:
    if _is_daily(schedule):
        left: timedelta = schedule.remaining_estimate(now)
        # To the minute, as such a schedule is; celery measures from a clock of its own.
        return (now + left + timedelta(seconds=30)).replace(second=0, microsecond=0)
    every: timedelta = schedule.run_every
    if last.began_at is None:
        return now
    late = now - last.began_at - every
    if timedelta() < late < 2 * timedelta(seconds=passes.SELDOM_SECONDS):
        # What runs every few seconds is not noted each time.
        return now + (-late) % every
    return last.began_at + every


def _is_daily(schedule: Any) -> bool:
    return isinstance(schedule, crontab)


def _how_often(schedule: Any) -> str:
    if _is_daily(schedule):
        hour, minute = (min(part) for part in (schedule.hour, schedule.minute))
        return _("Every day at %(time)s UTC") % {"time": f"{hour:02d}:{minute:02d}"}
    return _("Every %(span)s") % {"span": _span(schedule.run_every.total_seconds())}


def _span(seconds: float) -> str:
    return time_left(timedelta(seconds=max(seconds, 1)))


def _longest(task: Any) -> timedelta:
    limit = getattr(task, "time_limit", None)
    return timedelta(seconds=limit or settings.CELERY_TASK_TIME_LIMIT)


def _waker(name: str) -> Callable[[], bool]:
    return lambda: steps.publish(name)


def _publisher(publish: Callable[[], object]) -> Callable[[], bool]:
    """Publishes a message. False when the broker is away."""

    def begin() -> bool:
        try:
            publish()
        except (OperationalError, OSError):
            return False
        return True

    return begin
