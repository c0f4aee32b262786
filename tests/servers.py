"""A private PostgreSQL and a private Redis for tests: in a folder of their own, on free ports, gone when their user is gone.

    with servers.running() as real: ...                      # in Python
    with servers.kept(durable=True) as keeper: ...           # the same, and keeper.crash_postgres() restarts one of them
    python -m tests.servers run -- pytest …                  # with DATABASE_URL and BROKER_URL set for the command

A keeper process with a session of its own owns the servers. It holds a pipe of whoever asked for them: the pipe ends with that
process, however it dies, and then the keeper stops the servers and removes the folder. If the keeper itself is killed, the
kernel stops the servers (parent-death signal).
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

START_SECONDS = 60.0
STOP_SECONDS = 30.0
TRIES = 3
# PostgreSQL refuses to run as root.
LESSER_USERS = ("postgres", "nobody")
_PR_SET_PDEATHSIG = 1
# What the user writes to the keeper, and the keeper back when it is done.
CRASH_POSTGRES = "crash postgres"


class CannotStart(RuntimeError):
    """A server is not installed, or did not come up; the text is its own."""


@dataclass(frozen=True)
class Servers:
    """Where the running servers are. `folder` holds `postgres` (the data directory), `postgres.log` and `redis.log`."""

    database_url: str
    broker_url: str
    folder: str

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point the portal at these servers."""
        return {"DATABASE_URL": self.database_url, "BROKER_URL": self.broker_url}


class Keeper:
    """The process that owns the servers, as its user sees it."""

    def __init__(self, process: subprocess.Popen[str], servers: Servers) -> None:
        self.servers = servers
        self._process = process

    def crash_postgres(self) -> None:
        """End PostgreSQL at once, in the middle of every transaction, and start it again. Raises CannotStart."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{CRASH_POSTGRES}\n")
        self._process.stdin.flush()
        if self._process.stdout.readline().strip() != CRASH_POSTGRES:
            raise CannotStart("PostgreSQL did not come up again")


@contextmanager
def running(*, durable: bool = False, log_writes: bool = False) -> Iterator[Servers]:
    """Both servers, for as long as the block lasts. Raises CannotStart.

    `durable`: PostgreSQL really writes to the disk, for tests that kill it. `log_writes`: its log holds every statement that
    writes.
    """
    with kept(durable=durable, log_writes=log_writes) as keeper:
        yield keeper.servers


@contextmanager
def kept(*, durable: bool = False, log_writes: bool = False) -> Iterator[Keeper]:
    """As `running`, with the keeper of the servers."""
    command = [sys.executable, "-m", "tests.servers", "keep"]
    command += ["--durable"] * durable + ["--log-writes"] * log_writes
    keeper = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True, cwd=Path(__file__).parents[1]
    )
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    try:
        line = keeper.stdout.readline()
        if not line:
            raise CannotStart("the servers did not start; what they said stands above")
        yield Keeper(keeper, Servers(**json.loads(line)))
    finally:
        keeper.stdin.close()
        keeper.wait(timeout=2 * STOP_SECONDS)
        keeper.stdout.close()


# --- The keeper ---


def keep(*, durable: bool, log_writes: bool) -> int:
    """Run both servers until standard input ends."""
    with ExitStack() as stack:
        folder = stack.enter_context(_folder_for(_lesser_user()))
        database_url, postgres = stack.enter_context(_postgres(folder, durable=durable, log_writes=log_writes))
        servers = Servers(database_url=database_url, broker_url=stack.enter_context(_redis(folder)), folder=str(folder))
        _say(json.dumps(asdict(servers)))
        # Line by line as they come: iterating over standard input would read ahead.
        while line := sys.stdin.readline():
            if line.strip() == CRASH_POSTGRES:
                postgres.restart(signal.SIGQUIT)
                _say(CRASH_POSTGRES)
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _lesser_user() -> str | None:
    """Whom the servers run as: nobody else, unless we are root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    user = next((name for name in LESSER_USERS if name in known), None)
    if user is None:
        raise CannotStart(f"root cannot run PostgreSQL, and there is no user {' or '.join(LESSER_USERS)}")
    return user


@contextmanager
def _folder_for(user: str | None) -> Iterator[Path]:
    """A new folder that belongs to `user`."""
    base = next(path for path in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")) if _can_be_entered(path))  # noqa: S108 - a random name below it
    folder = Path(tempfile.mkdtemp(prefix="portal-servers-", dir=base))
    if user is not None:
        shutil.chown(folder, user)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _can_be_entered(path: Path) -> bool:
    """Whether any user can reach what is below `path`; asked for root only, who can enter everything himself."""
    if os.geteuid() != 0:
        return True
    path = path.resolve()
    return all(part.stat().st_mode & stat.S_IXOTH for part in (path, *path.parents))


@contextmanager
def _postgres(folder: Path, *, durable: bool, log_writes: bool) -> Iterator[tuple[str, _Server]]:
    programs = postgres_programs()
    user = folder.owner() if os.geteuid() == 0 else None
    data, password = folder / "postgres", secrets.token_hex(16)
    password_file = folder / "password"
    password_file.write_text(password)
    password_file.chmod(0o600)
    if user is not None:
        shutil.chown(password_file, user)
    made = subprocess.run(
        [
            programs / "initdb",
            *("--pgdata", data, "--username", "portal", "--pwfile", password_file, "--auth", "scram-sha-256"),
            *("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-instructions", "--no-sync"),
        ],
        user=user,
        cwd=folder,
        capture_output=True,
        text=True,
    )
    password_file.unlink()
    if made.returncode:
        raise CannotStart(made.stderr)
    with (data / "postgresql.conf").open("a") as file:
        file.write(_postgres_settings(folder, durable=durable, log_writes=log_writes))

    def start(port: int) -> subprocess.Popen[bytes]:
        command: list[str | Path] = [programs / "postgres", "-D", data, "-p", str(port)]
        return _spawn(command, user=user, log=folder / "postgres.log", dies_by=signal.SIGQUIT)

    def is_up(port: int) -> bool:
        asked: list[str | Path] = [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port), "-d", "postgres"]
        return subprocess.run(asked, check=False).returncode == 0

    with _started(start, is_up, log=folder / "postgres.log", stop_by=signal.SIGINT) as server:
        yield f"postgres://portal:{password}@127.0.0.1:{server.port}/postgres", server


def _postgres_settings(folder: Path, *, durable: bool, log_writes: bool) -> str:
    lines = [
        "listen_addresses = '127.0.0.1'",
        f"unix_socket_directories = '{folder}'",
        "max_connections = 200",
        "shared_buffers = 64MB",
    ]
    if not durable:
        lines += ["fsync = off", "synchronous_commit = off", "full_page_writes = off"]
    if log_writes:
        lines += ["log_statement = mod", "log_parameter_max_length = -1"]
    return "\n".join(lines) + "\n"


def postgres_programs() -> Path:
    """The folder of the newest PostgreSQL."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        raise CannotStart("PostgreSQL is not installed: apt-get install postgresql")
    return found[-1].parent if found else Path(on_path or "").parent


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    program = shutil.which("redis-server")
    if program is None:
        raise CannotStart("Redis is not installed: apt-get install redis-server")
    user = folder.owner() if os.geteuid() == 0 else None
    password = secrets.token_hex(16)

    def start(port: int) -> subprocess.Popen[bytes]:
        # Through standard input, so that the password stands in no list of processes.
        settings = f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\ndir "{folder}"\n'
        process = _spawn([program, "-"], user=user, log=folder / "redis.log", dies_by=signal.SIGKILL, stdin=subprocess.PIPE)
        assert process.stdin is not None
        with process.stdin:
            process.stdin.write(settings.encode())
        return process

    def is_up(port: int) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
                connection.sendall(f"AUTH {password}\r\n".encode())
                return connection.recv(16).startswith(b"+OK")
        except OSError:
            return False

    with _started(start, is_up, log=folder / "redis.log", stop_by=signal.SIGTERM) as server:
        yield f"redis://:{password}@127.0.0.1:{server.port}/0"


@dataclass
class _Server:
    """A server that was started, and how to start it again."""

    start: Callable[[int], subprocess.Popen[bytes]]
    is_up: Callable[[int], bool]
    log: Path
    port: int
    process: subprocess.Popen[bytes]

    def came_up(self) -> bool:
        """Wait until it serves. False when it ended instead."""
        until = time.monotonic() + START_SECONDS
        while self.process.poll() is None and time.monotonic() < until:
            if self.is_up(self.port):
                return True
            time.sleep(0.05)
        return False

    def restart(self, by: signal.Signals) -> None:
        """End it by this signal, and start it on the same port. Raises CannotStart."""
        _stop(self.process, by)
        self.process = self.start(self.port)
        if not self.came_up():
            raise CannotStart(self.log.read_text(errors="replace"))


@contextmanager
def _started(
    start: Callable[[int], subprocess.Popen[bytes]], is_up: Callable[[int], bool], *, log: Path, stop_by: signal.Signals
) -> Iterator[_Server]:
    """A server on a free port, stopped at the end. Another process may be faster to take the port, so there are some tries."""
    for _ in range(TRIES):
        port = free_port()
        server = _Server(start, is_up, log, port, start(port))
        try:
            if server.came_up():
                yield server
                return
        finally:
            _stop(server.process, stop_by)
    raise CannotStart(log.read_text(errors="replace"))


def _stop(process: subprocess.Popen[bytes], by: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(by)
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def _spawn(
    command: Sequence[str | Path], *, user: str | None, log: Path, dies_by: signal.Signals, stdin: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            user=user,
            stdin=stdin,
            stdout=output,
            stderr=output,
            cwd=log.parent,
            preexec_fn=lambda: die_with_parent(dies_by),  # noqa: PLW1509 - the keeper has no threads
        )


def die_with_parent(by: signal.Signals = signal.SIGTERM) -> None:
    """Ask the kernel to send `by` to this process when its parent dies. For `preexec_fn`."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, by)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- The command line ---


def run(command: Sequence[str]) -> int:
    """Run a command beside both servers. Returns its exit status."""
    with running() as servers:
        process = subprocess.Popen(command, env=os.environ | servers.environment, preexec_fn=die_with_parent)  # noqa: PLW1509
        try:
            return process.wait()
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    """A signal ends the process the ordinary way, so that everything that was started is stopped."""
    sys.exit(128 + number)


def main(arguments: Sequence[str]) -> int:
    """`run -- COMMAND …` or (for ourselves) `keep`."""
    parser = argparse.ArgumentParser(prog="python -m tests.servers", description="PostgreSQL and Redis for tests.")
    commands = parser.add_subparsers(dest="command", required=True)
    keeping = commands.add_parser("keep", help="run both until standard input ends; prints where they are")
    keeping.add_argument("--durable", action="store_true")
    keeping.add_argument("--log-writes", action="store_true")
    commands.add_parser("run", help="run a command with DATABASE_URL and BROKER_URL set").add_argument("words", nargs="+")
    parsed = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _end)
    try:
        if parsed.command == "keep":
            return keep(durable=parsed.durable, log_writes=parsed.log_writes)
        return run(parsed.words)
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
