"""IMS organizations that the simulator knows, and the tokens they were given."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.simulator.vocabulary import PERMISSIONS, PRODUCT_CODES, PRODUCTS

DEFAULT_ORGANIZATION = {
    "imsOrg": "0123456789ABCDEF01234567@AdobeOrg",
    "clientId": "simulator-client",
    "clientSecret": "simulator-secret",
}


class OrganizationError(ValueError):
    """A description of an organization that cannot be used; the text says why."""


@dataclass(frozen=True)
class Organization:
    """`products` holds product codes, `permissions` the names of the Admin Console (access control page)."""

    ims_org: str
    client_id: str
    client_secret: str
    products: frozenset[str]
    permissions: frozenset[str]

    @property
    def technical_account(self) -> str:
        return f"{uuid.uuid5(uuid.NAMESPACE_DNS, self.client_id)}@techacct.adobe.com"

    def as_dict(self) -> dict[str, Any]:
        """As the control endpoint shows it: everything but the secret."""
        return {
            "imsOrg": self.ims_org,
            "clientId": self.client_id,
            "products": sorted(self.products),
            "permissions": [name for name in PERMISSIONS if name in self.permissions],
        }

    def described(self) -> dict[str, Any]:
        """What `parse_organization` reads back."""
        return {**self.as_dict(), "clientSecret": self.client_secret}


def parse_organization(body: Any) -> Organization:
    """From `{"imsOrg", "clientId", "clientSecret", "products"?, "permissions"?}`; the lists default to everything."""
    if not isinstance(body, dict):
        raise OrganizationError("an organization is a JSON object")
    ims_org, client_id, secret = (_text(body, name) for name in ("imsOrg", "clientId", "clientSecret"))
    codes = [str(code) for code in body.get("products", PRODUCT_CODES)]
    unknown = [code for code in codes if code.lower() not in PRODUCTS]
    names = frozenset(str(name) for name in body.get("permissions", PERMISSIONS))
    unknown += sorted(names - set(PERMISSIONS))
    if unknown:
        raise OrganizationError(f"unknown product or permission: {', '.join(unknown)}")
    return Organization(ims_org, client_id, secret, frozenset(PRODUCTS[code.lower()].code for code in codes), names)


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise OrganizationError(f"{name} must be a text")
    return value


class Organizations:
    """All organizations; one client id belongs to one of them."""

    def __init__(self, extra: list[Organization]) -> None:
        self._start = [parse_organization(DEFAULT_ORGANIZATION), *extra]
        self._by_client: dict[str, Organization] = {}
        self.generation = 0
        self.reset()

    def reset(self) -> None:
        self._by_client.clear()
        for organization in self._start:
            self.put(organization)

    def put(self, organization: Organization) -> None:
        """Adds it, or replaces the one of the same IMS organization."""
        holder = self._by_client.get(organization.client_id)
        if holder is not None and holder.ims_org != organization.ims_org:
            raise OrganizationError(f"client id {organization.client_id} belongs to {holder.ims_org}")
        self._by_client = {client: known for client, known in self._by_client.items() if known.ims_org != organization.ims_org}
        self._by_client[organization.client_id] = organization

    def all(self) -> list[Organization]:
        return list(self._by_client.values())

    def of_client(self, client_id: str) -> Organization | None:
        return self._by_client.get(client_id)

    def issue_token(self, organization: Organization, seconds: int) -> str:
        """A token that needs no memory, so that it lives through a restart. It dies with the secret it was got with."""
        payload = f"{organization.client_id}\n{int(time.time()) + seconds}\n{self.generation}\n{uuid.uuid4().hex}"
        encoded = base64.urlsafe_b64encode(payload.encode()).decode().rstrip("=")
        return f"{encoded}.{_signature(organization, payload)}"

    def of_token(self, token: str) -> Organization | None:
        """The organization of a token that is valid now, by real time, whatever `advance` did to jobs."""
        encoded, _, signature = token.partition(".")
        try:
            payload = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
            client_id, expires, generation, _ = payload.split("\n")
            alive = int(expires) > time.time() and int(generation) == self.generation
        except ValueError:
            return None
        organization = self.of_client(client_id)
        if organization is None or not alive:
            return None
        expected = _signature(organization, payload)
        return organization if hmac.compare_digest(signature.encode(errors="replace"), expected.encode()) else None

    def revoke_tokens(self) -> None:
        self.generation += 1


def _signature(organization: Organization, payload: str) -> str:
    return hmac.new(organization.client_secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
