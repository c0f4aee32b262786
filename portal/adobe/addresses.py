"""Web addresses, parsed once: what is checked against an allow-list is exactly what is then connected to."""

from __future__ import annotations

from dataclasses import dataclass

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

_DEFAULT_PORTS = {"http": 80, "https": 443}


class AddressError(ValueError):
    """Not an absolute http or https address without user name and password."""


@dataclass(frozen=True)
class Address:
    """`target` is path and query, as they go into the request line."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> tuple[str, str, int]:
        return (self.scheme, self.host, self.port)

    def is_host(self, entry: str) -> bool:
        """Is this the host that `entry` of an allow-list names, as "host" (the scheme's own port) or "host:port"?"""
        named = entry.strip().lower()
        return named == f"{self.host}:{self.port}" or (named == self.host and self.port == _DEFAULT_PORTS[self.scheme])


def parse_address(text: str) -> Address:
    """Raises AddressError."""
    try:
        url = parse_url(text.strip())
    except LocationParseError:
        raise AddressError("not a web address") from None
    host = url.host or ""
    if url.scheme not in _DEFAULT_PORTS or not host.strip(".") or url.auth is not None:
        raise AddressError("not an http or https address")
    return Address(url.scheme, host.strip("[]"), url.port or _DEFAULT_PORTS[url.scheme], url.request_uri)
