"""`GET /quota`: what is left."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from portal.simulator import gateway, limits, refusals
from portal.simulator.calls import Call
from portal.simulator.hygiene.quotas import DAILY, EXPIRATIONS, FIELD_UPDATES, MONTHLY
from portal.simulator.refusals import json_response
from portal.simulator.world import World

_WORDS = {
    EXPIRATIONS: "The number of concurrently active dataset expirations for the organization.",
    DAILY: "The consumed number of deleted identities for the organization today.",
    MONTHLY: "The consumed number of deleted identities for the organization this month.",
    FIELD_UPDATES: "The consumed number of identities with updated fields for the organization this month.",
}
# The names of the oldest property table, which aepp still sends as quotaType.
_OLDEST = {
    "expirationDatasetQuota": EXPIRATIONS,
    "deleteIdentityWorkOrderDatasetQuota": MONTHLY,
    "fieldUpdateWorkOrderDatasetQuota": FIELD_UPDATES,
}
_GENERATIONS: dict[str, dict[str, str]] = {
    "current": {name: name for name in (EXPIRATIONS, DAILY, MONTHLY)},
    "field_updates": {name: name for name in (EXPIRATIONS, DAILY, MONTHLY, FIELD_UPDATES)},
    "oldest": _OLDEST,
}


async def show(world: World, call: Call) -> web.Response:
    """200 with every quota, or with the one that `quotaType` names. It needs no sandbox. Raises Refusal."""
    organization = gateway.check_caller(world, call.request)
    names = _GENERATIONS[world.switches["quota_names"]]
    wanted = call.request.query.get("quotaType")
    if wanted is not None and wanted not in names:
        raise refusals.gateway(400, "400001", f"Bad request. quotaType must be one of: {', '.join(names)}")
    limits.check(world, call)
    shown = names if wanted is None else {wanted: names[wanted]}
    numbers = numbers_of(world, organization.ims_org)
    return json_response({"quotas": [{"name": name, "description": _WORDS[own], **numbers[own]} for name, own in shown.items()]})


def numbers_of(world: World, org: str) -> dict[str, dict[str, Any]]:
    """`{"consumed", "quota"}` of each quota now, by its name of today."""
    at, records = world.clock.now(), world.hygiene
    numbers = {
        name: {"consumed": records.quotas.consumed(org, name, at), "quota": records.quotas.limit(org, name)}
        for name in (DAILY, MONTHLY)
    }
    numbers[EXPIRATIONS] = {
        "consumed": records.expirations.open_ones(org, at),
        "quota": records.quotas.limit(org, EXPIRATIONS),
    }
    numbers[FIELD_UPDATES] = {"consumed": 0, "quota": 0}
    return numbers
