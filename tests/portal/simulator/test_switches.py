"""Where Adobe's documents disagree: every switch, every value, and what it does on the wire."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from portal.simulator.switches import SWITCHES
from tests.conftest import Simulator
from tests.portal.simulator.checks import Checks
from tests.portal.simulator.hygiene_checks import HYGIENE_CHECKS
from tests.portal.simulator.wire import (
    DAY,
    JOBS,
    US_DATE,
    Adobe,
    Answer,
    Body,
    body,
    identity,
    now,
    person,
    register,
    responses,
)

pytestmark = pytest.mark.usefixtures("noon")

CHECKS = Checks(HYGIENE_CHECKS)
check = CHECKS.of
ISO_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def done(simulator: Simulator, adobe: Adobe, *actions: str, value: str = "ada@example.com", **fields: Any) -> Body:
    """A job that has been answered."""
    (job_id,) = adobe.create(person(*actions, ids=[identity(value)]), **fields)
    simulator.control("finish", {"jobIds": [job_id]})
    return adobe.job(job_id)


def accepts(adobe: Adobe, given: Body) -> bool:
    answer = adobe.post(given)
    assert answer.status in {202, 400}
    return answer.status == 202


def words(answer: Answer) -> str:
    assert answer.status == 400
    return str(answer.json["message"])


@check("create_shape", "modern")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    answer = adobe.post(body(person("access", "delete"))).json
    assert set(answer) == {"requestId", "totalRecords", "jobs"}
    assert [set(job["customer"]["user"]) for job in answer["jobs"]] == [{"key", "action", "userIDs"}] * 2


@check("create_shape", "brief")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    answer = adobe.post(body(person("access", "delete"))).json
    ids = [job["jobId"] for job in answer["jobs"]]
    assert answer == {
        "jobs": [
            {"jobId": ids[0], "customer": {"user": {"key": "ada#1", "action": ["access"]}}},
            {"jobId": ids[1], "customer": {"user": {"key": "ada#1", "action": ["delete"]}}},
        ],
        "requestStatus": 1,
        "totalRecords": 2,
    }


@check("create_shape", "jobDetails")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    answer = adobe.post(body(person("access", "delete"))).json
    assert set(answer) == {"requestId", "totalRecords", "jobDetails"}
    assert [entry["jobId"] for entry in simulator.ledger()] == [job["jobId"] for job in answer["jobDetails"]]


@check("download_key", "downloadUrl", "downloadURL")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    job = done(simulator, adobe)
    assert [name for name in job if name.lower() == "downloadurl"] == [value]


@check("download_presence", "access")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    assert "downloadUrl" in done(simulator, adobe, "access")
    assert "downloadUrl" not in done(simulator, adobe, "delete")


@check("download_presence", "complete")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    assert "downloadUrl" in done(simulator, adobe, "delete")
    assert "downloadUrl" not in done(simulator, adobe, "delete", value="error@example.com")


@check("download_url", "gateway")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    job = done(simulator, adobe)
    assert job["downloadUrl"] == f"{adobe.address}{JOBS}/{job['jobId']}/content"
    path = urlsplit(job["downloadUrl"]).path
    assert adobe.call("GET", path).status == 200
    assert adobe.raw("GET", path).status == 403


@check("download_url", "azure")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    """An address of 2019: whoever has it has the file, and no token is sent to it."""
    job = done(simulator, adobe)
    job_id, path = job["jobId"], urlsplit(job["downloadUrl"]).path
    assert job["downloadUrl"] == adobe.address + path
    assert re.fullmatch(rf"/va7gdprdevblobpublic/usa/[0-9a-f]{{32}}/{job_id}/{job_id}\.zip", path)
    answer = adobe.raw("GET", path)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/zip")
    assert answer.data == adobe.content(job_id).data
    assert simulator.control("calls")["blobWithToken"] == 0
    assert adobe.call("GET", path).status == 200
    assert simulator.control("calls")["blobWithToken"] == 1
    other_tenant = path.replace(path.split("/")[3], "0" * 32)
    assert adobe.raw("GET", other_tenant).status == 404
    simulator.advance(61 * DAY)
    assert adobe.raw("GET", path).status == 404


@check("azure_base", "")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    simulator.control("switches", {"download_url": "azure"})
    assert done(simulator, adobe)["downloadUrl"].startswith(f"{adobe.address}/va7gdprdevblobpublic/")


@check("azure_base", "https://va7gdprdevblob.blob.core.windows.net")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    simulator.control("switches", {"download_url": "azure"})
    assert done(simulator, adobe)["downloadUrl"].startswith(f"{value}/va7gdprdevblobpublic/")


@check("retention_days", "60", "30")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    job_id = done(simulator, adobe)["jobId"]
    simulator.advance(int(value) * DAY - 60)
    assert adobe.content(job_id).status == 200
    simulator.advance(120)
    assert adobe.content(job_id).status == 404


@check("job_retention_days", "30", "5")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    job_id, day = done(simulator, adobe)["jobId"], now(simulator).date()
    simulator.advance(int(value) * DAY - 60)
    assert adobe.detail(job_id).status == 200
    assert adobe.listed(filterDate=day) == [job_id]
    simulator.advance(120)
    assert adobe.detail(job_id).status == 404
    assert adobe.listed(filterDate=day) == []


@check("list_size", "100/1000", "1/100", "25/100")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    default, largest = (int(part) for part in value.split("/"))
    adobe.create(*[person("access", "delete", key=str(n)) for n in range(501)])
    assert len(adobe.listed()) == default
    assert len(adobe.listed(size=largest)) == largest
    assert words(adobe.listing(size=largest + 1)) == f"Bad request. size must be from 1 to {largest}"


@check("first_page", "0", "1", "1-strict")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    created = adobe.create(*[person(key=str(n)) for n in range(3)])[::-1]
    first = 0 if value == "0" else 1
    assert adobe.listed(size=1) == adobe.listed(size=1, page=first) == created[:1]
    assert adobe.listed(size=1, page=first + 1) == created[1:2]
    if value == "1":
        assert adobe.listed(size=1, page=0) == created[:1]
    elif value == "1-strict":
        assert words(adobe.listing(page=0)) == "Bad request. page starts at 1"


@check("look_back", "45", "60")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    oldest = now(simulator).date() - timedelta(days=int(value))
    assert adobe.listing(filterDate=oldest).status == 200
    answer = adobe.listing(filterDate=oldest - timedelta(days=1))
    assert words(answer) == f"Bad request. dates must not be more than {value} days ago"


@check("default_days", "7", "30")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    created = adobe.create(person(ids=[identity("stuck@example.com")]))
    simulator.advance(int(value) * DAY - 60)
    assert adobe.listed() == created
    simulator.advance(120)
    assert adobe.listed() == []


@check("list_status", "spec")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    created = adobe.create(person())
    assert adobe.listed(status="submitted") == created


@check("list_status", "docs")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    assert words(adobe.listing(status="submitted")) == "Bad request. status must be one of: processing, complete, error"
    assert adobe.listing(status="processing").status == 200


@check("list_date", "created", "modified")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    (job_id,) = adobe.create(person(ids=[identity("slowproduct@example.com")]))
    created = now(simulator).date()
    simulator.advance(10 * DAY)
    simulator.control("finish", {})
    expected = {created: [job_id], created + timedelta(days=10): []}
    if value == "modified":
        expected = {created: [], created + timedelta(days=10): [job_id]}
    assert {day: adobe.listed(filterDate=day) for day in expected} == expected


@check("list_order", "newest", "oldest")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    created = adobe.create(*[person(key=str(n)) for n in range(5)])
    expected = created if value == "oldest" else created[::-1]
    assert [adobe.listed(size=2, page=page) for page in range(4)] == [expected[:2], expected[2:4], expected[4:], []]


@check("alias_listing", "as_sent", "canonical", "both")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    """Which list a job is in that was sent under an old code, and the code that it shows."""
    (job_id,) = adobe.create(person(), regulation="cpra_usa")
    found = [law for law in ("cpra_usa", "cpra_ca_usa") if adobe.listed(regulation=law)]
    assert (found, adobe.job(job_id)["regulation"]) == {
        "as_sent": (["cpra_usa"], "cpra_usa"),
        "canonical": (["cpra_ca_usa"], "cpra_ca_usa"),
        "both": (["cpra_usa", "cpra_ca_usa"], "cpra_usa"),
    }[value]


@check("cap_1000", "users")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    two_each = person(ids=[identity("a"), identity("b")])
    assert accepts(adobe, body(*[two_each] * 1000))
    assert words(adobe.post(body(*[two_each] * 1001))) == "Bad request. A request must not have more than 1000 users"


@check("cap_1000", "ids")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    two_each = person(ids=[identity("a"), identity("b")])
    assert accepts(adobe, body(*[two_each] * 500))
    answer = adobe.post(body(*[two_each] * 500, person()))
    assert words(answer) == "Bad request. A request must not have more than 1000 user IDs"


@check("jobs_per_product", "no", "yes")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    jobs = adobe.create(person("access", "delete"), include=["analytics", "target", "CRS"])
    products = [[entry["product"] for entry in adobe.job(job_id)["productResponses"]] for job_id in jobs]
    expected = [["Analytics", "Target", "CRS"]] if value == "no" else [["Analytics"], ["Target"], ["CRS"]]
    assert products == expected * 2
    assert len({adobe.job(job_id)["requestId"] for job_id in jobs}) == 1


@check("regulation_required", "yes", "no")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    assert accepts(adobe, body(regulation=None)) is (value == "no")
    assert not accepts(adobe, body(regulation="nonsense"))
    assert adobe.call("GET", JOBS).status == 400


@check("spec_only_codes", "reject", "accept")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    taken = value == "accept"
    for code in ("dpdpa", "ql25"):
        assert accepts(adobe, body(regulation=code)) is taken
        assert (adobe.listing(regulation=code).status == 200) is taken


@check("legacy_codes", "accept", "reject")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    taken = value == "accept"
    assert accepts(adobe, body(regulation="vcdpa_usa")) is taken
    assert (adobe.listing(regulation="vcdpa_usa").status == 200) is taken
    assert accepts(adobe, body(regulation="vcdpa_va_usa"))
    listed = words(adobe.post(body(regulation="nonsense"))).partition("Accepted values: ")[2].split(", ")
    assert (len(listed), "vcdpa_usa" in listed) == ((47, True) if taken else (31, False))


@check("opt_out_in_jobs", "accept", "reject")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    assert accepts(adobe, body(person("opt-out-of-sale"))) is (value == "accept")
    assert accepts(adobe, body(person("access")))


@check("expand_spelling", "any", "expandIds", "expandIDs")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    taken = [name for name in ("expandIds", "expandIDs") if accepts(adobe, body(**{name: True}))]
    assert taken == (["expandIds", "expandIDs"] if value == "any" else [value])


@check("expand_type", "any", "boolean", "text")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    given: dict[str, Any] = {"boolean": True, "text": "true"}
    taken = [kind for kind in given if accepts(adobe, body(expandIds=given[kind]))]
    assert taken == (["boolean", "text"] if value == "any" else [value])


@check("ims_org_namespace", "any", "imsOrgID", "imsOrgId", "imsOrg")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    spellings = ["imsOrgID", "imsOrgId", "imsOrg"]
    taken = [name for name in spellings if accepts(adobe, body(companyContexts=[{"namespace": name, "value": adobe.ims_org}]))]
    assert taken == (spellings if value == "any" else [value])


@check("custom_ids", "any", "custom", "unregistered")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    """Profile and Identity take one of two qualifiers; the others do not care."""
    for kind in ("custom", "unregistered"):
        (job_id,) = adobe.create(
            person(ids=[identity("1", "Customer_ID", kind)]), include=["profileService", "identity", "analytics"]
        )
        simulator.control("finish", {})
        said = {product: one["responseMsgCode"] for product, one in responses(adobe.job(job_id)).items()}
        expected = "PRVCY-6000-200" if value in {"any", kind} else "PRVCY-6053-200"
        assert said == {"Profile": expected, "Identity": expected, "Analytics": "PRVCY-6000-200"}


@check("missing_token", "403", "401")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    said = adobe.call("GET", JOBS, authorization=None).said
    assert said == (int(value), {"error_code": "403010", "message": "Oauth token is missing."})


@check("permission_failure", "gateway", "privacy")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    caller = register(simulator, "nobody", permissions=[])
    expected = {"gateway": (403, "403027"), "privacy": (400, "1010-400")}[value]
    for answer in (caller.post(body(org=caller.ims_org)), caller.listing(), caller.content(str(uuid.uuid1()))):
        assert (answer.status, answer.json["error_code"]) == expected


@check("error_style", "gateway", "code", "errorCode", "problem")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    refused, unknown = "Bad request. users must be a list with at least one entry", "Job not found"
    shapes: dict[str, Callable[[int, str, str], Body]] = {
        "gateway": lambda status, code, text: {"error_code": code, "message": text},
        "code": lambda status, code, text: {"code": code, "message": text},
        "errorCode": lambda status, code, text: {"errorCode": code, "title": text},
        "problem": lambda status, code, text: {
            "type": f"/errors/{code}",
            "status": status,
            "title": {400: "BadRequestError", 404: "NotFoundError"}[status],
            "detail": text,
        },
    }
    assert adobe.post(body(users=[])).said == (400, shapes[value](400, "400001", refused))
    assert adobe.detail(str(uuid.uuid1())).said == (404, shapes[value](404, "404001", unknown))
    gateway = adobe.call("GET", JOBS, x_api_key=None).json
    assert gateway == {"error_code": "403000", "message": "Api Key is required"}


@check("gdpr_alias", "off")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    assert adobe.call("POST", "/data/privacy/gdpr/", body()).status == 404
    assert simulator.ledger() == []


@check("gdpr_alias", "on")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    answer = adobe.call("POST", "/data/privacy/gdpr/", body(person("opt-out-of-sale")))
    assert answer.status == 202
    job_id = answer.json["jobs"][0]["jobId"]
    assert adobe.call("GET", f"/data/privacy/gdpr/{job_id}").json == adobe.job(job_id)
    assert adobe.call("GET", "/data/privacy/gdpr?regulation=gdpr").json["totalRecords"] == 1
    assert adobe.call("GET", "/data/privacy/gdprs").status == 404


@check("expires_in", "s", "ms")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    assert adobe.ims().json["expires_in"] == {"s": 86_399, "ms": 86_399_000}[value]


@check("token_seconds", "86399", "60")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    assert adobe.ims().json["expires_in"] == int(value)


@check("ims_error_status", "401", "400")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    answer = adobe.ims(client_secret="wrong")
    assert (answer.status, answer.json["error"]) == (int(value), "invalid_client")


@check("retry_count", "0", "3", "none")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    job = done(simulator, adobe, value="ada.profileservice-neverstarts@example.com")
    counts = {entry["product"]: entry.get("retryCount") for entry in job["productResponses"]}
    expected = {"Analytics": int(value), "Profile": 0} if value != "none" else {"Analytics": None, "Profile": None}
    assert counts == expected
    assert ("retryCount" in json.dumps(job)) is (value != "none")


@check("status_style", "words", "numeric")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    numbers = {"complete": 1, "processing": 2, "submitted": 3, "error": 4}
    values = {
        "complete": "ada@example.com",
        "processing": "stuck@example.com",
        "submitted": "neverstarts@example.com",
        "error": "error@example.com",
    }
    jobs = {word: adobe.create(person(ids=[identity(one)]))[0] for word, one in values.items()}
    simulator.advance(DAY / 12)
    simulator.control("finish", {"jobIds": [jobs["complete"], jobs["error"]]})
    for word, job_id in jobs.items():
        shown: str | int = word if value == "words" else numbers[word]
        job = adobe.job(job_id)
        assert [job["status"], *(said["status"] for said in responses(job).values())] == [shown] * 3
        answer = adobe.listing(status=shown)
        assert [(one["jobId"], one["status"]) for one in answer.json["jobDetails"]] == [(job_id, shown)]


@check("fresh_product", "bare", "message")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    (job_id,) = adobe.create(person())
    expected = {"status": "submitted"} | ({"message": "processing"} if value == "message" else {})
    assert list(responses(adobe.job(job_id)).values()) == [expected] * 2


@check("date_style", "us", "iso")
def _(simulator: Simulator, adobe: Adobe, value: str) -> None:
    pattern = {"us": US_DATE, "iso": ISO_DATE}[value]
    job = done(simulator, adobe)
    (listed,) = adobe.listing().json["jobDetails"]
    dates = [one[name] for one in (job, listed) for name in ("createdDate", "lastModifiedDate")]
    dates += [entry["processedDate"] for entry in job["productResponses"]]
    assert len(dates) == 6
    assert all(pattern.fullmatch(text) for text in dates)


@pytest.mark.parametrize(("name", "value"), CHECKS)
def test_each_value_has_its_effect(simulator: Simulator, adobe: Adobe, name: str, value: str) -> None:
    simulator.control("switches", {name: value})
    assert simulator.control("switches")[name] == value
    CHECKS[name, value](simulator, adobe, value)


@pytest.mark.parametrize("name", SWITCHES)
def test_each_default_is_the_documented_one(simulator: Simulator, adobe: Adobe, name: str) -> None:
    """What holds for the default's value holds when nobody sets a switch."""
    value = SWITCHES[name].default
    assert simulator.control("switches")[name] == value
    CHECKS[name, value](simulator, adobe, value)


def test_no_value_is_without_a_check() -> None:
    assert {name for name, _ in CHECKS} == set(SWITCHES)
    for name, switch in SWITCHES.items():
        checked = {value for known, value in CHECKS if known == name}
        assert checked >= {switch.default, *switch.values}
        assert all(switch.accepts(value) for value in checked)
        assert len(checked) >= 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"no_such": "1"}, "unknown switch 'no_such'; known: create_shape,"),
        ({"create_shape": "old"}, "switch create_shape does not take 'old'; it takes modern | brief | jobDetails"),
        ({"look_back": "long"}, "switch look_back does not take 'long'; it takes a whole number"),
        ({"look_back": "²"}, "switch look_back does not take '²'; it takes a whole number"),
        ({"retry_count": "many"}, "switch retry_count does not take 'many'; it takes none | a whole number"),
    ],
)
def test_a_wrong_switch_changes_nothing(adobe: Adobe, changes: dict[str, str], words: str) -> None:
    before = adobe.raw("GET", "/__simulator__/switches").json
    given = {"first_page": "1"} | changes
    answer = adobe.raw("POST", "/__simulator__/switches", json.dumps(given).encode())
    assert answer.status == 400
    assert answer.json["error"].startswith(words)
    assert adobe.raw("GET", "/__simulator__/switches").json == before


def test_a_reset_brings_the_defaults_back(simulator: Simulator) -> None:
    simulator.control("switches", {"create_shape": "brief", "look_back": 60})
    simulator.reset()
    assert simulator.control("switches") == {name: switch.default for name, switch in SWITCHES.items()}
