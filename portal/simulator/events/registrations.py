"""Registrations: who wants to be told what, and how well deliveries go (Adobe I/O Events, registrations; retries)."""

from __future__ import annotations

import uuid
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.simulator.clock import iso
from portal.simulator.control_input import ControlError
from portal.simulator.events.feed import CODES, Event
from portal.simulator.organizations import Organization

WEBHOOK, BATCH, JOURNAL = "webhook", "webhook_batch", "journal"
DELIVERY_TYPES = (WEBHOOK, BATCH, JOURNAL)
ACTIVE, PENDING, UNSTABLE, DISABLED = "ACTIVE", "PENDING", "UNSTABLE", "DISABLED"
TRACES = 100
HALF_AN_HOUR, DAY = 1800.0, 86_400.0
FEWEST_ATTEMPTS, BAD_SHARE = 10, 0.8
JOURNAL_DAYS = 7


@dataclass
class Registration:
    """One of them. `journal` holds (position, event), oldest first; times are those of the simulator's clock."""

    organization: Organization
    name: str
    url: str
    delivery_type: str
    codes: frozenset[str]
    registration_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: str = ACTIVE
    unstable_since: float = 0.0
    attempts: deque[tuple[float, bool]] = field(default_factory=deque)
    counts: Counter[str] = field(default_factory=Counter)
    traces: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=TRACES))
    journal: list[tuple[str, Event]] = field(default_factory=list)
    validation: str = ""
    validation_until: float = 0.0

    @property
    def journal_path(self) -> str:
        return f"/events/organizations/1/integrations/1/{self.registration_id}"

    @property
    def takes_deliveries(self) -> bool:
        return self.delivery_type != JOURNAL and self.state in {ACTIVE, UNSTABLE}

    def wants(self, event: Event) -> bool:
        return event.org == self.organization.ims_org and (event.code in self.codes or event.code not in CODES)

    def keep(self, event: Event) -> None:
        """Into the journal, which is kept for a week also while the registration is disabled."""
        number = len(self.journal) + 1
        self.journal.append((f"moose:{self.registration_id}:{number:012d}", event))

    def kept_since(self, position: str, now: float) -> list[tuple[str, Event]]:
        """What a journal has after a position, or all of it. Positions grow with time."""
        oldest = now - JOURNAL_DAYS * DAY
        return [(at, event) for at, event in self.journal if at > position and event.at >= oldest]

    def note(self, now: float, *, succeeded: bool) -> None:
        """Judge the registration by its last attempts: over half an hour for UNSTABLE, over a day for DISABLED."""
        self.attempts.append((now, succeeded))
        while self.attempts and self.attempts[0][0] < now - DAY:
            self.attempts.popleft()
        lately = _is_bad([good for at, good in self.attempts if at >= now - HALF_AN_HOUR])
        all_day = _is_bad([good for _, good in self.attempts])
        if self.state == ACTIVE and lately:
            self.state, self.unstable_since = UNSTABLE, now
        elif self.state == UNSTABLE and not lately and succeeded:
            self.state = ACTIVE
        elif all_day and (self.state == ACTIVE or (self.state == UNSTABLE and now - self.unstable_since >= DAY)):
            self.state = DISABLED

    def as_dict(self, address: str) -> dict[str, Any]:
        """`address`: of the simulator, for the journal's."""
        return {
            "registrationId": self.registration_id,
            "imsOrg": self.organization.ims_org,
            "clientId": self.organization.client_id,
            "name": self.name,
            "webhookUrl": self.url,
            "deliveryType": self.delivery_type,
            "eventsOfInterest": sorted(self.codes),
            "state": self.state,
            "journalUrl": f"{address}{self.journal_path}",
            "journaled": len(self.journal),
            "counts": dict(self.counts),
            "traces": list(self.traces),
        }

    def trace(self, now: float, event: Event | None, status: int, retry: int) -> None:
        """Debug tracing of the console, without bodies."""
        about = {"eventId": event.event_id, "code": event.code, "jobId": event.job_id} if event is not None else {}
        self.traces.append({"at": iso(now), "status": status, "retry": retry, **about})


def _is_bad(attempts: Sequence[bool]) -> bool:
    return len(attempts) >= FEWEST_ATTEMPTS and attempts.count(False) >= BAD_SHARE * len(attempts)


def read_registration(body: dict[str, Any], organizations: Sequence[Organization]) -> Registration:
    """From `{"clientId"?, "webhookUrl"?, "deliveryType"?, "eventsOfInterest"?, "name"?}`. Raises ControlError."""
    known = {"clientId", "webhookUrl", "deliveryType", "eventsOfInterest", "name"}
    if unknown := sorted(set(body) - known):
        raise ControlError(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(known))}")
    url, delivery = str(body.get("webhookUrl", "")), str(body.get("deliveryType", WEBHOOK))
    if delivery not in DELIVERY_TYPES:
        raise ControlError(f"deliveryType must be one of: {', '.join(DELIVERY_TYPES)}")
    if delivery != JOURNAL and not url.startswith(("http://", "https://")):
        raise ControlError("webhookUrl must be an address")
    codes = frozenset(str(code) for code in body.get("eventsOfInterest", CODES))
    if strange := sorted(codes - set(CODES)):
        raise ControlError(f"unknown event code: {', '.join(strange)}")
    client_id = body.get("clientId")
    owner = next((each for each in organizations if client_id in {None, each.client_id}), None)
    if owner is None:
        raise ControlError("clientId must be that of a known organization")
    return Registration(owner, str(body.get("name", "Privacy events")), url, delivery, codes)
