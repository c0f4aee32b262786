"""`/ttl`: make an expiration, change or cancel one while it is pending, show one with its history, list them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from portal.simulator import limits
from portal.simulator.calls import Call
from portal.simulator.faults import Fault, lag, moved_start
from portal.simulator.hygiene.datasets import dataset_name
from portal.simulator.hygiene.expiration_input import Changes, NewExpiration, read_changes, read_new
from portal.simulator.hygiene.expiration_list import ExpirationQuery, read_query, select
from portal.simulator.hygiene.expirations import Expiration, make_ttl_id
from portal.simulator.hygiene.gate import Caller, enter, read_object
from portal.simulator.hygiene.quotas import EXPIRATIONS
from portal.simulator.outcomes import DAY
from portal.simulator.refusals import Refusal, json_response
from portal.simulator.validation import Invalid
from portal.simulator.world import World

_STYLE = "problem"


async def create(world: World, call: Call) -> web.Response:
    """201 with the expiration. Raises Refusal."""
    caller = enter(world, call)
    body = await read_object(caller, call.request, documented=_STYLE)
    upserts = world.switches["ttl_upsert"] == "post"
    return _make(caller, call, body, body.get("datasetId"), upserts=upserts)


async def update(world: World, call: Call) -> web.Response:
    """200 with the changed expiration; with the switch ttl_upsert also 201 with a new one. Raises Refusal."""
    caller = enter(world, call)
    body = await read_object(caller, call.request, documented=_STYLE)
    own = world.hygiene.expirations.find(call.named)
    if own is None and world.switches["ttl_upsert"] == "put":
        return _make(caller, call, body, call.named, upserts=True)
    try:
        changes = read_changes(world.switches, body, world.clock.now())
    except Invalid as error:
        raise caller.refused(str(error), documented=_STYLE) from error
    limits.check(world, call)
    # By its own id only: the dataset's id was good for this in older releases.
    if own is None or (own.org, own.sandbox) != (caller.ims_org, caller.sandbox):
        raise _not_found(caller, call.named)
    return json_response(describe(caller, _change(caller, own, changes), world.clock.now()))


async def detail(world: World, call: Call) -> web.Response:
    """200 with the expiration, by its own id or by its dataset's. Raises Refusal."""
    caller = enter(world, call)
    limits.check(world, call)
    expiration = _find(caller, call.named)
    with_history = call.request.query.get("include") == "history"
    return json_response(describe(caller, expiration, world.clock.now(), with_history=with_history))


async def cancel(world: World, call: Call) -> web.Response:
    """200 with the cancelled expiration, or 204 (switch ttl_cancel). Raises Refusal."""
    caller = enter(world, call)
    limits.check(world, call)
    expiration, at = _find(caller, call.named), world.clock.now()
    if expiration.status(at) != "pending":
        raise _not_pending(caller, expiration)
    # As in the samples, a cancelled expiration's instant is that of the cancelling.
    expiration.expiry = expiration.cancelled = at
    expiration.note("cancelled", at, caller.author)
    world.hygiene.keep_expiration(expiration)
    if world.switches["ttl_cancel"] == "empty":
        return web.Response(status=204)
    return json_response(describe(caller, expiration, at))


async def list_expirations(world: World, call: Call) -> web.Response:
    """200 with one page. Raises Refusal."""
    caller = enter(world, call)
    try:
        query = read_query(call.request.query, caller.sandbox, _done_word(world))
    except Invalid as error:
        raise caller.refused(str(error), documented=_STYLE) from error
    limits.check(world, call)
    fault, at = world.faults.take("list", call), world.clock.now()
    body = _listed(caller, query, at, fault)
    if fault is not None and body == _listed(caller, query, at, None):
        world.faults.give_back(fault)
    return json_response(body)


def _listed(caller: Caller, query: ExpirationQuery, at: float, fault: Fault | None) -> dict[str, Any]:
    seen = at - lag(fault)
    found = select(caller.world.hygiene.expirations.of(caller.ims_org), query, seen)
    start = moved_start(query.paging.start, query.paging.limit, fault)
    results = [describe(caller, one, seen) for one in query.paging.slice(found, start)]
    if caller.world.switches["ttl_list"] == "ttlDetails":
        return {"totalRecords": len(found), "ttlDetails": results}
    return {
        "results": results,
        "current_page": query.paging.page,
        "total_pages": -(-len(found) // query.paging.limit),
        "total_count": len(found),
    }


def describe(caller: Caller, expiration: Expiration, at: float, *, with_history: bool = False) -> dict[str, Any]:
    world = caller.world
    status = expiration.status(at)
    body: dict[str, Any] = {
        "ttlId": expiration.ttl_id,
        "datasetId": expiration.dataset,
        "datasetName": dataset_name(expiration.dataset),
        "sandboxName": expiration.sandbox,
        "displayName": expiration.name,
        "description": expiration.description,
        "imsOrgId" if world.switches["ttl_list"] == "ttlDetails" else "imsOrg": expiration.org,
        "status": _done_word(world) if status == "completed" else status,
        "expiry": _written(expiration.expiry),
        "updatedAt": _written(expiration.updated(at)),
        "updatedBy": expiration.history[-1]["author"],
    }
    if with_history:
        body["history"] = [
            {
                "status": step["status"],
                "expiry": _written(step["expiry"]),
                "updatedAt": _written(step["at"]),
                "updatedBy": step["author"],
            }
            for step in [*expiration.history, *_execution(expiration, at)]
        ]
    return body


def _execution(expiration: Expiration, at: float) -> list[dict[str, Any]]:
    """What Adobe itself did to it; the words of these entries are published nowhere."""
    steps = (("executing", expiration.executed), ("completed", expiration.completed))
    return [
        {"status": word, "expiry": expiration.expiry, "at": instant, "author": "Data Hygiene"}
        for word, instant in steps
        if instant is not None and instant <= at
    ]


def _written(instant: float) -> str:
    """Samples have microseconds, and none where an instant is on the second."""
    moment = datetime.fromtimestamp(instant, UTC)
    return moment.isoformat().replace("+00:00", "Z")


def _done_word(world: World) -> str:
    return world.switches["ttl_done_word"]


def _make(caller: Caller, call: Call, body: dict[str, Any], dataset: Any, *, upserts: bool) -> web.Response:
    at = caller.world.clock.now()
    try:
        new = read_new(caller.world.switches, body, at, dataset)
        existing = _existing(caller, new.dataset, at, upserts=upserts)
    except Invalid as error:
        raise caller.refused(str(error), documented=_STYLE) from error
    limits.check(caller.world, call)
    if existing is not None:
        changed = _change(caller, existing, Changes(new.expiry, new.name, new.description))
        return json_response(describe(caller, changed, at))
    return json_response(describe(caller, _accept(caller, new, at), at), 201)


def _existing(caller: Caller, dataset: str, at: float, *, upserts: bool) -> Expiration | None:
    """The open expiration of the dataset, None when there is none and room for one. Raises Invalid."""
    existing = caller.world.hygiene.expirations.named(caller.ims_org, caller.sandbox, dataset, at)
    if existing is None or not existing.is_open(at):
        _check_quota(caller, at)
        return None
    if not upserts:
        raise Invalid(f"Dataset {dataset} has a dataset expiration already")
    return existing


def _check_quota(caller: Caller, at: float) -> None:
    records = caller.world.hygiene
    is_full = records.expirations.open_ones(caller.ims_org, at) >= records.quotas.limit(caller.ims_org, EXPIRATIONS)
    if is_full and caller.world.switches["quota_enforced"] == "yes":
        raise Invalid(f"The quota of active dataset expirations is exceeded ({EXPIRATIONS})")


def _accept(caller: Caller, new: NewExpiration, at: float) -> Expiration:
    world = caller.world
    expiration = Expiration(
        ttl_id=make_ttl_id(world.switches["ttl_id"]),
        org=caller.ims_org,
        sandbox=caller.sandbox,
        dataset=new.dataset,
        name=new.name,
        description=new.description,
        expiry=new.expiry,
        lasts=world.switches.number("hard_delete_days") * DAY / world.speed,
    )
    expiration.note("created", at, caller.author)
    world.hygiene.keep_expiration(expiration)
    return expiration


def _change(caller: Caller, expiration: Expiration, changes: Changes) -> Expiration:
    """While it is pending; a cancelled one is opened again by a new expiry. Raises Refusal."""
    at = caller.world.clock.now()
    status = expiration.status(at)
    reopens = status == "cancelled" and changes.expiry is not None
    if status != "pending" and not reopens:
        raise _not_pending(caller, expiration)
    if changes.expiry is not None:
        expiration.expiry = changes.expiry
        expiration.cancelled = None
    expiration.name = expiration.name if changes.name is None else changes.name
    expiration.description = expiration.description if changes.description is None else changes.description
    expiration.note("updated", at, caller.author)
    caller.world.hygiene.keep_expiration(expiration)
    return expiration


def _find(caller: Caller, name: str) -> Expiration:
    expiration = caller.world.hygiene.expirations.named(caller.ims_org, caller.sandbox, name, caller.world.clock.now())
    if expiration is None:
        raise _not_found(caller, name)
    return expiration


def _not_found(caller: Caller, name: str) -> Refusal:
    return caller.not_found(f"Dataset expiration configuration {name}")


def _not_pending(caller: Caller, expiration: Expiration) -> Refusal:
    if caller.world.switches["ttl_not_pending"] == "404":
        return caller.not_found(f"Pending dataset expiration configuration {expiration.ttl_id}")
    return caller.refused(f"Dataset expiration {expiration.ttl_id} is not pending", documented=_STYLE)
