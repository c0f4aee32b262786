"""Which function serves which operation of Data Hygiene."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from portal.simulator.calls import Call
from portal.simulator.hygiene import expiration_calls, order_calls, quota_calls
from portal.simulator.world import World

HYGIENE_HANDLERS: dict[str, Callable[[World, Call], Awaitable[web.StreamResponse]]] = {
    "workorder_create": order_calls.create,
    "workorder_list": order_calls.list_orders,
    "workorder_detail": order_calls.detail,
    "workorder_update": order_calls.update,
    "quota": quota_calls.show,
    "ttl_create": expiration_calls.create,
    "ttl_list": expiration_calls.list_expirations,
    "ttl_detail": expiration_calls.detail,
    "ttl_update": expiration_calls.update,
    "ttl_cancel": expiration_calls.cancel,
}
