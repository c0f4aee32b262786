"""The access token: asked for with the client credentials, kept where all processes find it, forgotten on a 401."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol
from urllib.parse import urlencode

from portal.adobe.addresses import Address, AddressError, parse_address
from portal.adobe.answers import Unreadable, read_object
from portal.adobe.credentials import Credentials
from portal.adobe.errors import BadAnswer, NotSent, OrganizationBlocked, Throttled
from portal.adobe.metering import FREE, Meter
from portal.adobe.refusals import error_details
from portal.adobe.transport import Answer, Call, Transport

TOKEN_ROUTE = "/ims/token/v3"  # noqa: S105 - a path
_MARGIN_SECONDS = 120.0
_MARGIN_SHARE = 0.1  # of a lifetime so short that two minutes would eat most of it
# A day in seconds is 86,399; the JWT exchange, which this token replaces, counted in milliseconds (86,399,992).
_LONGEST_LIFETIME = 10 * 24 * 60 * 60.0
_UNSTATED_LIFETIME = 300.0
# OAuth's words for "not now", which say nothing about the credentials.
_NOT_NOW = frozenset({"temporarily_unavailable", "server_error"})


@dataclass(frozen=True)
class Token:
    """`expires_at`, in epoch seconds, is when we stop to use it: shortly before its end at Adobe."""

    value: str = field(repr=False)
    expires_at: float


class TokenStore(Protocol):
    """Where the token of one organization is kept. Shared by processes, so that a new token serves them all."""

    def read(self) -> Token | None: ...

    def write(self, token: Token) -> None: ...

    def forget(self, value: str) -> None:
        """Drop the token if it is still this one: another process may have put a new one there."""


class MemoryTokenStore:
    """A store of this process alone, for tests and for trying credentials out."""

    def __init__(self) -> None:
        self._token: Token | None = None
        self._lock = threading.Lock()

    def read(self) -> Token | None:
        return self._token

    def write(self, token: Token) -> None:
        with self._lock:
            self._token = token

    def forget(self, value: str) -> None:
        with self._lock:
            if self._token is not None and self._token.value == value:
                self._token = None


class TokenSource:
    """Hands out a token that is good for now. Threads that share a source share one refresh as well."""

    def __init__(
        self,
        store: TokenStore,
        transport: Transport,
        credentials: Credentials,
        clock: Callable[[], float] = time.time,
        meter: Meter = FREE,
    ) -> None:
        self._meter = meter
        self._store = store
        self._transport = transport
        self._credentials = credentials
        self._clock = clock
        self._refreshing = threading.Lock()

    def current(self) -> str:
        """Raises OrganizationBlocked ("credentials", "wrong_address"), Throttled, NotSent("token")."""
        token = self._usable()
        if token is None:
            with self._refreshing:
                token = self._usable() or self._renewed()
        return token.value

    def forget(self, value: str) -> None:
        self._store.forget(value)

    def _usable(self) -> Token | None:
        token = self._store.read()
        # A row that could not be opened reads as an empty token; a new one heals that.
        usable = token is not None and token.expires_at > self._clock() and is_plain(token.value)
        return token if usable else None

    def _renewed(self) -> Token:
        asked_at = self._clock()
        answer = self._ask()
        if answer.status != 200:
            _refused(answer)
        token = _read_token(answer, asked_at)
        self._store.write(token)
        return token

    def _ask(self) -> Answer:
        try:
            return self._transport.patiently(self._call())
        except NotSent as error:
            raise NotSent("token", code=error.reason) from None
        except BadAnswer as error:
            raise NotSent("token", code=error.code) from None

    def _call(self) -> Call:
        """OAuth Server-to-Server guide: all four parameters in the body, scopes separated by commas."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self._credentials.client_id,
            "client_secret": self._credentials.client_secret,
            "scope": ",".join(self._credentials.scopes),
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        address = configured_address(self._credentials.ims_url, TOKEN_ROUTE)
        return Call("POST", address, TOKEN_ROUTE, headers, urlencode(form).encode(), limit=1024 * 1024, meter=self._meter)


def configured_address(base: str, path: str) -> Address:
    """An address under one that an administrator typed in. Raises OrganizationBlocked("wrong_address")."""
    try:
        return parse_address(base.strip().rstrip("/") + path)
    except AddressError:
        raise OrganizationBlocked("wrong_address") from None


def _refused(answer: Answer) -> NoReturn:
    """An answer other than 200 to the token request; IMS refuses with 400 or 401, so its word decides."""
    details = error_details(answer)
    if answer.status == 429:
        raise Throttled(answer.retry_after(), **details)
    if answer.status >= 500 or answer.status in {408, 425} or details["code"] in _NOT_NOW:
        raise NotSent("token", **details | {"code": details["code"] or "server_error"})
    if answer.status == 404 or answer.status < 400:
        raise OrganizationBlocked("wrong_address", **details)
    raise OrganizationBlocked("credentials", **details)


def _read_token(answer: Answer, asked_at: float) -> Token:
    try:
        fields = read_object(answer.body)
    except Unreadable:
        fields = {}
    value = fields.get("access_token")
    if not isinstance(value, str) or not is_plain(value):
        # The answer may hold half a token, so it is not kept.
        raise NotSent("token", code="unreadable", http_status=answer.status)
    lifetime = _lifetime(fields.get("expires_in"))
    return Token(value, asked_at + lifetime - min(_MARGIN_SECONDS, lifetime * _MARGIN_SHARE))


def _lifetime(expires_in: Any) -> float:
    """Seconds. A lifetime that is not stated is taken as short."""
    try:
        stated = float(expires_in)
    except (TypeError, ValueError, OverflowError):
        return _UNSTATED_LIFETIME
    if not 0 <= stated < float("inf"):
        return _UNSTATED_LIFETIME
    return stated / 1000 if stated > _LONGEST_LIFETIME else stated


def is_plain(value: str) -> bool:
    """Can this stand in a header line?"""
    return bool(value) and value.isascii() and value.isprintable()
