"""`POST /jobs`: what is accepted and how it is answered, what is refused and in which words."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conftest import Simulator
from tests.portal.simulator.payloads import PAYLOADS
from tests.portal.simulator.wire import (
    JOBS,
    REQUEST_ID,
    Adobe,
    Answer,
    Body,
    accepted_at,
    body,
    identity,
    person,
    us,
)

UUID_EPOCH = 0x01B21DD213814000
SUFFIXED = [
    "gdpr", "ccpa", "cpra_ca_usa", "cpa_co_usa", "ctdpa_ct_usa", "dpdpa_de_usa", "fdbr_fl_usa", "hipaa_usa",
    "icdpa_ia_usa", "icdpa_in_usa", "kcdpa_ky_usa", "lgpd_bra", "mcdpa_mn_usa", "mcdpa_mt_usa", "mhmda_wa_usa",
    "modpa_md_usa", "ndpa_ne_usa", "nhpa_nh_usa", "njdpa_nj_usa", "nzpa_nzl", "apa_aus", "ocpa_or_usa", "pdpa_tha",
    "pipa_kor", "dpdpa_ind", "ql25_qc_can", "ridtppa_ri_usa", "tdpsa_tx_usa", "tipa_tn_usa", "ucpa_ut_usa",
    "vcdpa_va_usa",
]  # fmt: skip
LEGACY = [
    "cpra_usa", "cpa_usa", "ctdpa_usa", "dpdpa_usa", "fdbr_usa", "icdpa_usa", "mcdpa_usa", "mhmda_usa", "ndpa_usa",
    "nhpa_usa", "njdpa_usa", "ocpa_usa", "ql25_can", "tdpsa_usa", "ucpa_usa", "vcdpa_usa",
]  # fmt: skip
QUALIFIERS = ["standard", "custom", "integrationCode", "namespaceId", "unregistered", "analytics", "target"]
PRODUCTS = {
    "adCloud": "adCloud",
    "analytics": "Analytics",
    "audienceManager": "AudienceManager",
    "campaign": "Campaign",
    "aepDataLake": "AEP Data Lake",
    "profileService": "Profile",
    "identity": "Identity",
    "primetimeAuthentication": "Adobe Pass Authentication",
    "target": "Target",
    "CRS": "CRS",
    "cjm": "CJM",
    "marketo": "Marketo",
    "marketomeasure": "Marketo Measure",
    "automationProduct": "Automation Product",
    "AdobeCloudPlatform": "AEP Data Lake",
}


def echoed(*identities: Body) -> list[Body]:
    """Identities as an answer repeats them."""
    return [{"isDeletedClientSide": False} | one for one in identities]


def instant_of(job_id: str) -> datetime:
    return datetime.fromtimestamp((uuid.UUID(job_id).time - UUID_EPOCH) // 10_000 / 1000, UTC)


def refusal(answer: Answer) -> str:
    """The words of a refused body."""
    assert answer.status == 400
    assert set(answer.json) == {"error_code", "message"}
    assert answer.json["error_code"] == "400001"
    return str(answer.json["message"])


def test_it_answers_202_in_todays_shape(adobe: Adobe) -> None:
    answer = adobe.post(body(person("access", key="John Doe", ids=[identity("38400000-8cf0-11bd", "ecid"), identity()])))
    assert answer.status == 202
    job_id, request_id = answer.json["jobs"][0]["jobId"], answer.json["requestId"]
    assert answer.json == {
        "requestId": request_id,
        "totalRecords": 1,
        "jobs": [
            {
                "jobId": job_id,
                "customer": {
                    "user": {
                        "key": "John Doe",
                        "action": ["access"],
                        "userIDs": [
                            {
                                "namespace": "ecid",
                                "value": "38400000-8cf0-11bd",
                                "type": "standard",
                                "namespaceId": 4,
                                "isDeletedClientSide": False,
                            },
                            {
                                "namespace": "email",
                                "value": "ada@example.com",
                                "type": "standard",
                                "namespaceId": 6,
                                "isDeletedClientSide": False,
                            },
                        ],
                    }
                },
            }
        ],
    }


@pytest.mark.parametrize("name", PAYLOADS)
def test_it_takes_every_payload_that_adobe_prints(adobe: Adobe, name: str) -> None:
    payload = PAYLOADS[name]
    answer = adobe.post(payload)
    assert answer.status == 202, answer.data
    expected = [
        (user.get("key"), [action], [one["value"] for one in user["userIDs"]])
        for user in payload["users"]
        for action in user["action"]
    ]
    users = [job["customer"]["user"] for job in answer.json["jobs"]]
    assert [(user.get("key"), user["action"], [one["value"] for one in user["userIDs"]]) for user in users] == expected
    assert answer.json["totalRecords"] == len(expected)
    for job, (key, (action,), values) in zip(answer.json["jobs"], expected, strict=True):
        detail = adobe.job(job["jobId"])
        assert (detail.get("userKey"), detail["action"], detail["regulation"]) == (key, action, payload["regulation"])
        assert [one["value"] for one in detail["userIds"]] == values
        assert len(detail["productResponses"]) == len(payload["include"])


def test_a_person_without_a_key_gets_none(adobe: Adobe) -> None:
    """P11, to the letter."""
    answer = adobe.post(PAYLOADS["P11"])
    assert answer.json["jobs"][0]["customer"] == {
        "user": {
            "action": ["delete"],
            "userIDs": [
                {
                    "namespace": "Email",
                    "value": "john.doe@adobe.com",
                    "type": "standard",
                    "namespaceId": 6,
                    "isDeletedClientSide": False,
                }
            ],
        }
    }


def test_a_trailing_slash_creates_too(simulator: Simulator, adobe: Adobe) -> None:
    assert adobe.call("POST", f"{JOBS}/", body()).status == 202
    assert len(simulator.ledger()) == 1


def test_jobs_are_people_times_actions_whatever_the_products(adobe: Adobe) -> None:
    answer = adobe.post(body(person("access", "delete", key="a"), person("access", key="b"), include=list(PRODUCTS)))
    pairs = [(job["customer"]["user"]["key"], job["customer"]["user"]["action"]) for job in answer.json["jobs"]]
    assert pairs == [("a", ["access"]), ("a", ["delete"]), ("b", ["access"])]
    assert answer.json["totalRecords"] == 3


def test_the_same_body_again_makes_new_jobs(simulator: Simulator, adobe: Adobe) -> None:
    assert adobe.create(person()) != adobe.create(person())
    assert len(simulator.ledger()) == 2


def test_ids_hold_the_instant_of_the_request(simulator: Simulator, adobe: Adobe) -> None:
    before = datetime.now(UTC)
    answer = adobe.post(body(person("access", "delete"), person()))
    after = datetime.now(UTC)
    accepted = accepted_at(answer.json["requestId"])
    assert before.replace(microsecond=before.microsecond // 1000 * 1000) <= accepted <= after
    for job in answer.json["jobs"]:
        parsed = uuid.UUID(job["jobId"])
        assert (parsed.version, parsed.variant) == (1, uuid.RFC_4122)
        assert instant_of(job["jobId"]) == accepted
        assert us(adobe.job(job["jobId"])["createdDate"]) == accepted.replace(second=0, microsecond=0)


def test_ids_are_never_given_twice(adobe: Adobe) -> None:
    answers = [adobe.post(body(*[person("access", "delete", key=str(n)) for n in range(1000)])) for _ in range(3)]
    ids = {job["jobId"] for answer in answers for job in answer.json["jobs"]}
    assert len(ids) == 6000
    assert len({answer.json["requestId"] for answer in answers}) == 3


def test_it_keeps_a_request_id_that_the_caller_chose(adobe: Adobe) -> None:
    answer = adobe.post(body(requestId="chosen-by-us"))
    assert answer.json["requestId"] == "chosen-by-us"
    assert adobe.job(answer.json["jobs"][0]["jobId"])["requestId"] == "chosen-by-us"
    assert REQUEST_ID.fullmatch(adobe.post(body(requestId="")).json["requestId"])


@pytest.mark.parametrize(
    ("given", "number"),
    [
        (identity("a", "email"), 6),
        (identity("a", "EMAIL"), 6),
        (identity("a", "Phone"), 7),
        (identity("a", "AdCloud"), 411),
        (identity("a", "CORE"), 0),
        (identity("a", "ecid"), 4),
        (identity("a", "TNTID"), 9),
        (identity("a", "IDFA"), 20915),
        (identity("a", "GAID"), 20914),
        (identity("a", "WAID"), 8),
        (identity("a", "AAID"), 10),
        (identity("a", "20914", "namespaceId"), 20914),
        (identity("a", "0", "namespaceId"), 0),
        (identity("a", "AAID", "standard", namespaceId=10), 10),
        (identity("a", "loyaltyAccount", "integrationCode"), None),
        (identity("a", "email_label", "unregistered"), None),
        (identity("a", "email", "unregistered"), None),
        (identity("a", "free", "unregistered", namespaceId=77), None),
        (identity("a", "visitorId", "analytics"), None),
        (identity("a", "THIRDPARTYID", "target"), None),
    ],
)
def test_it_answers_with_the_id_of_a_registered_namespace(adobe: Adobe, given: Body, number: int | None) -> None:
    (shown,) = adobe.post(body(person(ids=[given]))).json["jobs"][0]["customer"]["user"]["userIDs"]
    assert shown.pop("namespaceId", None) == number
    given.pop("namespaceId", None)
    assert shown == given | {"isDeletedClientSide": False}


def test_a_custom_namespace_has_an_id_of_its_own(adobe: Adobe) -> None:
    ids = [identity("a", "loyalty", "custom"), identity("b", "loyalty", "custom"), identity("c", "crm", "custom")]
    first, second, third = adobe.job(adobe.create(person(ids=ids))[0])["userIds"]
    assert first["namespaceId"] == second["namespaceId"] != third["namespaceId"]


def test_a_namespace_id_may_stand_for_the_namespace(adobe: Adobe) -> None:
    given = {"namespaceId": 10, "type": "standard", "value": "2CCEEAE88503384F-1188000089CA"}
    (shown,) = adobe.job(adobe.create(person(ids=[given]))[0])["userIds"]
    assert shown == given | {"isDeletedClientSide": False}


def test_it_remembers_what_was_deleted_in_the_browser(adobe: Adobe) -> None:
    (job_id,) = adobe.create(person(ids=[identity(isDeletedClientSide=True), identity("b", isDeletedClientSide=False)]))
    assert [one["isDeletedClientSide"] for one in adobe.job(job_id)["userIds"]] == [True, False]


@pytest.mark.parametrize("code", PRODUCTS)
@pytest.mark.parametrize("spelling", [str, str.lower, str.upper])
def test_it_knows_every_product_in_any_casing(adobe: Adobe, code: str, spelling: Any) -> None:
    (job_id,) = adobe.create(person(), include=[spelling(code)])
    assert [entry["product"] for entry in adobe.job(job_id)["productResponses"]] == [PRODUCTS[code]]


@pytest.mark.parametrize("code", [*SUFFIXED, *LEGACY])
def test_it_takes_every_law_that_the_live_service_lists(adobe: Adobe, code: str) -> None:
    (job_id,) = adobe.create(person(), regulation=code)
    assert adobe.job(job_id)["regulation"] == code


@pytest.mark.parametrize("given", [None, "", "nonsense", "GDPR", "dpdpa", "ql25", ["gdpr"], {"code": "gdpr"}, 7])
def test_it_answers_an_unknown_law_with_all_that_it_takes(adobe: Adobe, given: Any) -> None:
    words = refusal(adobe.post(body(regulation=given)))
    assert set(words.partition("Accepted values: ")[2].split(", ")) == {*SUFFIXED, *LEGACY}
    assert len(words.split(", ")) == 47


@pytest.mark.parametrize("namespace", ["imsOrgID", "imsOrgId", "imsOrg", "IMSORGID"])
def test_it_takes_every_spelling_of_the_organization(adobe: Adobe, namespace: str) -> None:
    contexts = [{"namespace": "Campaign", "value": "acme"}, {"namespace": namespace, "value": adobe.ims_org}]
    assert adobe.post(body(companyContexts=contexts)).status == 202


@pytest.mark.parametrize("name", ["expandIds", "expandIDs"])
@pytest.mark.parametrize("value", [True, False, "true", "false", "True"])
def test_it_takes_every_spelling_of_expanding(adobe: Adobe, name: str, value: bool | str) -> None:
    assert adobe.post(body(**{name: value})).status == 202


@pytest.mark.parametrize(
    "fields",
    [
        {"priority": "low"},
        {"analyticsDeleteMethod": "purge"},
        {"mergePolicyId": 124},
        {"mergePolicyId": "124"},
        {"region": "va7"},
        {"somethingNew": {"of": "next year"}},
    ],
)
def test_it_takes_every_optional_field(adobe: Adobe, fields: dict[str, Any]) -> None:
    assert adobe.post(body(**fields)).status == 202


def test_it_takes_a_thousand_people_with_nine_identities(simulator: Simulator, adobe: Adobe) -> None:
    people = [person(key=str(n), ids=[identity(f"{n}-{m}@example.com") for m in range(9)]) for n in range(1000)]
    answer = adobe.post(body(*people))
    assert (answer.status, answer.json["totalRecords"]) == (202, 1000)
    assert [entry["key"] for entry in simulator.ledger()] == [str(n) for n in range(1000)]


@pytest.mark.parametrize("text", ["Ærøskøbing 🦊", "\ud800", 'quo"te\\', "line\nbreak", "\u2028", " spaces "])
def test_any_text_comes_back_as_it_was_sent(simulator: Simulator, adobe: Adobe, text: str) -> None:
    answer = adobe.post(body(person(key=text, ids=[identity(f"x{text}")])))
    user = answer.json["jobs"][0]["customer"]["user"]
    assert (user["key"], user["userIDs"][0]["value"]) == (text, f"x{text}")
    assert [entry["key"] for entry in simulator.ledger()] == [text]
    simulator.control("finish", {})
    job_id = answer.json["jobs"][0]["jobId"]
    assert adobe.job(job_id)["userKey"] == text
    assert adobe.content(job_id).status == 200


ORG = "companyContexts must contain the IMS organization"
OPT_OUT_ALONE = "opt-out-of-sale must be in a request of its own"
LIST = "must be a list with at least one entry"


def one(**fields: Any) -> Body:
    """A body with one identity that differs from a good one."""
    given = {name: value for name, value in (identity() | fields).items() if value is not None}
    return body(person(ids=[given]))


def without(name: str, **fields: Any) -> Body:
    """A body whose only person lacks a field, or has another value in it."""
    user = {field: value for field, value in person().items() if field != name}
    return body(user | fields)


BAD: dict[str, tuple[Any, str]] = {
    "not an object": ([], "The body must be a JSON object"),
    "a text": ("text", "The body must be a JSON object"),
    "no contexts": (body(companyContexts=None), ORG),
    "empty contexts": (body(companyContexts=[]), ORG),
    "contexts of another kind": (body(companyContexts=["imsOrgID", 3, None]), ORG),
    "only a product's context": (body(companyContexts=[{"namespace": "Campaign", "value": "acme"}]), ORG),
    "another organization": (
        body(org="FFFFFFFFFFFFFFFFFFFFFFFF@AdobeOrg"),
        "companyContexts names another IMS organization than x-gw-ims-org-id",
    ),
    "no users": (body(users=None), f"users {LIST}"),
    "empty users": (body(users=[]), f"users {LIST}"),
    "users of another kind": (body(users={}), f"users {LIST}"),
    "a user of another kind": (body(users=["ada"]), "users[0] must be an object"),
    "over 1,000 users": (body(*[person()] * 1001), "A request must not have more than 1000 users"),
    "a key of another kind": (without("key", key=7), "users[0].key must be a text"),
    "no action": (without("action"), f"users[0].action {LIST}"),
    "empty action": (without("action", action=[]), f"users[0].action {LIST}"),
    "an action as text": (without("action", action="access"), f"users[0].action {LIST}"),
    "unknown action": (body(person("forget")), "users[0].action must be of: access, delete, opt-out-of-sale"),
    "an action of another kind": (
        without("action", action=[{}]),
        "users[0].action must be of: access, delete, opt-out-of-sale",
    ),
    "opt-out with access of one person": (body(person("access", "opt-out-of-sale")), OPT_OUT_ALONE),
    "opt-out with delete of another": (body(person("opt-out-of-sale"), person("delete")), OPT_OUT_ALONE),
    "no identities": (without("userIDs"), f"users[0].userIDs {LIST}"),
    "empty identities": (without("userIDs", userIDs=[]), f"users[0].userIDs {LIST}"),
    "10 identities": (body(person(ids=[identity()] * 10)), "users[0].userIDs must not have more than 9 entries"),
    "an identity of another kind": (body(person(), person(ids=["a"])), "users[1].userIDs[0] must be an object"),  # type: ignore[list-item]
    "no namespace": (one(namespace=None), "users[0].userIDs[0].namespace must not be empty"),
    "empty namespace": (one(namespace=""), "users[0].userIDs[0].namespace must not be empty"),
    "blank namespace": (one(namespace="  "), "users[0].userIDs[0].namespace must not be empty"),
    "no value": (one(value=None), "users[0].userIDs[0].value must not be empty"),
    "empty value": (one(value=""), "users[0].userIDs[0].value must not be empty"),
    "a number as value": (one(value=7), "users[0].userIDs[0].value must not be empty"),
    "no type": (one(type=None), "users[0].userIDs[0].type must not be empty"),
    "empty type": (one(type=""), "users[0].userIDs[0].type must not be empty"),
    "unknown type": (
        one(type="deletedClientSide"),
        f"users[0].userIDs[0].type must be one of: {', '.join(QUALIFIERS)}",
    ),
    "a namespace id that is no number": (
        one(type="namespaceId"),
        "users[0].userIDs[0].namespace must be a number when type is namespaceId",
    ),
    "no include": (body(include=None), f"include {LIST}"),
    "empty include": (body(include=[]), f"include {LIST}"),
    "include as text": (body(include="analytics"), f"include {LIST}"),
    "unknown product": (body(include=["analytics", "photoshop"]), "include has unknown products: photoshop"),
    "a product of another kind": (body(include=[7]), "include has unknown products: 7"),
    "expandIds of another kind": (body(expandIds=1), "expandIds must be true or false"),
    "expandIDs with other words": (body(expandIDs="perhaps"), "expandIDs must be true or false"),
}


@pytest.mark.parametrize("name", BAD)
def test_it_refuses_a_bad_body_and_keeps_nothing(simulator: Simulator, adobe: Adobe, name: str) -> None:
    given, words = BAD[name]
    assert refusal(adobe.post(given)) == f"Bad request. {words}"
    assert simulator.ledger() == []


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_it_refuses_what_is_not_json(simulator: Simulator, adobe: Adobe, raw: bytes) -> None:
    assert refusal(adobe.raw("POST", JOBS, raw, adobe.headers())) == "Bad request. The body must be a JSON object"
    assert simulator.ledger() == []


def test_one_bad_person_spoils_the_whole_request(simulator: Simulator, adobe: Adobe) -> None:
    assert adobe.post(body(*[person()] * 999, person("forget"))).status == 400
    assert simulator.ledger() == []
