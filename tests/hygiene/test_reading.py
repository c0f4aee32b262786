"""Record delete files as streams: every shape of the Data Hygiene API, and CSV."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from hygiene.reading import FileProblem, Given, ListStart, Member, read_file


def read(content: bytes | str | Any) -> list[Member | ListStart | Given]:
    raw = (
        content if isinstance(content, bytes) else content.encode() if isinstance(content, str) else json.dumps(content).encode()
    )
    return list(read_file(lambda: io.BytesIO(raw)))


def given(content: bytes | str | Any) -> list[tuple[int, str, Any, Any]]:
    return [(one.row, one.path, one.namespace, one.value) for one in read(content) if isinstance(one, Given)]


def problem(content: bytes | str | Any) -> FileProblem:
    with pytest.raises(FileProblem) as caught:
        read(content)
    return caught.value


def test_the_shape_of_the_brief() -> None:
    body = {"action": "delete_identity", "identities": [{"namespace": {"code": "email"}, "id": "poul@example.com"}]}
    assert read(body) == [
        Member("action", "delete_identity"),
        ListStart("identities"),
        Given(1, "identities[0]", {"code": "email"}, "poul@example.com"),
    ]


@pytest.mark.parametrize("spelling", ["ids", "IDs"])
def test_the_shape_of_today_in_both_spellings(spelling: str) -> None:
    body = {
        "namespacesIdentities": [
            {"namespace": {"code": "email"}, spelling: ["a@example.com", "b@example.com"]},
            {"namespace": {"code": "ECID"}, spelling: ["123"]},
        ]
    }
    assert given(body) == [
        (1, f"namespacesIdentities[0].{spelling}[0]", {"code": "email"}, "a@example.com"),
        (2, f"namespacesIdentities[0].{spelling}[1]", {"code": "email"}, "b@example.com"),
        (3, f"namespacesIdentities[1].{spelling}[0]", {"code": "ECID"}, "123"),
    ]


def test_members_may_stand_in_any_order() -> None:
    body = '{"namespacesIdentities": [{"ids": ["a@example.com"], "namespace": {"code": "email"}}], "datasetId": "ALL"}'
    assert read(body) == [
        ListStart("namespacesIdentities"),
        Given(1, "namespacesIdentities[0].ids[0]", {"code": "email"}, "a@example.com"),
        Member("datasetId", "ALL"),
    ]


def test_the_list_that_adobes_page_takes() -> None:
    assert read([{"namespaceCode": "email", "value": "a@example.com"}]) == [
        ListStart("[]"),
        Given(1, "[0]", "email", "a@example.com"),
    ]


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("text", "not-an-object"),
        ({"namespace": {"code": "email"}}, "no-ids"),
        ({"ids": "a"}, "no-ids"),
        ({"ids": [], "IDs": []}, "ids-twice"),
    ],
)
def test_an_entry_that_is_none_is_told_with_its_place(entry: Any, code: str) -> None:
    (_, found) = read({"namespacesIdentities": [entry]})
    assert isinstance(found, Given)
    assert (found.path, found.problem) == ("namespacesIdentities[0]", code)


def test_a_list_that_is_none_is_an_ordinary_member() -> None:
    assert read({"identities": {"namespace": "email"}}) == [Member("identities", {"namespace": "email"})]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_csv_with_each_separator_and_a_byte_order_mark(separator: str, start: bytes) -> None:
    content = start + f"Namespace{separator}Value\r\nemail{separator}a@example.com\r\n\r\nECID{separator}12\r\n".encode()
    assert given(content) == [(2, "row 2", "email", "a@example.com"), (4, "row 4", "ECID", "12")]


def test_csv_without_a_header_begins_in_its_first_line() -> None:
    assert given("email,a@example.com\n") == [(1, "row 1", "email", "a@example.com")]


def test_csv_with_columns_the_other_way_round() -> None:
    assert given("value,namespace\na@example.com,email\n") == [(2, "row 2", "email", "a@example.com")]


def test_csv_with_quotes_may_hold_the_separator() -> None:
    assert given('namespace,value\ncustom,"a,b ""c"""\n') == [(2, "row 2", "custom", 'a,b "c"')]


def test_csv_tells_of_further_columns_and_of_missing_ones() -> None:
    rows = [one for one in read("email,a@example.com,note\nemail\n") if isinstance(one, Given)]
    assert [(one.value, one.extra) for one in rows] == [("a@example.com", True), (None, False)]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"PK\x03\x04rest", "zip"),
        (b"%PDF-1.7", "not-json"),
        ("namespace,value\nemail,ä".encode("utf-16"), "encoding"),
        (b"email,\xe4@example.com\n", "not-utf8"),
        (b'email,"never closed\n', "not-csv"),
        (b"email," + b"x" * 70_000, "too-large"),
        ('{"identities": [', "truncated"),
        ('{"datasetId": "a", "datasetId": "b"}', "duplicate-json-key"),
        ('{"description": "' + "x" * 300_000 + '"}', "too-large"),
        ("[" * 30 + "]" * 30, "too-deep"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(content: bytes | str, code: str) -> None:
    found = problem(content)
    assert found.code == code
    assert found.message.endswith(".")


def test_a_long_list_before_its_namespace_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hygiene.reading.assembling._WAITING_BUDGET", 1000)
    body = {"namespacesIdentities": [{"ids": [f"person{n}@example.com" for n in range(10)], "namespace": {"code": "email"}}]}
    assert "before" in problem(body).message


def test_progress_counts_the_bytes() -> None:
    seen: list[int] = []
    content = b"email,a@example.com\n" * 10
    list(read_file(lambda: io.BytesIO(content), progress=seen.append))
    assert seen[-1] == len(content)
