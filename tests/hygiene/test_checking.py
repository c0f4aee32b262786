"""Checking a record delete file: every finding with its place, duplicates removed, what form and file say together."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from hygiene.checking import BOTH_LISTS, NO_IDENTITIES, CheckResult, check_file, read_identities
from hygiene.schema import ALL, Finding, Identity, Wanted, wanted_problems, wire_body
from tests.hygiene_files import DATASET, WANTED, emails, payload


def check(body: Any, form: Wanted = WANTED, **options: Any) -> CheckResult:
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return check_file(lambda: io.BytesIO(raw), form, **options)


def errors(result: CheckResult) -> list[tuple[str, str]]:
    return [(one.code, one.path) for one in result.findings if one.level == "error"]


def warnings(result: CheckResult) -> list[str]:
    return [one.code for one in result.findings if one.level == "warning"]


def test_the_brief_is_taken_as_it_is() -> None:
    result = check(
        {
            "action": "delete_identity",
            "datasetId": "c48b51623ec641a2949d339bad69cb15",
            "displayName": "Example Consumer Delete Request",
            "description": "Cleanup identities required by Jira request 12345.",
            "identities": [
                {"namespace": {"code": "email"}, "id": "poul.anderson@example.com"},
                {"namespace": {"code": "email"}, "id": "cordwainer.smith@gmail.com"},
                {"namespace": {"code": "email"}, "id": "cyril.kornbluth@yahoo.com"},
            ],
        },
        Wanted(),
    )
    assert result.findings == ()
    assert result.wanted == Wanted(
        "Example Consumer Delete Request",
        "Cleanup identities required by Jira request 12345.",
        ("c48b51623ec641a2949d339bad69cb15",),
    )
    assert (result.summary.identities, result.summary.namespaces) == (3, {"email": 3})


def test_an_answer_of_adobe_used_as_a_file_is_not_blamed_for_its_other_members() -> None:
    body = payload(emails(1), workorderId="DI-1", status="received", action="identity-delete", createdBy="somebody")
    assert check(body).findings == ()


def test_duplicates_are_counted_and_removed_by_canonical_namespace_and_value() -> None:
    entries = [
        {"namespace": {"code": "Email"}, "id": "A@Example.com"},
        {"namespace": {"code": "email"}, "id": "a@example.com"},
        {"namespace": {"id": 6}, "id": "a@example.com "},
        {"namespace": {"code": "Customer"}, "id": "A"},
        {"namespace": {"code": "customer"}, "id": "a"},
    ]
    result = check({"identities": entries})
    assert (result.summary.identities, result.summary.duplicates_removed) == (3, 2)
    kept = list(read_identities(lambda: io.BytesIO(json.dumps({"identities": entries}).encode())))
    assert kept == [Identity("Email", "A@Example.com"), Identity("Customer", "A"), Identity("customer", "a")]


def test_both_lists_together_are_refused_as_adobe_does() -> None:
    body = payload(emails(1), identities=[{"namespace": {"code": "email"}, "id": "b@example.com"}])
    result = check(body)
    assert errors(result) == [("both-lists", "namespacesIdentities")]
    assert BOTH_LISTS in result.findings[0].message


@pytest.mark.parametrize("body", [{}, {"identities": []}, {"namespacesIdentities": []}, payload([]), []])
def test_nobody_to_delete_is_refused_as_adobe_does(body: Any) -> None:
    result = check(body)
    assert [code for code, _ in errors(result)] == ["no-identities"]
    assert NO_IDENTITIES in result.findings[0].message


def test_every_error_is_found_with_its_path_and_value() -> None:
    body = {
        "identities": [
            {"namespace": {"code": "email"}, "id": 12},
            {"namespace": {"code": " "}, "id": "b@example.com"},
            {"id": "c@example.com"},
            {"namespace": {"code": "email"}, "id": "  "},
            {"namespace": {"code": "email"}, "id": "x" * 3000},
            "text",
        ],
        "action": "delete_everything",
        "datasetID": "abc",
        "displayName": 12,
    }
    assert errors(check(body)) == [
        ("unquoted", "identities[0]"),
        ("namespace", "identities[1].namespace"),
        ("namespace", "identities[2].namespace"),
        ("empty", "identities[3]"),
        ("value", "identities[4]"),
        ("not-an-object", "identities[5]"),
        ("action", "action"),
        ("spelling", "datasetID"),
        ("text", "displayName"),
    ]


def test_who_does_not_hold_the_file_sees_values_masked() -> None:
    (finding,) = list(check({"identities": [{"namespace": {"code": "email"}, "id": 1234567890}]}).findings)
    assert "1234567890" in finding.message
    assert "1234567890" not in finding.masked().message
    assert finding.masked().path == finding.path


def test_a_contradiction_between_form_and_file_is_an_error() -> None:
    result = check(payload(emails(1), datasetId="another", displayName="Another name"))
    assert errors(result) == [("contradiction", "displayName"), ("contradiction", "datasetId")]


def test_what_the_form_left_empty_comes_from_the_file() -> None:
    result = check(payload(emails(1), datasetId="a,b", name="Newest spelling"), Wanted(description="From the form"))
    assert result.findings == ()
    assert result.wanted == Wanted("Newest spelling", "From the form", ("a", "b"))


def test_profile_only_comes_from_the_file_with_its_rule() -> None:
    services = ["ajo", "profile", "identity"]
    assert check(payload(emails(1), datasetId="ALL", targetServices=services), Wanted()).wanted.profile_only
    assert errors(check(payload(emails(1), datasetId="one", targetServices=services), Wanted())) == [("wanted", "")]
    assert errors(check(payload(emails(1), datasetId="ALL", targetServices=["datalake"]), Wanted())) == [
        ("target-services", "targetServices")
    ]


def test_no_dataset_anywhere_is_an_error() -> None:
    assert errors(check(payload(emails(1)), Wanted())) == [("wanted", "")]


def test_several_namespaces_and_single_datasets_are_worth_a_warning() -> None:
    body = "namespace,value\nemail,a@example.com\nECID,12\n"
    assert warnings(check(body)) == ["several-namespaces"]
    assert warnings(check(body, Wanted(datasets=(ALL,)))) == []


def test_it_counts_the_work_orders_that_will_result() -> None:
    assert check(payload(emails(5)), most_identities=2).summary.work_orders == 3


def test_findings_beyond_the_limit_are_counted() -> None:
    result = check({"identities": [{"namespace": {"code": "email"}, "id": ""}] * 600})
    assert (len(result.findings), result.error_count) == (500, 600)


def test_a_file_that_is_no_record_delete_is_one_finding() -> None:
    result = check("{")
    assert not result.readable
    assert [type(one) for one in result.findings] == [Finding]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Wanted(), "Choose at least one dataset"),
        (Wanted(datasets=(ALL, DATASET)), "ALL cannot stand beside"),
        (Wanted(datasets=("a/b",)), "letters, digits"),
        (Wanted(datasets=(DATASET,), profile_only=True), "profile-only"),
        (Wanted("x" * 201, datasets=(ALL,)), "The name is longer"),
        (Wanted(description="x" * 1001, datasets=(ALL,)), "The description is longer"),
    ],
)
def test_a_form_is_told_what_is_wrong_with_it(wanted: Wanted, words: str) -> None:
    (problem,) = wanted_problems(wanted)
    assert words in problem
    assert wanted_problems(Wanted(datasets=(ALL,), profile_only=True)) == []
    assert wanted_problems(Wanted(), with_file=True) == []


def test_what_is_sent_has_todays_shape_and_one_list_a_namespace() -> None:
    identities = [Identity("Email", "a"), Identity("ECID", "1"), Identity("email", "b"), Identity(12345, "c")]
    assert wire_body(Wanted("Name", "Why", ("a", "b")), "Name [PP-X]", identities) == {
        "displayName": "Name [PP-X]",
        "description": "Why",
        "action": "delete_identity",
        "datasetId": "a,b",
        "namespacesIdentities": [
            {"namespace": {"code": "Email"}, "ids": ["a", "b"]},
            {"namespace": {"code": "ECID"}, "ids": ["1"]},
            {"namespace": {"id": 12345}, "ids": ["c"]},
        ],
    }
    assert wire_body(Wanted(datasets=(ALL,), profile_only=True), "", identities)["targetServices"] == [
        "identity",
        "profile",
        "ajo",
    ]


@pytest.mark.parametrize("body", [{"users": [{"key": "a"}]}, {"optOutOfSale": True, "entities": []}])
def test_a_file_of_another_page_is_sent_there_in_one_finding(body: dict[str, Any]) -> None:
    result = check(body, Wanted())
    assert (errors(result), result.error_count) == ([("other-kind", "")], 1)
    assert ("“Uploads”" if "users" in body else "“Opt-outs”") in result.findings[-1].hint
