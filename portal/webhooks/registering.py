"""Making and changing endpoints, and delivering again what was given up."""

from __future__ import annotations

import secrets
from collections.abc import Collection

from django.db import transaction

from portal import audit, clock, steps
from portal.models import DeliveryStatus, Organization, User, WebhookDelivery, WebhookEndpoint
from portal.webhooks import addresses
from portal.webhooks.events import EVENTS, STEP

SECRET_BYTES = 32
_NAMES = {event.name for event in EVENTS}


class NotPossible(Exception):
    """What was asked cannot be done; `str()` says why, for the person who asked."""


def register(organization: Organization, url: str, event_types: Collection[str], user: User) -> tuple[WebhookEndpoint, str]:
    """A new endpoint, and the secret its deliveries are signed with, which is shown this once. Raises NotPossible."""
    _check(url, event_types)
    with transaction.atomic():
        endpoint = WebhookEndpoint(organization=organization, url=url, event_types=sorted(set(event_types)), made_by=user)
        secret = new_secret(endpoint)
        endpoint.save(force_insert=True)
        _record("webhook.registered", endpoint, user)
    return endpoint, secret


def new_secret(endpoint: WebhookEndpoint) -> str:
    """Give an endpoint that is not saved yet its secret."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    endpoint.secret = secret
    return secret


def change(
    endpoint: WebhookEndpoint,
    user: User,
    *,
    url: str | None = None,
    event_types: Collection[str] | None = None,
    is_active: bool | None = None,
) -> None:
    """Change what is given. Raises NotPossible."""
    endpoint.url = endpoint.url if url is None else url
    endpoint.event_types = endpoint.event_types if event_types is None else sorted(set(event_types))
    endpoint.is_active = endpoint.is_active if is_active is None else is_active
    _check(endpoint.url, endpoint.event_types)
    with transaction.atomic():
        endpoint.save(update_fields=["url", "event_types", "is_active"])
        _record("webhook.changed", endpoint, user)
        steps.wake(STEP)


@transaction.atomic
def remove(endpoint: WebhookEndpoint, user: User) -> None:
    """Forget an endpoint and its deliveries."""
    _record("webhook.removed", endpoint, user)
    endpoint.delete()


@transaction.atomic
def replay(delivery: WebhookDelivery, user: User) -> None:
    """Deliver again, from now on, what was delivered or given up. Raises NotPossible while it waits anyway."""
    done = WebhookDelivery.objects.filter(pk=delivery.pk).exclude(status=DeliveryStatus.WAITING)
    now = clock.now()
    if not done.update(status=DeliveryStatus.WAITING, next_attempt_at=now, attempts=0, waiting_since=now, last_error=""):
        raise NotPossible("This delivery is waiting already.")
    _record("webhook.replayed", delivery.endpoint, user, delivery=str(delivery.pk))
    steps.wake(STEP)


def _check(url: str, event_types: Collection[str]) -> None:
    unknown = sorted(set(event_types) - _NAMES)
    if unknown or not event_types:
        raise NotPossible(f"Choose event types among: {', '.join(sorted(_NAMES))}.")
    try:
        addresses.resolve(addresses.parse(url))
    except addresses.AddressRefused as refusal:
        raise NotPossible(str(refusal)) from None


def _record(action: str, endpoint: WebhookEndpoint, user: User, **details: str) -> None:
    audit.record(action, actor=user, organization=endpoint.organization, obj=endpoint, root_id=endpoint.pk, details=details)
