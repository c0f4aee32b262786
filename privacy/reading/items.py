"""What the reader yields, and how it refuses a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class FileProblem(Exception):
    """The file cannot be read at all. `message` is one sentence or two for the person who chose it; `code` is for logs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Member:
    """A top-level member of the file, but for a list `users`."""

    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class UsersStart:
    """The list `users` begins."""


@dataclass(frozen=True, slots=True)
class UserItem:
    """One entry of `users`; `row` counts from 1."""

    row: int
    value: Any
