"""What a run measures: how long, how many, how large; and which expectations did not hold."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    # It needs Django set up; measuring does not.
    from tests.stack import Stack

SAMPLE_SECONDS = 0.5
# What must not stand in any log of a run.
TROUBLE = re.compile(
    r"database is locked|Traceback|raised unexpected|exited prematurely|time limit \(|TimeLimitExceeded|Substantial drift"
)
RECEIVED = re.compile(r"Task (\S+?)\[[0-9a-f-]+\] received")


@dataclass
class Report:
    """Collects, prints as it goes, and ends in one line of JSON."""

    phases: dict[str, float] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time a part of the run."""
        began = time.monotonic()
        yield
        self.note_phase(name, time.monotonic() - began)

    def note_phase(self, name: str, seconds: float) -> None:
        """The same, for what was timed elsewhere."""
        self.phases[name] = round(seconds, 2)
        self._say(f"{name:<44} {seconds:8.1f} s")

    def note(self, name: str, value: Any) -> None:
        """A figure."""
        self.figures[name] = value
        self._say(f"{name:<44} {value!s:>8}")

    def expect(self, what: str, *, holds: bool, found: object = "") -> None:
        """An expectation; the run goes on, and fails at its end."""
        self._say(f"{'ok  ' if holds else 'FAIL'} {what}" + ("" if holds else f": {found}"))
        if not holds:
            self.failures.append(what)

    def last_line(self) -> str:
        """Everything, machine-readable."""
        return json.dumps({"ok": not self.failures, "failures": self.failures, "phases": self.phases, **self.figures})

    @staticmethod
    def _say(line: str) -> None:
        print(line, flush=True)


class PeakMemory:
    """Samples the peak resident memory of every process of a stack, in the background, also of those that end early."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._peaks: dict[tuple[str, int], int] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(SAMPLE_SECONDS):
            for name in self._stack.names():
                for pid in self._stack.pids(name):
                    self._peaks[name, pid] = max(self._peaks.get((name, pid), 0), peak_kib(pid))

    def megabytes(self) -> dict[str, float]:
        """The largest process of each name."""
        largest: dict[str, int] = {}
        for (name, _pid), kib in self._peaks.items():
            largest[name] = max(largest.get(name, 0), kib)
        return {name: round(kib / 1024, 1) for name, kib in sorted(largest.items())}


def peak_kib(pid: int) -> int:
    """VmHWM of a process; 0 for one that is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) if found else 0


class Milestones:
    """Waits for several things at once, and notes when each came."""

    def __init__(self, stack: Stack, conditions: dict[str, Callable[[], bool]]) -> None:
        self._stack = stack
        self._open = dict(conditions)
        self._began = time.monotonic()
        self.reached: dict[str, float] = {}

    def wait(self, seconds: float) -> None:
        """Until all have come. Raises StackError after `seconds`."""
        self._stack.wait_until(self._look, seconds, ", ".join(self._open), every=SAMPLE_SECONDS)

    def _look(self) -> bool:
        for name in [name for name, condition in self._open.items() if condition()]:
            del self._open[name]
            self.reached[name] = time.monotonic() - self._began
        return not self._open


def trouble_in(logs: dict[str, str]) -> Counter[str]:
    """Lines of the logs that tell of something that must not happen, and how often."""
    return Counter(
        f"{name}: {line.strip()[:160]}" for name, text in logs.items() for line in text.splitlines() if TROUBLE.search(line)
    )


def messages_in(logs: dict[str, str]) -> Counter[str]:
    """How many messages of each task the workers took."""
    return Counter(task.rpartition(".")[2] for text in logs.values() for task in RECEIVED.findall(text))


def size_of(path: Path) -> int:
    """Bytes of a file or of everything in a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file())
