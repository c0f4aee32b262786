"""Splitting a request into calls: order kept, nobody cut in two, limits kept, as few calls as can be."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.splitting import MAX_IDENTITIES, MAX_PEOPLE, Splitter, split

LIMITS = st.tuples(st.integers(1, 6), st.integers(9, 20))
SIZES = st.lists(st.integers(1, 9), max_size=14)


def fewest(sizes: list[int], most_people: int, most_identities: int) -> int:
    """The least number of calls, by trying every place for every border."""

    @cache
    def from_place(start: int) -> int:
        if start == len(sizes):
            return 0
        return 1 + min(
            from_place(stop)
            for stop in range(start + 1, min(start + most_people, len(sizes)) + 1)
            if sum(sizes[start:stop]) <= most_identities
        )

    return from_place(0)


@given(sizes=SIZES, limits=LIMITS)
def test_every_person_is_in_exactly_one_call_in_order(sizes: list[int], limits: tuple[int, int]) -> None:
    borders = list(split(sizes, *limits))
    assert [place for start, stop in borders for place in range(start, stop)] == list(range(len(sizes)))


@given(sizes=SIZES, limits=LIMITS)
def test_no_call_passes_a_limit_or_is_empty(sizes: list[int], limits: tuple[int, int]) -> None:
    most_people, most_identities = limits
    for start, stop in split(sizes, *limits):
        assert 1 <= stop - start <= most_people
        assert sum(sizes[start:stop]) <= most_identities


@given(sizes=SIZES, limits=LIMITS)
def test_no_other_split_has_fewer_calls(sizes: list[int], limits: tuple[int, int]) -> None:
    assert len(list(split(sizes, *limits))) == fewest(sizes, *limits)


@given(sizes=SIZES, limits=LIMITS)
def test_person_by_person_it_counts_the_same_calls(sizes: list[int], limits: tuple[int, int]) -> None:
    splitter = Splitter(*limits)
    starts = [place for place, size in enumerate(sizes) if splitter.add(size)]
    assert starts == [start for start, _ in split(sizes, *limits)]
    assert splitter.calls == len(starts)


@pytest.mark.parametrize(
    ("sizes", "calls"),
    [
        ([], []),
        ([1] * 1_000, [(0, 1_000)]),
        ([1] * 1_001, [(0, 1_000), (1_000, 1_001)]),
        ([9] * 111, [(0, 111)]),
        ([9] * 112, [(0, 111), (111, 112)]),
        ([9] * 111 + [1], [(0, 112)]),
        ([9] * 111 + [2], [(0, 111), (111, 112)]),
    ],
)
def test_both_of_adobes_limits_are_kept_to_the_last_place(sizes: list[int], calls: list[tuple[int, int]]) -> None:
    assert (MAX_PEOPLE, MAX_IDENTITIES) == (1_000, 1_000)
    assert list(split(sizes)) == calls


@pytest.mark.parametrize("size", [0, -1, 10])
def test_a_person_who_fits_into_no_call_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="a person must have 1 to 9 identities"):
        Splitter(5, 9).add(size)


@pytest.mark.parametrize("limits", [(0, 9), (9, 0)])
def test_a_call_without_room_is_refused(limits: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="room for at least one person"):
        Splitter(*limits)
