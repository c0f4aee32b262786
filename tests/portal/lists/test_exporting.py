"""Cells of an export."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from portal.lists.exporting import cell


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (-5, "-5"),
        (date(2026, 12, 4), "2026-12-04"),
        (datetime(2026, 12, 4, 13, 5, tzinfo=UTC), "2026-12-04T13:05:00Z"),
        ("plain = text", "plain = text"),
        ("=1+1", "'=1+1"),
        ("+46 8 123", "'+46 8 123"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
    ],
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe_and_the_rest_stays(value: object, text: str) -> None:
    assert cell(value) == text
