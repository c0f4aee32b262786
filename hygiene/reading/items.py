"""What the reader yields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Member:
    """A top-level member of the file, but for the lists of identities."""

    name: str
    value: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class ListStart:
    """A list of identities begins: `identities`, `namespacesIdentities`, `[]` (the file itself is the list), or `rows` (CSV)."""

    name: str


@dataclass(frozen=True, slots=True)
class Given:
    """One identity as the file gives it, not checked.

    `row` counts from 1: lines of a CSV file, entries of a list. `path` is its place, as in `namespacesIdentities[0].ids[4]`.
    `problem` names what is wrong with the entry itself: "not-an-object", "no-ids" or "ids-twice".
    """

    row: int
    path: str
    namespace: Any = field(repr=False)
    value: Any = field(repr=False)
    extra: bool = False
    problem: str = ""


Item: TypeAlias = Member | ListStart | Given
