"""Children of one process: started in waves, watched, stopped in order, and none left behind.

All of them, and what they start themselves, are in the process group of the watchdog, so that one signal reaches every one, also
those whose own parent has died.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from portal.demo.interrupts import Interrupts
from portal.demo.log import DemoLog

START_SECONDS = 90.0
STOP_SECONDS = 8.0
LAST_LINES = 20
_LOOK_SECONDS = 0.05


class DemoFailed(Exception):
    """The demo cannot go on; `str()` says what happened and what to do."""

    def __init__(self, message: str, exit_status: int = 1) -> None:
        super().__init__(message)
        self.exit_status = exit_status


@dataclass(frozen=True)
class Part:
    """One child: its name in the log, its command, and how one sees that it is ready.

    `ready_words`: a line of its output that holds them. `is_ready`: a look from outside, which may raise DemoFailed.
    """

    name: str
    command: tuple[str, ...]
    ready_words: str = ""
    is_ready: Callable[[], bool] = lambda: True


class Child:
    """A running part. Its output goes to the log as it comes."""

    def __init__(self, part: Part, process: subprocess.Popen[str], log: DemoLog) -> None:
        self.part = part
        self.process = process
        self.last_lines: deque[str] = deque(maxlen=LAST_LINES)
        self._said_ready = not part.ready_words
        self._log = log
        self._reader = threading.Thread(target=self._read, name=f"log of {part.name}", daemon=True)
        self._reader.start()

    @property
    def is_ready(self) -> bool:
        """Whether it does its work. Raises DemoFailed when it never will."""
        return self._said_ready and self.part.is_ready()

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.process.poll() is None

    @property
    def end_words(self) -> str:
        """How it ended."""
        status = self.process.returncode
        return f"by {signal.Signals(-status).name}" if status < 0 else f"with exit status {status}"

    def join(self, seconds: float) -> None:
        """Wait until all that it said is in the log."""
        self._reader.join(seconds)

    def _read(self) -> None:
        assert self.process.stdout is not None  # noqa: S101 - it was started with a pipe
        with self.process.stdout as lines:
            for line in lines:
                text = line.rstrip("\n")
                self.last_lines.append(text)
                self._log.write(self.part.name, text)
                if self.part.ready_words and self.part.ready_words in text:
                    self._said_ready = True


class Supervisor:
    """Starts parts in waves; leaving its block stops them, the last wave first."""

    def __init__(self, log: DemoLog, interrupts: Interrupts, *, folder: Path, held: Sequence[int] = ()) -> None:
        """`folder`: where the children run. `held`: descriptors that stay open until the last of them has ended."""
        self._log = log
        self._interrupts = interrupts
        self._folder = folder
        self._held = held
        self._waves: list[list[Child]] = []

    def __enter__(self) -> Self:
        self._watchdog = subprocess.Popen(
            [sys.executable, "-m", "portal.demo.watchdog"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd=self._folder,
            process_group=0,
            pass_fds=self._held,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._interrupts.hold()
        for wave in reversed(self._waves):
            self._stop(wave)
        # What is left are grandchildren whose parent had to be killed, and the watchdog.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._watchdog.pid, signal.SIGKILL)
        self._watchdog.wait()
        for child in self._children:
            child.join(2)

    def start(self, *parts: Part) -> None:
        """Start one wave and wait until all of it is ready. Raises DemoFailed."""
        wave: list[Child] = []
        self._waves.append(wave)
        for part in parts:
            process = subprocess.Popen(  # noqa: S603 - the commands are those of parts.py
                part.command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                cwd=self._folder,
                process_group=self._watchdog.pid,
            )
            wave.append(Child(part, process, self._log))
        until = time.monotonic() + START_SECONDS
        for child in wave:
            while not child.is_ready:
                self.check()
                if time.monotonic() > until:
                    raise DemoFailed(self._report(child, f"did not get ready within {START_SECONDS:.0f} seconds"))
                time.sleep(_LOOK_SECONDS)
        self.check()

    def check(self) -> None:
        """Raises DemoFailed, with its last lines, when a child has ended."""
        for child in self._children:
            if not child.is_alive:
                child.join(1)
                raise DemoFailed(self._report(child, f"has ended {child.end_words}"))
        if self._watchdog.poll() is not None:
            raise DemoFailed("The demo's watchdog process has ended, so the demo stops. Start it again.")

    def wait(self) -> None:
        """Look after the children until one of them ends (DemoFailed) or somebody interrupts (Interrupted)."""
        while True:
            self.check()
            time.sleep(0.2)

    @property
    def _children(self) -> list[Child]:
        return [child for wave in self._waves for child in wave]

    def _stop(self, wave: Sequence[Child]) -> None:
        for child in wave:
            child.process.terminate()
        until = time.monotonic() + STOP_SECONDS
        while any(child.is_alive for child in wave) and time.monotonic() < until and not self._interrupts.hurry:
            time.sleep(_LOOK_SECONDS)
        for child in wave:
            child.process.kill()
            child.process.wait()

    def _report(self, child: Child, what: str) -> str:
        lines = [f"The {child.part.name} {what}. Its last lines:"]
        lines += [f"    {line}" for line in child.last_lines] or ["    (it said nothing)"]
        return "\n".join([*lines, f"The whole log is {self._log.path}."])
