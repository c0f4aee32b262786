"""`POST /consent`: taken in with an empty answer, or refused with a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Simulator
from tests.portal.simulator.wire import CONSENT, JOBS, Adobe, Body, now, register

EMAILS = {"nameSpace": "email", "values": ["dsmith@acme.com", "ajones@acme.com"]}
ECIDS = {"nameSpace": "ECID", "values": ["443636576799758681021090721276"]}


def opt_out(*entities: Any, **fields: Any) -> Body:
    return {"optOutOfSale": True, "entities": list(entities or (EMAILS, ECIDS)), **fields}


def taken(simulator: Simulator) -> list[Body]:
    return list(simulator.control("ledger/consents")["entries"])


def test_it_takes_adobes_sample_and_answers_with_nothing(simulator: Simulator, adobe: Adobe) -> None:
    answer = adobe.call("POST", CONSENT, opt_out())
    assert (answer.status, answer.data) == (202, b"")
    (entry,) = taken(simulator)
    assert now(simulator).isoformat()[:10] == entry.pop("acceptedAt")[:10]
    assert entry == {"n": 1, "org": adobe.ims_org, "optOutOfSale": True, "entities": [EMAILS, ECIDS]}


def test_the_optional_ids_are_in_the_ledger(simulator: Simulator, adobe: Adobe) -> None:
    ids = {"requestId": "r-1", "transactionId": "t-1", "orgId": adobe.ims_org}
    assert adobe.call("POST", CONSENT, opt_out(**ids)).status == 202
    assert taken(simulator)[0].items() >= ids.items()


def test_it_makes_no_job(simulator: Simulator, adobe: Adobe) -> None:
    adobe.call("POST", CONSENT, opt_out())
    assert simulator.ledger() == []
    assert adobe.listed(regulation="ccpa") == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([], "The body must be a JSON object"),
        (opt_out() | {"optOutOfSale": "true"}, "optOutOfSale must be true or false"),
        ({"optOutOfSale": True}, "entities must be a list with at least one entry"),
        (opt_out("email"), "entities[0] must be an object"),
        (opt_out(EMAILS, {"namespace": "email", "values": ["a@b"]}), "entities[1].nameSpace must be a standard namespace"),
        (opt_out({"nameSpace": "loyalty", "values": ["1"]}), "entities[0].nameSpace must be a standard namespace"),
        (opt_out({"nameSpace": "email", "values": []}), "entities[0].values must be a list with at least one entry"),
        (opt_out({"nameSpace": "email", "values": [" "]}), "entities[0].values must be texts that are not empty"),
        (opt_out({"nameSpace": "email", "values": ["a@b", "a@b"]}), "entities[0].values must be unique"),
        (opt_out(EMAILS, EMAILS), "entities must be unique"),
        (opt_out({"nameSpace": "email", "values": ["Refused@b"]}), "entities[0].values has a value that is not acceptable"),
        (opt_out(transactionId=7), "transactionId must be a text"),
        (opt_out(orgId="somebody@AdobeOrg"), "orgId names another IMS organization than x-gw-ims-org-id"),
    ],
)
def test_a_wrong_body_is_refused_with_a_sentence(simulator: Simulator, adobe: Adobe, body: Any, words: str) -> None:
    assert adobe.call("POST", CONSENT, body).said == (400, {"error_code": "400001", "message": f"Bad request. {words}"})
    assert taken(simulator) == []


def test_it_needs_the_permission_to_write_opt_outs(simulator: Simulator) -> None:
    others = ["Privacy Read Permission", "Privacy Write Permission", "Read Permission - Opt Out of Sale"]
    assert register(simulator, "second", permissions=others).call("POST", CONSENT, opt_out()).status == 403
    third = register(simulator, "third", permissions=["Write Permission - Opt Out of Sale"])
    assert third.call("POST", CONSENT, opt_out()).status == 202


@pytest.mark.parametrize(
    ("changed", "status"), [({"authorization": None}, 403), ({"x_api_key": None}, 403), ({"content_type": "text/plain"}, 400)]
)
def test_the_gateway_looks_first(simulator: Simulator, adobe: Adobe, changed: dict[str, str | None], status: int) -> None:
    assert adobe.call("POST", CONSENT, opt_out(), **changed).status == status
    assert taken(simulator) == []


def test_it_can_only_be_posted_to(adobe: Adobe) -> None:
    assert [adobe.call(method, CONSENT).status for method in ("GET", "PUT", "DELETE")] == [405] * 3
    assert adobe.call("GET", f"{JOBS}/consent").status == 404


@pytest.mark.parametrize(
    ("kind", "status", "kept"), [("throttle", 429, 0), ("error503", 503, 0), ("accept_then_500", 500, 1), ("garbage", 202, 1)]
)
def test_faults_strike_it(simulator: Simulator, adobe: Adobe, kind: str, status: int, kept: int) -> None:
    simulator.fault(kind, match={"operation": "consent"})
    answer = adobe.call("POST", CONSENT, opt_out())
    assert (answer.status, len(taken(simulator))) == (status, kept)
    assert adobe.call("POST", CONSENT, opt_out()).status == 202
