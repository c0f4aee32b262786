"""Durations in classes: every one in the smallest class that holds it, and percentiles that agree with sorting."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.history.times import BOUNDS, Times, below, class_of, hours_words

HOURS = st.lists(st.sampled_from(BOUNDS), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("lasted", "hours"),
    [
        (timedelta(0), 1),
        (timedelta(hours=1), 1),
        (timedelta(hours=1, seconds=1), 2),
        (timedelta(hours=24), 24),
        (timedelta(days=2, seconds=1), 72),
        (timedelta(days=4000), 8760),
    ],
)
def test_a_duration_is_in_the_smallest_class_that_holds_it(lasted: timedelta, hours: int) -> None:
    assert class_of(lasted) == hours


def test_classes_follow_one_another_without_a_gap() -> None:
    assert [below(hours) for hours in BOUNDS] == [0, *BOUNDS[:-1]]


@given(HOURS, st.sampled_from([0.5, 0.9, 1.0]))
def test_a_percentile_is_that_of_the_sorted_list(hours: list[int], share: float) -> None:
    times = Times.of((each, 1) for each in hours)
    assert times.within(share) == sorted(hours)[math.ceil(share * len(hours) - 1e-9) - 1]


@given(HOURS, st.sampled_from([0, 1, 24, 720]))
def test_of_what_takes_longer_only_that_counts(hours: list[int], age: int) -> None:
    longer = sorted(each for each in hours if each > age)
    expected = longer[math.ceil(0.9 * len(longer) - 1e-9) - 1] if longer else None
    assert Times.of((each, 1) for each in hours).within(0.9, longer_than=age) == expected


def test_of_nothing_there_is_no_percentile() -> None:
    assert Times().within(0.5) is None
    assert Times.of([(None, 7)]).total == 0


def test_the_share_that_is_done_later_is_of_those_that_took_longer() -> None:
    times = Times({1: 6, 24: 3, 72: 1})
    assert times.share_done(0, 24) == 0.9
    assert times.share_done(1, 24) == 0.75
    assert times.share_done(72, 24) == 0.0


@pytest.mark.parametrize(
    ("hours", "words"), [(1, "1 hour"), (18, "18 hours"), (24, "1 day"), (36, "36 hours"), (48, "2 days"), (2160, "90 days")]
)
def test_hours_in_words(hours: int, words: str) -> None:
    assert hours_words(hours) == words
