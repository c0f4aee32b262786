"""What the reader yields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


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
    """One entry of `users`; `row` counts from 1. `place`: where it stands in `users`, when `row` counts something else."""

    row: int
    value: Any
    place: int | None = None
