"""Every create payload of Adobe's own documents is accepted, in its older shape and in today's; only the organization differs.

The documents print some of them whole and of others only the part that is about the product; those are wrapped here.
"""

from __future__ import annotations

import copy
import io
import json
from typing import Any

import pytest

from privacy import checking, schema
from privacy.shipped import PRODUCTS
from tests.catalogs import SHIPPED
from tests.conftest import IMS_ORG

RULES = schema.OrganizationRules(IMS_ORG, frozenset(product.code for product in PRODUCTS))


def wrapped(identities: list[dict[str, Any]], include: list[str], regulation: str, action: str = "access") -> dict[str, Any]:
    """A whole body around the part that a product's page shows."""
    return {
        "companyContexts": [{"namespace": "imsOrgID", "value": IMS_ORG}],
        "users": [{"key": "user12345", "action": [action], "userIDs": identities}],
        "include": include,
        "regulation": regulation,
    }


def without_keys(body: dict[str, Any]) -> dict[str, Any]:
    """Journey Optimizer's and Marketo's pages name no key."""
    for user in body["users"]:
        user.pop("key", None)
    return body


# Create a privacy job, access and delete requests.
ACCESS_AND_DELETE: dict[str, Any] = {
    "companyContexts": [{"namespace": "imsOrgID", "value": IMS_ORG}],
    "users": [
        {
            "key": "DavidSmith",
            "action": ["access"],
            "userIDs": [
                {"namespace": "email", "value": "dsmith@acme.com", "type": "standard"},
                {
                    "namespace": "ECID",
                    "type": "standard",
                    "value": "443636576799758681021090721276",
                    "isDeletedClientSide": False,
                },
            ],
        },
        {
            "key": "user12345",
            "action": ["access", "delete"],
            "userIDs": [
                {"namespace": "email", "value": "ajones@acme.com", "type": "standard"},
                {"namespace": "loyaltyAccount", "value": "12AD45FE30R29", "type": "integrationCode"},
            ],
        },
    ],
    "include": ["Analytics", "AudienceManager", "profileService"],
    "expandIds": False,
    "priority": "normal",
    "analyticsDeleteMethod": "anonymize",
    "mergePolicyId": 124,
    "regulation": "ccpa",
}
# The same page, opt-out-of-sale requests.
OPT_OUT = {name: value for name, value in copy.deepcopy(ACCESS_AND_DELETE).items() if name != "mergePolicyId"}
for _user in OPT_OUT["users"]:
    _user["action"] = ["opt-out-of-sale"]
# Adobe Pass Authentication.
PASS_ACCESS = wrapped(
    [{"namespace": "http://www.adobe.com/primetimeAuthentication/Dish", "type": "unregistered", "value": "1234-5678-8765-4321"}],
    ["primetimeAuthentication"],
    "ccpa",
)
PASS_ACCESS["users"][0]["key"] = "John Dow"
PASS_DELETE = copy.deepcopy(PASS_ACCESS)
PASS_DELETE["users"][0]["action"] = ["delete"]

PAYLOADS: dict[str, dict[str, Any]] = {
    "access and delete": ACCESS_AND_DELETE,
    "opt-out of sale": OPT_OUT,
    "Pass access": PASS_ACCESS,
    "Pass delete": PASS_DELETE,
    "data lake": wrapped(
        [{"namespace": "email_label", "value": "ajones@acme.com", "type": "unregistered"}], ["aepDataLake"], "ccpa"
    ),
    "Profile and Identity": wrapped(
        [
            {"namespace": "Email", "value": "ajones@acme.com", "type": "standard"},
            {"namespace": "Customer_ID", "value": "12345678", "type": "unregistered"},
        ],
        ["ProfileService", "identity"],
        "ccpa",
    ),
    "Identity": wrapped(
        [
            {"namespace": "email", "value": "dsmith@acme.com", "type": "standard"},
            {"namespace": "ECID", "type": "standard", "value": "443636576799758681021090721276", "isDeletedClientSide": False},
        ],
        ["Identity"],
        "gdpr",
        "delete",
    ),
    "Journey Optimizer": without_keys(
        wrapped(
            [{"namespace": "email", "value": "johndoe4@gmail.com", "type": "standard"}],
            ["CJM", "profileService", "AdobeCloudPlatform", "identity"],
            "gdpr",
            "delete",
        )
    ),
    "Marketo Engage": without_keys(
        wrapped([{"namespace": "Email", "value": "john.doe@adobe.com", "type": "standard"}], ["marketo"], "pdpa", "delete")
    ),
    "Audience Manager": wrapped(
        [
            {"namespace": "0", "type": "namespaceId", "value": "85302821933904870272023537812382806531"},
            {"namespace": "CORE", "type": "standard", "value": "85302821933904870272023537812382806531"},
            {"namespace": "20914", "type": "namespaceId", "value": "e4fe9bde-caa0-47b6-908d-ffba3fa184f2"},
            {"namespace": "loyaltyCard", "type": "integrationCode", "value": "272023537812"},
        ],
        ["audienceManager"],
        "gdpr",
    ),
    "Analytics": wrapped(
        [
            {"namespace": "AAID", "type": "standard", "value": "2CCEEAE88503384F-1188000089CA"},
            {"namespace": "visitorId", "type": "analytics", "value": "2cceeae88503384f-00001188000089ca"},
            {"namespace": "ECID", "type": "standard", "value": "00497781304058976192356650736267671594"},
            {"namespace": "Email Address", "type": "analytics", "value": "john@xyz.com"},
        ],
        ["analytics"],
        "gdpr",
    ),
    "Analytics, number in place of a name": wrapped(
        [{"namespaceId": 10, "type": "standard", "value": "2CCEEAE88503384F-1188000089CA"}], ["analytics"], "gdpr"
    ),
    "Customer Attributes": wrapped([{"namespace": "crm_alias", "type": "integrationCode", "value": "C-10042"}], ["CRS"], "gdpr"),
}


def check(body: dict[str, Any]) -> checking.CheckResult:
    """The check of a file with this body."""
    content = json.dumps(body).encode()
    return checking.check_file(lambda: io.BytesIO(content), RULES, SHIPPED)


@pytest.mark.parametrize("keys", ["with keys", "without keys"])
@pytest.mark.parametrize("contexts", ["with contexts", "without contexts"])
@pytest.mark.parametrize("name", PAYLOADS)
def test_it_accepts_every_payload_of_adobes_documents(name: str, contexts: str, keys: str) -> None:
    body = copy.deepcopy(PAYLOADS[name])
    if contexts == "without contexts":
        del body["companyContexts"]
    if keys == "without keys":
        without_keys(body)
    result = check(body)
    assert result.error_count == 0, result.findings
    assert result.envelope is not None
    assert result.summary.people == len(body["users"])


@pytest.mark.parametrize("spelling", ["imsOrgID", "imsOrgId", "imsOrg"])
def test_every_spelling_of_the_organizations_context_is_read(spelling: str) -> None:
    body = ACCESS_AND_DELETE | {"companyContexts": [{"namespace": spelling, "value": IMS_ORG}]}
    result = check(body)
    assert result.envelope is not None
    assert result.envelope.company_contexts == ()


def test_only_what_is_worth_knowing_is_said_about_adobes_own_sample() -> None:
    assert [(finding.level, finding.code) for finding in check(ACCESS_AND_DELETE).findings] == [("warning", "ignored-option")]


def test_adobes_sample_asks_for_three_jobs_of_two_people() -> None:
    summary = check(ACCESS_AND_DELETE).summary
    assert (summary.people, summary.jobs, summary.identities) == (2, 3, 4)
    assert (summary.access_delete_calls, summary.opt_out_calls) == (1, 0)


def test_what_is_sent_of_adobes_sample_says_the_same_in_todays_spelling() -> None:
    result = check(ACCESS_AND_DELETE)
    assert result.envelope is not None
    content = json.dumps(ACCESS_AND_DELETE).encode()
    read = list(checking.read_people(lambda: io.BytesIO(content)))
    sent = schema.wire_body(result.envelope, IMS_ORG, [schema.wire_user(person, person.key or "") for person in read])
    expected = copy.deepcopy(ACCESS_AND_DELETE) | {"include": ["analytics", "audienceManager", "profileService"]}
    del expected["analyticsDeleteMethod"]
    for user in expected["users"]:
        for identity in user["userIDs"]:
            identity["isDeletedClientSide"] = False
    assert sent == expected
