"""Splitting identities into work orders: order kept, limits kept, as few as can be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hygiene.splitting import orders_for, sizes, split

IDENTITIES = st.lists(st.integers(), max_size=40)
LIMITS = st.integers(1, 12)


@given(identities=IDENTITIES, most=LIMITS)
def test_every_identity_is_in_exactly_one_order_in_order(identities: list[int], most: int) -> None:
    parts = [list(part) for part in split(identities, most)]
    assert [identity for part in parts for identity in part] == identities


@given(identities=IDENTITIES, most=LIMITS)
def test_no_order_passes_the_limit_or_is_empty_and_none_could_be_saved(identities: list[int], most: int) -> None:
    lengths = [len(list(part)) for part in split(identities, most)]
    assert all(1 <= length <= most for length in lengths)
    # Fewer orders of this size could not hold them all.
    assert (len(lengths) - 1) * most < max(len(identities), 1)
    assert lengths == sizes(len(identities), most)
    assert len(lengths) == orders_for(len(identities), most)


@given(identities=IDENTITIES, most=LIMITS)
def test_a_part_that_was_not_read_to_its_end_shifts_no_other(identities: list[int], most: int) -> None:
    firsts = [next(part) for part in split(identities, most)]
    assert firsts == identities[::most]


def test_it_takes_a_stream() -> None:
    taken: list[int] = []

    def stream() -> Iterator[int]:
        for number in range(10):
            taken.append(number)
            yield number

    parts = split(stream(), 3)
    next(next(parts))
    assert taken == [0]


@pytest.mark.parametrize("most", [0, -1])
def test_an_order_must_have_room_for_somebody(most: int) -> None:
    with pytest.raises(ValueError, match="room"):
        sizes(3, most)
    with pytest.raises(ValueError, match="room"):
        list(split([1], most))
