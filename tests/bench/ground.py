"""What the benches of sending and following stand on: a stack on PostgreSQL with a local Adobe, and what its processes cost."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.stack import Stack

TICKS = os.sysconf("SC_CLK_TCK")
# Seconds that Adobe, on another continent, takes for each answer.
LATENCY = 0.2


@dataclass
class Ground:
    """The stack, and what its processes have used of the processor."""

    stack: Stack
    postmaster: int

    @property
    def simulator_seconds(self) -> float:
        """CPU seconds of the simulator so far."""
        return sum(map(cpu_seconds, self.stack.pids("simulator")))

    @property
    def database_seconds(self) -> float:
        """CPU seconds of PostgreSQL so far, those of ended connections included."""
        return cpu_seconds(self.postmaster, ended=True) + sum(map(cpu_seconds, _children(self.postmaster)))

    def fresh(self, latency: float) -> None:
        """Adobe knows no job and has counted no call, and takes `latency` seconds for each answer."""
        self.stack.simulator.reset()
        self.stack.simulator.control("settings", {"latency": latency})


@contextmanager
def prepared(folder: Path, postgres: Path) -> Iterator[Ground]:
    """A simulator and a migrated database, under the environment that this process has on."""
    variables = {name: os.environ[name] for name in ("DATABASE_URL", "BROKER_URL", "LOG_LEVEL", "TASK_LOG_LEVEL")}
    # So slow that no job moves unless it is told to.
    with Stack(folder, simulator_options=["--speed", "0.000001"], **variables) as stack:
        yield Ground(stack, int((postgres / "postmaster.pid").read_text().splitlines()[0]))


def cpu_seconds(pid: int, *, ended: bool = False) -> float:
    """User and system time of a process; with `ended`, that of its children that are gone too."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    # The name in brackets may hold blanks; utime is the 14th field of the line, cutime the 16th.
    fields = stat.rpartition(")")[2].split()
    return sum(map(int, fields[11 : 15 if ended else 13])) / TICKS


def machine_seconds() -> float:
    """CPU seconds of everything that ran on this machine, on all cores."""
    _name, user, nice, system, _idle, _waiting, interrupts, soft, stolen, *_ = Path("/proc/stat").read_text().split()
    return sum(map(int, (user, nice, system, interrupts, soft, stolen))) / TICKS


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
