"""Adobe Privacy Service, as the rest of the portal sees it: create, list, look at one job, fetch its file, opt out."""

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
    read_object,
)
from portal.adobe.credentials import Credentials
from portal.adobe.errors import BadAnswer, HostRefused, NotFound, OutcomeUnknown
from portal.adobe.gateway import Gateway
from portal.adobe.metering import FREE, PAGE, Meter
from portal.adobe.refusals import (
    refused_content,
    refused_elsewhere,
    refused_job,
    refused_page,
    refused_post,
    unusable,
)
from portal.adobe.tokens import TokenStore
from portal.adobe.transport import Answer, Call, Transport

__all__ = ["Credentials", "DownloadInfo", "PrivacyService"]

JOBS = "/data/core/privacy/jobs"
CONSENT = "/data/core/privacy/consent"
# The base path until January 2020, when the service was called GDPR Service.
_DEPRECATED = "/data/privacy/gdpr/"


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
        meter: Meter = FREE,
    ) -> None:
        self._credentials = credentials
        self._transport = transport
        self._meter = meter
        self._gateway = Gateway(credentials, tokens, transport, clock, meter)

    def create_jobs(self, body: bytes, *, expected_jobs: int, still_held: Callable[[], bool]) -> CreatedJobs:
        """POST /jobs, once. `still_held` is asked immediately before the first byte leaves.

        Raises Rejected, Unauthorized, ClaimLost, OutcomeUnknown.
        """
        answer = self._gateway.once("POST", JOBS, JOBS, still_held, body=body)
        if not 200 <= answer.status < 300:
            raise refused_post(answer)
        return _created(answer, expected_jobs)

    def consent(self, body: bytes, *, still_held: Callable[[], bool]) -> int:
        """POST /consent, once. Adobe takes it with 202 and no word (Privacy Service API, consent). Returns the HTTP status.

        Raises Rejected, Unauthorized, ClaimLost, OutcomeUnknown.
        """
        answer = self._gateway.once("POST", CONSENT, CONSENT, still_held, body=body)
        if not 200 <= answer.status < 300:
            raise refused_post(answer)
        if answer.body.strip() and not _is_object(answer.body):
            # A page of somebody between us and Adobe is no word of Adobe's.
            raise OutcomeUnknown("unreadable", http_status=answer.status, raw=answer.body)
        return answer.status

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
        answer = self._gateway.get(Call("GET", self._gateway.address(f"{JOBS}?{stated}"), JOBS, {}), PAGE)
        if answer.status != 200:
            raise refused_page(answer, size)
        try:
            return read_job_page(answer.body)
        except Unreadable:
            raise _unreadable(answer) from None

    def job(self, job_id: str) -> JobAnswer:
        """GET /jobs/{id}. Raises NotFound, Rejected, BadAnswer."""
        answer = self._gateway.get(Call("GET", self._gateway.address(_job_path(job_id)), f"{JOBS}/{{id}}", {}))
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
        gateway = self._gateway.address(f"{_job_path(job_id)}/content")
        address = gateway if url is None else self._download_address(url, gateway)
        if address.origin == gateway.origin:
            call = Call("GET", address, f"{JOBS}/{{id}}/content", {}, sink=write, limit=max_bytes)
            answer, refused = self._gateway.get(call), refused_content
        else:
            call = Call("GET", address, "(result file)", {"Accept": "*/*"}, sink=write, limit=max_bytes, meter=self._meter)
            answer, refused = self._transport.patiently(call), refused_elsewhere
        if answer.status == 200:
            return DownloadInfo(answer.size, answer.headers.get("Content-Type") or "")
        raise unusable(answer) if answer.status < 300 else refused(answer)

    def ping(self) -> None:
        """GET /jobs/ping, a path that Adobe shows in an example and never describes: NotFound and Rejected mean that
        the gateway let us through. Raises also BadAnswer.
        """
        answer = self._gateway.get(Call("GET", self._gateway.address(f"{JOBS}/ping"), f"{JOBS}/ping", {}))
        if not 200 <= answer.status < 300:
            raise refused_job(answer)

    def _download_address(self, url: str, gateway: Address) -> Address:
        try:
            address = parse_address(url)
        except AddressError:
            raise HostRefused(code="not_an_address") from None
        allowed = any(address.is_host(entry) for entry in self._credentials.download_hosts)
        encrypted = address.scheme == "https" or gateway.scheme == "http"
        if address.origin != gateway.origin and not (allowed and encrypted):
            raise HostRefused(code="host_not_allowed" if not allowed else "not_encrypted")
        if address.origin == gateway.origin and address.target.startswith(_DEPRECATED):
            # Answers of the first edition name it. The same file stands at today's address, and the old one is never called.
            return gateway
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


def _is_object(body: bytes) -> bool:
    try:
        read_object(body)
    except Unreadable:
        return False
    return True


def _unreadable(answer: Answer) -> BadAnswer:
    return BadAnswer(code="unreadable", http_status=answer.status, raw=answer.body)
