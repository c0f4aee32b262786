"""Dataset expirations of Adobe's Data Hygiene API (`/ttl`), as the rest of the portal sees them: those of one sandbox."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from portal.adobe.answers import Unreadable
from portal.adobe.credentials import Credentials
from portal.adobe.errors import (
    AdobeError,
    BadAnswer,
    ContentForbidden,
    NotFound,
    OrganizationBlocked,
    OutcomeUnknown,
    Rejected,
)
from portal.adobe.expiration_answers import ExpirationAnswer, ExpirationPage, read_expiration, read_expiration_page
from portal.adobe.gateway import JSON, Gateway
from portal.adobe.metering import FREE, PAGE, Meter
from portal.adobe.refusals import error_details, refused_content, refused_get, refused_job, refused_post
from portal.adobe.tokens import TokenStore
from portal.adobe.transport import Answer, Call, Transport

EXPIRATIONS = "/data/core/hygiene/ttl"
# Adobe takes 1 to 100 (Data Hygiene API, list dataset expirations). An older edition calls it `size` and may pass over `limit`.
PAGE_SIZE = 100
MOST_PAGES = 1000
_ONE = f"{EXPIRATIONS}/{{id}}"


class DatasetExpirations:
    """One organization's access to the dataset expirations of a sandbox. Thread-safe when its token store is.

    Every method may also raise OrganizationBlocked, Throttled and NotSent. An `id` is that of an expiration or of its dataset.
    """

    def __init__(
        self,
        credentials: Credentials,
        tokens: TokenStore,
        transport: Transport,
        *,
        sandbox: str,
        clock: Callable[[], float] = time.time,
        meter: Meter = FREE,
    ) -> None:
        self._gateway = Gateway(credentials, tokens, transport, clock, meter)
        # Adobe's specification asks for the content type on GET and DELETE as well.
        self._headers = {"x-sandbox-name": sandbox} | JSON

    def create(
        self, dataset_id: str, *, name: str, description: str, expires_at: datetime, still_held: Callable[[], bool]
    ) -> ExpirationAnswer:
        """POST /ttl, once. `still_held` is asked immediately before the first byte leaves.

        Raises Rejected (also when the dataset has one already), Unauthorized, ClaimLost, OutcomeUnknown.
        """
        wanted = {"datasetId": dataset_id} | _wanted(name, description, expires_at)
        body = _bytes({field: value for field, value in wanted.items() if value})
        answer = self._gateway.once("POST", EXPIRATIONS, EXPIRATIONS, still_held, body=body, headers=self._headers)
        if not 200 <= answer.status < 300:
            raise _refused(answer)
        try:
            return _about(dataset_id, answer)
        except BadAnswer as error:
            raise OutcomeUnknown("unreadable", http_status=answer.status, raw=error.raw) from None

    def change(
        self, ttl_id: str, *, name: str, description: str, expires_at: datetime | None, still_held: Callable[[], bool]
    ) -> ExpirationAnswer | None:
        """PUT /ttl/{id}: the name, the description and the time as they are to be from now on. None: done, without a word.

        `expires_at` None leaves the time alone, which older editions refuse; one that is less than a day ahead is refused by all.
        It does no harm twice. Raises NotFound, Rejected (also when it is no longer pending), Unauthorized, ClaimLost,
        OutcomeUnknown.
        """
        body = _bytes(_wanted(name, description, expires_at))
        return self._changed(ttl_id, self._gateway.once("PUT", _path(ttl_id), _ONE, still_held, body=body, headers=self._headers))

    def cancel(self, ttl_id: str, *, still_held: Callable[[], bool]) -> ExpirationAnswer | None:
        """DELETE /ttl/{id}: answered with 200 and the expiration, or with 204 and nothing (None). The dataset stays.

        It does no harm twice. One that is no longer pending is refused with 400 or 404, as Adobe's pages disagree: Rejected or
        NotFound. Raises also Unauthorized, ClaimLost, OutcomeUnknown.
        """
        return self._changed(ttl_id, self._gateway.once("DELETE", _path(ttl_id), _ONE, still_held, headers=self._headers))

    def find(self, identifier: str) -> ExpirationAnswer:
        """GET /ttl/{id} with its history. Raises NotFound, Rejected, BadAnswer."""
        address = self._gateway.address(f"{_path(identifier)}?include=history")
        answer = self._gateway.get(Call("GET", address, _ONE, self._headers))
        if answer.status != 200:
            raise refused_job(answer)
        return _about(identifier, answer)

    def everything(self) -> list[ExpirationAnswer]:
        """GET /ttl, page after page, each expiration once. Raises Rejected, BadAnswer."""
        found: dict[tuple[str, str], ExpirationAnswer] = {}
        for page in self._pages():
            found |= {(one.ttl_id, one.dataset_id): one for one in page.expirations}
        return list(found.values())

    def _pages(self) -> Iterator[ExpirationPage]:
        """Until the last page that Adobe counts; else until all that it counts are named; else until an empty one."""
        seen = 0
        for number in range(MOST_PAGES):
            page = self._page(number)
            yield page
            seen += len(page.expirations)
            last = page.total_pages is not None and number + 1 >= page.total_pages
            if not page.expirations or last or (page.total_pages is None and page.total is not None and seen >= page.total):
                return
        raise BadAnswer(code="unexpected")

    def _page(self, number: int) -> ExpirationPage:
        address = self._gateway.address(f"{EXPIRATIONS}?{urlencode({'page': number, 'limit': PAGE_SIZE})}")
        answer = self._gateway.get(Call("GET", address, EXPIRATIONS, self._headers), PAGE)
        if answer.status != 200:
            raise refused_get(answer)
        try:
            return read_expiration_page(answer.body)
        except Unreadable:
            raise _unreadable(answer) from None

    @staticmethod
    def _changed(ttl_id: str, answer: Answer) -> ExpirationAnswer | None:
        if answer.status == 404:
            raise NotFound(**error_details(answer))
        if not 200 <= answer.status < 300:
            raise _refused(answer)
        try:
            return _about(ttl_id, answer)
        except BadAnswer:
            # It was done; how things stand now is read afresh.
            return None


def _wanted(name: str, description: str, expires_at: datetime | None) -> dict[str, str]:
    """The documentation wants `expiry` in every change, the specification `displayName` in every creation: all are sent."""
    words = {"displayName": name, "description": description}
    if expires_at is None:
        return words
    instant = expires_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return words | {"expiry": instant}


def _bytes(body: dict[str, str]) -> bytes:
    return json.dumps(body).encode()


def _path(identifier: str) -> str:
    # These ids come from people and from Adobe, and are opaque; these would name another resource.
    if identifier.strip() in {"", ".", ".."}:
        raise NotFound(code="no_expiration_id")
    return f"{EXPIRATIONS}/{quote(identifier, safe='')}"


def _refused(answer: Answer) -> AdobeError:
    """A quota of expirations, or a permission for Data Hygiene, is no reason to stop everything else of the organization."""
    error = refused_post(answer)
    about_quota = isinstance(error, OrganizationBlocked) and error.reason == "limit"
    if about_quota or isinstance(refused_content(answer), ContentForbidden):
        return Rejected(**error_details(answer))
    return error


def _about(identifier: str, answer: Answer) -> ExpirationAnswer:
    try:
        expiration = read_expiration(answer.body)
    except Unreadable:
        raise _unreadable(answer) from None
    if identifier.lower() not in {expiration.ttl_id.lower(), expiration.dataset_id.lower()}:
        # One dataset must never be taken for another.
        raise _unreadable(answer)
    return expiration


def _unreadable(answer: Answer) -> BadAnswer:
    return BadAnswer(code="unreadable", http_status=answer.status, raw=answer.body)
