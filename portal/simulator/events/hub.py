"""Everything about events in one place: the feed, the registrations, and the loop that delivers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from portal.simulator.clock import Clock
from portal.simulator.events.delivering import Deliverer
from portal.simulator.events.feed import Event, Feed
from portal.simulator.events.mischief import Mischief
from portal.simulator.events.registrations import ACTIVE, DISABLED, JOURNAL, PENDING, Registration
from portal.simulator.events.signing import Signer
from portal.simulator.jobs import Job

LOOK_SECONDS = 0.05


class EventHub:
    """Without a registration it does nothing, and costs nothing."""

    def __init__(self, clock: Clock, seed: str) -> None:
        self._clock = clock
        self._seed = seed
        self.signer = Signer()
        self._loop: asyncio.Task[None] | None = None
        self._empty()

    def _empty(self) -> None:
        self.feed = Feed()
        self.mischief = Mischief(seed=self._seed)
        self.deliverer = Deliverer(self._clock, self.mischief, self.signer)
        self.registrations: dict[str, Registration] = {}
        self.told = 0

    def reset(self) -> None:
        if self._loop is not None:
            self._loop.cancel()
            self._loop = None
        self._empty()

    # --- What happens to jobs ---

    def job_accepted(self, jobs: Iterable[Job]) -> None:
        if self.registrations:
            self.feed.watch(jobs, self._clock.now())

    def job_changed(self, jobs: Iterable[Job], at: float) -> None:
        """Their plans were changed by hand at `at`."""
        if self.registrations:
            self.feed.touch(jobs, at)

    # --- Registrations ---

    async def register(self, registration: Registration, jobs: Sequence[Job], validation_page: str) -> None:
        """Also asks a webhook whether it is theirs. Of jobs that are there already only what comes is told."""
        if not self.registrations:
            self.feed.watch(jobs, self._clock.now(), silent=True)
        self.registrations[registration.registration_id] = registration
        if self._loop is None:
            self._loop = asyncio.create_task(self._run(self.deliverer))
        await self.enable(registration, validation_page)

    async def enable(self, registration: Registration, validation_page: str) -> None:
        """By hand, or because the registration was edited. What was missed is not delivered."""
        registration.attempts.clear()
        if registration.delivery_type == JOURNAL:
            registration.state = ACTIVE
        else:
            await self.deliverer.challenge(registration, validation_page)

    def validate(self, registration_id: str, challenge: str) -> bool:
        """Somebody opened the page of a validation."""
        registration = self.registrations.get(registration_id)
        if registration is None or registration.state != PENDING or registration.validation != challenge:
            return False
        in_time = self._clock.now() < registration.validation_until
        registration.state = ACTIVE if in_time else DISABLED
        return in_time

    def tell(self, events: Sequence[Event]) -> None:
        """Into every journal, and on their way to every webhook that takes them."""
        self.told += len(events)
        for registration in self.registrations.values():
            wanted = [event for event in events if registration.wants(event)]
            for event in wanted:
                registration.keep(event)
            if wanted and registration.takes_deliveries:
                self.deliverer.take(registration, wanted)

    # --- The loop ---

    async def _run(self, deliverer: Deliverer) -> None:
        try:
            while True:
                now = self._clock.now()
                for registration in self.registrations.values():
                    if registration.state == PENDING and now >= registration.validation_until:
                        registration.state = DISABLED
                events = self.feed.due(now)
                if events:
                    self.tell(events)
                deliverer.send_due()
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await deliverer.close()
