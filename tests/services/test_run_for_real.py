"""What README.md says under "Run it for real", done on PostgreSQL and Redis with real processes: its very commands."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from psycopg import sql

from tests.files import payload, people
from tests.marks import Marks
from tests.servers import Servers
from tests.services import places
from tests.services.everything import Everything, prepared
from tests.services.words import Mouth
from tests.site import Site
from tests.stack import ROOT, Stack

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]
PASSWORD = "of-the-database-role"


def commands(heading: str) -> list[str]:
    """The blocks of commands under a heading of README.md, in their order."""
    section = (ROOT / "README.md").read_text().partition(f"### {heading}\n")[2].partition("\n### ")[0]
    blocks = re.findall(r"(?:^    .*\n)+", section, re.MULTILINE)
    assert blocks, heading
    return [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in blocks]


@pytest.fixture
def database_url(real_servers: Servers, tmp_path: Path) -> str:
    """A database that belongs to a role of its own, as README.md has it made; Redis is empty."""
    name = f"real_{tmp_path.name}".lower()
    with psycopg.connect(real_servers.database_url, autocommit=True) as connection:
        role = sql.Identifier(name)
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(PASSWORD)))
        made = "CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0"
        connection.execute(sql.SQL(made).format(role, role))
    with redis.Redis.from_url(real_servers.broker_url) as client:
        client.flushall()
    place = urlsplit(real_servers.database_url)
    return f"postgres://{name}:{PASSWORD}@{place.hostname}:{place.port}/{name}"


@pytest.fixture
def stack(real_servers: Servers, database_url: str, tmp_path: Path) -> Iterator[Stack]:
    """Nothing runs yet but the simulator; the database is migrated."""
    variables = {"DATABASE_URL": database_url, "BROKER_URL": real_servers.broker_url, "HEARTBEAT_EVERY_SECONDS": "0.5"}
    with Stack(tmp_path, **variables) as started:
        yield started


def doctor(stack: Stack) -> tuple[int, str]:
    """Exit status, and what it says."""
    command = [sys.executable, "manage.py", "doctor", "--no-adobe"]
    done = subprocess.run(command, cwd=ROOT, env=stack.environment, capture_output=True, text=True)
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


# --- Who is alive ---


def test_a_killed_worker_turns_up_as_silent_and_one_that_is_stopped_does_not(stack: Stack) -> None:
    status, words = doctor(stack)
    assert status == 1
    assert "No worker is alive." in words
    assert "Beat has not shown itself." in words
    stack.start_beat()
    for name in ("one", "two", "three"):
        stack.start_worker(name, concurrency=1)
    stack.wait_until(lambda: alive(stack) == {"one@stack", "two@stack", "three@stack", "beat"}, 30, "all to show themselves")
    stack.kill("two")
    stack.stop("three")
    stack.wait_until(lambda: alive(stack) == {"one@stack", "beat"}, 30, "the killed one to fall silent")
    status, words = doctor(stack)
    assert status == 0, words
    assert "1 alive: one@stack." in words
    assert "two@stack is silent" in words
    assert "three@stack" not in words
    assert "The last beat was" in words
    assert "Redis 7" in words


def alive(stack: Stack) -> set[str]:
    """Whoever has shown itself within the last three seconds."""
    return {name for (name,) in stack.rows("SELECT name FROM portal_heartbeat WHERE seen_at > now() - interval '3 seconds'")}


# --- Backup and restore ---


@pytest.fixture
def portal(stack: Stack) -> Iterator[Everything]:
    """Two workers, beat and the site; an officer is signed in."""
    with Mouth(stack.simulator.address, "").running() as mouth:
        everything = prepared(stack, mouth, Marks())
        everything.sign_in()
        yield everything


def in_the_readme_s_words(block: str, stack: Stack, folder: Path) -> str:
    """Run a block of commands as a person would paste it into a shell."""
    place = urlsplit(stack.environment["DATABASE_URL"])
    password_file = folder / "pgpass"
    password_file.write_text(f"*:*:*:*:{PASSWORD}\n")
    password_file.chmod(0o600)
    variables = {
        "PGHOST": str(place.hostname),
        "PGPORT": str(place.port),
        "PGUSER": str(place.username),
        "PGDATABASE": place.path.strip("/"),
        "PGPASSFILE": str(password_file),
        "BACKUP": str(folder),
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block], cwd=ROOT, env=stack.environment | variables, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def stop(stack: Stack) -> None:
    """End every process of the portal at once, as a machine that fails does."""
    for name in ("one", "two", "beat", "web"):
        stack.kill(name)


def at_adobe(portal: Everything) -> Counter[tuple[str, str]]:
    """How often Adobe took each (key, action)."""
    return Counter((entry["key"], entry["action"]) for entry in portal.stack.simulator.ledger())


def hold(stack: Stack, since: str) -> None:
    """Put every organization on hold, or let it go on."""
    places.execute(stack.environment["DATABASE_URL"], f"UPDATE portal_organization SET held_at = {since}")  # noqa: S608


def file(count: int, prefix: str) -> dict[str, Any]:
    """People who want access and deletion."""
    return payload(people(count, prefix=prefix))


def test_what_was_sent_after_the_backup_is_found_again_and_not_sent_twice(portal: Everything, tmp_path: Path) -> None:
    backup, restore = commands("Backup and restore")
    folder = tmp_path / "backup"
    folder.mkdir()
    stack = portal.stack
    kept = portal.confirmed("finished", file(3, "finished"))
    stack.wait_until(lambda: sum(at_adobe(portal).values()) == 6, 60, "the first request to reach Adobe")
    stack.simulator.control("finish", {})
    portal.command("all-due")
    stack.wait_until(lambda: len(portal.results(kept, "stored")) == 3, 60, "three results")
    hold(stack, "now()")
    later = portal.confirmed("half-way", file(3, "half-way"))
    stack.wait_until(lambda: portal.call_state(later) == ("queued", ""), 60, "the second request to be prepared")

    in_the_readme_s_words(backup, stack, folder)

    hold(stack, "NULL")
    stack.wait_until(lambda: portal.call_state(later) == ("sent", ""), 60, "the second request to reach Adobe")
    stop(stack)
    for path in (Path(stack.environment["DATA_DIR"]) / "media").rglob("*"):
        if path.is_file():
            path.unlink()

    told = in_the_readme_s_words(restore, stack, folder)
    assert "to be looked for in Adobe's list before anything is sent: 1\n" in told
    hold(stack, "NULL")

    stack.start_worker("one")
    stack.start_beat()
    portal.officer = Site(stack.start_web())
    portal.sign_in()
    stack.wait_until(lambda: portal.call_state(later) == ("sent", ""), 60, "the second request to be found again")
    assert sum(at_adobe(portal).values()) == 12
    assert set(at_adobe(portal).values()) == {1}
    for job in portal.results(kept, "stored"):
        assert portal.officer.get(f"/jobs/{job}/result/").content.startswith(b"PK")
    assert doctor(stack)[0] == 0
