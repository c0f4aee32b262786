"""`/workorder`: take an order in, show one, list them, change its name and description."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from portal.simulator import limits
from portal.simulator.calls import Call
from portal.simulator.clock import iso
from portal.simulator.faults import Fault, lag, moved_start
from portal.simulator.hygiene.datasets import dataset_name
from portal.simulator.hygiene.gate import Caller, enter, read_object
from portal.simulator.hygiene.order_input import NewOrder, read_changes, read_order
from portal.simulator.hygiene.order_list import OrderQuery, read_query, select
from portal.simulator.hygiene.orders import WorkOrder, make_bundle_id, make_order_id, plan
from portal.simulator.hygiene.quotas import DAILY
from portal.simulator.refusals import Refusal, json_response
from portal.simulator.validation import Invalid
from portal.simulator.world import World

_STYLE = "gateway"


async def create(world: World, call: Call) -> web.Response:
    """200 (not 201) with the order. Raises Refusal."""
    caller = enter(world, call)
    body = await read_object(caller, call.request, documented=_STYLE)
    try:
        new = read_order(world.switches, body)
        _check_expirations(caller, new)
        _check_quota(caller, new)
    except Invalid as error:
        raise caller.refused(str(error), documented=_STYLE) from error
    limits.check(world, call)
    order = _accept(caller, new)
    if world.faults.take("create", call):
        _accept(caller, new)
    return json_response(describe(caller, order, world.clock.now()))


async def detail(world: World, call: Call) -> web.Response:
    """200 with the order and what each service has done. Raises Refusal."""
    caller = enter(world, call)
    limits.check(world, call)
    order, at = _find(caller, call.named), world.clock.now()
    fault = world.faults.take("detail", call)
    seen = at - lag(fault)
    if order.created > seen:
        raise _not_found(caller, call.named)
    shown = describe(caller, order, seen, with_services=True)
    if fault is not None and shown == describe(caller, order, at, with_services=True):
        world.faults.give_back(fault)
    return json_response(shown)


async def update(world: World, call: Call) -> web.Response:
    """200 with the changed order, whose name is called displayName again. Raises Refusal."""
    caller = enter(world, call)
    body = await read_object(caller, call.request, documented=_STYLE)
    try:
        changes = read_changes(world.switches, body)
    except Invalid as error:
        raise caller.refused(str(error), documented=_STYLE) from error
    limits.check(world, call)
    order = _find(caller, call.named)
    at = world.clock.now()
    world.hygiene.edit_order(order, changes, at)
    return json_response(describe(caller, order, at, with_services=True))


async def list_orders(world: World, call: Call) -> web.Response:
    """200 with one page. Raises Refusal."""
    caller = enter(world, call)
    try:
        query = read_query(world.switches, call.request.query, caller.sandbox)
    except Invalid as error:
        raise caller.refused(str(error), documented=_STYLE) from error
    limits.check(world, call)
    fault, at = world.faults.take("list", call), world.clock.now()
    body = _listed(caller, call, query, at, fault)
    if fault is not None and body == _listed(caller, call, query, at, None):
        world.faults.give_back(fault)
    return json_response(body)


def _listed(caller: Caller, call: Call, query: OrderQuery, at: float, fault: Fault | None) -> dict[str, Any]:
    """`total` is that of all pages, also when a fault gives another page than the one asked for."""
    seen = at - lag(fault)
    found = select(caller.world.hygiene.orders.of(caller.ims_org), query, seen)
    start = moved_start(query.paging.start, query.paging.limit, fault)
    results = [_chosen(describe(caller, order, seen), query) for order in query.paging.slice(found, start)]
    links = _links(caller, call, query, len(found))
    return {"results": results, "total": len(found), "count": len(results), "_links": links}


def describe(caller: Caller, order: WorkOrder, at: float, *, with_services: bool = False) -> dict[str, Any]:
    """As the switch workorder_shape says: today's answer, or that of 2022 with fewer fields and finer times."""
    modern = caller.world.switches["workorder_shape"] == "modern"
    written = iso if modern else _microseconds
    body: dict[str, Any] = {
        "workorderId": order.order_id,
        "orgId": order.org,
        "bundleId": order.bundle_id,
        "action": "identity-delete",
        "createdAt": written(order.created),
        "updatedAt": written(order.updated(at)),
        "status": order.status(at),
        "createdBy": order.author,
        "datasetId": order.dataset,
        "displayName": order.name,
        "description": order.description,
    }
    if modern:
        body |= {
            "operationCount": len(order.groups),
            "targetServices": order.targets,
            "datasetName": dataset_name(order.dataset),
        }
    services = order.services(at) if with_services else []
    if services:
        body["productStatusDetails"] = [
            {"productName": name, "productStatus": word, "createdAt": _microseconds(instant)} for name, word, instant in services
        ]
    return body


def _microseconds(instant: float) -> str:
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _accept(caller: Caller, new: NewOrder) -> WorkOrder:
    world, created = caller.world, caller.world.clock.now()
    number = len(world.hygiene.orders.accepted) + 1
    values = (value for _, ids in new.groups for value in ids)
    queue_days = world.switches.number("queue_days")
    order = WorkOrder(
        number=number,
        order_id=make_order_id(world.switches["workorder_id"]),
        bundle_id=make_bundle_id(caller.ims_org, caller.sandbox, created),
        org=caller.ims_org,
        sandbox=caller.sandbox,
        author=caller.author,
        dataset=new.dataset,
        targets=new.targets,
        groups=new.groups,
        name=new.name,
        description=new.description,
        created=created,
        course=plan(world.seed, number, new.targets, values, queue_days=queue_days, speed=world.speed),
    )
    return world.hygiene.accept_order(order)


def _check_expirations(caller: Caller, new: NewOrder) -> None:
    at = caller.world.clock.now()
    for expiration in caller.world.hygiene.expirations.of(caller.ims_org):
        if expiration.sandbox == caller.sandbox and expiration.dataset in new.datasets and expiration.is_open(at):
            raise Invalid(f"Dataset {expiration.dataset} has a dataset expiration that is not finished")


def _check_quota(caller: Caller, new: NewOrder) -> None:
    """Adobe's own words are unpublished."""
    world = caller.world
    if world.switches["quota_enforced"] == "no":
        return
    name = world.hygiene.quotas.lacking(caller.ims_org, new.identities, world.clock.now())
    if name is not None:
        period = "daily" if name == DAILY else "monthly"
        raise Invalid(f"The {period} quota of identities for record deletes is exceeded ({name})")


def _not_found(caller: Caller, order_id: str) -> Refusal:
    return caller.not_found(f"Work order {order_id}")


def _find(caller: Caller, order_id: str) -> WorkOrder:
    order = caller.world.hygiene.orders.get(caller.ims_org, order_id)
    if order is None:
        raise _not_found(caller, order_id)
    return order


def _chosen(body: dict[str, Any], query: OrderQuery) -> dict[str, Any]:
    if query.properties is None:
        return body
    return {name: value for name, value in body.items() if name in query.properties}


def _links(caller: Caller, call: Call, query: OrderQuery, total: int) -> dict[str, Any]:
    """Without `/data/core/hygiene`, as Adobe's: they lead nowhere. Samples have `next` on the last page too."""
    base = f"{call.request.scheme}://{call.request.host}/workorder"
    paging = query.paging
    links: dict[str, Any] = {"page": {"href": f"{base}?limit={{limit}}&page={{page}}", "templated": True}}
    is_last = (paging.page + 1) * paging.limit >= total
    if not is_last or caller.world.switches["workorder_next"] == "kept":
        links["next"] = {"href": f"{base}?page={paging.page + 1}&limit={paging.limit}", "templated": False}
    return links
