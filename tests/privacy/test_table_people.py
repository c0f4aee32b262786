"""From rows to people: the guess of the columns, both forms of a table, and the rows that are no person with their reasons."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.reading import FileProblem
from privacy import schema
from privacy.schema import OrganizationRules
from privacy.tables import people as people_module
from privacy.tables.detecting import SEPARATORS
from privacy.tables.guessing import guess
from privacy.tables.heads import detect, open_table, read_head
from privacy.tables.mapping import Column, Form, Mapping, Use
from privacy.tables.people import Bad, Good, people
from privacy.tables.words import actions_in
from tests.tables import LONG, WIDE, Cells, csv_bytes, sealed, xlsx_bytes

RULES = OrganizationRules(ims_org_id="1234@AdobeOrg", product_codes=frozenset({"analytics"}))
OWN = [("loyaltyCard", "integrationCode"), ("email_label", "unregistered")]


def guessed(*rows: Cells) -> Mapping:
    """The guess for a table."""
    content = csv_bytes(rows)
    return guess(read_head(sealed(content), detect(sealed(content)))[1], OWN)


def found_in(rows: Sequence[Cells], **changes: object) -> list[Good | Bad]:
    """Everybody in a table whose columns are what they are guessed to be."""
    content = csv_bytes(rows)
    reading, head = read_head(sealed(content), detect(sealed(content)))
    kept = guess(head, OWN).to_dict() | {"actions": ["access"]} | changes
    mapping = Mapping.from_dict(json.loads(json.dumps(kept)))
    return list(people(lambda: open_table(sealed(content), reading).rows(), mapping, RULES, has_header=reading.has_header))


def entries(found: list[Good | Bad]) -> list[dict[str, object]]:
    """The people, when there is nobody else."""
    assert all(isinstance(one, Good) for one in found), found
    return [one.entry for one in found if isinstance(one, Good)]


def reasons(found: list[Good | Bad]) -> list[str]:
    """Why rows are bad."""
    return [one.reason for one in found if isinstance(one, Bad)]


def identity(namespace: str, value: str, type_: str = "standard") -> dict[str, object]:
    """As Adobe takes it."""
    return {"namespace": namespace, "value": value, "type": type_, "isDeletedClientSide": False}


# --- The guess ---


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("key", Column(Use.KEY)),
        ("Ärendenummer", Column(Use.KEY)),
        ("Kenmerk", Column(Use.KEY)),
        ("Action", Column(Use.ACTION)),
        ("Åtgärd", Column(Use.ACTION)),
        ("E-mail address", Column(Use.IDENTITY, "Email", "standard")),
        ("E-post", Column(Use.IDENTITY, "Email", "standard")),
        ("E-mailadres", Column(Use.IDENTITY, "Email", "standard")),
        ("Email 2", Column(Use.IDENTITY, "Email", "standard")),
        ("Telefonnummer", Column(Use.IDENTITY, "Phone", "standard")),
        ("ecid", Column(Use.IDENTITY, "ECID", "standard")),
        ("GAID", Column(Use.IDENTITY, "GAID", "standard")),
        ("LoyaltyCard", Column(Use.IDENTITY, "loyaltyCard", "integrationCode")),
        ("crm (custom)", Column(Use.IDENTITY, "crm", "custom")),
        ("Email Address/analytics", Column(Use.IDENTITY, "Email Address", "analytics")),
        ("Favourite colour", Column()),
    ],
)
def test_a_column_is_guessed_by_its_name(header: str, column: Column) -> None:
    assert guessed((header,), ("x",)).columns == (column,)


@pytest.mark.parametrize(
    ("value", "column"),
    [
        ("person@example.com", Column(Use.IDENTITY, "Email", "standard")),
        ("4" * 38, Column(Use.IDENTITY, "ECID", "standard")),
        ("2CCEEAE88503384F-1188000089CA0000", Column(Use.IDENTITY, "AAID", "standard")),
        ("+46 70 123 45 67", Column(Use.IDENTITY, "Phone", "standard")),
        ("radera", Column(Use.ACTION)),
        ("blue", Column()),
    ],
)
def test_a_column_with_an_odd_name_is_guessed_by_what_stands_in_it(value: str, column: Column) -> None:
    assert guessed(("Kolumn",), (value,)).columns == (column,)


def test_namespace_and_value_make_the_long_form() -> None:
    mapping = guessed(LONG, ("1", "Email", "a@example.com", "standard", "access"))
    assert mapping.form == Form.LONG
    assert [column.use for column in mapping.columns] == [Use.KEY, Use.NAMESPACE, Use.VALUE, Use.TYPE, Use.ACTION]


def test_a_key_is_one_column_only() -> None:
    assert [column.use for column in guessed(("key", "reference", "Email"), ("1", "2", "a@b.se")).columns] == [
        Use.KEY,
        Use.LEFT_OUT,
        Use.IDENTITY,
    ]


@pytest.mark.parametrize(
    ("cell", "actions"),
    [
        ("access", ["access"]),
        ("Delete, Access", ["delete", "access"]),
        ("access + delete", ["access", "delete"]),
        ("inzage en verwijderen", ["access", "delete"]),
        ("registerutdrag och radering", ["access", "delete"]),
        ("opt out of sale", ["opt-out-of-sale"]),
        ("Opt-out", ["opt-out-of-sale"]),
        ("access;access", ["access"]),
        ("", []),
        ("everything", None),
        ("access, everything", None),
    ],
)
def test_actions_are_read_in_three_languages(cell: str, actions: list[str] | None) -> None:
    assert actions_in(cell) == actions


# --- One person in each row ---


def test_each_row_is_a_person() -> None:
    found = found_in([WIDE, ("k1", "access, delete", "a@x.se", "4" * 38), ("", "", "b@example.com", "")])
    assert entries(found) == [
        {
            "key": "k1",
            "action": ["access", "delete"],
            "userIDs": [identity("Email", "a@x.se"), identity("ECID", "4" * 38)],
        },
        {"action": ["access"], "userIDs": [identity("Email", "b@example.com")]},
    ]


def test_the_same_address_in_two_columns_is_one_identity() -> None:
    found = found_in([("Email", "Email 2"), ("a@example.com", "a@example.com"), ("b@example.com", "c@example.com")])
    assert [len(entry["userIDs"]) for entry in entries(found)] == [1, 2]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("k", "access", "", ""), "Row 2: no identity stands in it."),
        (("k", "everything", "a@example.com", ""), "Row 2: what the person asks for is not access, delete or opt-out-of-sale."),
        (("k", "access, opt-out-of-sale", "a@example.com", ""), "Row 2: opt-out of sale cannot stand beside access"),
        (("k", "access", "a@example.com", "4.43636576799759E+37"), "Row 2: a spreadsheet has rounded ECID to 15 digits."),
        (("k", "access", "#N/A", ""), "Row 2: Email shows an error of the spreadsheet."),
    ],
)
def test_what_is_wrong_with_a_row_is_said(row: Cells, reason: str) -> None:
    (said,) = reasons(found_in([WIDE, row]))
    assert said.startswith(reason)


def test_a_row_that_asks_for_nothing_is_bad_unless_everybody_asks_for_something() -> None:
    rows = [WIDE, ("k", "", "a@example.com", "")]
    assert reasons(found_in(rows, actions=[]))[0].startswith("Row 2: what the person asks for is empty.")
    assert entries(found_in(rows))[0]["action"] == ["access"]


def test_more_than_nine_identities_are_too_many() -> None:
    header = [f"Email {place}" for place in range(10)]
    (said,) = reasons(found_in([header, [f"p{place}@example.com" for place in range(10)]]))
    assert said.startswith("Row 2: a person can have at most 9 identities; this one has 10.")


def test_the_second_of_two_that_are_alike_is_bad() -> None:
    found = found_in(
        [
            WIDE,
            ("k1", "", "a@example.com", ""),
            ("k1", "", "b@example.com", ""),
            ("k3", "", "A@example.com", ""),
            ("k4", "", "c@d.se", ""),
        ]
    )
    assert [type(one) for one in found] == [Good, Bad, Bad, Good]
    assert [said.split(". ")[0] for said in reasons(found)] == [
        "Row 3: row 2 has the same key",
        "Row 4: row 2 has the same identities and actions",
    ]


def test_reasons_never_tell_what_stands_in_a_cell() -> None:
    rows = [WIDE, ("secret-key", "secret-act", "secret@example.com", "1.2E+30"), ("secret-key", "access", "", "")]
    assert not [said for said in reasons(found_in(rows)) if "secret" in said or "1.2E" in said]


# --- One identity in each row ---


def test_rows_of_one_key_are_one_person_wherever_they_stand() -> None:
    together = [
        LONG,
        ("k1", "Email", "a@example.com", "standard", "access"),
        ("k1", "ECID", "4" * 38, "", ""),
        ("k2", "crm", "77", "", "delete"),
    ]
    expected = [
        {"key": "k1", "action": ["access"], "userIDs": [identity("Email", "a@example.com"), identity("ECID", "4" * 38)]},
        {"key": "k2", "action": ["delete"], "userIDs": [identity("crm", "77", "custom")]},
    ]
    assert entries(found_in(together)) == expected
    apart = [together[0], together[1], together[3], together[2]]
    assert entries(found_in(apart)) == expected


def test_a_person_with_a_bad_row_is_left_out_whole() -> None:
    found = found_in([LONG, ("k1", "Email", "a@example.com", "", ""), ("k1", "", "b", "", ""), ("k2", "Email", "c@d.se", "", "")])
    assert [type(one) for one in found] == [Bad, Bad, Good]
    assert reasons(found) == [
        "Row 2: left out too, since row 3 of the same person is wrong.",
        "Row 3: the namespace is empty. Fill it in, such as Email.",
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("", "Email", "a@example.com", "", ""), "Row 2: the key is empty"),
        (("k", "Email", "", "", ""), "Row 2: the value is empty."),
        (
            ("k", "Email", "a@example.com", "wrong", ""),
            "Row 2: the type is not one that Adobe knows. Use one of: standard",
        ),
        (("k", "ECID", "4.4E+37", "", ""), "Row 2: a spreadsheet has rounded the value to 15 digits."),
        (("k", "crm", "1", "namespaceId", ""), "Row 2, identity 1: the type namespaceId needs the namespace's number."),
    ],
)
def test_what_is_wrong_with_an_identity_is_said(row: Cells, reason: str) -> None:
    (said,) = reasons(found_in([LONG, row]))
    assert said.startswith(reason)


def test_scattered_rows_are_held_only_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_module, "MOST_SCATTERED", 3)
    rows = [("k1", "Email", "a@x.se", "", ""), ("k2", "Email", "b@x.se", "", ""), ("k1", "ECID", "1", "", "")]
    assert len(entries(found_in([LONG, *rows]))) == 2
    with pytest.raises(FileProblem, match="Sort the table by the key"):
        found_in([LONG, *rows, ("k3", "Email", "c@x.se", "", "")])
    # Those that stand together are no matter.
    assert len(entries(found_in([LONG, *sorted(rows), ("k3", "Email", "c@x.se", "", "")]))) == 3


def test_a_table_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_module, "MOST_ROWS", 2)
    rows = [("Email",), ("a@x.se",), ("b@x.se",)]
    assert len(entries(found_in(rows))) == 2
    with pytest.raises(FileProblem, match="more than 2 rows"):
        found_in([*rows, ("c@x.se",)])


# --- Round trip ---

VALUES = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1, max_size=10).filter(
    lambda text: not text.startswith("#") and "E" not in text.upper()
)
PEOPLE = st.lists(
    st.tuples(
        st.lists(VALUES, min_size=1, max_size=4, unique=True), st.sampled_from([("access",), ("delete",), ("access", "delete")])
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda person: person[0][0],
)


@given(everybody=PEOPLE, is_long=st.booleans(), is_workbook=st.booleans(), separator=st.sampled_from(SEPARATORS))
@settings(deadline=None)
def test_a_table_of_people_gives_the_very_same_people(
    everybody: list[tuple[list[str], tuple[str, ...]]], is_long: bool, is_workbook: bool, separator: str
) -> None:
    columns: tuple[Column, ...]
    if is_long:
        rows: list[Cells] = [("key", "value", "namespace", "action", "type")]
        rows += [(f"k{n}", v, "crm", "+".join(a), "custom") for n, (values, a) in enumerate(everybody) for v in values]
        columns = tuple(Column(use) for use in (Use.KEY, Use.VALUE, Use.NAMESPACE, Use.ACTION, Use.TYPE))
    else:
        rows = [("key", "action", "a", "b", "c", "d")]
        rows += [(f"k{n}", ", ".join(a), *values) for n, (values, a) in enumerate(everybody)]
        columns = (Column(Use.KEY), Column(Use.ACTION), *[Column(Use.IDENTITY, "crm", "custom")] * 4)
    content = xlsx_bytes(rows) if is_workbook else csv_bytes(rows, separator=separator)
    # From a handful of odd values it cannot be told: a person says it.
    reading = replace(detect(sealed(content)), separator=separator)
    mapping = Mapping(Form.LONG if is_long else Form.WIDE, columns)
    found = list(people(lambda: open_table(sealed(content), reading).rows(), mapping, RULES, has_header=True))
    read = [schema.read_person(1, entry, RULES)[0] for entry in entries(found)]
    assert [(person.key, person.actions, [one.value for one in person.identities]) for person in read if person] == [
        (f"k{number}", actions, values) for number, (values, actions) in enumerate(everybody)
    ]
