"""The four children of the demo: their commands, and how one sees that they are ready."""

from __future__ import annotations

import http.client
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from portal.demo.people import OTHER
from portal.demo.processes import DemoFailed, Part

HOST = "127.0.0.1"
# Also what a filled-up machine shows: an empty answer counts as none.
_NO_ANSWER = (OSError, http.client.HTTPException)


def adobe(port: int, *, speed: float, state: Path) -> Part:
    """The local Adobe. It knows the second organization too, and its jobs outlive a restart."""
    other = {"imsOrg": OTHER.ims_org_id, "clientId": OTHER.client_id, "clientSecret": OTHER.client_secret}
    options = ("--port", str(port), "--speed", str(speed), "--state", str(state), "--organization", json.dumps(other))
    return Part("adobe", _python("portal.simulator", options), ready_words="adobe simulator: http://")


def web(port: int) -> Part:
    """Gunicorn with the portal."""
    options = ("portal.wsgi", "--bind", f"{HOST}:{port}", "--workers", "1", "--threads", "8")
    limits = ("--timeout", "120", "--graceful-timeout", "3", "--no-control-socket")
    return Part("web", _python("gunicorn", (*options, *limits)), is_ready=lambda: answers(port))


def worker() -> Part:
    """Two processes that do the background work; prefork, because time limits need it."""
    name = "worker@demo"
    options = ("--pool", "prefork", "--concurrency", "2", "--hostname", name)
    # Nobody else is there to talk to.
    silence = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    return Part("worker", _celery("worker", (*options, *silence)), ready_words=f"{name} ready.")


def beat() -> Part:
    """The clock that wakes the sweep."""
    return Part("beat", _celery("beat", ("--pidfile", "")))


def answers(port: int) -> bool:
    """Whether the sign-in page can be had. Raises DemoFailed when it is broken."""
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", "/sign-in/")
        status = connection.getresponse().status
    except _NO_ANSWER:
        return False
    finally:
        connection.close()
    if status >= 500:
        raise DemoFailed(f"The sign-in page answers with error {status}. The reason is in the log, at the lines of web.")
    return True


def _celery(command: str, options: Sequence[str]) -> tuple[str, ...]:
    return _python("celery", ("--app", "portal.celery", command, *options))


def _python(module: str, options: Sequence[str]) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *options)
