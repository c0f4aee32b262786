"""Every create payload of Adobe's own documents is accepted, in its older shape and in today's; only the organization differs.

The documents print some of them whole and of others only the part that is about the product; those are wrapped here.
"""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from portal.adobe.answers import read_job
from portal.models import Organization, User
from privacy import checking, schema
from privacy.models import Job
from privacy.shipped import PRODUCTS
from tests.actors import Actors
from tests.catalogs import SHIPPED
from tests.conftest import IMS_ORG
from tests.files import confirmed_request
from tests.pages import Page
from tests.states import address_of, job_of

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
    "Adobe's older wording of access and delete": {
        name: value for name, value in copy.deepcopy(ACCESS_AND_DELETE).items() if name not in ("mergePolicyId", "expandIds")
    }
    | {"include": ["Analytics", "AudienceManager"], "expandIDs": False},
    "Audience Manager, data source and mobile ids": wrapped(
        [
            {"namespace": "20914", "type": "namespaceId", "value": "e4fe9bde-caa0-47b6-908d-ffba3fa184f2"},
            {"namespace": "20915", "type": "namespaceId", "value": "e4fe9bde-caa0-47b6-908d-ffba3fa184f3"},
            {"namespace": "ECID", "type": "standard", "namespaceId": 4, "value": "00497781304058976192356650736267671594"},
        ],
        ["AudienceManager"],
        "cpra_ca_usa",
        "delete",
    ),
    "Target": wrapped(
        [
            {"namespace": "ECID", "namespaceId": 4, "type": "standard", "value": "00497781304058976192356650736267671594"},
            {"namespace": "TNTID", "namespaceId": 9, "type": "standard", "value": "1234567890"},
            {"namespace": "THIRDPARTYID", "type": "target", "value": "thirdPartyIdName"},
        ],
        ["Target"],
        "gdpr",
    ),
    "Advertising Cloud": wrapped([{"namespace": "411", "type": "namespaceId", "value": " Wqersioejr-wdg "}], ["adCloud"], "ccpa"),
    "what the JavaScript library gives": wrapped(
        [
            {
                "company": "adobe",
                "namespace": "ECID",
                "namespaceId": 4,
                "type": "standard",
                "name": "Experience Cloud ID",
                "description": "This is the ID generated by the Experience Cloud ID Service",
                "value": "79352169365966186342525781172209986543",
                "isDeletedClientSide": False,
            },
            {
                "company": "adobe",
                "namespace": "AMO",
                "namespaceId": 411,
                "type": "standard",
                "value": "WqmIJQAAB669Ciao",
                "isDeletedClientSide": True,
            },
        ],
        ["adCloud", "analytics"],
        "gdpr",
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
    kept = [json.dumps([identity.to_dict() for identity in person.identities]).encode() for person in read]
    users = [schema.wire_user(person.key or "", person.actions, each) for person, each in zip(read, kept, strict=True)]
    sent = json.loads(schema.wire_body(result.envelope, IMS_ORG, users))
    expected = copy.deepcopy(ACCESS_AND_DELETE) | {"include": ["analytics", "audienceManager", "profileService"]}
    del expected["analyticsDeleteMethod"]
    for user in expected["users"]:
        for identity in user["userIDs"]:
            identity["isDeletedClientSide"] = False
    assert sent == expected


# --- Answers ---

_NOT_FOUND_BY_ALL = "PARTIALLY COMPLETED- Data not found for some requests, check results for more info."
_THEN = "10/02/2019 08:25 PM GMT"


def product_answer(product: str, then: str = _THEN, **response: Any) -> dict[str, Any]:
    """One entry of `productResponses`."""
    return {"product": product, "retryCount": 0, "processedDate": then, "productStatusResponse": response}


def pass_answer(job_id: str, request_id: str, action: str, then: tuple[str, str], created: str, counts: tuple[str, str]) -> Any:
    """The answer about a job of Adobe Pass, access or delete."""
    namespace = {"namespace": "http://www.adobe.com/primetimeAuthentication/Dish", "value": "1234-5678-8765-4321"}
    receipt = {
        "createdAt": created,
        "message": "Data summary",
        "numberOfAuthenticationSessions": counts[0],
        "numberOfAuthorizationDecisions": counts[1],
    }
    results = {"userContexts": [namespace | {"namespaceId": 0, "type": "unregistered"}], "receiptData": receipt}
    blob = "https://va7gdprdevblob.blob.core.windows.net/va7gdprdevblobpublic/usa/4161962b9e8ef0027453d7cc02ecd93d"
    return {
        "jobId": job_id,
        "requestId": request_id,
        "userKey": "John Dow",
        "action": action,
        "status": "complete",
        "submittedBy": "564f7c9a-e0c8-4e74-99b8-20317ae1e235@techacct.adobe.com",
        "createdDate": then[0],
        "lastModifiedDate": then[1],
        "userIds": [namespace | {"type": "unregistered", "isDeletedClientSide": False}],
        "productResponses": [
            product_answer("Adobe Pass Authentication", then[1], status="complete", results=results, message="Success")
        ],
        "downloadUrl": f"{blob}/{job_id}/{job_id}.zip",
        "regulation": "ccpa",
    }


# Check the status of a job, 2019 and today.
IN_2019: dict[str, Any] = {
    "jobId": "527ef92d-6cd9-45cc-9bf1-477cfa1e2ca2",
    "requestId": "15700479082313109RX-899",
    "userKey": "David Smith",
    "action": "access",
    "status": "error",
    "submittedBy": "02b38adf-6573-401e-b4cc-6b08dbc0e61c@techacct.adobe.com",
    "createdDate": _THEN,
    "lastModifiedDate": _THEN,
    "userIds": [
        {"namespace": "email", "value": "dsmith@acme.com", "type": "standard", "namespaceId": 6, "isDeletedClientSide": False},
        {"namespace": "ECID", "value": "1123A4D5690B32A", "type": "standard", "namespaceId": 4, "isDeletedClientSide": False},
    ],
    "productResponses": [
        product_answer("Analytics", status="submitted", message="processing"),
        product_answer("AudienceManager", status="submitted", message="processing"),
    ],
    "downloadURL": "http://files.example.com/david.zip",
    "regulation": "ccpa",
}
_FINISHED = {"message": "Success", "status": "complete", "responseMsgCode": "PRVCY-6000-200"}
ANSWERS: dict[str, dict[str, Any]] = {
    "2019": IN_2019,
    "today": IN_2019
    | {
        "status": "complete",
        "productResponses": [
            product_answer("Analytics", **_FINISHED, responseMsgDetail="Finished successfully."),
            product_answer(
                "Profile",
                **_FINISHED,
                responseMsgDetail="Success dataSetIds = [5dbb87aad37beb18a96feb61], Failed dataSetIds = []",
            ),
            product_answer(
                "AudienceManager",
                **_FINISHED | {"responseMsgCode": "PRVCY-6054-200"},
                responseMsgDetail=_NOT_FOUND_BY_ALL,
                results={"processed": ["1123A4D5690B32A"], "ignored": ["dsmith@acme.com"]},
            ),
        ],
    },
    "2024": {
        "jobId": "dbe3a6a6-f8e6-11ee-a365-8d1d6df81cc5",
        "requestId": "17129380910360540RX-753",
        "userKey": "1234",
        "action": "access",
        "status": "complete",
        "submittedBy": "jsnow@adobe.com",
        "createdDate": "04/12/2024 04:08 PM GMT",
        "lastModifiedDate": "04/12/2024 04:08 PM GMT",
        "userIds": [{"namespace": "ECID", "value": "1234", "type": "standard", "namespaceId": 4, "isDeletedClientSide": False}],
        "productResponses": [product_answer("Identity", "04/12/2024 04:08 PM GMT", status="submitted")],
        "downloadUrl": "https://platform.adobe.io/data/core/privacy/jobs/dbe3a6a6-f8e6-11ee-a365-8d1d6df81cc5/content",
        "regulation": "gdpr",
    },
    "Pass access": pass_answer(
        "d9a6b417-f619-4420-82a3-09f61fa8eff3",
        "15765127177927284RX-739",
        "access",
        ("12/16/2019 04:11 PM GMT", "12/16/2019 04:15 PM GMT"),
        "2019-12-16T16:15:23.4Z",
        ("6", "11"),
    ),
    "Pass delete": pass_answer(
        "aab380d1-a0cd-4a0d-ba95-2649ee90c063",
        "15759883098453100RX-074",
        "delete",
        ("12/10/2019 02:31 PM GMT", "12/10/2019 02:34 PM GMT"),
        "2019-12-10T14:34:55.274Z",
        ("2", "3"),
    ),
    "Advertising Cloud": {
        "jobId": "12345AD43E",
        "action": "access",
        "product": "adCloud",
        "status": "complete",
        "results": {
            "userIDs": [{"namespace": "411", "userID": " Wqersioejr-wdg "}],
            "receiptData": {
                "impressionCount": "100",
                "clickCount": 5,
                "geo": ["United States of America", "San Francisco CA"],
                "profile": [{"pixelid": "111", "ut1": "abc"}],
                "matchingSegments": [{"segmentName": "…", "segmentID": "kV1mPa2aqPNWKSNtf325", "serviceProvider": "Adobe"}],
            },
        },
    },
    "the codes of 2019": IN_2019
    | {
        "status": 1,
        "qualifiedCount": 12,
        "childJobs": [{"jobId": "another-job"}],
        "productResponses": [product_answer("Analytics", status="1"), {"product": "Target", "productStatusResponse": 4}],
    },
}


def leaves(tree: Any) -> Iterator[str]:
    """Every value of an answer as a page says it."""
    if isinstance(tree, dict):
        for value in tree.values():
            yield from leaves(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from leaves(value)
    else:
        yield {True: "yes", False: "no"}[tree] if isinstance(tree, bool) else str(tree)


@pytest.fixture
def job(actors: Actors, organization: Organization, officer: User) -> Job:
    """A job that Adobe has, of which nothing is known yet."""
    body = copy.deepcopy(ACCESS_AND_DELETE)
    request = confirmed_request(organization, officer, body)
    return job_of(request, "access")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ANSWERS)
def test_the_page_of_a_job_shows_every_field_that_the_answer_carried(name: str, job: Job, actors: Actors) -> None:
    answer = ANSWERS[name]
    job.raw = json.dumps(answer).encode()
    job.adobe_job_id = answer["jobId"]
    job.save()
    page = Page.of(actors.officer.post(address_of("job-reveal", job)))
    laid_out = page.root.one("details", id="whole-answer").text
    missing = [leaf for leaf in leaves(answer) if " ".join(leaf.split()) not in laid_out]
    assert missing == []
    masked = actors.officer.page(address_of("job-detail", job)).root.one("details", id="whole-answer").text
    for personal in ("dsmith@acme.com", "1123A4D5690B32A", "1234-5678-8765-4321", "jsnow@adobe.com", "David Smith", "John Dow"):
        assert personal not in masked


@pytest.mark.parametrize("name", [name for name in ANSWERS if name != "Advertising Cloud"])
def test_every_answer_of_adobes_documents_is_read(name: str) -> None:
    raw = ANSWERS[name]
    answer = read_job(json.dumps(raw).encode())
    expected = {1: "complete"}.get(raw["status"], raw["status"])
    assert (answer.job_id, answer.status, answer.regulation) == (raw["jobId"], expected, raw["regulation"])
    assert answer.download_url
    assert [product.product for product in answer.products] == [entry["product"] for entry in raw["productResponses"]]
    assert all(product.status != "other" for product in answer.products)
