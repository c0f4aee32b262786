"""What will happen when an upload is confirmed, in numbers and words."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.utils.translation import override

from portal.models import Organization
from privacy import checking
from privacy.checking import CheckResult
from privacy.models import Upload
from privacy.preview import Preview, shown_findings
from privacy.schema import Finding, OrganizationRules
from privacy.shipped import PRODUCTS
from tests.catalogs import SHIPPED
from tests.conftest import IMS_ORG
from tests.files import RECEIVED_ON, payload, people

RULES = OrganizationRules(IMS_ORG, frozenset(product.code for product in PRODUCTS))


def checked(body: dict[str, Any], most_people: int = 1000, most_identities: int = 1000) -> CheckResult:
    """The check of a file with this body, for calls of so many people and identities."""
    content = json.dumps(body).encode()
    return checking.check_file(
        lambda: io.BytesIO(content), RULES, SHIPPED, max_people_per_call=most_people, max_identities_per_call=most_identities
    )


def preview(body: dict[str, Any], most_people: int = 1000, most_identities: int = 1000) -> Preview:
    """The preview of a file with this body, received on 2 November."""
    organization = Organization(name="Acme", max_people_per_call=most_people, max_identities_per_call=most_identities)
    return Preview.of(
        Upload(organization=organization, received_on=RECEIVED_ON), checked(body, most_people, most_identities), SHIPPED
    )


def opt_outs(count: int) -> list[dict[str, Any]]:
    """People who opt out of sale."""
    return people(count, "opt-out-of-sale", prefix="seller")


def test_a_file_whose_envelope_is_wrong_has_no_preview() -> None:
    with pytest.raises(ValueError, match="has no preview"):
        preview(payload(people(1), regulation="moon-law"))


# --- By when ---


def due(body: dict[str, Any]) -> list[tuple[str, int, date | None]]:
    """Action, people and due date of each line."""
    return [(line.action, line.people, line.due_on) for line in preview(body).due]


def test_each_action_of_the_file_has_its_own_date_and_people() -> None:
    body = payload([*people(3, "access"), *people(2, "access", "delete", prefix="leaver"), *opt_outs(4)], regulation="ccpa")
    assert due(body) == [
        ("Access", 5, date(2026, 12, 17)),
        ("Delete", 2, date(2026, 12, 17)),
        ("Opt-out of sale", 4, date(2026, 11, 23)),
    ]


def test_actions_that_nobody_asks_for_have_no_line() -> None:
    assert due(payload(people(1, "delete"))) == [("Delete", 1, date(2026, 12, 2))]


def test_a_law_without_a_number_of_days_has_no_date_and_says_so() -> None:
    (line,) = preview(payload(people(1, "access"), regulation="dpdpa_ind")).due
    assert (line.due_on, line.source) == (None, "This law gives no number of days.")


def test_an_older_code_of_a_law_is_shown_as_it_is_sent() -> None:
    shown = preview(payload(people(1, "access"), regulation="cpra_usa"))
    assert shown.regulation_code == "cpra_ca_usa"
    assert shown.regulation != shown.regulation_code


# --- How it goes out ---


@pytest.mark.parametrize(
    ("users", "most_people", "most_identities", "calls", "requests"),
    [
        (people(5, "access"), 1000, 1000, 1, 1),
        (people(5, "access"), 2, 1000, 3, 1),
        (people(5, "access"), 1000, 2, 3, 1),
        (opt_outs(2), 1000, 1000, 1, 1),
        ([*people(3), *opt_outs(3)], 2, 1000, 4, 2),
    ],
)
def test_calls_and_requests_are_counted_before_anything_is_sent(
    users: list[dict[str, Any]], most_people: int, most_identities: int, calls: int, requests: int
) -> None:
    shown = preview(payload(users, regulation="ccpa"), most_people, most_identities)
    assert (shown.calls, shown.requests) == (calls, requests)


def test_it_says_why_there_are_so_many_calls() -> None:
    assert preview(payload(people(1)), most_people=20, most_identities=1500).why_calls == (
        "A call takes at most 20 people and 1,500 identities."
    )
    mixed = payload([*people(1, "access"), *opt_outs(1)], regulation="ccpa")
    assert preview(mixed).why_calls.endswith("identities, and Adobe takes opt-outs only in calls of their own.")


# --- What cannot be taken back ---


@pytest.mark.parametrize(
    ("users", "fields", "words"),
    [
        (people(1, "access"), {}, ""),
        (
            people(1, "delete"),
            {"include": ["analytics"]},
            "This deletes the data of 1 person in 1 product. Adobe",
        ),
        ([*people(1200), *people(3, "access", prefix="reader")], {}, "This deletes the data of 1,200 people in 2 products."),
    ],
)
def test_deletion_is_spoken_of_with_its_extent(users: list[dict[str, Any]], fields: dict[str, Any], words: str) -> None:
    said = preview(payload(users, **fields)).deletes
    assert said.startswith(words)
    assert said.endswith(" Adobe cannot undo it." if words else "")
    assert bool(said) is bool(words)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, ""),
        (1, "1 person opts out of the sale of their data."),
        (2000, "2,000 people opt out of the sale of their data."),
    ],
)
def test_opting_out_is_spoken_of_with_its_extent(count: int, words: str) -> None:
    users = opt_outs(count) or people(1, "access")
    assert preview(payload(users, regulation="ccpa")).opt_outs == words


# --- Products and identities ---


def test_products_say_what_each_does() -> None:
    lines = preview(payload(people(1), include=["analytics", "marketo"])).products
    assert [line.name for line in lines] == ["Analytics", "Marketo Engage"]
    assert all(line.access_returns and line.delete_does for line in lines)


def test_a_product_that_is_not_known_any_more_stands_by_its_code() -> None:
    result = checked(payload(people(1)))
    assert result.envelope
    later = replace(result, envelope=replace(result.envelope, products=("astrology",)))
    (line,) = Preview.of(Upload(organization=Organization(), received_on=RECEIVED_ON), later, SHIPPED).products
    assert (line.name, line.access_returns, line.delete_does) == ("astrology", "", "")


def test_namespaces_stand_by_how_often_they_are_used_with_masked_examples() -> None:
    users = people(5, "access")
    users[0]["userIDs"] += [{"namespace": "ECID", "value": "4436365766797586810210707", "type": "standard"}]
    lines = preview(payload(users)).namespaces
    assert [(line.namespace, line.count) for line in lines] == [("email", 5), ("ecid", 1)]
    assert len(lines[0].examples) == 3
    assert lines[1].examples == ["44…07"]


# --- Findings ---


def test_findings_stand_by_their_level() -> None:
    result = checked(payload(people(1, "access"), regulation="moon-law", colour="red"))
    found = shown_findings(result, holds_file=True)
    assert [finding.code for finding in found["errors"]] == ["regulation"]
    assert "unknown-field" in [finding.code for finding in found["warnings"]]


def test_only_the_person_who_holds_the_file_reads_keys_in_findings() -> None:
    users = people(3, "access")
    users[1]["action"] = ["burn"]
    users[2]["key"] = "person-1"
    result = checked(payload(users))
    mine = shown_findings(result, holds_file=True)["errors"]
    others = shown_findings(result, holds_file=False)["errors"]
    assert [finding.key for finding in mine] == ["person-2", "person-1"]
    assert [finding.key for finding in others] == [None, None]
    assert "person-" not in repr(others)
    assert [finding.row for finding in others] == [finding.row for finding in mine]
    assert [finding.message.split(":")[0] for finding in others] == ["Row 2", "Row 3"]
    assert [finding.message.split(": ", 1)[1] for finding in others] == [finding.message.split(": ", 1)[1] for finding in mine]


@pytest.mark.parametrize("key", ["k" * 200, "Row 2, x", "%s {0}", "."])
def test_a_key_of_any_kind_is_left_out(key: str) -> None:
    users = people(1, "access")
    users[0] |= {"key": key, "action": ["burn"]}
    (finding,) = shown_findings(checked(payload(users)), holds_file=False)["errors"]
    assert finding.message.startswith("Row 1: ")
    assert key[:50] not in repr(finding) or key == "."


@pytest.mark.parametrize("language", ["en", "sv", "nl"])
def test_a_key_is_left_out_in_whatever_language_the_file_was_checked(language: str) -> None:
    users = people(2, "access")
    users[1]["action"] = ["burn"]
    with override(language):
        result = checked(payload(users))
        assert "person-2" in result.findings[0].message
    assert "person-2" not in repr(shown_findings(result, holds_file=False))


def test_findings_about_the_whole_file_stay_as_they_are() -> None:
    result = checked(payload(people(1), regulation="moon-law"))
    assert shown_findings(result, holds_file=False) == shown_findings(result, holds_file=True)
    assert isinstance(result.findings[0], Finding)
