"""Files and forms of opt-outs: JSON in Adobe's shape and its misspellings, CSV as spreadsheets write it, and what is refused."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from portal.reading import FileProblem
from privacy.consent import reading
from privacy.consent.entities import Checked, Entity
from tests.conftest import IMS_ORG, OTHER_IMS_ORG

EMAILS = Entity("Email", ("a@example.com", "b@example.com"))
BOTH = (EMAILS, Entity("ECID", ("4436",)))


def read(content: bytes | str) -> Checked:
    return reading.read_file(io.BytesIO(content if isinstance(content, bytes) else content.encode()), IMS_ORG)


def problem(content: bytes) -> FileProblem:
    with pytest.raises(FileProblem) as caught:
        read(content)
    return caught.value


def body(**fields: Any) -> dict[str, Any]:
    entities = [{"nameSpace": "email", "values": ["a@example.com", "b@example.com"]}, {"nameSpace": "ECID", "values": ["4436"]}]
    return {"optOutOfSale": True, "entities": entities} | fields


def errors(payload: Any) -> list[tuple[str, str]]:
    return [(finding.path, finding.message) for finding in reading.check_payload(payload, IMS_ORG).findings]


# --- JSON ---


def test_adobes_own_sample_is_read() -> None:
    checked = read(
        '{"optOutOfSale":true,"entities":[{"nameSpace":"email","values":["dsmith@acme.com","ajones@acme.com"]},'
        '{"nameSpace":"ECID","values":["443636576799758681021090721276"]}]}'
    )
    assert checked == Checked(
        (Entity("Email", ("dsmith@acme.com", "ajones@acme.com")), Entity("ECID", ("443636576799758681021090721276",)))
    )


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf", b"\n  "])
@pytest.mark.parametrize("spelling", ["nameSpace", "namespace", "Namespace"])
def test_both_spellings_are_read_with_and_without_a_byte_order_mark(spelling: str, mark: bytes) -> None:
    entities = [{spelling: "email", "values": ["a@example.com", "b@example.com"]}, {spelling: "4", "values": ["4436"]}]
    assert read(mark + json.dumps(body(entities=entities)).encode()).entities == BOTH


def test_a_namespace_that_stands_twice_is_one_and_each_value_counts_once() -> None:
    entities = [
        {"nameSpace": "email", "values": ["a@example.com"]},
        {"nameSpace": "Email", "values": ["A@example.com", "b@example.com"]},
    ]
    assert read(json.dumps(body(entities=entities))).entities == (Entity("Email", EMAILS.values, 1),)


@pytest.mark.parametrize(("word", "meaning"), [(True, True), (False, False), ("true", True), ("False", False)])
def test_opting_out_or_not_is_taken_as_it_was_asked_for(word: object, meaning: bool) -> None:
    assert reading.check_payload(body(optOutOfSale=word), IMS_ORG).opt_out_of_sale is meaning


def test_what_the_call_has_no_place_for_is_left_out_and_counted() -> None:
    checked = reading.check_payload(body(orgId=IMS_ORG, transactionId="mine", requestId="7", note="x"), IMS_ORG)
    assert (checked.left_out, checked.error_count, checked.entities) == (3, 0, BOTH)


def test_all_errors_are_said_at_once_each_with_its_path() -> None:
    entities = [
        {"nameSpace": "loyalty", "values": ["1"]},
        {"nameSpace": "emial", "values": ["1"]},
        {"values": ["1"]},
        {"nameSpace": "ECID", "values": []},
        {"nameSpace": "ECID", "values": ["1", 2, ""]},
        "email",
        {"nameSpace": "ECID", "namespace": "email", "values": ["1"]},
    ]
    found = errors({"entities": entities, "orgId": OTHER_IMS_ORG})
    assert [path for path, _ in found] == [
        "optOutOfSale",
        "orgId",
        "entities[0].nameSpace",
        "entities[1].nameSpace",
        "entities[2].nameSpace",
        "entities[3].values",
        "entities[4].values[1]",
        "entities[4].values[2]",
        "entities[5]",
        "entities[6]",
    ]
    assert found[2][1] == "Entity 1: “loyalty” is not a standard namespace of Adobe's."
    hints = [finding.hint for finding in reading.check_payload({"entities": entities}, IMS_ORG).findings]
    assert hints[2].startswith("Did you mean Email? Use one of: Email, ECID")


@pytest.mark.parametrize("payload", [[], "x", None, {"optOutOfSale": True}, body(entities={}), body(entities=[])])
def test_what_is_no_opt_out_is_an_error(payload: Any) -> None:
    assert len(errors(payload)) == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b'{"optOutOfSale": true', "truncated"),
        (b'{"a": 1, "a": 2}', "duplicate-json-key"),
        (b'{"entities": [{"nameSpace": 1, "nameSpace": 2}]}', "duplicate-json-key"),
        (b"[" * 101 + b"]" * 101, "too-deep"),
        (b'{"optOutOfSale": NaN}', "not-a-number"),
        ('{"a": "é"}'.encode("latin-1"), "not-utf8"),
        ('{"optOutOfSale": true}'.encode("utf-16"), "encoding"),
        (b"PK\x03\x04....", "zip"),
        (b"%PDF-1.7", "not-json"),
        ("email,é@example.com".encode("latin-1"), "not-utf8"),
        (b" " * (8 * 1024 * 1024 + 1), "too-large"),
        (b'{"entities": [' + b"1," * 400_001 + b"1]}", "too-many"),
    ],
)
def test_what_cannot_be_read_is_refused(content: bytes, code: str) -> None:
    assert problem(content).code == code


def test_more_values_than_one_opt_out_takes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_VALUES", 2)
    for content in (json.dumps(body()).encode(), b"email,a\nemail,b\nemail,c\n"):
        assert problem(content).code == "too-many"
    with pytest.raises(FileProblem):
        reading.read_typed("Email", "a\nb\nc")


@pytest.mark.parametrize(("member", "page"), [("users", "“Uploads”"), ("namespacesIdentities", "“Record deletes”")])
def test_a_file_of_another_page_is_sent_there_in_one_finding(member: str, page: str) -> None:
    (finding,) = reading.check_payload({member: [], "action": "delete_identity"}, IMS_ORG).findings
    assert (finding.code, page in finding.hint) == ("other-kind", True)


# --- CSV ---


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("header", ["", "namespace{0}value\n", "Identity Namespace{0}ID\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_table_is_read_with_any_separator_with_and_without_a_header(separator: str, header: str, mark: str) -> None:
    rows = [["email", "a@example.com"], ["Email", '"b@example.com"'], ["", ""], [" ECID ", " 4436 "]]
    text = mark + header.format(separator) + "\r\n".join(separator.join(row) for row in rows)
    assert read(text) == Checked(BOTH)


def test_a_header_may_name_the_columns_in_another_order_with_others_between() -> None:
    checked = read("value;note;namespace\na@example.com;x;email\nb@example.com;;email\n")
    assert (checked.entities, checked.left_out) == ((EMAILS,), 1)


def test_a_quoted_value_may_hold_the_separator() -> None:
    assert read('phone,"+1,555"\nphone,2\n').entities == (Entity("Phone", ("+1,555", "2")),)


def test_errors_name_the_line() -> None:
    checked = read("namespace,value\nemail,a@example.com\nloyalty,1\nemail,\n\nonly\n")
    assert [(finding.path, finding.code) for finding in checked.findings] == [
        ("line 3, namespace", "namespace"),
        ("line 4, value", "value"),
        ("line 6, namespace", "namespace"),
    ]
    bare = read("email,a,b\nemail\n,1\n")
    assert [finding.message for finding in bare.findings] == [
        "Line 1: it has 3 columns. A row is a namespace and a value.",
        "Line 2: it has 1 column. A row is a namespace and a value.",
        "Line 3: the namespace is missing.",
    ]


def test_a_header_alone_names_nobody() -> None:
    assert [finding.code for finding in read("namespace,value\n").findings] == ["empty"]


# --- Typed ---


def test_typed_lines_are_values_of_one_namespace() -> None:
    assert reading.read_typed("Email", "a@example.com\r\n\n  b@example.com \nA@example.com\n") == Checked(
        (Entity("Email", EMAILS.values, 1),)
    )


def test_an_error_in_a_typed_line_names_it() -> None:
    (finding,) = reading.read_typed("ECID", "1\n\n4.4E+37\n").findings
    assert finding.message == "Line 3: a spreadsheet has rounded the value."
