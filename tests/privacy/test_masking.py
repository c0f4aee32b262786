"""What may be seen of personal data before somebody with the right asks: enough to recognise it, too little to learn it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.masking import mask, mask_text
from privacy import masking

VALUE = "jane.doe@example.com"
ECID = "44363657679975868102107072127612345678"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("No data for jane.doe@example.com.", "No data for j…e@e…m."),
        ("JANE.DOE@EXAMPLE.COM and Jane.Doe@example.com", "J…E@E…M and J…e@e…m"),
        ("jane.doe@example.comjane.doe@example.com", "j…e@e…mj…e@e…m"),
        ("Finished successfully.", "Finished successfully."),
        ("", ""),
    ],
)
def test_known_values_are_masked_in_a_text_in_any_casing(text: str, shown: str) -> None:
    assert mask_text(text, [VALUE]) == shown


def test_the_longest_value_is_masked_first() -> None:
    assert mask_text("key-12345#ABCDEF", ["key-12345", "key-12345#ABCDEF"]) == mask("key-12345#ABCDEF")


def test_values_are_texts_and_no_patterns() -> None:
    assert mask_text("a.b+c@d.e and axb+c@d.e", ["a.b+c@d.e"]) == f"{mask('a.b+c@d.e')} and axb+c@d.e"


def test_letters_that_change_their_length_do_not_shift_the_mask() -> None:
    # `İ` in lower case is two characters.
    assert mask_text(f"İİİİ {VALUE} end", [VALUE]) == "İİİİ j…e@e…m end"


def test_without_values_a_text_stays() -> None:
    assert mask_text("as it came", []) == mask_text("as it came", [""]) == "as it came"


@given(st.text(min_size=9, max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_a_long_value_never_stays_whole(value: str, before: str, after: str) -> None:
    # A value of one letter over and over, or with the mask's own mark, may appear again by chance.
    if value not in mask(value) + before + after and "…" not in value and len(set(value)) > 3:
        assert value not in mask_text(f"{before}{value}{after}", [value])


@pytest.mark.parametrize(
    ("tree", "shown"),
    [
        ({"processed": [VALUE, ECID], "ignored": []}, {"processed": ["j…e@e…m", "44…78"], "ignored": []}),
        # Somebody we do not know of: any text may name a person.
        ({"attributes": [{"key": "crm", "value": "Unknown Person", "displayName": "VIP"}]}, None),
        ({"count": 12, "ok": True, "none": None, "share": 0.5}, {"count": 12, "ok": True, "none": None, "share": 0.5}),
        ({"count": "123456789", "id": "1234567890"}, {"count": "123456789", "id": "12…90"}),
        ({"id": int(ECID), "hits": 7}, {"id": "44…78", "hits": 7}),
        (
            {"createdAt": "2026-11-02T10:00:00Z", "namespace": "email"},
            {"createdAt": "2026-11-02T10:00:00Z", "namespace": "email"},
        ),
        (VALUE, "j…e@e…m"),
        (None, None),
        ([], []),
    ],
)
def test_an_answer_shows_counts_and_times_and_no_person(tree: Any, shown: Any) -> None:
    masked = masking.mask_tree(tree, [VALUE, ECID])
    if shown is None and tree is not None:
        assert "Unknown Person" not in repr(masked)
    else:
        assert masked == shown


def test_a_known_value_is_masked_where_texts_are_plain_otherwise() -> None:
    tree = {"message": f"Nothing about {VALUE}", VALUE: {"type": f"{VALUE} (email)"}, "crm": 4711}
    masked = masking.mask_tree(tree, [VALUE, "4711"])
    assert masked == {"message": "Nothing about j…e@e…m", "j…e@e…m": {"type": "j…e@e…m (email)"}, "crm": "…"}


def test_a_deep_answer_is_masked_to_its_end() -> None:
    tree: Any = VALUE
    for _ in range(90):
        tree = {"inner": [tree]}
    assert VALUE not in repr(masking.mask_tree(tree, []))
