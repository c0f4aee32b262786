"""Adobe's answer about a work order, as rows of a page."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from hygiene.laying_out import Row, raw, rows


def laid_out(answer: Any, *, revealed: bool = False) -> dict[str, str | datetime]:
    """Name -> value or time."""
    found: list[Row] = rows(json.dumps(answer).encode(), revealed=revealed)
    return {row.name: row.at or row.value for row in found}


def test_known_fields_come_first_and_unknown_ones_are_not_lost() -> None:
    answer = {"brandNewField": True, "status": "received", "workorderId": "DI-1", "productStatusDetails": [{"productName": "x"}]}
    assert list(laid_out(answer)) == ["Work order", "Status", "Brand new field"]


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("jane.doe@example.com", "j…e@e…m"),
        ("Jane", "…"),
        (123, "123"),
        (12345678901, "12…01"),
        (False, "false"),
        (None, "null"),
        ([], "none"),
        (["jane.doe@example.com", 5], "j…e@e…m, 5"),
        ({"name": "Jane Doe"}, '{"…"}'),
    ],
)
def test_what_may_name_a_person_is_masked_until_it_is_revealed(value: Any, masked: str) -> None:
    assert laid_out({"new": value}) == {"New": masked}
    assert "…" not in str(laid_out({"new": value}, revealed=True))


@pytest.mark.parametrize("text", ["2026-13-45T00:00:00Z", "2026-01-01T00:00:00", "soon"])
def test_a_time_that_is_none_is_shown_as_it_came(text: str) -> None:
    assert laid_out({"createdAt": text}) == {"Made": text}


def test_times_are_times() -> None:
    assert laid_out({"updatedAt": "2022-07-21T17:59:43Z"}) == {"Last change": datetime(2022, 7, 21, 17, 59, 43, tzinfo=UTC)}


@pytest.mark.parametrize("answer", [None, b"", b"not json \xff", b"[1]"])
def test_an_answer_that_is_no_object_has_no_rows_and_stays_readable_raw(answer: bytes | None) -> None:
    assert rows(answer, revealed=False) == []
    assert isinstance(raw(answer), str)
