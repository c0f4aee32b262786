"""Speaking to the local Adobe as anybody would: plain HTTP, nothing of the portal's client."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import urllib3

from tests.conftest import IMS_ORG, Simulator

JOBS = "/data/core/privacy/jobs"
CONSENT = "/data/core/privacy/consent"
HYGIENE = "/data/core/hygiene"
TOKEN = "/ims/token/v3"
SCOPES = "openid,AdobeID,read_organizations,additional_info.projectedProductContext,session"
DAY = 86_400
US_DATE = re.compile(r"(0[1-9]|1[0-2])/[0-3]\d/\d{4} (0[1-9]|1[0-2]):[0-5]\d [AP]M GMT")
REQUEST_ID = re.compile(r"(?P<instant>\d{13})\d{4}RX-\d{3}")

Body = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What came back over the wire."""

    status: int
    headers: Mapping[str, str]
    data: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.data)

    @property
    def said(self) -> tuple[int, Any]:
        """Status and body, to compare both at once."""
        return self.status, self.json


@dataclass
class Adobe:
    """A caller with credentials. Headers given as None are left out."""

    address: str
    client_id: str = "simulator-client"
    client_secret: str = "simulator-secret"
    ims_org: str = IMS_ORG
    timeout: float = 30.0
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(maxsize=4, retries=False))
    _token: str = ""

    def raw(self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """One call with exactly these headers; redirects are not followed."""
        answer = self.pool.request(
            method, self.address + path, body=body, headers=dict(headers or {}), redirect=False, timeout=self.timeout
        )
        return Answer(answer.status, answer.headers, answer.data)

    def ims(self, **form: str | None) -> Answer:
        """A token request; parameters given as None are left out."""
        given = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "scope": SCOPES,
        } | form
        data = urlencode({name: value for name, value in given.items() if value is not None}).encode()
        return self.raw("POST", TOKEN, data, {"Content-Type": "application/x-www-form-urlencoded"})

    @property
    def token(self) -> str:
        if not self._token:
            self._token = self.ims().json["access_token"]
        return self._token

    def headers(self, **changed: str | None) -> dict[str, str]:
        """Those of a good call, with changes by name (`x_api_key="…"`)."""
        given: dict[str, str | None] = {
            "authorization": f"Bearer {self.token}",
            "x-api-key": self.client_id,
            "x-gw-ims-org-id": self.ims_org,
            "content-type": "application/json",
        }
        given |= {name.replace("_", "-"): value for name, value in changed.items()}
        return {name: value for name, value in given.items() if value is not None}

    def call(self, method: str, path: str, body: Any = None, **changed: str | None) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        return self.raw(method, path, data, self.headers(**changed))

    def post(self, body: Any, **changed: str | None) -> Answer:
        return self.call("POST", JOBS, body, **changed)

    def create(self, *people: Body, **fields: Any) -> list[str]:
        """Ids of the accepted jobs."""
        answer = self.post(body(*people, **fields, org=self.ims_org))
        assert answer.status == 202, answer.data
        return [job["jobId"] for job in answer.json["jobs"]]

    def listing(self, **query: Any) -> Answer:
        return self.call("GET", f"{JOBS}?{urlencode({'regulation': 'gdpr'} | query)}")

    def listed(self, **query: Any) -> list[str]:
        """Ids on one page."""
        answer = self.listing(**query)
        assert answer.status == 200, answer.data
        return [job["jobId"] for job in answer.json["jobDetails"]]

    def detail(self, job_id: str) -> Answer:
        return self.call("GET", f"{JOBS}/{job_id}")

    def job(self, job_id: str) -> Body:
        answer = self.detail(job_id)
        assert answer.status == 200, answer.data
        return dict(answer.json)

    def content(self, job_id: str) -> Answer:
        return self.call("GET", f"{JOBS}/{job_id}/content")

    def hygiene(self, method: str, path: str, body: Any = None, sandbox: str | None = "prod", **changed: str | None) -> Answer:
        """A call of Data Hygiene; `path` follows its base, with a slash first."""
        return self.call(method, HYGIENE + path, body, x_sandbox_name=sandbox, **changed)

    def order(self, *ids: str, **fields: Any) -> Body:
        """An accepted work order."""
        answer = self.hygiene("POST", "/workorder", order_body(*ids, **fields))
        assert answer.status == 200, answer.data
        return dict(answer.json)

    def orders(self, **query: Any) -> Body:
        """One page of the list of work orders."""
        answer = self.hygiene("GET", f"/workorder?{urlencode(query)}")
        assert answer.status == 200, answer.data
        return dict(answer.json)

    def expiration(self, dataset: str = "dataset-1", **fields: Any) -> Body:
        """An accepted dataset expiration, many years ahead."""
        answer = self.hygiene("POST", "/ttl", {"datasetId": dataset, "expiry": "2090-12-31T23:59:59Z"} | fields)
        assert answer.status == 201, answer.data
        return dict(answer.json)


def order_body(*ids: str, **fields: Any) -> Body:
    """Today's body of a work order; fields given as None are left out."""
    given = {
        "displayName": "Clean-up [PP-1]",
        "description": "Bounced addresses",
        "action": "delete_identity",
        "datasetId": "ALL",
        "namespacesIdentities": [{"namespace": {"code": "email"}, "ids": list(ids or ("ada@example.com",))}],
    } | fields
    return {name: value for name, value in given.items() if value is not None}


def identity(value: str = "ada@example.com", namespace: str = "email", kind: str = "standard", **more: Any) -> Body:
    return {"namespace": namespace, "value": value, "type": kind, **more}


def person(*actions: str, key: str | None = "ada#1", ids: list[Body] | None = None) -> Body:
    """One entry of `users`; access when no action is named."""
    given: Body = {} if key is None else {"key": key}
    return {**given, "action": list(actions or ("access",)), "userIDs": [identity()] if ids is None else ids}


def body(*people: Body, **fields: Any) -> Body:
    """A create body; fields given as None are left out. `org` names the organization."""
    given = {
        "companyContexts": [{"namespace": "imsOrgID", "value": fields.pop("org", IMS_ORG)}],
        "users": list(people or (person(),)),
        "include": ["analytics", "profileService"],
        "regulation": "gdpr",
    } | fields
    return {name: value for name, value in given.items() if value is not None}


def responses(job: Body) -> dict[str, Body]:
    """What each product of a job said, by the product's name."""
    return {entry["product"]: entry["productStatusResponse"] for entry in job["productResponses"]}


def us(text: str) -> datetime:
    """Reads Privacy Service's date."""
    assert US_DATE.fullmatch(text), text
    return datetime.strptime(text, "%m/%d/%Y %I:%M %p GMT").replace(tzinfo=UTC)


def accepted_at(request_id: str) -> datetime:
    """The instant, to the millisecond, that a requestId holds."""
    match = REQUEST_ID.fullmatch(request_id)
    assert match, request_id
    return datetime.fromtimestamp(int(match["instant"]) / 1000, UTC)


def now(simulator: Simulator) -> datetime:
    """What time it is at Adobe."""
    return datetime.fromisoformat(simulator.control("health")["now"])


def register(simulator: Simulator, name: str = "second", **fields: Any) -> Adobe:
    """One more organization at Adobe, and a caller with its credentials."""
    ims_org = f"{name.upper():0<24}@AdobeOrg"
    simulator.control(
        "organizations", {"imsOrg": ims_org, "clientId": f"{name}-client", "clientSecret": f"{name}-secret", **fields}
    )
    return Adobe(simulator.address, f"{name}-client", f"{name}-secret", ims_org)


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "portal.simulator", "--port", "0", *options]


@contextmanager
def running(*options: str) -> Iterator[Simulator]:
    """A simulator of its own with these options."""
    with subprocess.Popen(command(*options), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Simulator(address_in(process.stdout.readline()))
        finally:
            process.terminate()
            process.wait(timeout=10)


def address_in(line: str) -> str:
    """The address in the line that a simulator prints when it is ready."""
    match = re.fullmatch(r"adobe simulator: (https?://\S+)\n", line)
    assert match, line
    return match[1]
