"""Free JSON of a product as rows with words."""

from __future__ import annotations

from typing import Any

import pytest

from privacy import laying_out
from privacy.laying_out import Row


def laid_out(tree: Any) -> list[tuple[int, str, str]]:
    """Depth, name and value of each row."""
    return [(row.depth, row.name, row.value) for row in laying_out.rows(tree)]


def test_nothing_is_no_row() -> None:
    assert laid_out(None) == laid_out({}) == laid_out([]) == []


@pytest.mark.parametrize(("value", "text"), [("word", "word"), (7, "7"), (True, "yes"), (False, "no"), (0, "0"), ("", "")])
def test_a_single_value_is_one_row(value: Any, text: str) -> None:
    assert laid_out(value) == [(0, "Answer", text)]


def test_audience_managers_answer() -> None:
    assert laid_out({"processed": ["a", "b"], "ignored": []}) == [
        (0, "Found and processed (2)", "a, b"),
        (0, "Not found, ignored (0)", "none"),
    ]


def test_the_receipt_of_pass() -> None:
    receipt = {"userContexts": [{"namespace": "x", "value": "y"}], "receiptData": {"numberOfAuthorizationDecisions": "3"}}
    assert laid_out(receipt) == [
        (0, "Identities", ""),
        (1, "1", ""),
        (2, "Namespace", "x"),
        (2, "Value", "y"),
        (0, "Receipt", ""),
        (1, "Authorization decisions", "3"),
    ]


def test_what_is_empty_says_so() -> None:
    assert laid_out({"a": None, "b": {}, "c": [], "d": [None, False]}) == [
        (0, "A", "none"),
        (0, "B", "none"),
        (0, "C (0)", "none"),
        (0, "D (2)", "none, no"),
    ]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("numberOfClicks", "Number of clicks"),
        ("mergePolicyID", "Merge policy ID"),
        ("dataset_name", "Dataset name"),
        ("ECID", "ECID"),
        ("dataSetIds", "Datasets"),
        ("", ""),
        ("…", "…"),
        ("jane@example.com", "Jane example com"),
    ],
)
def test_names_become_words(name: str, label: str) -> None:
    assert laying_out.label(name) == label


def test_a_long_answer_is_cut_and_says_where_the_rest_is() -> None:
    rows = laying_out.rows({f"n{number}": number for number in range(laying_out.MOST_ROWS + 1)})
    assert len(rows) == laying_out.MOST_ROWS + 1
    assert rows[-1] == Row(0, "And more", "The whole answer stands in the raw answer.")
    assert len(laying_out.rows({f"n{number}": number for number in range(laying_out.MOST_ROWS)})) == laying_out.MOST_ROWS
