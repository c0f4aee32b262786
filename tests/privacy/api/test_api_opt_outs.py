"""Opt-outs of sale through the API, in Adobe's own shape."""

from __future__ import annotations

from typing import Any

import pytest

from portal.models import Organization
from privacy.models import ConsentCall, OptOut
from tests.actors import covers, stored_files
from tests.api import Api, ApiActors
from tests.conftest import Simulator
from tests.steps import work

pytestmark = pytest.mark.django_db
OPT_OUTS, CONSENT = "/api/v1/opt-outs", "/api/v1/consent"


def consent(count: int = 2) -> dict[str, Any]:
    """Adobe's body."""
    values = [f"person{number}@example.com" for number in range(count)]
    return {"optOutOfSale": True, "entities": [{"nameSpace": "email", "values": values}]}


@covers("api:opt-out-list", "api:opt-out-detail", "api:opt-out-confirm", "api:opt-out-cancel", "api:consent")
def test_who_may_do_what(api_actors: ApiActors, organization: Organization) -> None:
    mine = f"?organization={organization.pk}"
    draft = api_actors.act(f"{OPT_OUTS}{mine}", consent(), officer=201)
    address = draft.headers["Location"]
    api_actors.look(OPT_OUTS, stranger=200)
    api_actors.look(address)
    assert api_actors.stranger.json(OPT_OUTS)["results"] == []
    assert api_actors.act(f"{address}/confirm").json()["status"] == "sending"
    assert api_actors.act(f"{address}/cancel").json()["status"] == "cancelled"
    second = api_actors.officer.post(OPT_OUTS, consent()).headers["Location"]
    api_actors.act(second, method="delete", officer=204)
    api_actors.act(f"{CONSENT}{mine}", consent(), officer=202)
    api_actors.refuse_methods(CONSENT, "post")
    assert stored_files() == set()


@covers("api:consent-decide", "api:opt-out-shred")
def test_who_may_decide_and_shred(api_actors: ApiActors) -> None:
    address = api_actors.officer.post(CONSENT, consent()).headers["Location"]
    ConsentCall.objects.update(state="unknown", person_reason="no_list")
    decided = api_actors.act(f"{address}/calls/1/decide", {"decision": "accepted"}).json()
    assert (decided["status"], decided["calls"][0]["state"]) == ("sent", "sent")
    number = decided["number"]
    assert api_actors.officer.post(f"{address}/shred", {"number": "OO-1"}).status_code == 400
    assert api_actors.act(f"{address}/shred", {"number": number}).json()["status"] == "shredded"


def test_adobes_call_goes_to_adobe_once(simulator: Simulator, organization: Organization, media: object) -> None:
    api = Api.of(organization)
    first = api.post(CONSENT, consent(3), key="one")
    assert first.status_code == 202
    assert api.post(CONSENT, consent(3), key="one").content == first.content
    assert OptOut.objects.count() == 1
    work("consent")
    shown = api.json(first.headers["Location"])
    assert (shown["status"], shown["values_total"], shown["counts"]) == ("sent", 3, {"Email": 3})
    assert [call["http_status"] for call in shown["calls"]] == [202]


def test_a_table_is_taken_too_and_what_is_wrong_is_named(api: Api) -> None:
    table = "namespace,value\r\nEmail,a@example.com\r\nEmail,A@example.com\r\n"
    made = api.client.post(OPT_OUTS, table, "text/csv", headers=api.headers)
    assert (made.status_code, made.json()["values_total"]) == (201, 1)
    wrong = api.post(CONSENT, {"optOutOfSale": True, "entities": [{"nameSpace": "emial", "values": ["x"]}]})
    assert wrong.status_code == 400
    assert wrong.json()["errors"][0]["path"] == "entities[0].nameSpace"
    for body in (b"", b"{", b"7"):
        assert api.post(CONSENT, body).status_code == 400
    assert OptOut.objects.count() == 1
    assert stored_files() == set()


def test_confirming_needs_its_own_right(organization: Organization, media: object) -> None:
    assert Api.of(organization, "read").post(CONSENT, consent()).status_code == 403
    assert Api.of(organization, "submit").post(f"{OPT_OUTS}?confirm=true", consent()).json()["status"] == "sending"
