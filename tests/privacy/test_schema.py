"""The contract of one entry of `users`: every finding names the place, the person, what is wrong and what would be right."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from portal.masking import mask
from privacy import schema
from privacy.schema import Finding, Identity, OrganizationRules, Person, canonical_namespace, canonical_value, read_person

RULES = OrganizationRules("ORG@AdobeOrg", frozenset({"analytics"}))
EMAIL = {"namespace": "email", "value": "dsmith@acme.com", "type": "standard"}


def user(**fields: Any) -> dict[str, Any]:
    """A right entry, but for `fields`; a field that is None is left out."""
    entry = {"key": "DavidSmith", "action": ["access"], "userIDs": [EMAIL]} | fields
    return {name: value for name, value in entry.items() if value is not None}


def findings_of(entry: Any, row: int = 14) -> list[Finding]:
    """What is wrong with an entry; it must be refused."""
    person, findings = read_person(row, entry, RULES)
    assert person is None
    return findings


def only(entry: Any) -> Finding:
    """The one thing that is wrong with an entry."""
    (finding,) = findings_of(entry)
    return finding


# --- What is accepted ---


def test_it_reads_a_person() -> None:
    entry = user(action=["access", "delete", "access"], userIDs=[EMAIL, {**EMAIL, "namespaceId": 6, "isDeletedClientSide": True}])
    person, findings = read_person(3, entry, RULES)
    assert findings == []
    assert person == Person(
        row=3,
        key="DavidSmith",
        actions=("access", "delete"),
        identities=(
            Identity("email", "dsmith@acme.com", "standard"),
            Identity("email", "dsmith@acme.com", "standard", 6, deleted_client_side=True),
        ),
    )


def test_a_person_needs_no_key() -> None:
    person, _ = read_person(1, user(key=None), RULES)
    assert person is not None
    assert person.key is None


def test_nine_identities_are_accepted() -> None:
    person, _ = read_person(1, user(userIDs=[EMAIL] * 9), RULES)
    assert person is not None


@pytest.mark.parametrize("qualifier", schema.QUALIFIERS)
def test_every_type_of_identity_is_accepted(qualifier: str) -> None:
    person, _ = read_person(1, user(userIDs=[{"namespace": "4", "value": "1", "type": qualifier}]), RULES)
    assert person is not None


def test_a_number_may_stand_in_place_of_a_namespace() -> None:
    person, _ = read_person(1, user(userIDs=[{"namespaceId": 10, "value": "2CCE-1", "type": "standard"}]), RULES)
    assert person is not None
    assert person.identities[0].to_dict() == {
        "namespace": "AAID",
        "value": "2CCE-1",
        "type": "standard",
        "namespaceId": 10,
        "isDeletedClientSide": False,
    }


# --- What is refused, and in which words ---


def test_too_many_identities_are_counted() -> None:
    assert only(user(userIDs=[EMAIL] * 12)) == Finding(
        "error",
        "identities",
        "users[13].userIDs",
        14,
        "DavidSmith",
        "Row 14, DavidSmith: a person can have at most 9 identities; this one has 12.",
        "Split it into two people.",
    )


@pytest.mark.parametrize("other", ["access", "delete"])
def test_an_opt_out_stands_alone(other: str) -> None:
    finding = only(user(action=["opt-out-of-sale", other]))
    assert (finding.code, finding.path) == ("mixed-actions", "users[13].action")
    assert finding.message == "Row 14, DavidSmith: opt-out of sale cannot stand beside access or delete for one person."
    assert finding.hint == "Name the person twice with two keys: once to opt out, once for the rest."


WRONG: list[tuple[Any, str, str, str, str]] = [
    # entry, code, path after users[13], message after "Row 14, DavidSmith", hint
    (user(userIDs=None), "missing", ".userIDs", ": userIDs is missing.", "Add it."),
    (user(userIDs=[]), "too_short", ".userIDs", ": userIDs is empty.", "Give at least one."),
    (user(userIDs=EMAIL), "list_type", ".userIDs", ": userIDs must be a list.", "Put it in square brackets."),
    (
        user(userIDs=["dsmith@acme.com"]),
        "model_type",
        ".userIDs[0]",
        ", identity 1: the identity must be an object.",
        "Put it in curly brackets.",
    ),
    (user(action=None), "missing", ".action", ": action is missing.", "Add it."),
    (user(action=[]), "too_short", ".action", ": action is empty.", "Give at least one."),
    (user(action="access"), "list_type", ".action", ": action must be a list.", "Put it in square brackets."),
    (
        user(action=["acces"]),
        "action",
        ".action[0]",
        ": “acces” is not an action that Adobe knows.",
        "Did you mean access? Use one of: access, delete, opt-out-of-sale.",
    ),
    (
        user(action=["opt-out"]),
        "action",
        ".action[0]",
        ": “opt-out” is not an action that Adobe knows.",
        "Did you mean opt-out-of-sale? Use one of: access, delete, opt-out-of-sale.",
    ),
    (user(action=[7]), "action", ".action[0]", ": an action must be a text.", "Use one of: access, delete, opt-out-of-sale."),
    (
        user(userIDs=[EMAIL, EMAIL | {"type": "deletedClientSide"}]),
        "qualifier",
        ".userIDs[1].type",
        ", identity 2: “deletedClientSide” is not a type of identity that Adobe knows.",
        "Use one of: standard, custom, integrationCode, namespaceId, unregistered, analytics, target.",
    ),
    (
        user(userIDs=[EMAIL | {"type": "Standard"}]),
        "qualifier",
        ".userIDs[0].type",
        ", identity 1: “Standard” is not a type of identity that Adobe knows.",
        "Did you mean standard? Use one of: standard, custom, integrationCode, namespaceId, unregistered, analytics, target.",
    ),
    (
        user(userIDs=[{"namespace": "email", "value": "a@b.c"}]),
        "missing",
        ".userIDs[0].type",
        ", identity 1: type is missing.",
        "Add it.",
    ),
    (
        user(userIDs=[{"value": "a@b.c", "type": "standard"}]),
        "missing",
        ".userIDs[0].namespace",
        ", identity 1: namespace is missing.",
        "Add it.",
    ),
    (user(userIDs=[EMAIL | {"value": " "}]), "empty", ".userIDs[0].value", ", identity 1: value is empty.", "Fill it in."),
    (
        user(userIDs=[EMAIL | {"namespace": ""}]),
        "empty",
        ".userIDs[0].namespace",
        ", identity 1: namespace is empty.",
        "Fill it in.",
    ),
    (
        user(userIDs=[EMAIL | {"value": 12345}]),
        "unquoted",
        ".userIDs[0].value",
        ", identity 1: value is a number.",
        "Put it in quotes.",
    ),
    (
        user(userIDs=[EMAIL | {"value": Decimal("1.5")}]),
        "unquoted",
        ".userIDs[0].value",
        ", identity 1: value is a number.",
        "Put it in quotes.",
    ),
    (
        user(userIDs=[EMAIL | {"value": None}]),
        "string_type",
        ".userIDs[0].value",
        ", identity 1: value must be a text.",
        "Write it in quotes.",
    ),
    (
        user(userIDs=[EMAIL | {"isDeletedClientSide": "true"}]),
        "bool_type",
        ".userIDs[0].isDeletedClientSide",
        ", identity 1: isDeletedClientSide must be true or false.",
        "Write true or false without quotes.",
    ),
    (
        user(userIDs=[EMAIL | {"namespaceId": "6"}]),
        "int_type",
        ".userIDs[0].namespaceId",
        ", identity 1: namespaceId must be a whole number.",
        "Write it without quotes.",
    ),
    (
        user(userIDs=[{"namespace": "ECID", "value": "1", "type": "namespaceId"}]),
        "namespace-number",
        ".userIDs[0].namespace",
        ", identity 1: the type namespaceId needs the namespace's number.",
        'Write "4", or use the type standard.',
    ),
    (
        user(userIDs=[{"namespace": "loyalty", "value": "1", "type": "namespaceId"}]),
        "namespace-number",
        ".userIDs[0].namespace",
        ", identity 1: the type namespaceId needs the namespace's number.",
        "Write the number, or use the type custom.",
    ),
]


@pytest.mark.parametrize(("entry", "code", "path", "message", "hint"), WRONG)
def test_it_says_where_what_and_what_would_be_right(entry: Any, code: str, path: str, message: str, hint: str) -> None:
    assert only(entry) == Finding("error", code, f"users[13]{path}", 14, "DavidSmith", f"Row 14, DavidSmith{message}", hint)


def test_adobes_own_other_spelling_of_user_ids_is_named() -> None:
    finding = only({"key": "DavidSmith", "action": ["access"], "userIds": [EMAIL]})
    assert finding.hint == "It is spelled userIds here; Adobe wants userIDs."


@pytest.mark.parametrize("entry", ["DavidSmith", 7, None, ["DavidSmith"]])
def test_an_entry_that_is_no_object_is_named_by_its_row(entry: Any) -> None:
    finding = only(entry)
    assert (finding.path, finding.row, finding.key) == ("users[13]", 14, None)
    assert (finding.message, finding.hint) == ("Row 14: the entry must be an object.", "Put it in curly brackets.")


@pytest.mark.parametrize(
    ("key", "words", "hint"), [(12345, "is a number", "Put it in quotes."), ("  ", "is empty", "Fill it in.")]
)
def test_a_key_that_is_none_is_not_used_as_a_name(key: Any, words: str, hint: str) -> None:
    finding = only(user(key=key))
    assert (finding.path, finding.key) == ("users[13].key", None)
    assert (finding.message, finding.hint) == (f"Row 14: key {words}.", hint)


def test_all_that_is_wrong_with_a_person_is_said_at_once() -> None:
    identities = [EMAIL | {"value": ""}, {"namespace": "ECID", "value": "1", "type": "namespaceId"}, *[EMAIL] * 8]
    findings = findings_of(user(key=5, action=["opt-out-of-sale", "delete", "erase"], userIDs=identities))
    assert {finding.code for finding in findings} == {
        "unquoted",
        "action",
        "empty",
        "identities",
        "mixed-actions",
        "namespace-number",
    }
    assert {finding.row for finding in findings} == {14}


def test_no_finding_shows_the_value_of_an_identity() -> None:
    for entry, *_ in WRONG:
        for finding in findings_of(entry):
            assert "dsmith" not in finding.message + finding.hint + finding.path


def test_a_message_has_room_for_a_part_of_a_long_key_only() -> None:
    finding = only(user(key="k" * 5_000, action=[]))
    assert finding.message == f"Row 14, {'k' * 60}…: action is empty."


def test_the_organization_may_allow_fewer_identities() -> None:
    rules = OrganizationRules("ORG@AdobeOrg", frozenset(), max_identities_per_person=2)
    _, findings = read_person(1, user(userIDs=[EMAIL] * 3), rules)
    assert findings[0].message == "Row 1, DavidSmith: a person can have at most 2 identities; this one has 3."


# --- What is sent ---


def test_optional_parts_go_only_when_the_file_had_them() -> None:
    envelope = schema.Envelope("gdpr", ("analytics",))
    assert json.loads(schema.wire_body(envelope, "ORG@AdobeOrg", [])) == {
        "companyContexts": [{"namespace": "imsOrgID", "value": "ORG@AdobeOrg"}],
        "users": [],
        "include": ["analytics"],
        "expandIds": False,
        "regulation": "gdpr",
    }


def test_an_envelope_and_an_identity_survive_storage() -> None:
    envelope = schema.Envelope("gdpr", ("analytics",), ({"namespace": "Campaign", "value": "acme"},), True, "low", "m-1", "va7")
    assert schema.Envelope.from_dict(envelope.to_dict()) == envelope
    identity = Identity("ECID", "1", "standard", 4, deleted_client_side=True)
    assert Identity.from_dict(identity.to_dict()) == identity


# --- Namespaces, values, masks ---


@pytest.mark.parametrize(
    ("namespace", "type_", "number", "canonical"),
    [
        ("Email", "standard", None, "email"),
        ("email", "standard", 6, "email"),
        ("6", "namespaceId", None, "email"),
        ("CORE", "standard", None, "core"),
        ("0", "namespaceId", None, "core"),
        ("412", "namespaceId", None, "412"),
        ("anything", "standard", 412, "412"),
        (" Email_Label ", "unregistered", None, "email_label"),
        ("6", "unregistered", None, "6"),
        ("6", "integrationCode", None, "6"),
        ("visitorId", "analytics", 10, "visitorid"),
    ],
)
def test_one_namespace_has_one_name(namespace: str, type_: str, number: int | None, canonical: str) -> None:
    assert canonical_namespace(namespace, type_, number) == canonical


def test_only_an_email_address_is_folded() -> None:
    assert canonical_value("email", " DSmith@Acme.com ") == "dsmith@acme.com"
    assert canonical_value("loyalty", "12AD45fe") == "12AD45fe"


@pytest.mark.parametrize(
    ("value", "masked"),
    [("dsmith@acme.com", "d…h@a…m"), ("ab@c.d", "…@c…d"), ("443636576799", "44…99"), ("12345678", "…"), ("", "…")],
)
def test_a_mask_lets_a_known_value_be_recognised(value: str, masked: str) -> None:
    assert mask(value) == masked
