"""The control endpoints of opt-outs and of Data Hygiene. The package docstring of portal.simulator describes each."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from portal.simulator.control_input import ControlError, number, read_body, window
from portal.simulator.hygiene.quota_calls import numbers_of
from portal.simulator.hygiene.quotas import DAILY, EXPIRATIONS, MONTHLY
from portal.simulator.keys import WORLD
from portal.simulator.organizations import DEFAULT_ORGANIZATION
from portal.simulator.refusals import json_response

_LIMITS = {"daily": DAILY, "monthly": MONTHLY, "expirations": EXPIRATIONS}
_CONSUMED = {"usedToday": DAILY, "usedThisMonth": MONTHLY}
_ENDS = {"completed": False, "failed": True}


def add_routes(control: web.Application) -> None:
    control.router.add_get("/ledger/consents", show_consents)
    control.router.add_get("/ledger/workorders", show_orders)
    control.router.add_get("/ledger/expirations", show_expirations)
    control.router.add_post("/workorders/finish", finish_orders)
    control.router.add_post("/workorders/{order_id}/age", age_order)
    control.router.add_delete("/workorders/{order_id}", forget_order)
    control.router.add_delete("/expirations/{ttl_id}", forget_expiration)
    control.router.add_get("/quotas", show_quotas)
    control.router.add_post("/quotas", change_quotas)


def _page(request: web.Request, entries: list[dict[str, Any]]) -> web.Response:
    return json_response({"entries": entries[window(request)], "total": len(entries)})


async def show_consents(request: web.Request) -> web.Response:
    return _page(request, request.app[WORLD].consents)


async def show_orders(request: web.Request) -> web.Response:
    return _page(request, request.app[WORLD].hygiene.orders.accepted)


async def show_expirations(request: web.Request) -> web.Response:
    return _page(request, request.app[WORLD].hygiene.expirations.changes)


async def finish_orders(request: web.Request) -> web.Response:
    world, body = request.app[WORLD], await read_body(request)
    ids, status = body.get("workorderIds"), body.get("status", "completed")
    if ids is not None and not isinstance(ids, list):
        raise ControlError("workorderIds must be a list")
    if status not in _ENDS:
        raise ControlError("status must be completed or failed")
    return json_response({"finished": world.hygiene.end_orders(ids, world.clock.now(), failed=_ENDS[status])})


async def age_order(request: web.Request) -> web.Response:
    seconds = number(await read_body(request), "seconds")
    known = request.app[WORLD].hygiene.age_order(request.match_info["order_id"], seconds)
    return json_response({"aged": known}, 200 if known else 404)


async def forget_order(request: web.Request) -> web.Response:
    known = request.app[WORLD].hygiene.forget_order(request.match_info["order_id"])
    return json_response({"forgotten": known}, 200 if known else 404)


async def forget_expiration(request: web.Request) -> web.Response:
    known = request.app[WORLD].hygiene.forget_expiration(request.match_info["ttl_id"])
    return json_response({"forgotten": known}, 200 if known else 404)


async def show_quotas(request: web.Request) -> web.Response:
    org = request.query.get("imsOrg", DEFAULT_ORGANIZATION["imsOrg"])
    return json_response(numbers_of(request.app[WORLD], org))


async def change_quotas(request: web.Request) -> web.Response:
    world, body = request.app[WORLD], await read_body(request)
    unknown = sorted(set(body) - {"imsOrg", *_LIMITS, *_CONSUMED})
    if unknown:
        raise ControlError(f"unknown: {', '.join(unknown)}; known: {', '.join(['imsOrg', *_LIMITS, *_CONSUMED])}")
    org = str(body.get("imsOrg", DEFAULT_ORGANIZATION["imsOrg"]))
    limits, consumed = (
        {quota: int(number(body, name)) for name, quota in names.items() if name in body} for names in (_LIMITS, _CONSUMED)
    )
    world.hygiene.change_quota(org, world.clock.now(), limits, consumed)
    return json_response(numbers_of(world, org))
