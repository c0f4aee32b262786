"""The real parts of a fault run: PostgreSQL, Redis, the local Adobe, and under a supervisor several workers, beat and the site.

Everything that breaks one of the parts is here as a method; when and how often is not.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import redis

from portal.fail_points import FailPoint
from tests.faults.channel import WORKER_VARIABLE, Channel
from tests.faults.times import Times
from tests.servers import Keeper, free_port
from tests.stack import ROOT, Stack

# Adobe answers in half a minute or so what takes it weeks.
SPEED = "60000"
DISK_MEGABYTES = 192


@dataclass(frozen=True)
class Backup:
    """A dump of the database, and the uploaded files of that moment."""

    dump: Path
    uploads: Path


class Field:
    """See the module. `folder` is the run's own."""

    def __init__(self, keeper: Keeper, stack: Stack, folder: Path, times: Times, *, workers: int) -> None:
        self.keeper, self.stack, self.folder, self.times = keeper, stack, folder, times
        self.workers = [f"worker{number}" for number in range(1, workers + 1)]
        self.channel = Channel(folder / "channel")
        self.channel.prepare(list(FailPoint))
        self.run_folder = folder / "run"
        self.run_folder.mkdir()
        self.media = Path(stack.environment["DATA_DIR"]) / "media"
        self.media.mkdir(parents=True, exist_ok=True)
        self.disk_is_real = False
        self._web_port = free_port()

    @property
    def web_address(self) -> str:
        """Of the site."""
        return f"http://127.0.0.1:{self._web_port}"

    def adobe(self, path: str, body: dict[str, Any] | None = None, method: str = "") -> Any:
        """Call a control endpoint of the local Adobe, which may be refusing connections at this moment."""
        until = time.monotonic() + 30
        while True:
            try:
                return self.stack.simulator.control(path, body, method)
            except (URLError, OSError) as error:
                if isinstance(error, HTTPError) or time.monotonic() > until:
                    raise
                time.sleep(0.2)

    # --- Everything on, everything off ---

    def start(self) -> None:
        """Start the supervisor with what it supervises, and wait until the site answers."""
        plan = self.folder / "plan.json"
        plan.write_text(json.dumps({"folder": str(self.run_folder), "processes": list(self._processes())}))
        self.stack.environment |= {
            "SUPERVISOR_PLAN": str(plan),
            "ADOBE_EVENT_KEYS_URL": self.stack.simulator.address,
            "ADOBE_EVENT_VALIDATION_URLS": f"{self.stack.simulator.address}/csm/registrations/validate",
        }
        self.stack.start("supervisor", [sys.executable, "-m", "tests.faults.supervisor", str(plan)], "supervisor: running")
        self.until_the_site_answers()

    def _processes(self) -> Iterator[dict[str, object]]:
        python = [sys.executable, "-m"]
        celery = [*python, "celery", "--app", "tests.faults.worker"]
        quick = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        for name in self.workers:
            worker = [*celery, "worker", "--pool", "prefork", "--concurrency", "2", "--hostname", f"{name}@faults", *quick]
            yield {"name": name, "command": [*worker, "--loglevel", "INFO"], "environment": {WORKER_VARIABLE: name}}
        beat = ["beat", "--schedule", str(self.folder / "beat-schedule"), "--pidfile", "", "--loglevel", "WARNING"]
        yield {"name": "beat", "command": [*celery, *beat]}
        web = ["gunicorn", "tests.faults.web:application", "--threads", "4", "--workers", "1", "--no-control-socket"]
        yield {"name": "web", "command": [*python, *web, "--bind", f"127.0.0.1:{self._web_port}"]}

    def until_the_site_answers(self, seconds: float = 180) -> None:
        """Wait until the site shows its sign-in page."""

        def answers() -> bool:
            with suppress(OSError), urlopen(f"{self.web_address}/sign-in/", timeout=5) as page:
                return bool(page.status == 200)
            return False

        self.stack.wait_until(answers, seconds, "the site")

    def stop(self) -> None:
        """Kill the supervisor and everything that ever ran under it, also what is frozen or has lost its parent."""
        if "supervisor" in self.stack.names():
            self.stack.kill("supervisor")
        until = time.monotonic() + 20
        while left := self.processes():
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if time.monotonic() > until:
                raise TimeoutError(f"processes {left} do not end")
            time.sleep(0.05)

    def processes(self, name: str = "") -> list[int]:
        """Pids of what the supervisor has started (of this worker only, when named), by the environment they have."""
        mine = f"SUPERVISOR_PLAN={self.folder / 'plan.json'}\0".encode()
        named = f"{WORKER_VARIABLE}={name}\0".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                environment = (process / "environ").read_bytes()
                if mine in environment and named * bool(name) in environment and b"supervisor" not in _command(process):
                    found.append(int(process.name))
        return found

    def leader(self, name: str) -> int:
        """The main process of something supervised; 0 when it does not run at this moment."""
        with suppress(OSError, ValueError):
            pid = int((self.run_folder / f"{name}.pid").read_text())
            if pid in self.processes():
                return pid
        return 0

    # --- What breaks ---

    def kill_group(self, name: str) -> bool:
        """SIGKILL to a process and its children. Whether it ran."""
        pid = self.leader(name)
        return bool(pid) and _signal(os.killpg, pid)

    def kill_leader(self, name: str) -> bool:
        """SIGKILL to the main process alone; its children find out by themselves."""
        pid = self.leader(name)
        return bool(pid) and _signal(os.kill, pid)

    def kill_supervisor(self) -> bool:
        """SIGKILL to the supervisor: the kernel ends what it started. Then it is started again."""
        self.stack.kill("supervisor", with_children=False)
        plan = str(self.folder / "plan.json")
        self.stack.start("supervisor", [sys.executable, "-m", "tests.faults.supervisor", plan], "supervisor: running")
        return True

    def thaw(self, group: int) -> None:
        """Let a frozen process group go on."""
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGCONT)

    def empty_redis(self) -> bool:
        """FLUSHALL."""
        with redis.Redis.from_url(self.keeper.servers.broker_url) as client:
            return bool(client.flushall())

    # --- The disk of the media folder ---

    @contextmanager
    def small_disk(self) -> Iterator[None]:
        """Put the media folder on a small disk of its own, where this process may; elsewhere writing fails as on a full one."""
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m,mode=700", "faults", str(self.media)]
        self.disk_is_real = os.geteuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0
        try:
            yield
        finally:
            if self.disk_is_real:
                subprocess.run(["umount", "--lazy", str(self.media)], check=True)

    @contextmanager
    def full_disk(self) -> Iterator[Callable[[], None]]:
        """No byte can be written to the media folder meanwhile. Gives what takes again the room that has become free."""
        ballast = self.media / "ballast" if self.disk_is_real else self.channel.media_full

        def fill() -> None:
            if self.disk_is_real:
                _fill(ballast)
            else:
                ballast.touch()

        try:
            fill()
            yield fill
        finally:
            ballast.unlink(missing_ok=True)

    # --- Backup and restore ---

    def back_up(self, name: str) -> Backup:
        """`pg_dump` and a copy of the uploads, while everything runs."""
        backup = Backup(self.folder / f"{name}.dump", self.folder / f"{name}.uploads")
        self._copy_uploads(backup)
        self._postgres("pg_dump", "--format", "custom", "--compress", "0", "--file", str(backup.dump))
        # Once more: what was stored between the two belongs to rows of the dump.
        self._copy_uploads(backup)
        return backup

    def _copy_uploads(self, backup: Backup) -> None:
        for part in ("uploads", "work-orders"):
            with suppress(FileNotFoundError):
                shutil.copytree(self.media / part, backup.uploads / part, copy_function=_copy_if_there, dirs_exist_ok=True)

    def restore(self, backup: Backup, *, before_start: Callable[[], None]) -> None:
        """As an administrator does: stop everything, put the database back, `after_restore`, start again."""
        self.stop()
        # Whoever is still connected belongs to a process that is gone.
        for command in (f"DROP DATABASE {self._database} WITH (FORCE)", f"CREATE DATABASE {self._database}"):
            self._postgres("psql", "--quiet", "--command", command, database="postgres")
        self._postgres("pg_restore", "--no-owner", "--exit-on-error", "--dbname", self._database, str(backup.dump))
        for source in backup.uploads.rglob("*"):
            target = self.media / source.relative_to(backup.uploads)
            if source.is_file() and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        self.stack.manage("after_restore", "--yes")
        before_start()
        self.start()

    @property
    def _database(self) -> str:
        return urlsplit(self.stack.environment["DATABASE_URL"]).path.lstrip("/")

    def _postgres(self, program: str, *arguments: str, database: str = "") -> None:
        parts = urlsplit(self.stack.environment["DATABASE_URL"])
        where = {"PGHOST": parts.hostname, "PGPORT": str(parts.port), "PGUSER": parts.username, "PGPASSWORD": parts.password}
        where["PGDATABASE"] = database or self._database
        environment = os.environ | {name: value for name, value in where.items() if value}
        subprocess.run([program, *arguments], env=environment, check=True, capture_output=True, cwd=ROOT)


def _command(process: Path) -> bytes:
    return (process / "cmdline").read_bytes()


def _signal(send: Callable[[int, int], None], pid: int) -> bool:
    with suppress(ProcessLookupError):
        send(pid, signal.SIGKILL)
        return True
    return False


def _fill(path: Path) -> None:
    """Write until the disk takes no byte more."""
    with path.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            block = b"\0" * size
            with suppress(OSError):
                while file.write(block):
                    pass


def _copy_if_there(source: str, target: str) -> str:
    """A file may go while it is copied: its request was prepared meanwhile."""
    with suppress(FileNotFoundError):
        shutil.copy2(source, target)
    return target
