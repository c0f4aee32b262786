"""The file broker gives each message to one process, however many put and take at the same time, and nobody dies of it."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from pathlib import Path
from queue import Empty

from kombu import Connection

from portal.file_broker import Channel

WRITERS, READERS, MESSAGES = 3, 3, 150
FANOUT = "celery.pidbox"


def connect(folder: Path) -> Connection:
    """As the settings do it."""
    options = {"data_folder_in": str(folder), "data_folder_out": str(folder), "control_folder": str(folder / "control")}
    return Connection("filesystem://localhost", transport="portal.file_broker:Transport", transport_options=options)


def opened(connection: Connection) -> Channel:
    """A channel, as the class that it must be."""
    channel = connection.channel()
    assert isinstance(channel, Channel)
    return channel


def write(folder: Path, writer: int) -> None:
    with connect(folder) as connection:
        channel = opened(connection)
        for number in range(MESSAGES):
            channel._put("work", f"{writer}-{number}")
            channel._queue_bind(FANOUT, "", "", f"queue-{writer}-{number % 5}")


def read(folder: Path, done: multiprocessing.synchronize.Event, found: multiprocessing.Queue[str]) -> None:
    with connect(folder) as connection:
        channel = opened(connection)
        while True:
            channel.get_table(FANOUT)
            over = done.is_set()
            try:
                found.put(channel._get("work"))
            except Empty:
                if over:
                    return


def test_it_gives_every_message_to_exactly_one_reader(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    done, found = context.Event(), context.Queue()
    (tmp_path / "control").mkdir()
    readers = [context.Process(target=read, args=(tmp_path, done, found)) for _ in range(READERS)]
    writers = [context.Process(target=write, args=(tmp_path, number)) for number in range(WRITERS)]
    for process in [*readers, *writers]:
        process.start()
    for process in writers:
        process.join(60)
    done.set()
    taken = Counter(found.get(timeout=30) for _ in range(WRITERS * MESSAGES))
    for process in readers:
        process.join(30)
    assert [process.exitcode for process in [*readers, *writers]] == [0] * (READERS + WRITERS)
    assert taken == Counter(f"{writer}-{number}" for writer in range(WRITERS) for number in range(MESSAGES))


def test_a_message_that_was_taken_is_gone(tmp_path: Path) -> None:
    (tmp_path / "control").mkdir()
    with connect(tmp_path) as connection:
        channel = opened(connection)
        channel._put("work", {"task": 1})
        assert channel._get("work") == {"task": 1}
        assert list(tmp_path.glob("*.msg")) == []
