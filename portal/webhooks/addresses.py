"""Where a delivery may go: https, and no address inside the company's own network unless the setting allows it.

The name is resolved here and the connection made to the very address that was judged, so that a name which answers
differently the second time gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings


class AddressRefused(Exception):
    """The address may not be called; `str()` says why, for the person who entered it. `code` is a short word for logs."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


@dataclass(frozen=True)
class Target:
    """An address taken apart: `target` is path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def host_header(self) -> str:
        """As the Host header has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"


def parse(url: str) -> Target:
    """Take an address apart. Raises AddressRefused."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused("malformed", "This is not an address.") from None
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise AddressRefused("malformed", "An address begins with https:// and names a host.")
    if parts.scheme == "http" and not settings.WEBHOOK_PRIVATE_ADDRESSES:
        raise AddressRefused("not_https", "The address must begin with https://.")
    if parts.username or parts.password or parts.fragment:
        raise AddressRefused("malformed", "An address holds neither a password nor a #fragment.")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, _on_the_wire(parts.hostname), port or (443 if parts.scheme == "https" else 80), target)


def _on_the_wire(host: str) -> str:
    """A name in letters of any language, as DNS, certificates and headers have it."""
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        raise AddressRefused("malformed", "This is not the name of a host.") from None


def resolve(target: Target) -> str:
    """One IP address of the host that may be called. Raises AddressRefused when any of its addresses is private."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        raise AddressRefused("dns", f"The name {target.host} has no address.") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not settings.WEBHOOK_PRIVATE_ADDRESSES and not all(_is_public(address) for address in addresses):
        raise AddressRefused(
            "private_address", f"{target.host} is an address inside a private network. WEBHOOK_PRIVATE_ADDRESSES would allow it."
        )
    return addresses[0]


def _is_public(address: str) -> bool:
    # A link-local address may carry its interface: fe80::1%eth0.
    parsed = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_global and not parsed.is_multicast
