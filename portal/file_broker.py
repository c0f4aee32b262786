"""Kombu's filesystem transport with its races taken out, for the demo and for tests: no server to install.

As it comes, a worker can read a message or an exchange table that another process has opened and not yet written, and dies of
it. Here one lock lets a single process at a time touch the folders. Messages are small and few, and hold no truth.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kombu.transport import filesystem


class Channel(filesystem.Channel):
    """Every touch of the folders happens alone."""

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.control_folder.mkdir(exist_ok=True)
        with (self.control_folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def get_table(self, exchange: str) -> Any:
        """The queues that are bound to an exchange."""
        with self._alone():
            return super().get_table(exchange)

    def _queue_bind(self, *names: Any) -> None:
        with self._alone():
            super()._queue_bind(*names)

    def _delete(self, *names: Any, **options: Any) -> None:
        with self._alone():
            super()._delete(*names, **options)

    def _put(self, *message: Any, **options: Any) -> Any:
        with self._alone():
            return super()._put(*message, **options)

    def _get(self, *queue: Any, **options: Any) -> Any:
        with self._alone():
            return super()._get(*queue, **options)


class Transport(filesystem.Transport):
    """Named in the settings by `portal.file_broker:Transport`."""

    Channel = Channel
