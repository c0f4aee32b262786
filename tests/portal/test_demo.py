"""`make demo`, as the command that it runs: started in a hostile shell, in a folder of its own, on free ports."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from portal.demo import environment
from tests.servers import free_port

ROOT = Path(__file__).resolve().parents[2]
# What a shell may carry for something else; the environment of the tests themselves comes on top.
HOSTILE = {
    "DJANGO_SETTINGS_MODULE": "tests.settings",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:9/nothing",
    "BROKER_URL": "redis://127.0.0.1:9/0",
    "CELERY_BROKER_URL": "redis://127.0.0.1:9/0",
    "SECRET_KEY": "of-another-project",
    "ALLOWED_HOSTS": "example.com",
    "DEBUG": "yes",
    "EMAIL_URL": "smtp://127.0.0.1:9",
    "PORTAL_ADDRESS": "https://example.com",
}
GONE_SECONDS = 20


@dataclass
class Demo:
    """A running demo, and all processes below it as they were when it was ready."""

    process: subprocess.Popen[str]
    port: int
    said: list[str]
    below: list[int]

    def stop(self, number: signal.Signals) -> int:
        """Send a signal and wait for the end. Gives the exit status."""
        self.process.send_signal(number)
        assert self.process.stdout is not None
        self.said += self.process.stdout.read().splitlines()
        return self.process.wait(timeout=GONE_SECONDS)

    def pid_of(self, word: str) -> int:
        """The child whose command line holds this word."""
        return next(pid for pid in self.below if word in Path(f"/proc/{pid}/cmdline").read_text().split("\0"))


def command(folder: Path, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """The command line and the environment of a demo in this folder."""
    return [sys.executable, "manage.py", "demo", *arguments], os.environ | HOSTILE | {"DEMO_DIR": str(folder)}


def ports() -> list[str]:
    """Options that give a demo two free ports."""
    return ["--port", str(free_port()), "--adobe-port", str(free_port())]


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A demo that ends by itself."""
    line, variables = command(folder, *arguments)
    return subprocess.run(line, env=variables, cwd=ROOT, capture_output=True, text=True, timeout=200)


@contextmanager
def running(folder: Path) -> Iterator[Demo]:
    """A demo that is ready."""
    options = ports()
    line, variables = command(folder, *options)
    with subprocess.Popen(
        line, env=variables, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as process:
        try:
            assert process.stdout is not None
            said = []
            for text in process.stdout:
                said.append(text.rstrip("\n"))
                if text.startswith("ready:"):
                    break
            yield Demo(process, int(options[1]), said, below(process.pid))
        finally:
            process.terminate()


def below(pid: int) -> list[int]:
    """Children, their children, and so on."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True).stdout
    parents = {int(child): int(parent) for child, parent in (row.split() for row in listed.splitlines())}
    found, fresh = [], [pid]
    while fresh:
        fresh = [child for child, parent in parents.items() if parent in fresh]
        found += fresh
    return found


def left_of(pids: list[int]) -> list[int]:
    """Which of them still live when some time was given."""
    until = time.monotonic() + GONE_SECONDS
    while (alive := [pid for pid in pids if is_alive(pid)]) and time.monotonic() < until:
        time.sleep(0.1)
    return alive


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has buried yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def rows(folder: Path) -> list[object]:
    """The users with their passwords, and the requests, as the database holds them."""
    with closing(sqlite3.connect(folder / "portal.sqlite3")) as database:
        users = database.execute("SELECT username, password FROM portal_user ORDER BY username").fetchall()
        requests = database.execute("SELECT number, status FROM privacy_privacyrequest ORDER BY number").fetchall()
    assert len(users) == 5, "four people and the service user of the token"
    assert requests != []
    return [users, requests]


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A folder in which the sample was run through once, and what that printed."""
    folder = tmp_path_factory.mktemp("demo") / "kept"
    return folder, run(folder, *ports(), "--once")


@pytest.fixture
def kept(once: tuple[Path, subprocess.CompletedProcess[str]]) -> Path:
    """The folder, for one more start."""
    return once[0]


def first_mail(folder: Path) -> str:
    """What the demo has written into its first e-mail; its worker is given a while for it."""
    until = time.monotonic() + GONE_SECONDS
    while not (mails := [path.read_text() for path in (folder / "mail").glob("*.log")]) and time.monotonic() < until:
        time.sleep(0.1)
    return mails[0] if mails else ""


# --- The demo as one sees it ---


def test_it_runs_the_sample_through_to_stored_results_without_a_person(
    once: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    done = once[1]
    assert done.returncode == 0, done.stdout + done.stderr
    row = next(line for line in done.stdout.splitlines() if line.startswith("│ PR-"))
    people, jobs, finished, failed, results = [int(cell) for cell in row.split("│")[2:7]]
    assert (people, jobs, finished, failed, results) == (5, 7, 7, 0, 4)
    assert "Analytics/hits.csv" in done.stdout
    assert "Not found (Adobe code 6052)" in done.stdout


def test_it_keeps_nobodys_address_in_clear_but_at_adobe_and_in_the_samples(kept: Path) -> None:
    files = [path for path in kept.rglob("*") if path.is_file()]
    holders = {path.relative_to(kept).parts[0] for path in files if b"sofia.lindqvist" in path.read_bytes()}
    assert holders == {"adobe.jsonl", "samples"}
    assert any(path.parent.parent.name == "archives" for path in files)
    readable = {path.relative_to(kept).parts[0] for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077}
    assert readable == {"static"}


def test_it_gets_ready_writes_notices_into_files_and_leaves_no_process_after_ctrl_c(kept: Path) -> None:
    with running(kept) as demo:
        assert demo.said[-1] == f"ready: http://127.0.0.1:{demo.port}"
        connection = http.client.HTTPConnection("127.0.0.1", demo.port, timeout=10)
        connection.request("GET", "/sign-in/")
        assert connection.getresponse().status == 200
        connection.close()
        assert len(demo.below) >= 7
        assert any("E-mails " in line and str(kept / "mail") in line for line in demo.said)
        mail = first_mail(kept)
        assert demo.stop(signal.SIGINT) == 0
        assert left_of(demo.below) == []
    assert "\nTo: officer@acme.example\n" in mail
    assert re.search(r"^http://127\.0\.0\.1:\d+/requests/PR-\d{4}-\d{6}/$", mail, re.MULTILINE)
    log = (kept / "demo.log").read_text()
    assert {line.split()[0] for line in log.splitlines()} >= {"adobe", "web", "worker"}


def test_it_keeps_users_passwords_and_requests_and_a_kill_leaves_no_orphan(kept: Path) -> None:
    passwords = json.loads((kept / "passwords.json").read_text())
    before = rows(kept)
    with running(kept) as demo:
        lines = [line.split() for line in demo.said]
        assert {line[0]: line[1] for line in lines if line and line[0] in passwords} == passwords
        assert demo.stop(signal.SIGKILL) == -signal.SIGKILL
        assert left_of(demo.below) == []
    assert rows(kept) == before


def test_it_stops_with_the_last_lines_of_a_child_that_dies(kept: Path) -> None:
    with running(kept) as demo:
        os.kill(demo.pid_of("worker@demo"), signal.SIGKILL)
        assert demo.process.stdout is not None
        said = demo.process.stdout.read()
        assert demo.process.wait(timeout=GONE_SECONDS) == 1
        assert "The worker has ended by SIGKILL. Its last lines:\n    " in said
        assert left_of(demo.below) == []


# --- What is refused before anything starts ---


def test_it_names_a_port_in_use_and_the_option_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(tmp_path, "--port", str(port), "--adobe-port", str(free_port()))
    assert done.returncode == 2
    assert f"Port {port}, for the portal, is in use." in done.stderr
    assert f"make demo PORT={port + 1}" in done.stderr
    assert not (tmp_path / "portal.sqlite3").exists()


def test_it_names_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = run(tmp_path, *ports(), "--once", "nothing-here.json")
    assert (done.returncode, done.stderr) == (2, "There is no such file: nothing-here.json.\n")


def test_it_never_runs_outside_of_its_own_environment() -> None:
    with pytest.raises(CommandError, match="make demo"):
        call_command("demo")


# --- The environment ---


def test_it_takes_away_what_is_meant_for_something_else(tmp_path: Path) -> None:
    environ = HOSTILE | {"DEMO_DIR": str(tmp_path), "LIST_EVERY_SECONDS": "7"}
    environment.set_variables(environ)
    assert {"DATABASE_URL", "CELERY_BROKER_URL", "SECRET_KEY", "ALLOWED_HOSTS", "DEBUG", "PORTAL_ADDRESS"}.isdisjoint(environ)
    assert environ["EMAIL_URL"] == f"filemail:///{tmp_path}/mail"
    assert environ["DJANGO_SETTINGS_MODULE"] == "portal.settings"
    assert (environ["DATA_DIR"], environ["BROKER_URL"]) == (str(tmp_path), "filesystem://localhost")
    assert environ["LIST_EVERY_SECONDS"] == "7"


def test_it_makes_its_keys_once_and_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    environment.make_keys(folder)
    before = {path.name: path.read_text() for path in folder.iterdir()}
    environment.make_keys(folder)
    assert {path.name: path.read_text() for path in folder.iterdir()} == before
    assert set(before) == {"secret.key", "master.key"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


# --- Reset ---


def reset(folder: Path) -> int:
    """`make demo-reset` for this folder."""
    variables = os.environ | {"DEMO_DIR": str(folder)}
    return subprocess.run([sys.executable, "-m", "portal.demo.reset"], env=variables, cwd=ROOT, capture_output=True).returncode


def test_a_reset_removes_the_demos_folder_and_no_other(tmp_path: Path) -> None:
    demo, other = tmp_path / "demo", tmp_path / "other"
    environment.make_keys(demo)
    other.mkdir()
    (other / "letter.txt").write_text("not the demo's")
    assert (reset(demo), reset(other)) == (0, 1)
    assert not demo.exists()
    assert (other / "letter.txt").exists()
