"""The faster reader of long lists gives what the parser gives, and leaves to the parser what only the parser should judge."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import reading
from portal.reading import MAX_DEPTH, FileProblem, read_json
from portal.reading.entries import PLAIN_CHARACTERS, Entries, LongList
from privacy.reading import read_file
from privacy.reading.assembling import Assembler

PERSON = {"key": "a", "action": ["access"], "userIDs": [{"namespace": "email", "value": "ä@example.com", "type": "standard"}]}


def by_parser(content: bytes) -> list[Any] | tuple[str, str]:
    """What the parser alone makes of a file."""
    try:
        return list(read_json(io.BytesIO(content), Assembler(MAX_DEPTH)))
    except FileProblem as problem:
        return problem.code, problem.message


def by_both(content: bytes) -> list[Any] | tuple[str, str]:
    """The same with the faster reader."""
    try:
        return list(read_file(io.BytesIO(content)))
    except FileProblem as problem:
        return problem.code, problem.message


def read_at_once(content: bytes) -> tuple[list[Any], Entries[Any]]:
    """What the faster reader takes of the inside of a list, in one piece."""
    entries = Entries(LongList("users", lambda: True, lambda value: value, MAX_DEPTH))
    return list(entries.feed(content)), entries


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
USERS = st.lists(VALUES, max_size=5)


@given(
    users=USERS,
    before=VALUES,
    after=VALUES,
    indent=st.sampled_from([None, 0, 2]),
    escaped=st.booleans(),
    chunk=st.integers(1, 60),
)
def test_a_file_is_the_same_by_either_way(
    users: list[Any], before: Any, after: Any, indent: int | None, escaped: bool, chunk: int
) -> None:
    whole = {"before": before, "users": users, "after": after}
    content = json.dumps(whole, indent=indent, ensure_ascii=escaped).encode("utf-8", "replace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "CHUNK_BYTES", chunk)
        assert by_both(content) == by_parser(content)


@given(users=USERS, cut=st.integers(0, 400), put=st.binary(max_size=3), drop=st.integers(0, 3))
def test_a_damaged_file_is_refused_or_read_in_the_same_way(users: list[Any], cut: int, put: bytes, drop: int) -> None:
    content = json.dumps({"regulation": "gdpr", "users": [PERSON, *users, PERSON], "include": []}).encode()
    damaged = content[:cut] + put + content[cut + drop :]
    assert by_both(damaged) == by_parser(damaged)


@pytest.mark.parametrize(
    "inside",
    [
        b"",
        b" \n ",
        b"{},",
        b"{}, ",
        b",{}",
        b"{} {}",
        b"{},,{}",
        b'{"a": 1, "a": 2}',
        b'{}, {"a": NaN}',
        b"{}, -Infinity",
        b"1, 2, 1e400, 1.50, -0",
        b"{}, 01",
        b'{}, {"a": "\x01"}',
        b'{}, {"a": "\\q"}',
        b"{}, " + b"[" * 120 + b"]" * 120,
        b"{}, " + b"[" * 90 + b"]" * 90 + b", {}",
        b'{}, {"a": "' + b"x" * PLAIN_CHARACTERS + b'"}, {}',
        b'{}, {"a": "' + b"x" * 300_000 + b'"}, {}',
        b"{}, {" + b" " * 70_000 + b"}, {}",
    ],
    ids=repr,
)
def test_what_is_unusual_is_read_or_refused_as_the_parser_does_it(inside: bytes) -> None:
    content = b'{"regulation": "gdpr",\n"users": [' + inside + b'],\n"include": []}'
    assert by_both(content) == by_parser(content)


def test_a_list_is_read_from_its_bracket_on_and_left_at_its_end() -> None:
    values, entries = read_at_once(b' {"a": 1.5},\n2, "x" ], "include": []')
    assert [str(value) for value in values] == ["{'a': Decimal('1.5')}", "2", "x"]
    assert (entries.is_over, entries.follows_comma, entries.rest) == (True, False, b'], "include": []')


def test_it_waits_for_the_rest_of_an_entry() -> None:
    values, entries = read_at_once('{"a": "ä'.encode()[:-1])
    assert (values, entries.is_over) == ([], False)
    assert list(entries.feed("ä".encode()[-1:] + b'"}, {"b')) == [{"a": "ä"}]
    assert (entries.rest, entries.follows_comma) == (b'{"b', True)


def test_it_leaves_a_large_entry_and_all_that_follows_to_the_parser() -> None:
    large = b'{"a": "' + b"x" * PLAIN_CHARACTERS + b'"}'
    values, entries = read_at_once(b"{}, " + large + b", {}]")
    assert (values, entries.is_over, entries.follows_comma) == ([{}], True, True)
    assert entries.rest == large + b", {}]"


@pytest.mark.parametrize(
    "content",
    [
        b'{"nested": {"users": [1, 2]}, "users": [{"a": 1}]}',
        b'{"text": "\\"users\\": [", "users": [{"a": 1}]}',
        b'{"users": {"users": [1]}}',
    ],
)
def test_a_list_that_only_looks_like_the_one_is_not_taken_for_it(content: bytes) -> None:
    assert by_both(content) == by_parser(content)
