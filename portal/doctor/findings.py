"""What one examination says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is: a warning can wait until tomorrow, a problem cannot."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """`about`: what was examined; `words`: what was found; `advice`: what to do (empty when all is well)."""

    about: str
    level: Level
    words: str
    advice: str = ""


def ok(about: str, words: str) -> Finding:
    """All is well."""
    return Finding(about, Level.OK, words)


def warning(about: str, words: str, advice: str) -> Finding:
    """It works, and should be seen to."""
    return Finding(about, Level.WARNING, words, advice)


def problem(about: str, words: str, advice: str) -> Finding:
    """It does not work, or will not for long."""
    return Finding(about, Level.PROBLEM, words, advice)
