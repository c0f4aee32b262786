"""Adobe's events in tests: a signer with keys of its own, a server that has them, sources, and registrations at the simulator."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from django.conf import LazySettings
from django.urls import reverse

from portal.models import Organization
from privacy.models import EventSource
from privacy.statuses import EventWay
from tests.conftest import Simulator
from tests.portal.adobe.servers import Adobe, Request, Talk

FIRST, SECOND = "/prod/keys/pub-key-first.pem", "/prod/keys/pub-key-second.pem"
SMALL, NO_RSA, BROKEN = (f"/prod/keys/pub-key-{name}.pem" for name in ("small", "no-rsa", "broken"))
JOB_COMPLETE, PRODUCT_COMPLETE = "com.adobe.platform.gdpr.jobcomplete", "com.adobe.platform.gdpr.productcomplete"

# Making a key takes a tenth of a second.
_KEYS = {FIRST: rsa.generate_private_key(65537, 2048), SECOND: rsa.generate_private_key(65537, 2048)}
_SMALL_KEY = rsa.generate_private_key(65537, 1024)  # noqa: S505 - to be refused


def pem_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    """The public half, as Adobe serves it."""
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


@dataclass
class KeyHost(Adobe):
    """A server that has public keys by path, and counts who asks. `status` other than 200: it is out of order."""

    status: int = 200
    served: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(self._answer)
        self.served |= {path: pem_of(key) for path, key in _KEYS.items()}
        self.served |= {
            SMALL: pem_of(_SMALL_KEY),
            NO_RSA: pem_of(ec.generate_private_key(ec.SECP256R1())),
            BROKEN: b"no key at all",
        }

    def _answer(self, talk: Talk, request: Request) -> None:
        pem = self.served.get(request.path)
        if self.status != 200 or pem is None:
            talk.answer(self.status if self.status != 200 else 404)
        else:
            talk.answer(200, pem, {"Content-Type": "application/x-pem-file"})


def signature(body: bytes, path: str = FIRST) -> str:
    """By the key of this path; by the small one for its own."""
    key = _SMALL_KEY if path == SMALL else _KEYS[path]
    return base64.b64encode(key.sign(body, padding.PKCS1v15(), hashes.SHA256())).decode()


def signed(body: bytes) -> dict[str, str]:
    """The headers of a delivery."""
    return {
        "x-adobe-digital-signature-1": signature(body, FIRST),
        "x-adobe-digital-signature-2": signature(body, SECOND),
        "x-adobe-public-key1-path": FIRST,
        "x-adobe-public-key2-path": SECOND,
    }


def event(
    job_id: str = "job-1", code: str = PRODUCT_COMPLETE, client_id: str = "simulator-client", **changes: Any
) -> dict[str, Any]:
    """An event as Adobe delivers it; fields given as None are left out."""
    event_id = str(uuid.uuid4())
    fields = {
        "id": str(uuid.uuid4()),
        "eventid": event_id,
        "event_id": event_id,
        "specversion": "0.2",
        "type": code,
        "source": "https://ns.adobe.com/platform/gdpr",
        "time": "Wed Oct 23 18:52:32 GMT 2019",
        "recipientclientid": client_id,
        "recipient_client_id": client_id,
        "data": {"imsOrg": "{ORG_ID}", "value": {"jobId": job_id, "message": "analytics.access.complete"}},
    }
    return {name: value for name, value in (fields | changes).items() if value is not None}


def as_body(value: Any) -> bytes:
    """As it goes over the wire."""
    return json.dumps(value).encode()


def make_source(organization: Organization, way: EventWay = EventWay.WEBHOOK, **fields: Any) -> EventSource:
    """How the organization's events come."""
    source: EventSource = EventSource.objects.create(organization=organization, way=way, **fields)
    return source


def address_of(source: EventSource) -> str:
    """Where Adobe calls."""
    return reverse("privacy:adobe-events", args=[source.pk])


def trust(settings: LazySettings, address: str) -> None:
    """Keys and validations of this server are Adobe's."""
    settings.ADOBE_EVENT_KEYS_URL = address
    settings.ADOBE_EVENT_VALIDATION_URLS = [f"{address}/csm/registrations/validate"]


@contextmanager
def key_host() -> Iterator[KeyHost]:
    """A running one."""
    with KeyHost() as host:
        yield host


def register(simulator: Simulator, url: str, **fields: Any) -> dict[str, Any]:
    """A registration at the simulator."""
    return dict(simulator.control("events/registrations", {"webhookUrl": url} | fields))


def registration(simulator: Simulator) -> dict[str, Any]:
    """The only one, as it stands now."""
    (found,) = simulator.control("events/registrations")["registrations"]
    return dict(found)


def eventually(true: Callable[[], object], seconds: float = 10.0) -> None:
    """For what the simulator does by itself a moment later."""
    latest = time.monotonic() + seconds
    while not true() and time.monotonic() < latest:
        time.sleep(0.02)
    assert true()
