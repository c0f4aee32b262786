"""Everything of a request file but its people."""

from __future__ import annotations

from typing import Any

import pytest

from privacy.envelopes import read_envelope
from privacy.schema import Envelope, Finding, OrganizationRules
from privacy.shipped import LAWS
from tests.catalogs import SHIPPED

ORG = "0123456789ABCDEF01234567@AdobeOrg"
RULES = OrganizationRules(ORG, frozenset({"analytics", "profileService", "aepDataLake"}))
GOOD: dict[str, Any] = {"regulation": "gdpr", "include": ["analytics"]}


def read(**members: Any) -> tuple[Envelope | None, list[Finding]]:
    """The envelope of a good file with these members changed; a member that is `...` is left out."""
    changed = GOOD | members
    return read_envelope({name: value for name, value in changed.items() if value is not ...}, RULES, SHIPPED)


def only_error(**members: Any) -> Finding:
    """The one finding of a file that must be refused."""
    envelope, findings = read(**members)
    assert envelope is None
    (finding,) = findings
    assert finding.level == "error"
    return finding


def only_warning(**members: Any) -> Finding:
    """The one finding of a file that is accepted."""
    envelope, findings = read(**members)
    assert envelope is not None
    (finding,) = findings
    assert finding.level == "warning"
    return finding


# --- Law ---


@pytest.mark.parametrize("code", [law.code for law in LAWS])
def test_every_law_is_accepted_in_any_casing_without_a_word(code: str) -> None:
    envelope, findings = read(regulation=code.upper())
    assert envelope is not None
    assert (envelope.regulation, findings) == (code, [])


@pytest.mark.parametrize(("alias", "code"), [(alias, law.code) for law in LAWS for alias in law.aliases])
def test_an_older_code_is_read_as_todays_and_said(alias: str, code: str) -> None:
    envelope, (finding,) = read(regulation=alias)
    assert envelope is not None
    assert envelope.regulation == code
    assert (finding.level, finding.code, finding.path) == ("warning", "legacy-regulation", "regulation")
    assert (finding.message, finding.hint) == (f"{alias} is an older code.", f"{code} is sent in its place.")


@pytest.mark.parametrize(
    ("given", "meant"),
    [("dpdpa", "dpdpa_de_usa"), ("ql25", "ql25_qc_can"), ("CCCA", "ccpa"), ("ICDPALIA_USA", "icdpa_ia_usa"), ("gpdr", "gdpr")],
)
def test_a_wrong_law_is_named_with_the_one_that_was_meant(given: str, meant: str) -> None:
    finding = only_error(regulation=given)
    assert (finding.path, finding.code) == ("regulation", "regulation")
    assert (finding.message, finding.hint) == (f"{given} is not a law that Adobe knows.", f"Did you mean {meant}?")


def test_a_law_like_no_other_gets_the_whole_list() -> None:
    finding = only_error(regulation="zzzzzzzz")
    assert finding.hint.startswith("Adobe knows: gdpr, ccpa, cpra_ca_usa, ")


@pytest.mark.parametrize("given", [..., None, ""])
def test_a_missing_law_is_missed(given: Any) -> None:
    finding = only_error(regulation=given)
    assert (finding.message, finding.hint) == ("regulation is missing.", "Name the law, such as gdpr or ccpa.")


def test_a_list_of_laws_is_refused() -> None:
    assert only_error(regulation=["gdpr"]).message == "regulation must be one law as text."


def test_a_message_has_room_for_a_part_of_a_long_law_only() -> None:
    assert len(only_error(regulation="x" * 100_000).message) < 200


# --- Products ---


def test_products_are_sent_under_todays_codes_once_each() -> None:
    envelope, findings = read(include=["Analytics", "ANALYTICS", "ProfileService", "AdobeCloudPlatform"])
    assert findings == []
    assert envelope is not None
    assert envelope.products == ("analytics", "profileService", "aepDataLake")


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("analitics", "Did you mean analytics?"),
        ("Real-Time Customer Profile", "Did you mean profileService?"),
        ("zzzz", "Your organization has: aepDataLake, analytics, profileService."),
    ],
)
def test_an_unknown_product_is_named_with_what_would_be_right(given: str, hint: str) -> None:
    finding = only_error(include=["analytics", given])
    assert (finding.path, finding.code) == ("include[1]", "product")
    assert (finding.message, finding.hint) == (f"{given} is not a product that Adobe knows.", hint)


def test_a_product_that_adobe_dropped_is_said_to_be_gone() -> None:
    finding = only_error(include=["automationProduct"])
    assert (finding.message, finding.hint) == ("Adobe no longer has the product automationProduct.", "Leave it out.")


def test_a_product_that_the_organization_lacks_is_refused() -> None:
    finding = only_error(include=["target"])
    assert (finding.path, finding.code) == ("include[0]", "not-provisioned")
    assert finding.message == "Your organization does not have target."
    assert finding.hint == "Leave it out, or ask an administrator to add it to the organization."


@pytest.mark.parametrize("given", [{"code": "analytics"}, 7, None, " "])
def test_a_product_that_is_no_text_is_not_repeated(given: Any) -> None:
    finding = only_error(include=[given])
    assert finding.message == "A product must be a text."
    assert finding.hint == "Write its code in quotes. Your organization has: aepDataLake, analytics, profileService."


def test_an_organization_without_products_is_told_so() -> None:
    _, findings = read_envelope(GOOD | {"include": ["zzzz"]}, OrganizationRules(ORG, frozenset()), SHIPPED)
    assert findings[0].hint == "Your organization has no products yet."


@pytest.mark.parametrize("given", [..., [], None, ""])
def test_missing_products_are_missed(given: Any) -> None:
    finding = only_error(include=given)
    assert (finding.path, finding.message) == ("include", "include is missing or empty.")
    assert finding.hint == 'Name the products in a list, such as ["analytics"].'


def test_products_that_are_no_list_are_refused() -> None:
    assert only_error(include="analytics").message == "include must be a list."


def test_an_endless_list_of_products_is_one_finding() -> None:
    assert only_error(include=["nope"] * 50_000).message == "include has 50,000 entries; Adobe has 13 products."


def test_all_that_is_wrong_is_said_at_once() -> None:
    envelope, findings = read(regulation="dpdpa", include=["nope", "target"], priority="high", expandIds="maybe")
    assert envelope is None
    assert [finding.path for finding in findings] == ["regulation", "include[0]", "include[1]", "expandIds", "priority"]


# --- Contexts and options ---


def test_another_organization_is_refused() -> None:
    finding = only_error(companyContexts=[{"namespace": "imsOrgID", "value": "OTHER@AdobeOrg"}])
    assert finding.path == "companyContexts[0].value"
    assert finding.message == "The file names another IMS organization than the one you chose."
    assert finding.hint == f"Choose that organization, or write {ORG}."


def test_other_contexts_are_kept() -> None:
    campaign = {"namespace": "Campaign", "value": "acme"}
    envelope, findings = read(companyContexts=[{"namespace": "imsOrgID", "value": ORG}, campaign])
    assert findings == []
    assert envelope is not None
    assert envelope.company_contexts == (campaign,)


@pytest.mark.parametrize(
    "entry", ["imsOrgID", {}, {"namespace": "Campaign"}, {"namespace": "Campaign", "value": " "}, {"namespace": 1, "value": "a"}]
)
def test_a_context_needs_both_its_parts(entry: Any) -> None:
    finding = only_error(companyContexts=[entry])
    assert (finding.path, finding.message) == ("companyContexts[0]", "A company context needs a namespace and a value.")


@pytest.mark.parametrize("name", ["expandIds", "expandIDs"])
@pytest.mark.parametrize(("given", "meant"), [(True, True), (False, False), ("true", True), ("False", False), (None, False)])
def test_both_spellings_and_types_of_expand_ids_are_read(name: str, given: Any, meant: bool) -> None:
    envelope, findings = read(**{name: given})
    assert findings == []
    assert envelope is not None
    assert envelope.expand_ids is meant


@pytest.mark.parametrize(
    ("name", "given", "hint"),
    [
        ("priority", "high", "Use normal or low."),
        ("priority", 1, "Use normal or low."),
        ("mergePolicyId", [1], "Write a number or a text."),
        ("mergePolicyId", True, "Write a number or a text."),
        ("region", 7, "Write a text."),
    ],
)
def test_a_wrong_option_is_named_with_what_would_be_right(name: str, given: Any, hint: str) -> None:
    finding = only_error(**{name: given})
    assert (finding.path, finding.message, finding.hint) == (name, f"{name} is not as it must be.", hint)


def test_options_are_kept() -> None:
    envelope, findings = read(priority="low", mergePolicyId=124, region="va7")
    assert findings == []
    assert envelope == Envelope("gdpr", ("analytics",), (), priority="low", merge_policy_id=124, region="va7")


def test_what_is_not_sent_is_said() -> None:
    assert only_warning(analyticsDeleteMethod="purge").hint == "It is not sent; Analytics anonymizes."
    finding = only_warning(regulations="gdpr")
    assert (finding.path, finding.message) == ("regulations", "regulations is not a field that Adobe knows.")
    assert finding.hint == "It is not sent."


def test_unknown_fields_are_named_in_the_files_order() -> None:
    _, findings = read(zeta=1, alpha=2, mid=3)
    assert [finding.path for finding in findings] == ["zeta", "alpha", "mid"]
