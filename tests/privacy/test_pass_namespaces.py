"""Identities of Adobe Pass: only one way of writing them finds anybody, and every other is answered with the right one."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from privacy import checking, pass_namespaces
from privacy.schema import Finding, OrganizationRules
from privacy.shipped import PRODUCTS
from tests.catalogs import SHIPPED
from tests.conftest import IMS_ORG

RIGHT = "http://www.adobe.com/primetimeAuthentication/Dish"
RULES = OrganizationRules(IMS_ORG, frozenset(product.code for product in PRODUCTS))


@pytest.mark.parametrize(
    ("namespace", "type_", "problem"),
    [
        (RIGHT, "unregistered", ""),
        (RIGHT, "standard", "must have the type unregistered"),
        (RIGHT.replace("http:", "https:"), "unregistered", f"must be written {RIGHT}"),
        (RIGHT.lower(), "unregistered", "must be written http://www.adobe.com/primetimeAuthentication/dish"),
        (f"{RIGHT}/", "unregistered", f"must be written {RIGHT}"),
        ("primetimeAuthentication/Dish", "custom", f"must be written {RIGHT}"),
        (RIGHT.removesuffix("Dish"), "unregistered", "must name the provider (MVPD): " + RIGHT.replace("Dish", "{MVPD}")),
        ("primetimeauthentication", "unregistered", "must name the provider (MVPD): " + RIGHT.replace("Dish", "{MVPD}")),
    ],
)
def test_what_is_wrong_is_said(namespace: str, type_: str, problem: str) -> None:
    assert pass_namespaces.is_meant(namespace)
    assert pass_namespaces.problem(namespace, type_) == problem


@pytest.mark.parametrize("namespace", ["email", "Dish", "http://www.adobe.com/other/Dish", "", "primetime"])
def test_other_namespaces_are_not_meant_for_it(namespace: str) -> None:
    assert not pass_namespaces.is_meant(namespace)


def check(*identities: tuple[str, str], include: tuple[str, ...] = ("primetimeAuthentication",)) -> list[Finding]:
    """The findings for one person a (namespace, type)."""
    users: list[dict[str, Any]] = [
        {"key": f"k{place}", "action": ["delete"], "userIDs": [{"namespace": namespace, "type": type_, "value": f"v{place}"}]}
        for place, (namespace, type_) in enumerate(identities)
    ]
    content = json.dumps({"users": users, "include": list(include), "regulation": "ccpa"}).encode()
    return list(checking.check_file(lambda: io.BytesIO(content), RULES, SHIPPED).findings)


def test_a_file_written_as_adobe_pass_takes_it_has_no_findings() -> None:
    assert check((RIGHT, "unregistered"), (RIGHT.replace("Dish", "Comcast_SSO"), "unregistered")) == []


def test_an_identity_that_would_find_nobody_is_an_error_with_the_right_text() -> None:
    (finding,) = check((RIGHT, "unregistered"), (RIGHT.lower(), "unregistered"), (RIGHT.lower(), "unregistered"))
    assert (finding.level, finding.code, finding.row) == ("error", "pass-namespace", 2)
    assert finding.path == "users[1].userIDs[0].namespace"
    assert finding.message == (
        f"The identity {RIGHT.lower()} of Adobe Pass (2, first in row 2) must be written "
        "http://www.adobe.com/primetimeAuthentication/dish."
    )
    assert finding.hint.startswith('Write "namespace": "http://www.adobe.com/primetimeAuthentication/dish"')


def test_the_wrong_type_is_pointed_at() -> None:
    (finding,) = check((RIGHT, "standard"))
    assert (finding.level, finding.path) == ("error", "users[0].userIDs[0].type")


def test_a_bare_provider_is_shown_how_it_is_written() -> None:
    (finding,) = check(("Dish", "unregistered"))
    assert (finding.level, finding.code) == ("warning", "namespace")
    assert f'Write "namespace": "{RIGHT}" and "type": "unregistered".' in finding.hint


def test_adobe_pass_missing_among_the_products_is_said() -> None:
    (finding,) = check((RIGHT, "unregistered"), include=("profileService",))
    assert (finding.level, finding.code, finding.path) == ("warning", "pass-not-asked", "include")
