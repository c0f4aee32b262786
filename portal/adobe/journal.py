"""The journal of one registration at Adobe I/O Events: its events in the order in which Adobe kept them, for seven days."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urljoin

from portal.adobe.addresses import Address, AddressError, parse_address
from portal.adobe.answers import Unreadable, read_object
from portal.adobe.credentials import Credentials
from portal.adobe.errors import BadAnswer, HostRefused, OrganizationBlocked
from portal.adobe.metering import FREE, READ, Meter, Patience
from portal.adobe.refusals import refused_elsewhere
from portal.adobe.tokens import TokenSource, TokenStore, is_plain
from portal.adobe.transport import Answer, Call, Transport

ROUTE = "/events/journal"
EVENTS_A_PAGE = 500
# Adobe answers with 1.5 MB at most (Adobe I/O Events, journaling).
LARGEST_PAGE = 8 * 1024 * 1024
_NEXT = re.compile(r'<([^<>]*)>\s*;[^,<]*\brel\s*=\s*"?next"?', re.IGNORECASE)


@dataclass(frozen=True)
class JournalPage:
    """One answer. `events` as Adobe delivered them; `position`: of the last one, or none; `next_address`: where Adobe's Link
    header leads, when that is at the journal's own host; `retry_after`: seconds that Adobe wants us to wait at the end.
    """

    events: tuple[Any, ...] = field(repr=False)
    position: str
    next_address: str
    retry_after: float | None

    @property
    def is_end(self) -> bool:
        """Nothing newer is there."""
        return not self.events


class _Apart(Meter):
    """The organization's meter for calls to another host than the gateway: the waits that it asks for are its own."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def ask(self, patience: Patience) -> None:
        self._meter.ask(patience)

    def note(self, route: str, outcome: str, milliseconds: int, retry_after: float | None) -> None:  # noqa: ARG002 - of the base
        self._meter.note(route, outcome, milliseconds, None)


class Journal:
    """Reads one journal. It says nothing about what the credential may do elsewhere, so its refusals concern it alone."""

    def __init__(
        self,
        credentials: Credentials,
        tokens: TokenStore,
        transport: Transport,
        address: str,
        clock: Callable[[], float] = time.time,
        meter: Meter = FREE,
    ) -> None:
        """`address`: as Developer Console shows it."""
        self._credentials = credentials
        self._transport = transport
        self._tokens = TokenSource(tokens, transport, credentials, clock, meter)
        self._meter = _Apart(meter)
        self._text = address.strip()

    def read(self, *, since: str = "", next_address: str = "") -> JournalPage:
        """The next page: at `next_address` as an answer before gave it, else after the position `since`, else from the oldest on.

        Raises ContentForbidden, NotFound, Throttled (Paced when it is our own rate), BadAnswer, NotSent, HostRefused (an address
        that is none, or another host), and OrganizationBlocked when the credentials give no token.
        """
        own = _parsed(self._text)
        answer = self._get(self._page_address(own, since, next_address))
        if answer.status == 204:
            return JournalPage((), "", self._next_of(answer, own), answer.retry_after())
        if answer.status != 200:
            raise refused_elsewhere(answer)
        return self._page(answer, own)

    def _page_address(self, own: Address, since: str, next_address: str) -> Address:
        if next_address:
            address = _parsed(next_address)
            if address.origin != own.origin:
                raise HostRefused(code="other_host")
            return address
        query = urlencode({"limit": EVENTS_A_PAGE} | ({"since": since} if since else {}))
        return _parsed(f"{self._text}{'&' if '?' in self._text else '?'}{query}")

    def _get(self, address: Address) -> Answer:
        answer = self._asked(address, token := self._tokens.current())
        if answer.status == 401:
            self._tokens.forget(token)
            answer = self._asked(address, self._tokens.current())
        return answer

    def _asked(self, address: Address, token: str) -> Answer:
        return self._transport.patiently(
            Call("GET", address, ROUTE, self._headers(token), limit=LARGEST_PAGE, meter=self._meter, patience=READ)
        )

    def _headers(self, token: str) -> dict[str, str]:
        """The organization's header has another name here than at the gateway."""
        headers = {
            "Authorization": f"Bearer {token}",
            "x-api-key": self._credentials.client_id,
            "x-ims-org-id": self._credentials.ims_org_id,
            "Accept": "application/json",
        }
        if not all(is_plain(value) for value in headers.values()):
            raise OrganizationBlocked("credentials")
        return headers

    def _page(self, answer: Answer, own: Address) -> JournalPage:
        try:
            fields = read_object(answer.body)
        except Unreadable:
            raise BadAnswer(code="unreadable", http_status=answer.status) from None
        listed = fields.get("events")
        if not isinstance(listed, list):
            raise BadAnswer(code="unreadable", http_status=answer.status)
        position = _last_position(fields, listed)
        if listed and not position:
            # Without one we would read the same page for ever.
            raise BadAnswer(code="unreadable", http_status=answer.status)
        events = tuple(entry.get("event", entry) if isinstance(entry, dict) else entry for entry in listed)
        return JournalPage(events, position, self._next_of(answer, own), answer.retry_after())

    def _next_of(self, answer: Answer, own: Address) -> str:
        """What Adobe's Link header names as next, when it is at the journal's own host; relative ones are."""
        found = _NEXT.search(answer.headers.get("Link", ""))
        if found is None:
            return ""
        text = urljoin(self._text, found[1])
        try:
            return text if parse_address(text).origin == own.origin else ""
        except AddressError:
            return ""


def _parsed(text: str) -> Address:
    try:
        return parse_address(text)
    except AddressError:
        raise HostRefused(code="wrong_address") from None


def _last_position(fields: dict[str, Any], listed: list[Any]) -> str:
    page = fields.get("_page")
    named = page.get("last") if isinstance(page, dict) else None
    last = listed[-1].get("position") if listed and isinstance(listed[-1], dict) else None
    return next((value for value in (named, last) if isinstance(value, str) and value), "")
