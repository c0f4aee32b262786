"""Adobe's response codes as they are written, with and without their prefix."""

from __future__ import annotations

import pytest

from privacy import codes


@pytest.mark.parametrize("code", ["PRVCY-6052-200", "6052-200", " PRVCY-6052-200 "])
def test_a_code_is_one_with_and_without_its_prefix(code: str) -> None:
    assert (codes.bare(code), codes.short(code)) == ("6052-200", "6052")


@pytest.mark.parametrize("code", ["", "6052", "XPRVCY-6052-200", "PRVCY-6052-200-1", "404001", "odd"])
def test_what_is_no_code_stays_as_it_came(code: str) -> None:
    assert codes.bare(code) == codes.short(code) == code
