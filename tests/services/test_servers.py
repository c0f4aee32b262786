"""The private servers themselves: they run, as somebody else than root, and nothing of them outlives whoever asked for them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis

from tests import servers
from tests.stack import ROOT

pytestmark = pytest.mark.services


def pids_that_name(text: str) -> list[int]:
    """Processes with `text` in their command line, or whose working folder it is."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode(errors="replace")
            folder = str((process / "cwd").readlink())
        except OSError:
            continue
        if text in command or folder.startswith(text):
            found.append(int(process.name))
    return found


def until_gone(folder: str) -> None:
    """Wait until no process of these servers is left."""
    until = time.monotonic() + 30
    while pids_that_name(folder) and time.monotonic() < until:
        time.sleep(0.1)
    assert pids_that_name(folder) == []


def test_both_answer_and_go_with_the_block() -> None:
    with servers.running() as real:
        with psycopg.connect(real.database_url) as connection:
            assert connection.execute("SELECT current_setting('fsync')").fetchone() == ("off",)
        with redis.Redis.from_url(real.broker_url) as client:
            assert client.ping()
        assert Path(real.folder).owner() != "root"
        assert len(pids_that_name(real.folder)) >= 2
    assert pids_that_name(real.folder) == []
    assert not Path(real.folder).exists()


def test_a_durable_server_writes_to_the_disk() -> None:
    with servers.running(durable=True) as real, psycopg.connect(real.database_url) as connection:
        assert connection.execute("SELECT current_setting('fsync')").fetchone() == ("on",)


def test_a_crash_ends_open_transactions_and_keeps_what_was_committed() -> None:
    with servers.kept(durable=True) as keeper:
        with psycopg.connect(keeper.servers.database_url) as open_one:
            open_one.execute("CREATE TABLE kept (n int)")
            open_one.commit()
            open_one.execute("INSERT INTO kept VALUES (1)")
            keeper.crash_postgres()
            with pytest.raises(psycopg.OperationalError):
                open_one.execute("INSERT INTO kept VALUES (2)")
        with psycopg.connect(keeper.servers.database_url) as after:
            assert after.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_nothing_is_left_when_the_user_is_killed() -> None:
    user, folder = a_user()
    user.kill()
    user.wait()
    until_gone(folder)
    until = time.monotonic() + 10
    while Path(folder).exists() and time.monotonic() < until:
        time.sleep(0.1)
    assert not Path(folder).exists()


def test_the_servers_end_when_their_keeper_is_killed() -> None:
    user, folder = a_user()
    children = Path(f"/proc/{user.pid}/task/{user.pid}/children").read_text().split()
    (keeper,) = [int(pid) for pid in children if b"keep" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(keeper, signal.SIGKILL)
    until_gone(folder)
    user.kill()
    user.wait()
    # Nobody is left who could remove it.
    shutil.rmtree(folder)


def a_user() -> tuple[subprocess.Popen[str], str]:
    """A process that uses the servers, and their folder."""
    code = "import dataclasses, json, time\nfrom tests import servers\n"
    code += "with servers.running() as real:\n    print(json.dumps(dataclasses.asdict(real)), flush=True)\n    time.sleep(60)"
    user = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert user.stdout is not None
    with user.stdout:
        folder = json.loads(user.stdout.readline())["folder"]
    assert len(pids_that_name(folder)) >= 2
    return user, folder


@pytest.mark.parametrize("status", [0, 5])
def test_the_command_line_gives_the_addresses_and_passes_the_status_on(status: int) -> None:
    code = f"import os, sys; print(os.environ['DATABASE_URL'], os.environ['BROKER_URL']); sys.exit({status})"
    done = subprocess.run(
        [sys.executable, "-m", "tests.servers", "run", "--", sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == status, done.stderr
    assert done.stdout.startswith("postgres://portal:")
    assert "redis://:" in done.stdout


def test_a_missing_server_fails_the_command() -> None:
    environment = os.environ | {"PATH": "/nonexistent"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.servers", "run", "--", "true"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "apt-get install redis-server" in done.stderr
