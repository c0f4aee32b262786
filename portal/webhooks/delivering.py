"""The step that delivers. At least once: a worker that dies after the other side answered delivers again.

Within one request an event waits until the one before it is delivered or given up. A delivery is tried with growing pauses
for a day.

Each carries `X-Portal-Timestamp` (seconds) and `X-Portal-Signature`: `v1=` and the hex HMAC-SHA256, under the endpoint's
secret, of the timestamp, a full stop and the raw body.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta

import urllib3
from django.db.models import Exists, OuterRef, QuerySet
from urllib3.exceptions import HTTPError

from portal import clock, crypto, leases
from portal.models import DeliveryStatus, WebhookDelivery
from portal.outbound import backoff
from portal.webhooks import addresses

logger = logging.getLogger(__name__)

BATCH = 20
LEASE_SECONDS = 300.0
CONNECT_SECONDS, READ_SECONDS = 5.0, 10.0
FIRST_PAUSE, LONGEST_PAUSE = 10.0, 3600.0
GIVE_UP_AFTER = timedelta(hours=24)


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt: the other side's status, or a short word for why there is none."""

    http_status: int | None = None
    error: str = ""

    @property
    def is_delivered(self) -> bool:
        """Any 2xx says that the other side has it."""
        return self.http_status is not None and 200 <= self.http_status < 300


def due(now: clock.Moment) -> QuerySet[WebhookDelivery]:
    """Deliveries to be tried at `now`: of each request and endpoint the oldest only."""
    waiting = WebhookDelivery.objects.filter(status=DeliveryStatus.WAITING)
    older = waiting.filter(endpoint=OuterRef("endpoint"), root_id=OuterRef("root_id"), pk__lt=OuterRef("pk"))
    return waiting.filter(~Exists(older), next_attempt_at__lte=now, endpoint__is_active=True).order_by("next_attempt_at", "pk")


def deliver_next() -> int:
    """Try a few deliveries. Returns how many."""
    lease, ids = leases.take(due(clock.now()), "next_attempt_at", most=BATCH, seconds=LEASE_SECONDS)
    rows = WebhookDelivery.objects.filter(pk__in=ids, lease=lease).select_related("endpoint__organization__data_key")
    for delivery in rows.order_by("pk"):
        _note(delivery, _attempt(delivery))
    return len(ids)


def _attempt(delivery: WebhookDelivery) -> Outcome:
    body = json.dumps(delivery.payload, separators=(",", ":")).encode()
    try:
        secret = delivery.endpoint.secret or ""
        return _post(delivery.endpoint.url, body, signed(secret, body) | _names(delivery))
    except addresses.AddressRefused as refusal:
        return Outcome(error=refusal.code)
    except crypto.CannotDecrypt:
        return Outcome(error="cannot_decrypt")
    except (HTTPError, OSError) as error:
        return Outcome(error=type(error).__name__)


def signed(secret: str, body: bytes, at: int | None = None) -> dict[str, str]:
    """The headers by which the other side knows that a body is ours, and from when it is."""
    timestamp = str(int(time.time()) if at is None else at)
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"X-Portal-Timestamp": timestamp, "X-Portal-Signature": f"v1={digest}"}


def _names(delivery: WebhookDelivery) -> dict[str, str]:
    return {
        "X-Portal-Event-Id": str(delivery.event_id),
        "X-Portal-Event-Type": delivery.event_type,
        "X-Portal-Delivery": str(uuid.uuid4()),
        "Content-Type": "application/json",
        "User-Agent": "privacy-portal",
    }


def _post(url: str, body: bytes, headers: dict[str, str]) -> Outcome:
    """One POST to the address that was judged, without redirects; of the answer only the status is read."""
    target = addresses.parse(url)
    ip = addresses.resolve(target)
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
    with _pool(target, ip, timeout) as pool:
        answer = pool.urlopen(
            "POST",
            target.target,
            body,
            headers | {"Host": target.host_header},
            retries=False,
            redirect=False,
            preload_content=False,
        )
        answer.close()
        return Outcome(http_status=answer.status)


def _pool(target: addresses.Target, ip: str, timeout: urllib3.Timeout) -> urllib3.HTTPConnectionPool:
    if target.scheme == "http":
        return urllib3.HTTPConnectionPool(ip, target.port, timeout=timeout)
    return urllib3.HTTPSConnectionPool(
        ip, target.port, timeout=timeout, cert_reqs="CERT_REQUIRED", server_hostname=target.host, assert_hostname=target.host
    )


def _note(delivery: WebhookDelivery, outcome: Outcome) -> None:
    now = clock.read()
    attempts = delivery.attempts + 1
    row = WebhookDelivery.objects.filter(pk=delivery.pk, lease=delivery.lease, status=DeliveryStatus.WAITING)
    fields = {"attempts": attempts, "http_status": outcome.http_status, "last_error": outcome.error[:60], "lease": None}
    if outcome.is_delivered:
        row.update(status=DeliveryStatus.DELIVERED, delivered_at=now, **fields)
        return
    pause = timedelta(seconds=backoff(attempts, first=FIRST_PAUSE, longest=LONGEST_PAUSE))
    if now + pause - delivery.waiting_since > GIVE_UP_AFTER:
        row.update(status=DeliveryStatus.GIVEN_UP, **fields)
        logger.warning("delivery %s is given up after %d attempts", delivery.pk, attempts)
        return
    row.update(next_attempt_at=now + pause, **fields)
