"""Leads the process group of the demo's children, and ends all of it when the demo is gone, however that came about.

Run as `python -m portal.demo.watchdog`; standard input is a pipe whose other end only the demo holds. Only the standard library
may be imported here.
"""

from __future__ import annotations

import os
import signal
import sys
import time

GRACE_SECONDS = 4.0


def main() -> None:
    """Wait for the end of the pipe, then ask the group to stop, then kill it, this process with it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
