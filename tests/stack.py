"""The real stack as processes: the simulator, Celery workers and beat, gunicorn; for the browser, service and load tests.

    with Stack(folder) as stack:            # a simulator, and a migrated SQLite database in `folder`
        people = stack.seed()               # two organizations, four people: see tests/seed.py
        stack.start_worker("one")
        stack.start_beat()
        address = stack.start_web()
        stack.wait_until(lambda: stack.value("SELECT count(*) FROM privacy_job") == 6, 30)
        stack.kill("one")                   # SIGKILL, the pool's children too
        stack.start_worker("one")

Every process runs with the real `portal.settings` in an environment of its own (tests/stack_environment.py): variables of
portal/settings.py can be given by name, such as `Stack(folder, DATABASE_URL="postgres://…", BROKER_URL="redis://…")`.

The stack never shares Django's test database. A pytest process, whose Django is set up with tests.settings, sets the stack up
with `seed` and `manage`, works it over HTTP, and reads its database with `rows` and `value`. A process of its own that wants
models and functions (tests/bench) puts `stack_environment(folder)` into `os.environ` before `django.setup()` and gives the same
variables to `Stack`.

What each process writes is in `folder/<name>.log`. A process that ends without being asked to makes `wait_until` fail at once,
with the end of its log. No process outlives the test: each leads a process group that is killed at the end, and the kernel kills
it when the test process itself is killed.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

from tests.conftest import Simulator
from tests.migrated import bring_up_to_date
from tests.stack_environment import stack_environment

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 60.0
STOP_SECONDS = 15.0
TAIL_LINES = 30


class StackError(Exception):
    """A process did not start, ended by itself, or what was waited for did not come; the text shows the logs' ends."""


@dataclass
class Running:
    """One process that this stack started."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    log_start: int

    def since_start(self) -> str:
        """What this run of it has written."""
        return self.log.read_bytes()[self.log_start :].decode(errors="replace")

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to it and its children."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


class Stack:
    """See the module. Entering starts a simulator and migrates; leaving ends every process."""

    def __init__(self, folder: Path, *, simulator_options: Sequence[str] = (), **variables: str) -> None:
        self.folder = folder
        self.environment = stack_environment(folder, **variables)
        self.simulator_options = list(simulator_options)
        self.web_address = ""
        self._simulator: Simulator | None = None
        self._running: dict[str, Running] = {}
        self._web_port = 0
        self._driver: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        Path(self.environment["DATA_DIR"]).mkdir(parents=True, exist_ok=True)
        atexit.register(self.close)
        try:
            self.start_simulator()
            self.migrate()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Kill every process: nothing of a stack is needed after its test. A second call does nothing."""
        atexit.unregister(self.close)
        if self._driver is not None:
            # It closes its pipes, and frees the database.
            self._driver.kill()
            self._driver.communicate()
            self._driver = None
        while self._running:
            _name, one = self._running.popitem()
            one.signal_group(signal.SIGKILL)
            one.process.wait()

    # --- Parts ---

    @property
    def simulator(self) -> Simulator:
        """The local Adobe and its control endpoints."""
        if self._simulator is None:
            raise StackError("the simulator is not running")
        return self._simulator

    def start_simulator(self) -> Simulator:
        """Start the local Adobe on a free port."""
        options = ["--port", "0", *self.simulator_options]
        ready = self.start("simulator", [sys.executable, "-m", "portal.simulator", *options], r"adobe simulator: (http\S+)")
        self._simulator = Simulator(ready[1])
        return self._simulator

    def start_worker(self, name: str = "worker", *, concurrency: int = 2, options: Sequence[str] = ()) -> None:
        """Start a Celery worker with a prefork pool, and wait until it takes tasks."""
        command = [*_celery("worker"), "--pool", "prefork", "--concurrency", str(concurrency), "--hostname", f"{name}@stack"]
        # Workers of a stack need not know of one another, and finding out costs seconds at every start.
        quick = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        self.start(name, [*command, *quick, *options], rf"{re.escape(name)}@stack ready")

    def start_beat(self) -> None:
        """Start the clock of the periodic tasks."""
        self.start("beat", [*_celery("beat"), "--schedule", str(self.folder / "beat-schedule")], r"beat: Starting")

    def start_web(self, *, workers: int = 1) -> str:
        """Start gunicorn on a free port (the same one when started again). Returns the address of the site."""
        gunicorn = [sys.executable, "-m", "gunicorn", "portal.wsgi:application", "--threads", "4", "--workers", str(workers)]
        options = ["--bind", f"127.0.0.1:{self._web_port}", "--no-control-socket"]
        ready = self.start("web", [*gunicorn, *options], r"Listening at: http://127\.0\.0\.1:(\d+)")
        self._web_port = int(ready[1])
        self.web_address = f"http://127.0.0.1:{self._web_port}"
        return self.web_address

    def start(self, name: str, command: Sequence[str], ready: str) -> re.Match[str]:
        """Start any process, and wait until it writes what `ready` (a regular expression) matches."""
        if name in self._running:
            raise StackError(f"{name} is running already")
        log = self.folder / f"{name}.log"
        with log.open("ab") as output:
            start = output.tell()
            process = subprocess.Popen(
                # The kernel kills it when this process dies, whatever way that happens.
                ["setpriv", "--pdeathsig", "KILL", *command],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        one = self._running[name] = Running(name, process, log, start)
        self.wait_until(lambda: re.search(ready, one.since_start()), READY_SECONDS, f"{name} to be ready")
        match = re.search(ready, one.since_start())
        assert match is not None
        return match

    # --- Ending them ---

    def stop(self, name: str) -> None:
        """Ask a process to end, as a service manager would; kill it when it does not."""
        one = self._running.pop(name)
        one.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            one.process.wait(STOP_SECONDS)
        one.signal_group(signal.SIGKILL)
        one.process.wait()

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL, *, with_children: bool = True) -> None:
        """Send a signal to a process and its children. One that is killed counts as stopped; start it anew at will."""
        one = self._running[name]
        if with_children:
            one.signal_group(number)
        else:
            one.process.send_signal(number)
        if number == signal.SIGKILL:
            one.process.wait(STOP_SECONDS)
            del self._running[name]

    # --- Looking at them ---

    def names(self) -> list[str]:
        """Of the processes that run."""
        return list(self._running)

    def pids(self, name: str) -> list[int]:
        """The process and its children, itself first; none when it does not run."""
        if name not in self._running:
            return []
        leader = self._running[name].process.pid
        members = [int(path.name) for path in Path("/proc").glob("[0-9]*") if _group_of(path) == leader]
        return sorted(members, key=lambda pid: (pid != leader, pid))

    def log(self, name: str) -> str:
        """Everything that a process of this name has written, over all of its runs."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def logs(self) -> dict[str, str]:
        """Of every process that ever ran, by name."""
        return {path.stem: path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log"))}

    def wait_until(self, condition: Callable[[], object], seconds: float, what: str = "", *, every: float = 0.1) -> None:
        """Wait until `condition` gives something true. Raises StackError after `seconds`, or when a process has ended."""
        until = time.monotonic() + seconds
        while not condition():
            ended = [one for one in self._running.values() if one.process.poll() is not None]
            if ended:
                raise StackError(f"{ended[0].name} ended with {ended[0].process.returncode}\n{self._tails()}")
            if time.monotonic() >= until:
                raise StackError(f"waited {seconds:.0f} s in vain for {what or 'a condition'}\n{self._tails()}")
            time.sleep(every)

    def _tails(self) -> str:
        ends = {name: "\n".join(text.splitlines()[-TAIL_LINES:]) for name, text in self.logs().items()}
        return "\n".join(f"--- {name} ---\n{end}" for name, end in ends.items())

    # --- The database ---

    def migrate(self) -> None:
        """Bring the database up to date; it has the groups, too."""
        bring_up_to_date(self.environment["DATABASE_URL"], lambda: self.manage("migrate", "--verbosity", "0"))

    def seed(self, address: str = "") -> dict[str, Any]:
        """Organizations and people: what `tests.seed` made. `address`: of Adobe, when it is not the simulator itself."""
        made: dict[str, Any] = self.drive("seed", address or self.simulator.address)
        return made

    def begin_anew(self, address: str = "") -> dict[str, Any]:
        """As it was after `seed`, while its processes go on: for other tests. Takes and gives what `seed` does."""
        made: dict[str, Any] = self.drive("begin-anew", address or self.simulator.address)
        self.simulator.reset()
        return made

    def drive(self, *words: str) -> Any:
        """Run a command of tests/drive.py; one process runs all of them. Gives its answer; raises StackError when it fails."""
        if self._driver is None:
            with (self.folder / "driver.log").open("ab") as output:
                self._driver = subprocess.Popen(
                    ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "tests.drive"],
                    cwd=ROOT,
                    env=self.environment,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=output,
                    text=True,
                )
        assert self._driver.stdin is not None
        assert self._driver.stdout is not None
        self._driver.stdin.write(f"{json.dumps(words)}\n")
        self._driver.stdin.flush()
        answer = self._driver.stdout.readline()
        if not answer:
            raise StackError(f"{words[0]} failed\n{self._tails()}")
        return json.loads(answer)

    def manage(self, *arguments: str) -> str:
        """Run a management command. Returns what it wrote; raises StackError when it fails."""
        return self.run([sys.executable, "manage.py", *arguments])

    def run(self, command: Sequence[str]) -> str:
        """Run any command in the stack's environment. Returns its stdout; raises StackError when it fails."""
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True)
        if done.returncode:
            raise StackError(f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Read the stack's database with plain SQL, `%s` for each value; encrypted columns stay encrypted."""
        address = self.environment["DATABASE_URL"]
        if address.startswith("sqlite:///"):
            with closing(sqlite3.connect(address.removeprefix("sqlite:///"), timeout=30)) as file:
                return file.execute(query.replace("%s", "?"), values).fetchall()
        with psycopg.connect(address) as server:
            return server.execute(query.encode(), values).fetchall()

    def value(self, query: str, *values: object) -> Any:
        """The first column of the only row."""
        return self.rows(query, *values)[0][0]


def _celery(command: str) -> list[str]:
    return [sys.executable, "-m", "celery", "--app", "portal.celery", command, "--loglevel", "INFO"]


def _group_of(process: Path) -> int:
    """The process group of a folder of /proc; 0 for a process that is gone."""
    try:
        stat = (process / "stat").read_text()
    except OSError:
        return 0
    # The name in brackets may hold blanks; after it: state, parent, group.
    return int(stat.rpartition(")")[2].split()[2])
