"""Create bodies as Adobe's own pages print them: P1, P2 and P6 to P13 of the payload appendix, fragments wrapped."""

from __future__ import annotations

from typing import Any

from tests.conftest import IMS_ORG
from tests.portal.simulator.wire import Body, body, identity, person

CONTEXTS = [{"namespace": "imsOrgID", "value": IMS_ORG}]


def _classic(*actions: list[str], **more: Any) -> Body:
    """Two people; `actions` of each."""
    return {
        "companyContexts": CONTEXTS,
        "users": [
            {
                "key": "DavidSmith",
                "action": actions[0],
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
                "action": actions[1],
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
        "regulation": "ccpa",
        **more,
    }


def pass_body(action: str) -> Body:
    """P6, a person of Adobe Pass."""
    namespace = "http://www.adobe.com/primetimeAuthentication/Dish"
    return {
        "companyContexts": CONTEXTS,
        "users": [
            {
                "key": "John Dow",
                "action": [action],
                "userIDs": [{"namespace": namespace, "type": "unregistered", "value": "1234-5678-8765-4321"}],
            }
        ],
        "include": ["primetimeAuthentication"],
        "regulation": "ccpa",
    }


PROFILE_IDS = [
    identity("ajones@acme.com", "Email"),
    identity("12345678", "Customer_ID", "unregistered"),
]
AUDIENCE_MANAGER_IDS = [
    {"namespace": "0", "type": "namespaceId", "value": "85302821933904870272023537812382806531"},
    {"namespace": "CORE", "type": "standard", "value": "85302821933904870272023537812382806531"},
    {"namespace": "20914", "type": "namespaceId", "value": "e4fe9bde-caa0-47b6-908d-ffba3fa184f2"},
    {"namespace": "loyaltyCard", "type": "integrationCode", "value": "272023537812"},
]
ANALYTICS_IDS = [
    {"namespace": "AAID", "type": "standard", "value": "2CCEEAE88503384F-1188000089CA"},
    {"namespace": "visitorId", "type": "analytics", "value": "2cceeae88503384f-00001188000089ca"},
    {"namespace": "ECID", "type": "standard", "value": "00497781304058976192356650736267671594"},
    {"namespace": "Email Address", "type": "analytics", "value": "john@xyz.com"},
]
ECID = identity("443636576799758681021090721276", "ECID")

PAYLOADS: dict[str, Body] = {
    "P1": _classic(["access"], ["access", "delete"], mergePolicyId=124),
    "P2": _classic(["opt-out-of-sale"], ["opt-out-of-sale"]),
    "P6 access": pass_body("access"),
    "P6 delete": pass_body("delete"),
    "P7": body(person(ids=[identity("ajones@acme.com", "email_label", "unregistered")]), include=["aepDataLake"]),
    "P8": body(person(ids=PROFILE_IDS), include=["ProfileService", "identity"]),
    "P9": body(person("delete", ids=[identity(), ECID]), include=["Identity"]),
    "P10": body(person("delete", key=None), include=["CJM", "profileService", "AdobeCloudPlatform", "identity"]),
    "P11": body(person("delete", key=None, ids=[identity("john.doe@adobe.com", "Email")]), include=["marketo"]),
    "P12": body(person(ids=AUDIENCE_MANAGER_IDS), include=["audienceManager"]),
    "P13": body(person(ids=ANALYTICS_IDS), include=["analytics"], expandIds=False),
}
