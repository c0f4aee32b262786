"""Into how many work orders identities fall: order kept, each filled before the next begins, so as few as possible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import TypeVar

# Data Hygiene API, record delete work orders: identities in one request.
MOST_IDENTITIES = 100_000

T = TypeVar("T")


def orders_for(identities: int, most: int = MOST_IDENTITIES) -> int:
    """How many work orders so many identities become."""
    return -(-identities // _checked(most))


def sizes(identities: int, most: int = MOST_IDENTITIES) -> list[int]:
    """How many identities each of them has, in order."""
    whole, rest = divmod(identities, _checked(most))
    return [most] * whole + ([rest] if rest else [])


def split(identities: Iterable[T], most: int = MOST_IDENTITIES) -> Iterator[Iterator[T]]:
    """The identities of each work order, as a stream: read one to its end before the next is asked for."""
    _checked(most)
    iterator = iter(identities)
    for first in iterator:
        part = chain([first], islice(iterator, most - 1))
        yield part
        # What a caller left unread would begin the next one too early.
        for _ in part:
            pass


def _checked(most: int) -> int:
    if most < 1:
        raise ValueError("a work order must have room for at least one identity")
    return most
