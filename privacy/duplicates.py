"""Which people of a file may stand in it twice: told by hashes, so that memory hardly grows with the file."""

from __future__ import annotations

from array import array
from itertools import pairwise
from typing import Final

from privacy.schema import Person

HASH_PARTS: Final = 64

Names = list[tuple[str, str]]


class Hashes:
    """Very many hashes in 8 bytes each, and which of them stand more than once."""

    def __init__(self) -> None:
        # Sorting makes a list of them, which takes five times the memory: so it is done in parts.
        self._parts = [array("q") for _ in range(HASH_PARTS)]

    def add(self, value: int) -> None:
        """One more."""
        self._parts[value % HASH_PARTS].append(value)

    def repeated(self) -> set[int]:
        """Each that was added more than once."""
        return {a for part in self._parts for a, b in pairwise(sorted(part)) if a == b}


class Duplicates:
    """Candidates for duplicates, by hash. Each process keys Python's hashes of text anew."""

    def __init__(self) -> None:
        self.keys = Hashes()
        self.people = Hashes()

    def note(self, key: str | None, person: Person | None, names: Names) -> None:
        """Rows without a key, and people who cannot be read, are like no other row."""
        if key:
            self.keys.add(hash(key))
        if person:
            self.people.add(self.hash_person(person, names))

    @staticmethod
    def hash_person(person: Person, names: Names) -> int:
        """The same for the same actions and identities, in whatever order."""
        return hash((frozenset(person.actions), frozenset(names)))
