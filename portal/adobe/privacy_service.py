"""Adobe Privacy Service, as the rest of the portal sees it: create, list, look at one job, fetch its file."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode

from portal.adobe.addresses import Address, AddressError, parse_address
from portal.adobe.answers import (
    CreatedJobs,
    JobAnswer,
    JobPage,
    Unreadable,
    read_created_jobs,
    read_job,
    read_job_page,
)
from portal.adobe.credentials import Credentials
from portal.adobe.errors import BadAnswer, HostRefused, NotFound, OrganizationBlocked, OutcomeUnknown
from portal.adobe.refusals import (
    refused_content,
    refused_elsewhere,
    refused_get,
    refused_job,
    refused_page,
    refused_post,
    unusable,
)
from portal.adobe.tokens import TokenSource, TokenStore, configured_address, is_plain
from portal.adobe.transport import Answer, Call, Transport

__all__ = ["Credentials", "DownloadInfo", "PrivacyService"]

JOBS = "/data/core/privacy/jobs"


@dataclass(frozen=True)
class DownloadInfo:
    """`size` in bytes, as written."""

    size: int
    content_type: str


class PrivacyService:
    """One organization's access to Privacy Service. Thread-safe when its token store is.

    Every method may also raise OrganizationBlocked, Throttled and NotSent.
    """

    def __init__(
        self,
        credentials: Credentials,
        tokens: TokenStore,
        transport: Transport,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._credentials = credentials
        self._transport = transport
        self._tokens = TokenSource(tokens, transport, credentials, clock)

    def create_jobs(self, body: bytes, *, expected_jobs: int, still_held: Callable[[], bool]) -> CreatedJobs:
        """POST /jobs, once. `still_held` is asked immediately before the first byte leaves.

        Raises Rejected, Unauthorized, ClaimLost, OutcomeUnknown.
        """
        address = self._gateway(JOBS)
        token = self._tokens.current()
        headers = self._headers(token) | {"Content-Type": "application/json"}
        answer = self._transport.exchange(Call("POST", address, JOBS, headers, body, still_held=still_held))
        if answer.status == 401:
            self._tokens.forget(token)
        if not 200 <= answer.status < 300:
            raise refused_post(answer)
        return _created(answer, expected_jobs)

    def list_jobs(
        self,
        *,
        regulation: str,
        page: int,
        size: int,
        from_date: date | str | None = None,
        to_date: date | str | None = None,
        status: str | None = None,
    ) -> JobPage:
        """GET /jobs. Pages count from 0; dates are days in GMT, both or neither (Privacy Service API, list jobs).

        Raises PageSizeRefused, Rejected, BadAnswer.
        """
        if (from_date is None) != (to_date is None):
            raise ValueError("a listing takes both dates or none")
        query = {"regulation": regulation, "page": page, "size": size}
        query |= {"fromDate": from_date, "toDate": to_date, "status": status}
        stated = urlencode({name: value for name, value in query.items() if value is not None})
        answer = self._get(Call("GET", self._gateway(f"{JOBS}?{stated}"), JOBS, {}))
        if answer.status != 200:
            raise refused_page(answer, size)
        try:
            return read_job_page(answer.body)
        except Unreadable:
            raise _unreadable(answer) from None

    def job(self, job_id: str) -> JobAnswer:
        """GET /jobs/{id}. Raises NotFound, Rejected, BadAnswer."""
        answer = self._get(Call("GET", self._gateway(_job_path(job_id)), f"{JOBS}/{{id}}", {}))
        if answer.status != 200:
            raise refused_job(answer)
        try:
            job = read_job(answer.body)
        except Unreadable:
            raise _unreadable(answer) from None
        if job.job_id.lower() != job_id.lower():
            # One person's data must never be taken for another's.
            raise _unreadable(answer)
        return job

    def download(self, url: str | None, job_id: str, write: Callable[[bytes], None], max_bytes: int) -> DownloadInfo:
        """The result file of a job, in chunks to `write`; from the job's content path when its answer had no `url`.

        Raises HostRefused, NotFound, ContentForbidden, TooLarge, BadAnswer. After an error, what was written is to be
        thrown away.
        """
        gateway = self._gateway(f"{_job_path(job_id)}/content")
        address = gateway if url is None else self._download_address(url, gateway)
        if address.origin == gateway.origin:
            call = Call("GET", address, f"{JOBS}/{{id}}/content", {}, sink=write, limit=max_bytes)
            answer, refused = self._get(call), refused_content
        else:
            call = Call("GET", address, "(result file)", {"Accept": "*/*"}, sink=write, limit=max_bytes)
            answer, refused = self._transport.patiently(call), refused_elsewhere
        if answer.status == 200:
            return DownloadInfo(answer.size, answer.headers.get("Content-Type") or "")
        raise unusable(answer) if answer.status < 300 else refused(answer)

    def ping(self) -> None:
        """GET /jobs/ping, a path that Adobe shows in an example and never describes: NotFound and Rejected mean that
        the gateway let us through. Raises also BadAnswer.
        """
        answer = self._get(Call("GET", self._gateway(f"{JOBS}/ping"), f"{JOBS}/ping", {}))
        if not 200 <= answer.status < 300:
            raise refused_job(answer)

    def _get(self, call: Call) -> Answer:
        """A call to the gateway, with the token renewed once when it is refused."""
        for _ in range(2):
            token = self._tokens.current()
            answer = self._transport.patiently(
                Call("GET", call.address, call.route, self._headers(token), sink=call.sink, limit=call.limit)
            )
            if answer.status != 401:
                return answer
            self._tokens.forget(token)
        raise refused_get(answer)

    def _headers(self, token: str) -> dict[str, str]:
        """Privacy Service API, getting started: required headers. Accept is required on the content path as well."""
        headers = {
            "Authorization": f"Bearer {token}",
            "x-api-key": self._credentials.client_id,
            "x-gw-ims-org-id": self._credentials.ims_org_id,
            "Accept": "application/json",
        }
        if not is_plain(self._credentials.ims_org_id):
            raise OrganizationBlocked("missing_org_header")
        if not all(is_plain(value) for value in headers.values()):
            raise OrganizationBlocked("credentials")
        return headers

    def _gateway(self, path: str) -> Address:
        return configured_address(self._credentials.gateway_url, path)

    def _download_address(self, url: str, gateway: Address) -> Address:
        try:
            address = parse_address(url)
        except AddressError:
            raise HostRefused(code="not_an_address") from None
        allowed = any(address.is_host(entry) for entry in self._credentials.download_hosts)
        encrypted = address.scheme == "https" or gateway.scheme == "http"
        if address.origin != gateway.origin and not (allowed and encrypted):
            raise HostRefused(code="host_not_allowed" if not allowed else "not_encrypted")
        return address


def _job_path(job_id: str) -> str:
    # Job ids come from Adobe and are opaque; these would name another resource.
    if job_id.strip() in {"", ".", ".."}:
        raise NotFound(code="no_job_id")
    return f"{JOBS}/{quote(job_id, safe='')}"


def _created(answer: Answer, expected: int) -> CreatedJobs:
    details: dict[str, Any] = {"http_status": answer.status, "raw": answer.body}
    try:
        created = read_created_jobs(answer.body)
    except Unreadable:
        raise OutcomeUnknown("unreadable", **details) from None
    if len({job.job_id for job in created.jobs}) < expected:
        raise OutcomeUnknown("fewer_jobs", created=created, **details)
    return created


def _unreadable(answer: Answer) -> BadAnswer:
    return BadAnswer(code="unreadable", http_status=answer.status, raw=answer.body)
