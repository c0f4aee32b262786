"""What an opt-out names: standard namespaces in any spelling, each value once, in as few calls as there can be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.consent.entities import LABELS, MOST_FINDINGS, STANDARD, Collector, Entity, packed, standard_name


@pytest.mark.parametrize(
    ("given_name", "name"),
    [("email", "Email"), ("EMAIL ", "Email"), ("6", "Email"), ("ecid", "ECID"), ("0", "CORE"), ("adcloud", "AdCloud")],
)
def test_a_standard_namespace_is_known_in_any_casing_and_by_its_number(given_name: str, name: str) -> None:
    assert standard_name(given_name) == name


@pytest.mark.parametrize("given_name", ["loyalty", "", "mail", "99"])
def test_any_other_is_none(given_name: str) -> None:
    assert standard_name(given_name) is None


def test_every_standard_namespace_can_be_chosen() -> None:
    assert set(LABELS) == set(STANDARD.values())


def test_a_value_that_stands_twice_is_sent_once_and_counted() -> None:
    found = Collector()
    for value in ("Ada@Example.com", " ada@example.com ", "bob@example.com"):
        found.add("Email", value, "", "")
    for value in ("4a", "4A", "4a"):
        found.add("ECID", value, "", "")
    checked = found.checked()
    assert checked.entities == (Entity("Email", ("Ada@Example.com", "bob@example.com"), 1), Entity("ECID", ("4a", "4A"), 1))
    assert (checked.values, checked.duplicates, checked.error_count) == (4, 2, 0)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "the value is empty"),
        (4436, "the value is a number"),
        (None, "the value is not a text"),
        (True, "the value is not a text"),
        ("a" * 1001, "longer than 1,000 characters"),
        ("a\nb", "cannot be seen"),
        ("a\0b", "cannot be seen"),
        ("4.43637E+37", "a spreadsheet has rounded the value"),
        ("4,4E+37", "a spreadsheet has rounded the value"),
    ],
)
def test_a_value_that_cannot_be_right_is_an_error_that_does_not_repeat_it(value: object, words: str) -> None:
    found = Collector()
    found.add("ECID", value, "entities[0].values[0]", "Entity 1, value 1")
    (finding,) = found.checked().findings
    assert words in finding.message
    assert finding.path == "entities[0].values[0]"
    assert finding.hint
    assert not isinstance(value, str) or len(value) < 2 or value not in finding.message


def test_errors_beyond_the_first_hundred_are_counted() -> None:
    found = Collector()
    for _ in range(MOST_FINDINGS + 5):
        found.add("Email", "", "", "")
    checked = found.checked()
    assert (len(checked.findings), checked.error_count) == (MOST_FINDINGS, MOST_FINDINGS + 5)


def test_nobody_at_all_is_an_error() -> None:
    assert [finding.code for finding in Collector().checked().findings] == ["empty"]


def test_what_is_sent_is_spelled_as_in_adobes_sample() -> None:
    assert Entity("Email", ("a@b.c",), 3).wire() == {"nameSpace": "email", "values": ["a@b.c"]}
    assert Entity("ECID", ("1",)).wire() == {"nameSpace": "ECID", "values": ["1"]}
    assert "a@b.c" not in repr(Entity("Email", ("a@b.c",)))


sizes = st.lists(st.integers(1, 25), min_size=1, max_size=6)


@given(sizes=sizes, most=st.integers(1, 20))
def test_packing_keeps_every_value_in_order_in_the_fewest_calls(sizes: list[int], most: int) -> None:
    entities = [Entity(f"n{place}", tuple(f"{place}-{n}" for n in range(size))) for place, size in enumerate(sizes)]
    calls = list(packed(entities, most))
    flat = [(entity.namespace, value) for call in calls for entity in call for value in entity.values]
    assert flat == [(entity.namespace, value) for entity in entities for value in entity.values]
    assert all(0 < sum(len(entity.values) for entity in call) <= most for call in calls)
    assert all(len({entity.namespace for entity in call}) == len(call) for call in calls)
    assert len(calls) == -(-sum(sizes) // most)
