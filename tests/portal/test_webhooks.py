"""Telling internal systems: what is told, to whom, in which order, signed, again and again, and to no private address."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from portal import audit
from portal.models import AuditEvent, DeliveryStatus, Organization, User, WebhookDelivery, WebhookEndpoint
from portal.webhooks import addresses, registering
from portal.webhooks.delivering import deliver_next
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.steps import step_is_due

pytestmark = pytest.mark.django_db


class Receiver:
    """An internal system that answers with the statuses it is given, then 200."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((dict(self.headers), body))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook?who=portal"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver(settings: LazySettings) -> Iterator[Receiver]:
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    receiver = Receiver()
    yield receiver
    receiver.close()


def endpoint_of(organization: Organization, user: User, receiver: Receiver, *types: str) -> tuple[WebhookEndpoint, str]:
    return registering.register(organization, receiver.url, types or ("job.complete", "request.confirmed"), user)


def happen(organization: Organization, *actions: str, root: Any = None) -> None:
    """These things happen, to the organization itself, as far as the trail is concerned."""
    for action in actions:
        audit.record(
            action, actor=None, organization=organization, obj=organization, root_id=root or organization.pk, details={"jobs": 2}
        )


def pass_time(delta: timedelta) -> None:
    for row in WebhookDelivery.objects.all():
        WebhookDelivery.objects.filter(pk=row.pk).update(
            next_attempt_at=row.next_attempt_at - delta, waiting_since=row.waiting_since - delta
        )


def deliver() -> None:
    while deliver_next():
        pass


def test_what_is_recorded_is_told_signed_and_without_more_than_ids(
    organization: Organization, officer: User, receiver: Receiver
) -> None:
    _, secret = endpoint_of(organization, officer, receiver)
    happen(organization, "request.confirmed", "upload.received")
    deliver()
    [(headers, body)] = receiver.got
    stamp = headers["X-Portal-Timestamp"]
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["X-Portal-Signature"] == f"v1={digest}"
    told = json.loads(body)
    assert told["type"] == headers["X-Portal-Event-Type"] == "request.confirmed"
    assert told["id"] == headers["X-Portal-Event-Id"]
    assert told["organization"] == organization.ims_org_id
    assert told["details"] == {"jobs": 2, "action": "request.confirmed"}
    assert WebhookDelivery.objects.get().status == DeliveryStatus.DELIVERED


def test_only_who_asked_for_it_is_told(organization: Organization, officer: User, receiver: Receiver) -> None:
    endpoint, _ = endpoint_of(organization, officer, receiver, "job.complete")
    happen(make_organization(ims_org_id=OTHER_IMS_ORG, name="Other"), "job.complete")
    happen(organization, "request.confirmed")
    registering.change(endpoint, officer, is_active=False)
    happen(organization, "job.complete")
    assert not WebhookDelivery.objects.exists()


def test_within_one_request_nothing_overtakes(organization: Organization, officer: User, receiver: Receiver) -> None:
    endpoint_of(organization, officer, receiver)
    other = make_organization(ims_org_id=OTHER_IMS_ORG, name="Other").pk
    receiver.statuses = [500]
    happen(organization, "request.confirmed", "job.complete")
    happen(organization, "job.complete", root=other)
    deliver()
    assert [json.loads(body)["root_id"] for _, body in receiver.got] == [str(organization.pk), str(other)]
    pass_time(timedelta(minutes=1))
    deliver()
    assert [json.loads(body)["type"] for _, body in receiver.got[2:]] == ["request.confirmed", "job.complete"]
    ids = [headers["X-Portal-Event-Id"] for headers, _ in receiver.got]
    assert ids[0] == ids[2], "the same event keeps its id"


def test_it_is_tried_ever_more_rarely_for_a_day_and_then_given_up(
    organization: Organization, officer: User, receiver: Receiver
) -> None:
    endpoint_of(organization, officer, receiver)
    receiver.statuses = [503] * 100
    happen(organization, "request.confirmed", "job.complete")
    pauses = []
    while WebhookDelivery.objects.filter(event_type="request.confirmed", status=DeliveryStatus.WAITING).exists():
        deliver_next()
        row = WebhookDelivery.objects.get(event_type="request.confirmed")
        pauses.append((row.next_attempt_at - timezone.now()).total_seconds())
        pass_time(timedelta(seconds=max(pauses[-1], 0) + 1))
    assert pauses[0] < pauses[3] < pauses[6] <= 4500
    assert 20 < len(pauses) < 60
    row = WebhookDelivery.objects.get(event_type="request.confirmed")
    assert (row.status, row.http_status, row.attempts) == (DeliveryStatus.GIVEN_UP, 503, len(pauses))
    assert step_is_due("webhooks"), "what comes after it is no longer held up"


def test_what_was_given_up_can_be_delivered_again(organization: Organization, officer: User, receiver: Receiver) -> None:
    endpoint_of(organization, officer, receiver)
    happen(organization, "request.confirmed")
    WebhookDelivery.objects.update(status=DeliveryStatus.GIVEN_UP, attempts=30, waiting_since=timezone.now() - timedelta(days=9))
    registering.replay(WebhookDelivery.objects.get(), officer)
    with pytest.raises(registering.NotPossible):
        registering.replay(WebhookDelivery.objects.get(), officer)
    deliver()
    row = WebhookDelivery.objects.get()
    assert (row.status, row.attempts) == (DeliveryStatus.DELIVERED, 1)
    assert AuditEvent.objects.filter(action="webhook.replayed", actor_name="officer").count() == 1


def test_a_redirect_is_not_followed(organization: Organization, officer: User, receiver: Receiver) -> None:
    endpoint_of(organization, officer, receiver)
    receiver.statuses = [307]
    happen(organization, "request.confirmed")
    deliver()
    assert len(receiver.got) == 1
    assert WebhookDelivery.objects.get().status == DeliveryStatus.WAITING


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/hook",
        "https://[::1]/hook",
        "https://[::ffff:10.0.0.1]/hook",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/hook",
        "http://203.0.114.7/hook",
        "https://user:word@203.0.114.7/",
        "ftp://203.0.114.7/",
        "https://",
        "https://host:port/",
        "https://host..example/",
    ],
)
def test_addresses_that_may_not_be_called_are_refused(organization: Organization, officer: User, url: str) -> None:
    with pytest.raises(registering.NotPossible):
        registering.register(organization, url, ["job.complete"], officer)
    assert not WebhookEndpoint.objects.exists()


def test_an_address_is_judged_again_at_every_delivery(
    organization: Organization, officer: User, receiver: Receiver, settings: LazySettings
) -> None:
    endpoint_of(organization, officer, receiver)
    happen(organization, "request.confirmed")
    settings.WEBHOOK_PRIVATE_ADDRESSES = False
    WebhookEndpoint.objects.update(url=receiver.url.replace("http:", "https:"))
    deliver()
    assert receiver.got == []
    assert WebhookDelivery.objects.get().last_error == "private_address"


def test_events_that_do_not_exist_are_refused(organization: Organization, officer: User, receiver: Receiver) -> None:
    for types in ((), ("job.complete", "job.finished")):
        with pytest.raises(registering.NotPossible, match="Choose event types"):
            registering.register(organization, receiver.url, types, officer)


def test_who_is_away_costs_nothing_but_time(organization: Organization, officer: User, receiver: Receiver) -> None:
    endpoint_of(organization, officer, receiver)
    receiver.close()
    happen(organization, "request.confirmed")
    deliver()
    row = WebhookDelivery.objects.get()
    assert (row.status, row.attempts, row.http_status) == (DeliveryStatus.WAITING, 1, None)
    assert row.last_error == "NewConnectionError"


def test_a_host_in_any_letters_holds_up_nobody(organization: Organization, officer: User, receiver: Receiver) -> None:
    endpoint_of(organization, officer, receiver)
    WebhookEndpoint.objects.update(url="http://żółw.invalid/hook")
    happen(organization, "request.confirmed")
    endpoint_of(organization, officer, receiver)
    happen(organization, "request.confirmed")
    deliver()
    assert len(receiver.got) == 1
    assert addresses.parse("https://żółw.example/").host_header == "xn--w-uga1v8h.example"
