"""Everything that a stack leaves behind, as bytes to search: tables, files, Redis, and what was there for a moment only."""

from __future__ import annotations

import codecs
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import redis

LOOK_EVERY_SECONDS = 0.01
ASK_EVERY_SECONDS = 1.0


def files_below(folder: Path, start: str = "") -> Iterator[tuple[str, bytes]]:
    """(path below `folder`, content) of every file, hidden ones too. One that goes away meanwhile is left out.

    `start`: only of paths that start so.
    """
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if name.startswith(start) and path.is_file() and not path.is_symlink():
            with suppress(FileNotFoundError):
                yield name, path.read_bytes()


# --- Tables ---


def tables(database_url: str) -> Iterator[tuple[str, bytes]]:
    """(table, every value of it) of the whole database, as a client reads it: also what a file holds in parts or packed."""
    with closing(_connect(database_url)) as connection:
        for name in _table_names(connection):
            rows = connection.execute(f'SELECT * FROM "{name}"').fetchall()  # noqa: S608 - the database's own names
            yield name, b"\n".join(_as_bytes(value) for row in rows for value in row)


def execute(database_url: str, statement: str, *values: object) -> None:
    """Run one statement, `%s` for each value."""
    with closing(_connect(database_url)) as connection:
        connection.execute(statement if isinstance(connection, psycopg.Connection) else statement.replace("%s", "?"), values)
        connection.commit()


def _connect(database_url: str) -> Any:
    if database_url.startswith("sqlite:///"):
        return sqlite3.connect(database_url.removeprefix("sqlite:///"), timeout=30)
    return psycopg.connect(database_url)


def _table_names(connection: Any) -> list[str]:
    if isinstance(connection, sqlite3.Connection):
        query = "SELECT name FROM sqlite_master WHERE type = 'table'"
    else:
        query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    return [name for (name,) in connection.execute(query).fetchall()]


def _as_bytes(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode("utf-8", "surrogatepass")


# --- Redis ---


def redis_values(url: str) -> Iterator[tuple[str, bytes]]:
    """(key, key and value) of everything that Redis holds, in all of its databases."""
    with redis.Redis.from_url(url) as client:
        numbers = [int(name.removeprefix("db")) for name in client.info("keyspace")]
    for number in numbers:
        with redis.Redis.from_url(url, db=number) as client:
            for key in client.scan_iter():
                yield f"{number}/{key.decode(errors='replace')}", key + b"\n" + _redis_value(client, key)


def _redis_value(client: Any, key: bytes) -> bytes:
    readers: dict[bytes, Callable[[], Any]] = {
        b"string": lambda: [client.get(key)],
        b"list": lambda: client.lrange(key, 0, -1),
        b"set": lambda: client.smembers(key),
        b"zset": lambda: client.zrange(key, 0, -1),
        b"hash": lambda: [part for pair in client.hgetall(key).items() for part in pair],
        b"stream": lambda: [repr(client.xrange(key)).encode()],
        # It ran out between the listing and now.
        b"none": list,
    }
    return b"\n".join(value or b"" for value in readers[client.type(key)]())


@contextmanager
def redis_monitor(url: str, target: Path) -> Iterator[None]:
    """Write every command that Redis gets, with its values, to `target`: messages that come and go are in there too."""
    with (
        redis.Redis.from_url(url, socket_timeout=None) as client,
        client.monitor() as monitor,
        target.open("wb", buffering=0) as file,
    ):
        ended = threading.Event()

        def write() -> None:
            while not ended.is_set():
                line: bytes = monitor.connection.read_response(disable_decoding=True)
                # Redis shows every byte that is not ASCII as an escape.
                file.write(codecs.escape_decode(line)[0] + b"\n")

        writer = threading.Thread(target=write, daemon=True)
        writer.start()
        try:
            yield
            assert writer.is_alive(), "the commands were not written to their end"
        finally:
            ended.set()
            client.ping()  # one more command, so that the writer comes back from its read
            writer.join(timeout=10)


# --- What is there for a moment ---


class Watch:
    """Keeps a second name, in `kept`, of every file that appears below some folders, so that removing it loses nothing.

    A file without a name (O_TMPFILE, or removed while it is open) is copied from the process that holds it.
    """

    def __init__(self, folders: Sequence[Path], kept: Path, pids: Callable[[], Sequence[int]]) -> None:
        """`kept` is on the same file system as `folders`. `pids` tells which processes to look into."""
        self._folders, self._kept, self._pids = [str(folder) for folder in folders], kept, pids
        self._below = tuple(f"{folder}/" for folder in folders)
        self._seen: set[tuple[int, int]] = set()
        self._rounds = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Watch for as long as the block lasts."""
        self._kept.mkdir(parents=True, exist_ok=True)
        self._thread.start()
        try:
            yield
        finally:
            self._ended.set()
            self._thread.join(timeout=10)

    def _run(self) -> None:
        pids: Sequence[int] = ()
        asked_at = 0.0
        while not self._ended.is_set():
            if time.monotonic() - asked_at > ASK_EVERY_SECONDS:
                pids, asked_at = self._pids(), time.monotonic()
            for folder in self._folders:
                self._keep_named(folder)
            for pid in pids:
                self._keep_nameless(pid)
            self._rounds += 1
            time.sleep(LOOK_EVERY_SECONDS)

    def look_twice(self) -> None:
        """Wait until it has looked everywhere twice: then it has seen all that was there before the call."""
        until = self._rounds + 2
        while self._rounds < until:
            assert self._thread.is_alive()
            time.sleep(LOOK_EVERY_SECONDS)

    def _keep_named(self, folder: str) -> None:
        with suppress(FileNotFoundError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    self._keep_named(entry.path)
                elif (entry.inode(), -1) not in self._seen and entry.is_file(follow_symlinks=False):
                    self._link(entry)

    def _link(self, entry: os.DirEntry[str]) -> None:
        with suppress(FileNotFoundError):
            os.link(entry.path, self._kept / f"{entry.inode()}-{len(self._seen)}-{entry.name}"[:200])
            self._seen.add((entry.inode(), -1))

    def _keep_nameless(self, pid: int) -> None:
        with suppress(OSError), os.scandir(f"/proc/{pid}/fd") as entries:
            for entry in entries:
                with suppress(OSError):
                    target = os.readlink(entry.path)  # noqa: PTH115 - looked at a hundred times a second
                    if target.endswith(" (deleted)") and target.startswith(self._below):
                        self._copy(entry.path)

    def _copy(self, path: str) -> None:
        state = Path(path).stat()
        if (state.st_ino, state.st_size) not in self._seen:
            self._seen.add((state.st_ino, state.st_size))
            (self._kept / f"nameless-{state.st_ino}-{state.st_size}").write_bytes(Path(path).read_bytes())
