"""What the demo needs for itself before anything starts: two free ports, and a folder that no other demo uses."""

from __future__ import annotations

import errno
import fcntl
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.demo.parts import HOST
from portal.demo.processes import DemoFailed

CANNOT_START = 2


def check_ports(port: int, adobe_port: int) -> None:
    """Raises DemoFailed, naming each port that cannot be had and the option that changes it."""
    if port == adobe_port:
        raise DemoFailed(f"The portal and the local Adobe cannot share port {port}. Change PORT or ADOBE_PORT.", CANNOT_START)
    wanted = (("the portal", port, "PORT", "--port"), ("the local Adobe", adobe_port, "ADOBE_PORT", "--adobe-port"))
    problems = [
        f"Port {number}, for {whom}, {reason}. Choose another one: make demo {variable}={number + 1} (or {option} {number + 1})."
        for whom, number, variable, option in wanted
        if (reason := _why_not(number))
    ]
    if problems:
        raise DemoFailed("\n".join(problems), CANNOT_START)


def _why_not(port: int) -> str:
    """Why nobody can listen on this port now; empty when it is free."""
    with socket.socket() as probe:
        # As the servers do: connections of an earlier run that are still closing do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            return {errno.EADDRINUSE: "is in use", errno.EACCES: "is not open to you"}.get(error.errno or 0, str(error.strerror))
    return ""


@contextmanager
def only_user_of(folder: Path) -> Iterator[int]:
    """Hold the folder's lock; gives its descriptor, for children that must keep it. Raises DemoFailed when somebody has it."""
    with (folder / "demo.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = (
                f"Another demo uses {folder}, or is just stopping. Stop it, or give this one a folder of its own: DEMO_DIR=…"
            )
            raise DemoFailed(message, CANNOT_START) from None
        yield lock.fileno()
