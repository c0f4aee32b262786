"""Calling webhooks: the challenge, deliveries, retries (Adobe I/O Events, "Introduction to webhooks")."""

from __future__ import annotations

import asyncio
import heapq
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

import aiohttp

from portal.simulator.clock import Clock
from portal.simulator.events.feed import Event
from portal.simulator.events.mischief import Mischief
from portal.simulator.events.registrations import ACTIVE, BATCH, DISABLED, PENDING, Registration
from portal.simulator.events.signing import Signer, legacy_signature

TIMEOUT_SECONDS = 10.0
VALIDATION_SECONDS = 300.0
RETRY_MINUTES = (1, 2, 4, 8, 15)
RETRY_FOR_SECONDS = 86_400.0
BATCH_EVENTS = 20
# Adobe's own words for what has no HTTP status.
UNEXPECTED, NETWORK, TIMED_OUT = 601, 602, 604
OTHER_CLIENT = "somebody-elses-client"


@dataclass(order=True)
class Delivery:
    """Events on their way to one registration. `due`: real time for the first attempt, the simulator's clock for retries."""

    due: float
    number: int
    registration: Registration = field(compare=False)
    events: Sequence[Event] = field(compare=False)
    began: float = field(compare=False, default=0.0)
    retry: int = field(compare=False, default=0)
    forged: str = field(compare=False, default="")

    def body(self) -> bytes:
        client_id = OTHER_CLIENT if self.forged == "forge_client" else self.registration.organization.client_id
        payloads = [event.payload(client_id) for event in self.events]
        told = payloads if self.registration.delivery_type == BATCH else payloads[0]
        return json.dumps(told, separators=(",", ":")).encode()


class Deliverer:
    """Sends what is due. Retries wait by the simulator's clock, so that `advance` brings them on."""

    def __init__(self, clock: Clock, mischief: Mischief, signer: Signer) -> None:
        self._clock = clock
        self._mischief = mischief
        self._signer = signer
        self._session: aiohttp.ClientSession | None = None
        self._count = 0
        self._fresh: list[Delivery] = []
        self._retries: list[Delivery] = []
        self._running: set[asyncio.Task[None]] = set()
        self._last_burst = 0.0
        self._is_closed = False

    # --- Taking events in ---

    def take(self, registration: Registration, events: Sequence[Event]) -> None:
        """Deliver these soon, with the faults in force."""
        kept = [event for event in events if not self._mischief.strikes("lose")]
        size = BATCH_EVENTS if registration.delivery_type == BATCH else 1
        for start in range(0, len(kept), size):
            self._put(registration, kept[start : start + size])

    def _put(self, registration: Registration, events: Sequence[Event]) -> None:
        self._add(registration, events, self._mischief.wait())
        if self._mischief.strikes("duplicate"):
            self._add(registration, events, self._mischief.wait())
        for kind in ("forge", "forge_client"):
            if self._mischief.strikes(kind):
                self._add(registration, events, self._mischief.wait(), forged=kind)

    def _add(self, registration: Registration, events: Sequence[Event], wait: float, forged: str = "") -> None:
        self._count += 1
        due = asyncio.get_running_loop().time() + wait
        delivery = Delivery(due, self._count, registration, events, self._clock.now(), forged=forged)
        heapq.heappush(self._fresh, delivery)

    # --- Sending ---

    @property
    def waiting(self) -> int:
        return len(self._fresh) + len(self._retries) + len(self._running)

    def send_due(self) -> None:
        """Start every delivery whose time has come, a few at once."""
        while len(self._running) < self._mischief.at_once and (delivery := self._next()) is not None:
            task = asyncio.create_task(self._deliver(delivery))
            self._running.add(task)
            task.add_done_callback(self._delivered)

    def _delivered(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not self._is_closed:
            self.send_due()

    def _next(self) -> Delivery | None:
        if self._retries and self._retries[0].due <= self._clock.now():
            return heapq.heappop(self._retries)
        now = asyncio.get_running_loop().time()
        if not self._fresh or self._fresh[0].due > now or self._holds_back(now):
            return None
        return heapq.heappop(self._fresh)

    def _holds_back(self, now: float) -> bool:
        """Between two bursts; one lasts until nothing is due any more."""
        if not self._mischief.burst or now - self._last_burst < 0.2:
            return False
        if now - self._last_burst < self._mischief.burst:
            return True
        self._last_burst = now
        return False

    async def _deliver(self, delivery: Delivery) -> None:
        registration, body = delivery.registration, delivery.body()
        first = delivery.events[0]
        headers = self._headers(delivery, body, first)
        status = await self._post(registration.url, body, headers)
        self._settle(delivery, status)

    def _headers(self, delivery: Delivery, body: bytes, first: Event) -> dict[str, str]:
        headers = {
            "content-type": "application/json; charset=utf-8",
            "user-agent": "Adobe/1.0",
            "accept-encoding": "deflate,compress,identity",
            "x-adobe-delivery-id": str(uuid.uuid4()),
            "x-adobe-event-id": first.event_id,
            "x-adobe-event-code": first.code,
            "x-adobe-provider": "privacy_service_events",
        }
        if delivery.retry:
            headers["x-adobe-retry-count"] = str(delivery.retry)
        secret = delivery.registration.organization.client_secret
        return headers | self._signer.headers(body, secret, forged=delivery.forged == "forge")

    def _settle(self, delivery: Delivery, status: int) -> None:
        registration, now = delivery.registration, self._clock.now()
        registration.trace(now, delivery.events[0], status, delivery.retry)
        if delivery.forged:
            registration.counts[f"{delivery.forged}_{status}"] += 1
            return
        registration.counts["attempts"] += 1
        succeeded = 200 <= status < 300
        registration.note(now, succeeded=succeeded)
        if succeeded:
            registration.counts["delivered"] += len(delivery.events)
        elif _is_retried(status) and now - delivery.began < RETRY_FOR_SECONDS:
            self._retry(delivery, now)
        else:
            registration.counts["dropped"] += len(delivery.events)

    def _retry(self, delivery: Delivery, now: float) -> None:
        delivery.registration.counts["retried"] += 1
        minutes = RETRY_MINUTES[min(delivery.retry, len(RETRY_MINUTES) - 1)]
        delivery.retry += 1
        delivery.due = now + minutes * 60 * self._mischief.retry_scale
        heapq.heappush(self._retries, delivery)

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        try:
            async with self._http().post(url, data=body, headers=headers, allow_redirects=False) as answer:
                return answer.status
        except TimeoutError:
            return TIMED_OUT
        except aiohttp.ClientConnectionError:
            return NETWORK
        except (aiohttp.ClientError, ValueError):
            return UNEXPECTED

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS))
        return self._session

    # --- The challenge ---

    async def challenge(self, registration: Registration, validation_page: str) -> None:
        """Ask whether the address is theirs: by GET, else by a page that they have to open within five minutes."""
        value = str(uuid.uuid4())
        if await self._echoes(registration, value):
            registration.state = ACTIVE
            return
        registration.validation, registration.validation_until = value, self._clock.now() + VALIDATION_SECONDS
        page = f"{validation_page}?id={registration.registration_id}&challenge={value}"
        body = json.dumps({"validationUrl": page}).encode()
        secret = registration.organization.client_secret
        headers = {"content-type": "application/json; charset=utf-8", "x-adobe-signature": legacy_signature(body, secret)}
        registration.state = PENDING if await self._post(registration.url, body, headers) == 200 else DISABLED

    async def _echoes(self, registration: Registration, value: str) -> bool:
        headers = {"x-adobe-signature": legacy_signature(b"", registration.organization.client_secret)}
        try:
            get = self._http().get(registration.url, params={"challenge": value}, headers=headers, allow_redirects=False)
            async with get as answer:
                return answer.status == 200 and _is_echo(answer.content_type, await answer.read(), value)
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return False

    async def close(self) -> None:
        self._is_closed = True
        for task in self._running:
            task.cancel()
        if self._session is not None:
            await self._session.close()
            self._session = None


def _is_echo(content_type: str, body: bytes, value: str) -> bool:
    if content_type == "text/plain":
        return body == value.encode()
    try:
        return content_type == "application/json" and bool(json.loads(body) == {"challenge": value})
    except ValueError:
        return False


def _is_retried(status: int) -> bool:
    return status == 429 or (500 <= status < 600 and status != 505) or status >= 600
