"""Reading request files as a stream: what is no request file gets one true sentence, the rest comes out as it went in."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import reading
from privacy.reading import FileProblem, Member, UserItem, UsersStart, read_file
from tests.files import payload, people

GOOD = json.dumps(payload(people(2))).encode()
BOM = b"\xef\xbb\xbf"


class Chopped:
    """A stream that gives at most `most` bytes a read, as a network does; it cannot seek."""

    def __init__(self, content: bytes, most: int) -> None:
        self._rest = io.BytesIO(content)
        self._most = most

    def read(self, size: int = -1, /) -> bytes:
        """The next few bytes."""
        return self._rest.read(self._most if size < 0 else min(size, self._most))


def as_object(items: list[Member | UsersStart | UserItem]) -> dict[str, Any]:
    """What was read, put together again."""
    result: dict[str, Any] = {}
    for item in items:
        match item:
            case Member():
                result[item.name] = item.value
            case UsersStart():
                result["users"] = []
            case UserItem():
                result["users"].append(item.value)
                assert item.row == len(result["users"])
    return result


def problem_of(content: bytes) -> FileProblem:
    """Why a file is refused."""
    with pytest.raises(FileProblem) as caught:
        list(read_file(io.BytesIO(content)))
    return caught.value


# --- What is read ---


def test_it_gives_the_members_and_the_people_in_the_order_of_the_file() -> None:
    items = list(read_file(io.BytesIO(b'{"regulation": "gdpr", "users": [{"key": "a"}, 7], "include": ["analytics"]}')))
    assert items == [
        Member("regulation", "gdpr"),
        UsersStart(),
        UserItem(1, {"key": "a"}),
        UserItem(2, 7),
        Member("include", ["analytics"]),
    ]


def test_a_byte_order_mark_is_read_past() -> None:
    assert as_object(list(read_file(io.BytesIO(BOM + GOOD)))) == json.loads(GOOD)


def test_blank_space_around_the_object_is_read_past_however_much_there_is() -> None:
    blanks = b" \n" * 1_000_000
    assert as_object(list(read_file(io.BytesIO(blanks + GOOD + blanks)))) == json.loads(GOOD)


def test_users_that_are_no_list_come_as_a_member() -> None:
    assert list(read_file(io.BytesIO(b'{"users": {"key": "a"}}'))) == [Member("users", {"key": "a"})]


def test_progress_tells_the_bytes_read_up_to_the_last() -> None:
    content = GOOD + b" " * 200_000
    told: list[int] = []
    list(read_file(io.BytesIO(content), progress=told.append))
    assert told == sorted(told)
    assert len(told) > 3
    assert told[-1] == len(content)


JSON_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["\\", '"', "\\u", "😀", "é" * 5, "{[,]}", "\\ud83d", "\n\t"]
)
JSON_NUMBER = st.integers() | st.integers(-3, 3)
JSON_VALUE = st.recursive(
    st.none() | st.booleans() | JSON_NUMBER | JSON_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(JSON_TEXT, inner, max_size=4),
    max_leaves=12,
)
REQUEST = st.builds(
    lambda before, users, after: before | {"users": users} | {k: v for k, v in after.items() if k not in before},
    st.dictionaries(JSON_TEXT.filter(lambda name: name != "users"), JSON_VALUE, max_size=3),
    st.lists(JSON_VALUE, max_size=5),
    st.dictionaries(JSON_TEXT.filter(lambda name: name != "users"), JSON_VALUE, max_size=3),
)


@given(
    request=REQUEST,
    ascii_only=st.booleans(),
    indent=st.sampled_from([None, 1]),
    chunk=st.integers(1, 17),
    most=st.integers(1, 23),
)
def test_wherever_the_chunks_end_it_reads_what_json_reads(
    request: dict[str, Any], ascii_only: bool, indent: int | None, chunk: int, most: int
) -> None:
    content = json.dumps(request, ensure_ascii=ascii_only, indent=indent).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "CHUNK_BYTES", chunk)
        assert as_object(list(read_file(Chopped(content, most)))) == json.loads(content)


@given(cut=st.integers(1, len(GOOD) - 1), chunk=st.integers(1, 40))
def test_a_file_that_was_cut_anywhere_is_called_cut_off(cut: int, chunk: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "CHUNK_BYTES", chunk)
        assert problem_of(GOOD[:cut]).code == "truncated"


@given(place=st.integers(0, len(GOOD)), chunk=st.integers(1, 40))
def test_a_byte_that_is_not_utf8_is_found_wherever_the_chunks_end(place: int, chunk: int) -> None:
    content = b"  " + GOOD[:place] + b"\xff" + GOOD[place:]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "CHUNK_BYTES", chunk)
        problem = problem_of(content)
    # What the parser refuses before that byte is said first.
    assert problem.code == "not-utf8"
    assert f"byte {place + 3:,} " in problem.message


# --- What cannot be read ---


def text(value: str) -> bytes:
    """A request whose one identity has this value, written as it stands."""
    return GOOD.replace(b'"person1@example.com"', value.encode())


REFUSED = {
    "nothing": (b"", "empty", "The file is empty (0 bytes). Choose the file again, or export it again."),
    "only blanks": (
        b" \r\n\t" * 50_000,
        "empty",
        "The file holds nothing but blank space. Choose the file again, or export it again.",
    ),
    "only a byte order mark": (BOM, "empty", "The file holds nothing but blank space."),
    "UTF-16 with a mark": (GOOD.decode().encode("utf-16"), "encoding", "The file is written in UTF-16. Save it again as UTF-8"),
    "UTF-16 without a mark": (GOOD.decode().encode("utf-16-le"), "encoding", "The file is written in UTF-16."),
    "UTF-16 the other way round": (GOOD.decode().encode("utf-16-be"), "encoding", "The file is written in UTF-16."),
    "UTF-32": (GOOD.decode().encode("utf-32"), "encoding", "The file is written in UTF-32."),
    "Latin-1": (
        b'{"users": [{"key": "Jos\xe9"}]}',
        "not-utf8",
        "The file is not UTF-8: byte 24 does not belong to it. Save the file again as UTF-8.",
    ),
    "a CSV": (
        b"key;action\nDavidSmith;access\n",
        "not-json",
        "The file is not valid JSON in line 1, column 1. Check for a missing comma, quote or bracket just before it.",
    ),
    "a missing comma": (b'{\n  "key": "a"\n  "b": 1}', "not-json", "The file is not valid JSON in line 3, column 4."),
    "a missing comma after letters of two bytes": (
        '{"key": "éé" "b": 1}'.encode(),
        "not-json",
        "The file is not valid JSON in line 1, column 15.",
    ),
    "a comma too many": (b'{"users": [],}', "not-json", "The file is not valid JSON in line 1, column 14."),
    "single quotes": (b"{'users': []}", "not-json", "The file is not valid JSON in line 1, column 2."),
    "NaN": (text("NaN"), "not-a-number", "The file holds NaN in line 1, column "),
    "minus infinity": (text("-Infinity"), "not-a-number", "The file holds -Infinity in line 1, column "),
    "a number out of all bounds": (text("1e99999999999999999999"), "not-json", "a number or a text that cannot be read"),
    "a number without end": (text("9" * 5_000), "too-large", "The file holds a number of more than 3,000 digits near line 1."),
    "half a surrogate pair": (text('"\\ud83d x"'), "surrogate", "The file holds half of an escaped character"),
    "a key twice": (
        GOOD.replace(b'"key": "person-2"', b'"key": "a", "key": "b"'),
        "duplicate-json-key",
        "The key “key” stands twice in users[1]. Keep one of them, so that it is clear which counts.",
    ),
    "a key twice in an identity": (
        GOOD.replace(b'"type"', b'"value"', 1),
        "duplicate-json-key",
        "The key “value” stands twice in users[0].userIDs[0].",
    ),
    "a key twice at the top": (
        GOOD[:-1] + b', "users": []}',
        "duplicate-json-key",
        "The key “users” stands twice in the file's top level.",
    ),
    "150 levels": (
        b'{"users": [' + b"[" * 150 + b"]" * 150 + b"]}",
        "too-deep",
        "The file is nested deeper than 100 levels. A request file needs five.",
    ),
    "a ZIP": (b"PK\x03\x04\x14\x00", "zip", "The file is a ZIP archive or an Excel file, not JSON. Choose the JSON file itself."),
    "gzip": (b"\x1f\x8b\x08\x00", "gzip", "The file is a gzip archive, not JSON."),
    "a PDF": (b"%PDF-1.7\n", "not-json", "The file is a PDF, not JSON."),
    "a second object": (
        GOOD + b"\n" + GOOD,
        "trailing",
        "Something follows the end of the JSON object in line 2, column 1. A file holds one object;",
    ),
    "a list": (
        b"[" + GOOD + b"]",
        "not-an-object",
        "A request file is one JSON object in braces, { … }. It is a list here; a list of users belongs under “users”.",
    ),
    "a single text": (b'"hello"', "not-an-object", "It is a single value here."),
    "a text without end": (
        b'{"users": [{"key": "' + b"x" * 3_000_000 + b'"}]}',
        "too-large",
        "One text, or one stretch of blanks, in the file is longer than 1 MB. Check that no closing quote is missing.",
    ),
    "a text of blanks without end": (b'{"users": [{"key": "' + b" " * 3_000_000 + b'"}]}', "too-large", "longer than 1 MB."),
    "a person of 300 KB": (
        GOOD[:-1].replace(b"person-2", b"x" * 300_000),
        "too-large",
        "Row 2 is larger than 256 KB, far more than one person needs. Correct it.",
    ),
    "people under another name": (
        b'{"Users": [' + b",".join([b'{"key": "a"}'] * 20_000) + b"]}",
        "too-large",
        "“Users” is larger than 1 MB; only “users” may be. If these are the people, write it “users”.",
    ),
    "people in an object": (
        b'{"users": {' + b",".join(b'"person%d": {}' % number for number in range(20_000)) + b"}}",
        "users-not-a-list",
        '“users” is not a list. Write the people between square brackets: "users": [ … ].',
    ),
    "members without end": (
        b"{" + b",".join(b'"m%d": 1' % number for number in range(1_001)) + b"}",
        "too-large",
        "The file has more than 1,000 top-level members, or one with an endless name. It is not a request file.",
    ),
    "a name without end": (b'{"' + b"n" * 50_000 + b'": 1}', "too-large", "one with an endless name."),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_says_in_one_sentence_why_a_file_cannot_be_read(name: str) -> None:
    content, code, sentence = REFUSED[name]
    problem = problem_of(content)
    assert problem.code == code
    assert sentence in problem.message
    assert problem.message.endswith(".")


def test_what_was_read_before_the_trouble_is_given_out_first() -> None:
    seen: list[Member | UsersStart | UserItem] = []
    with pytest.raises(FileProblem):
        seen.extend(read_file(io.BytesIO(b'{"regulation": "gdpr", "users": [{"key": "a"}, oops')))
    assert seen == [Member("regulation", "gdpr"), UsersStart(), UserItem(1, {"key": "a"})]


def test_no_sentence_repeats_what_a_person_wrote_as_a_value() -> None:
    for content, _, _ in REFUSED.values():
        assert "example.com" not in problem_of(content).message


def test_the_place_of_an_error_deep_in_a_long_line_is_its_byte() -> None:
    content = GOOD[:-1].replace(b'"analytics"', b'"analytics"' + b" " * 200_000 + b"oops")
    place = content.index(b"oops") + 1
    assert f"in line 1, byte {place:,} of the file" in problem_of(content).message


def test_the_line_of_an_error_is_counted_over_chunks() -> None:
    content = b"{\n" + b'"filler": [\n' + b"1,\n" * 50_000 + b'1],\n"include": oops}'
    assert "in line 50,004, column 12" in problem_of(content).message
