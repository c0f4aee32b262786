"""What every Adobe API behind the gateway has in common: the headers, the token renewed once, a POST that happens once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from portal.adobe.addresses import Address
from portal.adobe.credentials import Credentials
from portal.adobe.errors import OrganizationBlocked
from portal.adobe.metering import FREE, ONCE, READ, Meter, Patience
from portal.adobe.refusals import refused_get
from portal.adobe.tokens import TokenSource, TokenStore, configured_address, is_plain
from portal.adobe.transport import Answer, Call, Transport

JSON = {"Content-Type": "application/json"}


class Gateway:
    """One organization's access to the gateway, at the rate of its meter. Thread-safe when its token store is.

    Every call may raise OrganizationBlocked, Throttled (Paced when it is our own rate) and NotSent.
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
        self._tokens = TokenSource(tokens, transport, credentials, clock, meter)
        self._meter = meter

    def address(self, path: str) -> Address:
        """The gateway's address of a path with its query."""
        return configured_address(self._credentials.gateway_url, path)

    def once(
        self,
        method: str,
        path: str,
        route: str,
        still_held: Callable[[], bool],
        *,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """A call that must happen at most once; `still_held` is asked immediately before the first byte leaves.

        Raises ClaimLost, OutcomeUnknown. A token that is refused is forgotten, so that the next call fetches a new one.
        """
        # Before the token and the connection: a call that has no place now costs nothing and holds nothing open.
        self._meter.ask(ONCE)
        token = self._tokens.current()
        stated = self._headers(token) | (JSON if body is not None else {}) | (headers or {})
        call = Call(method, self.address(path), route, stated, body, still_held=still_held, meter=self._meter)
        answer = self._transport.exchange(call)
        if answer.status == 401:
            self._tokens.forget(token)
        return answer

    def get(self, call: Call, patience: Patience = READ) -> Answer:
        """A read, repeated when the other side is busy, and with the token renewed once when it is refused.

        Each of the tries takes a place in the organization's rate.
        """
        return self._renewing(replace(call, meter=self._meter, patience=patience), self._transport.patiently)

    def _renewing(self, call: Call, make: Callable[[Call], Answer]) -> Answer:
        for _ in range(2):
            token = self._tokens.current()
            answer = make(replace(call, headers=self._headers(token) | dict(call.headers)))
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
