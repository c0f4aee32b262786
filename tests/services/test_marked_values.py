"""Personal data and secrets leak nowhere: marked values go through everything, and the search finds none of them afterwards.

Once on SQLite with the broker in a folder, once on PostgreSQL with Redis. That the search would find them is shown for every
place and every encoding.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import os
import sqlite3
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
import pytest
import redis

from tests import servers
from tests.marks import ENCODINGS, Found, Marks, trace
from tests.services import opt_outs, places, record_deletes
from tests.services.everything import VARIABLES, Everything, prepared
from tests.services.words import Mouth
from tests.stack import Stack

pytestmark = pytest.mark.timeout(600)

# Pages that only the person who typed something sees may show it again; these are pages about a failure.
ERROR_PAGES = {400, 403, 404, 405, 413, 429, 500, 507}

Content = Iterable[tuple[str, bytes]]


@dataclass
class Left:
    """A stack after everything was driven through it."""

    everything: Everything
    folder: Path
    servers_folder: Path | None
    watch: places.Watch

    @property
    def stack(self) -> Stack:
        """Its processes still run."""
        return self.everything.stack

    @property
    def database_url(self) -> str:
        """Of the stack."""
        return self.stack.environment["DATABASE_URL"]

    @property
    def broker_url(self) -> str:
        """Of the stack."""
        return self.stack.environment["BROKER_URL"]

    def tables(self) -> Content:
        """Sessions are among them; so would be a cache in the database."""
        return places.tables(self.database_url)

    def files(self, below: str = "") -> Content:
        """Database and journal, media, temporary files, broker, logs, and what was there for a moment only."""
        return places.files_below(self.folder, below)

    def server_files(self) -> Content:
        """The data folder of PostgreSQL with its journal, and the servers' logs."""
        if self.servers_folder is None:
            return []
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        return places.files_below(self.servers_folder)

    def redis(self) -> Content:
        """What Redis holds now; what it held is in a file of its commands."""
        return places.redis_values(self.broker_url) if self.broker_url.startswith("redis") else []

    def everywhere(self) -> Iterator[tuple[str, bytes]]:
        """All of it."""
        for content in (self.tables(), self.files(), self.server_files(), self.redis()):
            yield from content


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def left(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Left]:
    """Everything, driven on one of the two kinds of stack."""
    folder = tmp_path_factory.mktemp("stack")
    temporary, data = folder / "tmp", folder / "data"
    temporary.mkdir()
    marks = Marks()
    variables = VARIABLES | {"TMPDIR": str(temporary)}
    with ExitStack() as running:
        real = running.enter_context(servers.running(log_writes=True)) if request.param == "postgresql" else None
        if real is not None:
            variables |= real.environment
            running.enter_context(places.redis_monitor(real.broker_url, folder / "redis-commands"))
        stack = running.enter_context(Stack(folder, **variables))
        mouth = running.enter_context(Mouth(stack.simulator.address, marks.text("Adobe's words")).running())
        watched = [temporary, data / "broker", data / "broker-control", data / "media"]
        watch = places.Watch(watched, folder / "kept", lambda: [os.getpid(), *pids_of(stack)])
        running.enter_context(watch.running())
        everything = prepared(stack, mouth, marks)
        everything.drive()
        opt_outs.drive(everything)
        record_deletes.drive(everything)
        marks.known |= secrets_of(stack)
        yield Left(everything, folder, Path(real.folder) if real else None, watch)


def pids_of(stack: Stack) -> list[int]:
    """Processes that hold files of ours; none while they are being started."""
    return [pid for name in ("one", "two", "beat", "web") for pid in stack.pids(name)] if stack.web_address else []


def secrets_of(stack: Stack) -> dict[str, str]:
    """What the processes were given to keep to themselves."""
    environment = stack.environment
    named = {"signing key": environment["SECRET_KEY"], "master key": environment["MASTER_KEYS"].partition(":")[2]}
    named |= {name: urlsplit(environment[name]).password or "" for name in ("DATABASE_URL", "BROKER_URL")}
    return {name: value for name, value in named.items() if value}


def search(content: Content, marks: Marks) -> dict[str, set[Found]]:
    """Where marks are, and which. Bytes that stand in several places (under a second name, in a copy) are looked into once."""
    known: dict[bytes, set[Found]] = {}
    found = {}
    for name, data in content:
        digest = hashlib.sha256(data).digest()
        if digest not in known:
            known[digest] = trace(data, marks)
        if known[digest]:
            found[name] = known[digest]
    return found


def test_no_mark_is_left_anywhere(left: Left) -> None:
    assert search(left.everywhere(), left.everything.marks) == {}


def test_no_mark_is_in_an_address_a_cookie_or_an_error_page(left: Left) -> None:
    pages = [page for site in left.everything.sites for page in site.pages]
    headers = [(f"headers {page.status}", repr(list(page.headers.items())).encode()) for page in pages]
    failures = [(f"page {page.status}", page.content) for page in pages if page.status in ERROR_PAGES]
    assert {page.status for page in pages} >= {200, 302, 403, 404, 422, 429, 500}
    assert search([*headers, *failures], left.everything.marks) == {}


def test_everything_was_driven_to_where_it_can_leak(left: Left) -> None:
    ends = dict(left.stack.rows("SELECT state, count(*) FROM privacy_submission GROUP BY state"))
    assert set(ends) >= {"sent", "rejected", "unknown", "cancelled"}
    assert set(left.stack.rows("SELECT DISTINCT state FROM privacy_consentcall")) >= {
        (state,) for state in ("sent", "rejected", "cancelled")
    }
    assert ("shredded",) in left.stack.rows("SELECT DISTINCT status FROM privacy_optout")
    assert set(left.stack.rows("SELECT DISTINCT state FROM hygiene_workorder")) >= {
        (state,) for state in ("sent", "rejected", "cancelled")
    }
    assert ("shredded",) in left.stack.rows("SELECT DISTINCT status FROM hygiene_recorddelete")
    assert set(left.stack.rows("SELECT DISTINCT status FROM privacy_upload")) >= {("confirmed",), ("discarded",)}
    assert "Traceback" in left.stack.log("web")
    assert "Traceback" in left.stack.log("one") + left.stack.log("two")
    assert left.everything.marks.known.keys() >= {"signing key", "master key"}


# --- The search would find a mark ---


def planted(marks: Marks) -> dict[str, bytes]:
    """A mark in every encoding -> the bytes that a leak would leave."""
    text = marks.text("control")
    raw = text.encode()
    many = raw * 20
    return {
        "plain": raw,
        "UTF-16 LE": text.encode("utf-16-le"),
        "UTF-16 BE": text.encode("utf-16-be"),
        "base64": b" ".join(base64.b64encode(b"?" * shift + raw) for shift in range(3)),
        "base32": b" ".join(base64.b32encode(b"?" * shift + raw) for shift in range(5)),
        "hex": raw.hex().encode(),
        "URL": quote(text, safe="").encode(),
        "URL, every byte": "".join(f"%{byte:02x}" for byte in raw).encode(),
        "JSON": "".join(f"\\u{ord(letter):04x}" for letter in text).encode(),
        "HTML": text.encode("ascii", "xmlcharrefreplace"),
        "backslash x": repr(raw).encode(),
        "octal": "".join(chr(byte) if byte < 128 else f"\\{byte:03o}" for byte in raw).encode(),
        "zlib > plain": zlib.compress(many),
        "gzip > plain": gzip.compress(many),
        "base64 > zlib > plain": b"." + base64.urlsafe_b64encode(zlib.compress(many)),
    }


CONTROLS = frozenset(planted(Marks()))


def encodings(found: Iterable[set[Found]]) -> set[str]:
    """In which encodings the control was found, whole."""
    return {hit.encoding for hits in found for hit in hits if hit.mark == "control"}


def found_in(content: Content, marks: Marks, below: str) -> set[str]:
    """The same, in files or tables whose name starts with `below`."""
    return encodings(search(((name, data) for name, data in content if name.startswith(below)), marks).values())


def test_every_encoding_has_a_control() -> None:
    assert set(ENCODINGS) <= CONTROLS


@pytest.mark.parametrize("place", ["data/media/", "data/broker/", "tmp/", "control.log", "data/static/"])
def test_the_search_would_find_a_mark_in_a_file(left: Left, place: str) -> None:
    marks = Marks()
    for name, data in planted(marks).items():
        path = left.folder / place if place.endswith(".log") else left.folder / place / f".control {ord(name[0])} {len(name)}"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(data + b"\n")
    assert found_in(left.files(place), marks, place) >= CONTROLS


@pytest.mark.parametrize("folder", ["tmp", "data/broker", "data/media"])
def test_the_search_would_find_a_mark_in_a_file_that_was_there_for_a_moment(left: Left, folder: str) -> None:
    marks = Marks()
    data = b"\n".join(planted(marks).values())
    with tempfile.NamedTemporaryFile(dir=left.folder / folder, buffering=0) as file:
        file.write(data)
        left.watch.look_twice()
    with tempfile.TemporaryFile(dir=left.folder / folder, buffering=0) as nameless:
        nameless.write(Marks().text("another").encode())
        nameless.write(data)
        left.watch.look_twice()
    kept = list(left.files("kept/"))
    assert found_in(kept, marks, "kept/nameless") >= CONTROLS
    assert encodings(trace(data, marks) for name, data in kept if "nameless" not in name) >= CONTROLS


def test_the_search_would_find_a_mark_in_a_row_and_in_the_journal(left: Left) -> None:
    marks = Marks()
    kind = "blob" if left.servers_folder is None else "bytea"
    places.execute(left.database_url, f"CREATE TABLE IF NOT EXISTS control (value {kind})")
    if left.servers_folder is None:
        with closing(sqlite3.connect(urlsplit(left.database_url).path, timeout=30)) as connection:
            connection.executemany("INSERT INTO control VALUES (?)", [(data,) for data in planted(marks).values()])
            connection.commit()
            assert found_in(left.files("data/"), marks, "data/portal.sqlite3-wal") >= CONTROLS
            until_written_back(connection)
        assert encodings([trace((left.folder / "data/portal.sqlite3").read_bytes(), marks)]) >= CONTROLS
    else:
        # More than once: the journal has pages, and one value may stand across the border of two.
        for data in [*planted(marks).values()] * 3:
            places.execute(left.database_url, "INSERT INTO control VALUES (%s)", data)
        content = list(left.server_files())
        assert found_in(content, marks, "postgres/base/") >= CONTROLS
        assert found_in(content, marks, "postgres/pg_wal/") >= CONTROLS
        assert "hex" in found_in(content, marks, "postgres.log")
    assert found_in(left.tables(), marks, "control") >= CONTROLS


def until_written_back(connection: sqlite3.Connection) -> None:
    """Move the journal into the database; a reader in between makes it wait."""
    for _ in range(100):
        busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy:
            return
        time.sleep(0.1)
    raise AssertionError("the journal was in use all the time")


def test_the_search_would_find_a_mark_in_a_session(left: Left) -> None:
    marks = Marks()
    left.everything.command("keep-in-session", marks.text("control"))
    assert any("base64 > zlib" in encoding for encoding in found_in(left.tables(), marks, "django_session"))


@pytest.mark.parametrize("kind", ["string", "list", "hash", "set", "zset", "gone"])
def test_the_search_would_find_a_mark_in_redis(left: Left, kind: str) -> None:
    if left.servers_folder is None:
        # This stack has no Redis: its broker is a folder.
        assert left.broker_url.startswith("filesystem:")
        return
    marks = Marks()
    with redis.Redis.from_url(left.broker_url) as client:
        for name, data in planted(marks).items():
            writers: dict[str, Callable[[str, bytes], object]] = {
                "string": client.set,
                "list": client.rpush,
                "hash": lambda key, value: client.hset(key, value, value),
                "set": client.sadd,
                "zset": lambda key, value: client.zadd(key, {value: 1}),
                "gone": client.rpush,
            }
            writers[kind](f"control-{kind}-{name}", data)
            if kind == "gone":
                client.delete(f"control-{kind}-{name}")
    time.sleep(0.5)
    where = left.files("redis-commands") if kind == "gone" else left.redis()
    assert found_in(where, marks, "redis-commands" if kind == "gone" else "0/control") >= CONTROLS


def test_there_is_no_place_that_the_search_does_not_know(left: Left) -> None:
    """A cache outside of the process, or another place for files, would need a look too."""
    settings = left.stack.manage("diffsettings", "--all")
    kept = {line.partition(" = ")[0].lstrip("# "): line.partition(" = ")[2] for line in settings.splitlines()}
    assert "locmem" in kept["CACHES"]
    assert "sessions.backends.db" in kept["SESSION_ENGINE"]
    assert kept["FILE_UPLOAD_TEMP_DIR"] == "None"
    assert kept["MEDIA_ROOT"] == repr(left.folder / "data" / "media")
