"""Into how many calls a request falls: order kept, nobody cut in two, limits kept, as few calls as possible.

Filling each call until the next person does not fit is the optimum here: if any split keeps the order and the limits, moving its
borders to the right until they touch the limits never adds a call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

# Privacy Service API, create a privacy job. Adobe's pages disagree whether 1,000 counts users or user IDs: both are kept.
MAX_PEOPLE = 1000
MAX_IDENTITIES = 1000


class Splitter:
    """Says, person by person, when a new call starts. Constant memory, so it works on a stream."""

    def __init__(self, max_people: int = MAX_PEOPLE, max_identities: int = MAX_IDENTITIES) -> None:
        if max_people < 1 or max_identities < 1:
            raise ValueError("a call must have room for at least one person with one identity")
        self.max_people = max_people
        self.max_identities = max_identities
        self.calls = 0
        self._people = 0
        self._identities = 0

    def add(self, identities: int) -> bool:
        """Place the next person. Returns whether a new call started with them.

        Raises ValueError for a person who does not fit into any call.
        """
        if not 1 <= identities <= self.max_identities:
            raise ValueError(f"a person must have 1 to {self.max_identities} identities to fit into a call, not {identities}")
        starts = self.calls == 0 or not self._fits(identities)
        if starts:
            self.calls += 1
            self._people = self._identities = 0
        self._people += 1
        self._identities += identities
        return starts

    def _fits(self, identities: int) -> bool:
        return self._people < self.max_people and self._identities + identities <= self.max_identities


def split(sizes: Iterable[int], max_people: int = MAX_PEOPLE, max_identities: int = MAX_IDENTITIES) -> Iterator[tuple[int, int]]:
    """Borders `(start, stop)` of the calls for people with these numbers of identities, in order. Raises as Splitter.add."""
    splitter = Splitter(max_people, max_identities)
    start = stop = 0
    for size in sizes:
        if splitter.add(size) and stop > start:
            yield start, stop
            start = stop
        stop += 1
    if stop > start:
        yield start, stop
