"""The products of Adobe Privacy Service under every name that Adobe gives them."""

from __future__ import annotations

import pytest

from privacy.products import CJM_COMPANIONS, DROPPED_CODES, Product
from tests.catalogs import SHIPPED

PRODUCTS = SHIPPED.products
BY_CODE = PRODUCTS.by_code

CODES = {
    "adCloud": "adCloud",
    "analytics": "Analytics",
    "audienceManager": "AudienceManager",
    "campaign": "Campaign",
    "aepDataLake": "AdobeCloudPlatform",
    "profileService": "ProfileService",
    "identity": "Identity",
    "primetimeAuthentication": "PrimetimeAuthentication",
    "target": "Target",
    "CRS": "crs",
    "cjm": "CJM",
    "marketo": "Marketo",
    "marketomeasure": "marketoMeasure",
}
ANSWER_NAMES = {
    "Analytics": "analytics",
    "Profile": "profileService",
    "AudienceManager": "audienceManager",
    "Identity": "identity",
    "Adobe Pass Authentication": "primetimeAuthentication",
    "adCloud": "adCloud",
    "Target": "target",
    "aepDataLake": "aepDataLake",
    "AdobeCloudPlatform": "aepDataLake",
}
NO_OPT_OUT = {"primetimeAuthentication", "target", "CRS", "marketo"}
OPT_OUT = {"adCloud", "analytics", "audienceManager", "campaign", "aepDataLake", "profileService"}


def code_of(product: Product | None) -> str | None:
    """The code, where there is a product."""
    return product.code if product else None


def test_it_knows_adobes_products_and_no_other() -> None:
    assert set(BY_CODE) == set(CODES)


@pytest.mark.parametrize(("code", "older"), CODES.items())
def test_every_casing_and_older_code_means_todays(code: str, older: str) -> None:
    for spelling in (code, older, code.upper(), code.lower(), f" {older} "):
        assert code_of(PRODUCTS.find(spelling)) == code


@pytest.mark.parametrize("given", ["automationProduct", "Profile", "Experience Manager", ""])
def test_what_adobe_does_not_take_in_a_request_is_no_code(given: str) -> None:
    assert PRODUCTS.find(given) is None


def test_the_dropped_product_is_known_as_dropped() -> None:
    assert "automationProduct".casefold() in DROPPED_CODES


@pytest.mark.parametrize(("name", "code"), ANSWER_NAMES.items())
def test_every_name_in_adobes_answers_is_recognised(name: str, code: str) -> None:
    product = PRODUCTS.by_answer_name(name)
    assert product is not None
    assert product.code == code


def test_a_product_of_tomorrow_is_shown_as_it_came() -> None:
    assert PRODUCTS.by_answer_name("Quantum Cloud") is None
    assert PRODUCTS.name("Quantum Cloud") == "Quantum Cloud"
    assert PRODUCTS.name("cjm") == "Journey Optimizer"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("analitics", "analytics"),
        ("Profile", "profileService"),
        ("profile service", "profileService"),
        ("Journey Optimizer", "cjm"),
        ("Audience Manager", "audienceManager"),
        ("data lake", "aepDataLake"),
        ("zzzz", None),
    ],
)
def test_the_product_that_was_meant_is_found(given: str, meant: str | None) -> None:
    assert code_of(PRODUCTS.nearest(given)) == meant


def test_opt_out_of_sale_is_known_where_adobe_says_it() -> None:
    assert {code for code, product in BY_CODE.items() if product.supports_opt_out is True} == OPT_OUT
    assert {code for code, product in BY_CODE.items() if product.supports_opt_out is False} == NO_OPT_OUT


def test_journey_optimizers_companions_are_products() -> None:
    assert set(CJM_COMPANIONS) == {"profileService", "aepDataLake", "identity"}


TAKEN = [
    ("analytics", "aaid", "standard"),
    ("analytics", "ecid", "standard"),
    ("analytics", "visitorid", "analytics"),
    ("analytics", "email address", "analytics"),
    ("audienceManager", "core", "standard"),
    ("audienceManager", "core", "namespaceId"),
    ("audienceManager", "12345", "namespaceId"),
    ("audienceManager", "gaid", "namespaceId"),
    ("audienceManager", "loyaltycard", "integrationCode"),
    ("target", "tntid", "standard"),
    ("target", "thirdpartyid", "target"),
    ("adCloud", "adcloud", "standard"),
    ("adCloud", "adcloud", "namespaceId"),
    ("CRS", "any alias", "integrationCode"),
    ("campaign", "anything", "custom"),
    ("profileService", "email", "standard"),
    ("profileService", "email", "namespaceId"),
    ("profileService", "loyalty", "custom"),
    ("profileService", "customer_id", "unregistered"),
    ("identity", "customer_id", "unregistered"),
    ("aepDataLake", "email_label", "unregistered"),
    ("cjm", "email", "standard"),
    ("marketo", "email", "standard"),
    ("marketomeasure", "email", "standard"),
    ("primetimeAuthentication", "http://www.adobe.com/primetimeauthentication/dish", "unregistered"),
]
NOT_TAKEN = [
    ("analytics", "email", "standard"),
    ("marketo", "ecid", "standard"),
    ("target", "email", "standard"),
    ("CRS", "email", "standard"),
    ("aepDataLake", "email", "standard"),
    ("primetimeAuthentication", "email", "standard"),
    ("primetimeAuthentication", "dish", "unregistered"),
    ("profileService", "loyalty", "integrationCode"),
]


@pytest.mark.parametrize(("code", "namespace", "type_"), TAKEN)
def test_a_product_takes_the_identities_that_its_page_names(code: str, namespace: str, type_: str) -> None:
    assert BY_CODE[code].takes(namespace, type_)


@pytest.mark.parametrize(("code", "namespace", "type_"), NOT_TAKEN)
def test_a_product_takes_no_other_identities(code: str, namespace: str, type_: str) -> None:
    assert not BY_CODE[code].takes(namespace, type_)
