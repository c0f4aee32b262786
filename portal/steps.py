"""Wake-ups of background steps: a message says only that something may be due; the rows say what.

Messages are coalesced: at most one a step waits in the broker. A step that begins clears the mark and, while more is due, wakes
the next worker before it works itself, so that as many workers help as there are. Losing every message loses nothing: the
periodic sweep looks at the rows.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from kombu.exceptions import OperationalError

from portal import clock, passes, registry
from portal.models import Wakeup

logger = logging.getLogger(__name__)

# A published message that nobody took for this long is taken for lost.
LOST_AFTER = timedelta(seconds=60)
# How long one message keeps a worker: short enough that a POST begun at its end still meets the soft time limit.
SLICE_SECONDS = 10.0


def wake(name: str) -> None:
    """Publish one wake-up of the step once the transaction is committed, unless one is already on its way."""
    transaction.on_commit(lambda: publish(name))


def publish(name: str, began_at: datetime | None = None) -> bool:
    """Publish one wake-up of the step now, unless one is already on its way. False when the broker is away.

    `began_at`: a pass begins that wakes the next worker, which the same statement notes.
    """
    if not _mark_published(name, {"began_at": began_at} if began_at else {}):
        return True
    try:
        registry.steps()[name].publish()
    except (OperationalError, OSError):
        # The broker is away. The row is the truth: the sweep publishes again when the broker is back.
        logger.warning("could not publish a wake-up of step %s; the sweep will", name)
        Wakeup.objects.filter(step=name).update(published_at=None)
        return False
    return True


def _mark_published(name: str, also: dict[str, datetime]) -> bool:
    # By the clock that all share: a mark from the future would keep the step asleep until then, should its message be lost.
    now = clock.now()
    free = Q(published_at=None) | Q(published_at__lt=now - LOST_AFTER)
    row = Wakeup.objects.filter(step=name)
    if row.filter(free).update(published_at=now, **also):
        return True
    if row.update(**also) if also else row.exists():
        return False
    try:
        with transaction.atomic():
            Wakeup.objects.create(step=name, published_at=now, **also)
    except IntegrityError:
        return False
    return True


def run(name: str, work: Callable[[], int]) -> int:
    """Work off what is due in this step until nothing is, or the slice is over. Returns how many units were done.

    `work` takes a claim on one unit (or a small batch), does it, and returns how many it did; 0 ends the step.
    """
    Wakeup.objects.filter(step=name).update(published_at=None)
    step = registry.steps()[name]
    if not step.is_due():
        passes.found_nothing(name)
        return 0
    began = clock.read()
    transaction.on_commit(lambda: publish(name, began))
    return passes.run(name, began, lambda: _work_off(name, work))


def _work_off(name: str, work: Callable[[], int]) -> int:
    done = 0
    until = time.monotonic() + SLICE_SECONDS
    while time.monotonic() < until:
        units = work()
        if not units:
            return done
        done += units
    wake(name)
    return done


def sweep() -> list[str]:
    """Wake every step that has a due row. Returns their names."""
    due = [step.name for step in registry.steps().values() if step.is_due()]
    for name in due:
        wake(name)
    return due
