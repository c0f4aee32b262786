"""The simulator tells of its jobs as Adobe does: challenge, signed deliveries, retries, states of a registration, the journal."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.adobe_events import eventually, register, registration
from tests.conftest import IMS_ORG, Simulator
from tests.portal.adobe.servers import Adobe as Server
from tests.portal.adobe.servers import Request, Talk
from tests.portal.simulator.wire import DAY, Adobe, person


@dataclass
class Hook(Server):
    """Somebody's webhook. `echo`: how it answers the challenge; `status`: how it answers deliveries, the last one for ever."""

    echo: str = "text/plain"
    statuses: list[int] = field(default_factory=lambda: [200])

    def __post_init__(self) -> None:
        super().__init__(self._answer)

    def _answer(self, talk: Talk, request: Request) -> None:
        if request.method == "GET":
            value = request.target.partition("challenge=")[2]
            body = json.dumps({"challenge": value}).encode() if self.echo == "application/json" else value.encode()
            talk.answer(200, body, {"Content-Type": self.echo or "text/html"})
        elif b"validationUrl" in request.body:
            talk.answer(200)
        else:
            talk.answer(self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0])

    @property
    def deliveries(self) -> list[Request]:
        return [each for each in self.requests if each.method == "POST" and b"validationUrl" not in each.body]

    @property
    def events(self) -> list[dict[str, Any]]:
        bodies = [json.loads(each.body) for each in self.deliveries]
        return [event for body in bodies for event in (body if isinstance(body, list) else [body])]


@pytest.fixture
def hook() -> Iterator[Hook]:
    with Hook() as running:
        yield running


def finish(simulator: Simulator, *job_ids: str) -> None:
    simulator.control("finish", {"jobIds": list(job_ids)})


def tell(simulator: Simulator, count: int) -> None:
    for number in range(count):
        simulator.control("events", {"jobId": f"job-{number}"})


def test_it_tells_of_each_product_and_of_the_job(simulator: Simulator, adobe: Adobe, hook: Hook) -> None:
    assert register(simulator, f"{hook.url}/in")["state"] == "ACTIVE"
    (job_id,) = adobe.create(person("access"), include=["analytics", "profileService"])
    finish(simulator, job_id)
    eventually(lambda: len(hook.events) == 3)
    told = sorted((event["type"].rpartition(".")[2], event["data"]["value"]["message"]) for event in hook.events)
    assert told == [
        ("jobcomplete", "job.access.complete"),
        ("productcomplete", "analytics.access.complete"),
        ("productcomplete", "profileService.access.complete"),
    ]
    first = hook.events[0]
    assert first["data"]["imsOrg"] == IMS_ORG
    assert first["data"]["value"]["jobId"] == job_id
    assert first["recipientclientid"] == first["recipient_client_id"] == "simulator-client"
    assert first["eventid"] == first["event_id"]
    assert first["specversion"] == "0.2"
    headers = hook.deliveries[0].headers
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["x-adobe-event-id"] == json.loads(hook.deliveries[0].body)["eventid"]
    assert "x-adobe-retry-count" not in headers
    assert {"x-adobe-delivery-id", "x-adobe-event-code", "x-adobe-provider", "x-adobe-signature"} <= headers.keys()


def test_both_signatures_are_good_and_the_keys_are_served(simulator: Simulator, adobe: Adobe, hook: Hook) -> None:
    register(simulator, hook.url)
    (job_id,) = adobe.create(person("access"), include=["analytics"])
    finish(simulator, job_id)
    eventually(lambda: hook.deliveries)
    delivery = hook.deliveries[0]
    for number in (1, 2):
        pem = adobe.raw("GET", delivery.headers[f"x-adobe-public-key{number}-path"]).data
        key = serialization.load_pem_public_key(pem)
        assert isinstance(key, rsa.RSAPublicKey)
        signature = base64.b64decode(delivery.headers[f"x-adobe-digital-signature-{number}"])
        key.verify(signature, delivery.body, padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize("echo", ["application/json", "text/plain"])
def test_the_challenge_is_echoed_either_way(echo: str, simulator: Simulator, hook: Hook) -> None:
    hook.echo = echo
    assert register(simulator, hook.url)["state"] == "ACTIVE"


def test_who_does_not_echo_has_five_minutes_to_open_a_page(simulator: Simulator, adobe: Adobe, hook: Hook) -> None:
    hook.echo = ""
    assert register(simulator, hook.url)["state"] == "PENDING"
    page = json.loads(hook.requests[-1].body)["validationUrl"]
    assert adobe.raw("GET", page.removeprefix(simulator.address)).status == 200
    assert registration(simulator)["state"] == "ACTIVE"
    simulator.control(f"events/registrations/{registration(simulator)['registrationId']}/enable", {})
    simulator.advance(301)
    eventually(lambda: registration(simulator)["state"] == "DISABLED")


def test_5xx_is_tried_again_later_and_4xx_never(simulator: Simulator, adobe: Adobe, hook: Hook) -> None:
    register(simulator, hook.url, eventsOfInterest=["com.adobe.platform.gdpr.jobcomplete"])
    hook.statuses = [500, 503, 200, 404, 200]
    first, second = adobe.create(person("access", key="a"), person("access", key="b"), include=["analytics"])
    finish(simulator, first)
    eventually(lambda: registration(simulator)["counts"].get("retried") == 1)
    simulator.advance(61)
    eventually(lambda: registration(simulator)["counts"].get("retried") == 2)
    simulator.advance(61)
    assert registration(simulator)["counts"].get("delivered") is None, "the second pause is two minutes"
    simulator.advance(61)
    eventually(lambda: registration(simulator)["counts"].get("delivered") == 1)
    assert [request.headers.get("x-adobe-retry-count") for request in hook.deliveries] == [None, "1", "2"]
    assert len({event["eventid"] for event in hook.events}) == 1
    finish(simulator, second)
    eventually(lambda: registration(simulator)["counts"].get("dropped") == 1)
    simulator.advance(DAY)
    assert len(hook.deliveries) == 4


def test_a_webhook_that_fails_for_a_day_is_disabled_and_its_journal_goes_on(simulator: Simulator, hook: Hook) -> None:
    register(simulator, hook.url)
    hook.statuses = [400]
    tell(simulator, 10)
    eventually(lambda: registration(simulator)["state"] == "UNSTABLE")
    simulator.advance(DAY - 60)
    tell(simulator, 10)
    eventually(lambda: registration(simulator)["counts"]["dropped"] == 20)
    assert registration(simulator)["state"] == "UNSTABLE", "it has a day of grace"
    simulator.advance(61)
    tell(simulator, 1)
    eventually(lambda: registration(simulator)["state"] == "DISABLED")
    tell(simulator, 1)
    eventually(lambda: registration(simulator)["journaled"] == 22)
    assert len(hook.deliveries) == 21
    hook.statuses = [200]
    simulator.control(f"events/registrations/{registration(simulator)['registrationId']}/enable", {})
    tell(simulator, 1)
    eventually(lambda: registration(simulator)["counts"].get("delivered") == 1)
    assert len(hook.deliveries) == 22, "what was missed is not delivered"


def test_the_journal_is_read_by_position_to_its_end(simulator: Simulator, adobe: Adobe) -> None:
    made = register(simulator, "", deliveryType="journal")
    path = made["journalUrl"].removeprefix(simulator.address)
    headers = {"authorization": f"Bearer {adobe.token}", "x-api-key": adobe.client_id, "x-ims-org-id": IMS_ORG}
    finish(simulator, *adobe.create(person("access", key="a"), person("access", key="b"), include=["analytics"]))
    eventually(lambda: registration(simulator)["journaled"] == 4)
    first = adobe.raw("GET", f"{path}?limit=3", headers=headers)
    assert first.json["_page"]["count"] == 3
    onward = first.headers["Link"].removeprefix("<").partition(">")[0]
    second = adobe.raw("GET", onward, headers=headers)
    assert len(second.json["events"]) == 1
    end = adobe.raw("GET", f"{path}?since={second.json['_page']['last']}", headers=headers)
    assert (end.status, end.headers["retry-after"]) == (204, "10")
    assert adobe.raw("GET", path, headers=headers | {"x-ims-org-id": ""}).status == 403


def test_deliveries_can_be_doubled_forged_lost_held_back_and_batched(simulator: Simulator, adobe: Adobe, hook: Hook) -> None:
    register(simulator, hook.url, deliveryType="webhook_batch")
    simulator.control("events/settings", {"duplicate": 1, "forge": 1, "forge_client": 1, "reorder": 1})
    finish(simulator, *adobe.create(person("access"), include=["analytics"]))
    eventually(lambda: len(hook.deliveries) == 4)
    clients = [json.loads(each.body)[0]["recipientclientid"] for each in hook.deliveries]
    assert sorted(clients) == ["simulator-client"] * 3 + ["somebody-elses-client"]
    assert [len(json.loads(each.body)) for each in hook.deliveries] == [2] * 4
    simulator.control("events/settings", {"duplicate": 0, "forge": 0, "forge_client": 0, "reorder": 0, "lose": 1})
    finish(simulator, *adobe.create(person("access"), include=["analytics"]))
    eventually(lambda: simulator.control("events")["struck"].get("lose") == 2)
    assert len(hook.deliveries) == 4
