"""What a piece of work costs: time, processor time of this process and of PostgreSQL, memory, bytes written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from django.db import connection

from tests.bench.measure import peak_kib

ROOT = Path(__file__).parents[2]
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock, and of the processor: of Python, and of the database server."""

    wall: float = 0.0
    python_cpu: float = 0.0
    database_cpu: float = 0.0
    wal_bytes: int = 0

    @property
    def cpu(self) -> float:
        """Of both processes."""
        return self.python_cpu + self.database_cpu

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.wall + other.wall,
            self.python_cpu + other.python_cpu,
            self.database_cpu + other.database_cpu,
            self.wal_bytes + other.wal_bytes,
        )

    def __sub__(self, other: Cost) -> Cost:
        return Cost(
            self.wall - other.wall,
            self.python_cpu - other.python_cpu,
            self.database_cpu - other.database_cpu,
            self.wal_bytes - other.wal_bytes,
        )

    def __str__(self) -> str:
        return f"{self.wall:7.2f} s, CPU {self.cpu:7.2f} s (Python {self.python_cpu:.2f}, PostgreSQL {self.database_cpu:.2f})"


class Meter:
    """Measures parts of what one process does over Django's connection."""

    def __init__(self) -> None:
        self.parts: dict[str, Cost] = {}
        # Making a user takes 100 MB for its password alone: the peak counts from now on (proc_pid_clear_refs(5)).
        Path("/proc/self/clear_refs").write_text("5")

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """One part; the same name again adds to it."""
        before = _now()
        yield
        self.parts[name] = self.parts.get(name, Cost()) + (_now() - before)

    def hand_over(self, **figures: Any) -> None:
        """Print everything for the process that started this one."""
        parts = {name: asdict(cost) for name, cost in self.parts.items()}
        sys.stdout.write(json.dumps({"parts": parts, "peak_mb": round(peak_kib(os.getpid()) / 1024, 1), **figures}) + "\n")


@dataclass(frozen=True)
class Measured:
    """What a process handed over."""

    parts: dict[str, Cost]
    peak_mb: float
    figures: dict[str, Any]

    @property
    def total(self) -> Cost:
        """Of all parts."""
        return sum(self.parts.values(), Cost())

    @classmethod
    def of(cls, module: str, *arguments: str, **environment: str) -> Self:
        """Run `python -m module` and read its last line."""
        command = [sys.executable, "-m", module, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, text=True, check=True)
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        parts = {name: Cost(**cost) for name, cost in told.pop("parts").items()}
        return cls(parts, told.pop("peak_mb"), told)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    user, system = _times(pid)[11:13]
    return (user + system) / _TICKS_A_SECOND


def database_cpu() -> float:
    """The same of the whole PostgreSQL server, which runs on this machine: every process that it has, or had."""
    postmaster = _times(backend_pid())[1]
    # What its ended processes took stands with it.
    ticks = sum(_times(postmaster)[11:15])
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = _times(int(path.name))
            if fields[1] == postmaster:
                ticks += sum(fields[11:13])
    return ticks / _TICKS_A_SECOND


def backend_pid() -> int:
    """The process that serves Django's connection."""
    connection.ensure_connection()
    return int(connection.connection.info.backend_pid)


def _times(pid: int) -> list[int]:
    """The fields of /proc/PID/stat (proc_pid_stat(5)) from the state on, which is no number. 1: the parent; 11 to 14: times."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return [0, *map(int, fields[1:])]


def tables_size(names: Iterable[str]) -> int:
    """Bytes of some tables on disk, with their indexes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(%s::text[]) AS name", [list(names)])
        return int(cursor.fetchone()[0])


def _now() -> Cost:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')")
        wal = int(cursor.fetchone()[0])
    return Cost(time.perf_counter(), time.process_time(), database_cpu(), wal)
