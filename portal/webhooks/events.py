"""Which entries of the audit trail are told, under which name, and the rows that are made of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db import models

from portal import clock, steps
from portal.models.integrations import WebhookDelivery, WebhookEndpoint
from portal.models.organizations import Organization

STEP = "webhooks"


@dataclass(frozen=True)
class EventType:
    """One kind of event: its name for integrations, what it means, and the audit actions that are told under it."""

    name: str
    words: str
    actions: tuple[str, ...]


EVENTS = (
    EventType("request.confirmed", "A request was confirmed and will be sent to Adobe", ("request.confirmed",)),
    EventType("request.complete", "Every job of a request has ended, well or not", ("request.complete", "request.failed")),
    EventType("request.cancelled", "A request was cancelled before anything was sent", ("request.cancelled",)),
    EventType("request.attention", "A request waits for a person", ("request.attention",)),
    EventType("request.due_soon", "A request is due within seven days and the person is not answered", ("request.due_soon",)),
    EventType("job.complete", "Adobe has finished a job", ("job.complete",)),
    EventType("job.error", "A job has ended with an error, or Adobe no longer knows it", ("job.error", "job.gone")),
    EventType("archive.ready", "The result of an access job is stored and can be downloaded", ("result.stored",)),
    EventType("work_order.completed", "Adobe has finished a record delete work order", ("work_order.completed",)),
    EventType(
        "work_order.failed",
        "A record delete work order has failed, or Adobe no longer knows it",
        ("work_order.failed", "work_order.gone"),
    ),
)
_BY_ACTION = {action: event for event in EVENTS for action in event.actions}


class Recorded(Protocol):
    """What an audit record has (portal.audit.AuditRecord)."""

    @property
    def action(self) -> str: ...
    @property
    def organization(self) -> Organization | None: ...
    @property
    def obj(self) -> models.Model | None: ...
    @property
    def root_id(self) -> uuid.UUID | None: ...
    @property
    def details(self) -> Any: ...


def notice(records: Sequence[Recorded], at: datetime) -> None:
    """Make a delivery for each endpoint that wants one of these, in the caller's transaction. One query when nobody does."""
    told = [(record, _BY_ACTION[record.action]) for record in records if record.action in _BY_ACTION and record.organization]
    if not told:
        return
    organizations = {record.organization.pk for record, _ in told if record.organization}
    endpoints = list(WebhookEndpoint.objects.filter(organization__in=organizations, is_active=True))
    rows = [
        row
        for record, event in told
        for row in _deliveries(record, event, at, [one for one in endpoints if event.name in one.event_types])
    ]
    if rows:
        WebhookDelivery.objects.bulk_create(rows, batch_size=500)
        steps.wake(STEP)


def _deliveries(record: Recorded, event: EventType, at: datetime, endpoints: Sequence[WebhookEndpoint]) -> list[WebhookDelivery]:
    organization, obj = record.organization, record.obj
    if organization is None or obj is None:
        return []
    event_id = uuid.uuid4()
    root_id = record.root_id or obj.pk
    payload = {
        "id": str(event_id),
        "type": event.name,
        "occurred_at": at.isoformat(),
        "organization": organization.ims_org_id,
        "root_id": str(root_id),
        "object": {"type": obj._meta.model_name, "id": str(obj.pk), "number": getattr(obj, "number", None)},
        # Counts, codes and states: the trail takes nothing personal.
        "details": dict(record.details) | {"action": record.action},
    }
    now = clock.read()
    return [
        WebhookDelivery(
            endpoint=one,
            event_id=event_id,
            event_type=event.name,
            root_id=root_id,
            payload=payload,
            next_attempt_at=now,
            waiting_since=now,
        )
        for one in endpoints
        if one.organization_id == organization.pk
    ]
