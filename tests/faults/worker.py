"""The Celery application that the workers and beat of a fault run are started with: `celery --app tests.faults.worker worker`.

It is the portal's own, with three things from outside: the hook at the fail points, a clock that can be moved, and waits that are
module constants made shorter. Nothing of the portal switches any of it on.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
import uuid
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path

import django
from django.db import OperationalError
from django.utils import timezone

from tests.faults.channel import FOLDER_VARIABLE, WORKER_VARIABLE, Act, Channel, Order

channel = Channel(Path(os.environ[FOLDER_VARIABLE]))
worker = os.environ.get(WORKER_VARIABLE, "")
_right_now = timezone.now


def moved_now() -> datetime:
    """The time as this worker believes it to be."""
    return _right_now() + timedelta(seconds=channel.clock(worker))


# Before the models are there: their fields keep the function itself as a default.
timezone.now = moved_now
django.setup()

from portal import fail_points  # noqa: E402 - models can be imported only once Django is set up
from portal.celery import app  # noqa: E402
from portal.crypto import files  # noqa: E402
from portal.fail_points import FailPoint  # noqa: E402

__all__ = ["app"]

APPS = ("portal", "privacy", "hygiene")
# How long a row stays with a worker that may be dead, how long a batch or a message keeps a worker, and when a wake-up is lost.
SHORTER: dict[str, float | timedelta] = {
    "LEASE_SECONDS": 12.0,
    "LOOK_LEASE_SECONDS": 8.0,
    "ASK_SECONDS": 3.0,
    "FETCH_SECONDS": 3.0,
    "SLICE_SECONDS": 2.0,
    "LOST_AFTER": timedelta(seconds=4),
}


def shorten() -> None:
    """Put the shorter waits in place, in every module that has one. Raises AttributeError for one that is nowhere any more."""
    for app_name in APPS:
        import_module(f"{app_name}.tasks")
    modules = [module for name, module in sys.modules.items() if name.split(".")[0] in APPS]
    for constant, value in SHORTER.items():
        having = [module for module in modules if constant in vars(module)]
        if not having:
            # Better no run than one that is slow and does not say why.
            raise AttributeError(f"no module has a {constant} to be made shorter")
        for module in having:
            setattr(module, constant, value)


def at_fail_point(point: FailPoint, call_id: uuid.UUID) -> None:
    """Carry out the next order for this point."""
    order = channel.take(point, str(call_id))
    if order is not None:
        carry_out(order)


def carry_out(order: Order) -> None:
    """Die, raise, or stop with every process of this worker until somebody lets them go on."""
    match order.act:
        case Act.KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        case Act.FREEZE:
            os.killpg(0, signal.SIGSTOP)
        case Act.PAUSE:
            time.sleep(order.seconds)
        case Act.ERROR:
            raise OperationalError("the connection to the database was lost")


def refuse_to_write_when_full() -> None:
    """For places where no disk can be really filled: encrypted files fail as on a full one."""
    whole = files.SealedWriter._emit

    def emit(self: files.SealedWriter, chunk: bytes, *, last: bool) -> None:
        if channel.media_full.exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        whole(self, chunk, last=last)

    files.SealedWriter._emit = emit  # type: ignore[method-assign]


shorten()
refuse_to_write_when_full()
fail_points.install(at_fail_point)
