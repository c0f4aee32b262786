"""One log of all children: var/demo/demo.log, each line with the name of its process before it."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

_LARGEST = 20 * 1024 * 1024


class DemoLog:
    """Takes lines from any thread. One older file is kept when it grows large."""

    def __init__(self, path: Path) -> None:
        """Lines go to the end of `path`."""
        self.path = path
        self._handler = RotatingFileHandler(path, maxBytes=_LARGEST, backupCount=1, encoding="utf-8")
        self._handler.setFormatter(logging.Formatter("%(name)-9s | %(message)s"))

    def write(self, part: str, line: str) -> None:
        """Add one line of a part."""
        self._handler.handle(logging.LogRecord(part, logging.INFO, "", 0, line, None, None))

    def close(self) -> None:
        """Finish."""
        self._handler.close()
