"""`POST /consent`: opt-outs of sale. Adobe takes them in with an empty answer and never speaks of them again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from portal.simulator import gateway, limits, refusals
from portal.simulator.calls import Call
from portal.simulator.clock import iso
from portal.simulator.organizations import Organization
from portal.simulator.validation import Invalid
from portal.simulator.vocabulary import OPT_OUT_WRITE, STANDARD_NAMESPACES
from portal.simulator.world import World

# A value with this word in it makes Adobe refuse the call.
REFUSED_WORD = "refused"


async def consent(world: World, call: Call) -> web.Response:
    """202 with an empty body. Raises Refusal."""
    organization = gateway.check_caller(world, call.request)
    if world.switches["consent_endpoint"] == "absent":
        raise refusals.no_such_path()
    gateway.require(world, organization, OPT_OUT_WRITE)
    body = await gateway.read_json(call.request)
    gateway.check_content_type(call.request)
    try:
        taken = _read(world, organization, body)
    except Invalid as error:
        raise refusals.privacy(world.switches["error_style"], 400, "400001", f"Bad request. {error}") from error
    limits.check(world, call)
    world.take_consent(taken)
    return web.Response(status=202)


def _read(world: World, organization: Organization, body: Any) -> dict[str, Any]:
    """What the ledger says of it, `entities` and ids as they came. Raises Invalid."""
    if not isinstance(body, dict):
        raise Invalid("The body must be a JSON object")
    if not isinstance(body.get("optOutOfSale"), bool):
        raise Invalid("optOutOfSale must be true or false")
    entities = body.get("entities")
    if not isinstance(entities, list) or not entities:
        raise Invalid("entities must be a list with at least one entry")
    read = [_read_entity(entity, f"entities[{i}]") for i, entity in enumerate(entities)]
    if any(entity in read[:i] for i, entity in enumerate(read)):
        raise Invalid("entities must be unique")
    return {
        "org": organization.ims_org,
        "optOutOfSale": body["optOutOfSale"],
        "entities": read,
        **_read_references(organization, body),
        "acceptedAt": iso(world.clock.now()),
    }


def _read_entity(entity: Any, path: str) -> dict[str, Any]:
    if not isinstance(entity, dict):
        raise Invalid(f"{path} must be an object")
    namespace, values = entity.get("nameSpace"), entity.get("values")
    if not isinstance(namespace, str) or namespace.lower() not in STANDARD_NAMESPACES:
        raise Invalid(f"{path}.nameSpace must be a standard namespace")
    if not isinstance(values, list) or not values:
        raise Invalid(f"{path}.values must be a list with at least one entry")
    if not all(isinstance(value, str) and value.strip() for value in values):
        raise Invalid(f"{path}.values must be texts that are not empty")
    if len(set(values)) < len(values):
        raise Invalid(f"{path}.values must be unique")
    if any(REFUSED_WORD in value.lower() for value in values):
        raise Invalid(f"{path}.values has a value that is not acceptable")
    return {"nameSpace": namespace, "values": values}


def _read_references(organization: Organization, body: Mapping[str, Any]) -> dict[str, str]:
    references: dict[str, str] = {}
    for name in ("requestId", "transactionId", "orgId"):
        if name not in body:
            continue
        if not isinstance(body[name], str):
            raise Invalid(f"{name} must be a text")
        references[name] = body[name]
    if references.get("orgId", organization.ims_org) != organization.ims_org:
        raise Invalid("orgId names another IMS organization than x-gw-ims-org-id")
    return references
