"""Adobe's response codes in words; a code that nobody has published is shown as it came."""

from __future__ import annotations

import pytest

from portal.simulator.outcomes import OUTCOMES
from privacy import codes


@pytest.mark.parametrize("code", ["PRVCY-6052-200", "6052-200", " PRVCY-6052-200 "])
def test_a_code_is_known_with_and_without_its_prefix(code: str) -> None:
    meaning = codes.meaning(code)
    assert meaning is not None
    assert (meaning.title, codes.short(code)) == ("Not found", "6052")


@pytest.mark.parametrize("code", ["", "6052", "PRVCY-9999-299", "XPRVCY-6052-200", "PRVCY-6052-200-1", "404001"])
def test_any_other_code_has_no_words(code: str) -> None:
    assert codes.meaning(code) is None


@pytest.mark.parametrize(("code", "short"), [("PRVCY-9999-299", "9999"), ("404001", "404001"), ("odd", "odd"), ("", "")])
def test_a_code_without_words_is_shown_all_the_same(code: str, short: str) -> None:
    assert codes.short(code) == short


def test_every_published_code_that_the_local_adobe_gives_has_words() -> None:
    given = {outcome.code for outcome in OUTCOMES.values()} - {"PRVCY-9999-299"}
    assert [code for code in given if codes.meaning(code) is None] == []


def test_what_does_not_apply_is_no_failure_in_our_words_either() -> None:
    titles = {code: codes.MEANINGS[code].title for code in ("6051-200", "6052-200", "6053-200", "6054-200")}
    assert titles == {
        "6051-200": "Does not apply",
        "6052-200": "Not found",
        "6053-200": "Namespace does not apply",
        "6054-200": "Partly done",
    }


def test_each_code_has_a_title_of_its_own() -> None:
    titles = [meaning.title for meaning in codes.MEANINGS.values()]
    assert len(titles) == len(set(titles))
