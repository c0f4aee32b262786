"""Puts the parts together: which function serves a call, and which fault happens to it at which stage."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from portal.simulator import consent, content, control, creation, ims, listing, reading, refusals
from portal.simulator.calls import Call, recognise
from portal.simulator.events.serving import EVENT_HANDLERS
from portal.simulator.faults import Fault
from portal.simulator.hygiene.serving import HYGIENE_HANDLERS
from portal.simulator.keys import LISTENER, TOKEN_LISTENER, WORLD
from portal.simulator.listener import Listener
from portal.simulator.refusals import Refusal
from portal.simulator.world import World

# 1,000 people with 9 identities each, or the 100,000 identities of a work order, come to a few megabytes.
LARGEST_BODY = 64 * 1024 * 1024

Handler = Callable[[World, Call], Awaitable[web.StreamResponse]]


async def other(world: World, call: Call) -> web.StreamResponse:
    """Everything that Adobe does not have here: no DELETE on jobs or work orders, no other path."""
    if call.is_known_path:
        raise refusals.gateway(405, "405000", "Method not allowed")
    raise refusals.no_such_path()


HANDLERS: dict[str, Handler] = {
    "token": ims.token,
    "create": creation.create,
    "list": listing.list_jobs,
    "detail": reading.detail,
    "content": content.content,
    "ping": reading.ping,
    "blob": content.blob,
    "consent": consent.consent,
    **HYGIENE_HANDLERS,
    **EVENT_HANDLERS,
    "other": other,
}


def build_app(world: World, listener: Listener, token_listener: Listener | None = None) -> web.Application:
    app = web.Application(client_max_size=LARGEST_BODY)
    app[WORLD] = world
    app[LISTENER] = listener
    if token_listener is not None:
        app[TOKEN_LISTENER] = token_listener
    control.add_routes(app)
    app.router.add_route("*", "/{path:.*}", serve)
    return app


async def serve(request: web.Request) -> web.StreamResponse:
    """One call to one of Adobe's paths, counted."""
    world = request.app[WORLD]
    call = recognise(request, deprecated_base=world.switches["gdpr_alias"] == "on")
    begun = world.counts.begin(call)
    answer = "cut"
    try:
        response = await _answer(world, call)
        if request.transport is not None and not request.transport.is_closing():
            answer = str(response.status)
        return response
    finally:
        world.counts.end(call, answer, begun)


async def _answer(world: World, call: Call) -> web.StreamResponse:
    """Adobe works the call at once and answers after the latency: who hangs up meanwhile has still been served."""
    fault = world.faults.take("early", call)
    if fault is not None:
        response: web.StreamResponse = await _fail_early(world, call, fault)
    else:
        response = await _handle(world, call)
        fault = world.faults.take("answer", call) if response.status < 300 else None
        if fault is not None:
            response = await _spoil(call, response, fault)
    if world.latency:
        await asyncio.sleep(world.latency)
    return response


async def _handle(world: World, call: Call) -> web.StreamResponse:
    try:
        return await HANDLERS[call.operation](world, call)
    except Refusal as refusal:
        return refusal.response()


async def _fail_early(world: World, call: Call, fault: Fault) -> web.StreamResponse:
    """Nothing of the call is worked."""
    await call.request.read()
    if fault.kind in {"cut_before_answer", "token_cut"}:
        return _cut(call)
    if fault.kind == "hang":
        await _wait_for_hang_up(call, fault.seconds)
        return _cut(call)
    if fault.kind == "redirect":
        return web.Response(status=302, headers={"Location": str(fault.options.get("location", "/elsewhere"))})
    if fault.kind in {"token_down", "token_refused"}:
        return ims.fault_refusal(world, fault).response()
    if fault.kind == "slow_unprocessed":
        await asyncio.sleep(fault.seconds)
    return _EARLY[fault.kind]().response()


_EARLY: dict[str, Callable[[], Refusal]] = {
    "unauthorized": lambda: refusals.gateway(401, "401013", "Oauth token is not valid"),
    "forbidden": refusals.forbidden,
    "not_found": refusals.no_such_path,
    "error500": lambda: refusals.gateway(500, "500001", "Internal server error."),
    "error503": lambda: refusals.gateway(503, "503000", "Service unavailable"),
    "slow_unprocessed": lambda: refusals.gateway(503, "503000", "Service unavailable"),
}


async def _spoil(call: Call, response: web.StreamResponse, fault: Fault) -> web.StreamResponse:
    """The call has been worked; its answer goes wrong."""
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
        return response
    if fault.kind == "accept_then_cut":
        return _cut(call)
    if fault.kind == "accept_then_500":
        return _EARLY["error500"]().response()
    return web.Response(status=response.status, text="<html><body>OK</body></html>", content_type="text/html")


def _cut(call: Call) -> web.StreamResponse:
    """Breaks the connection with a reset; the response that aiohttp wants back goes nowhere."""
    if call.request.transport is not None:
        call.request.transport.abort()
    return web.Response()


async def _wait_for_hang_up(call: Call, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while loop.time() < end and call.request.transport is not None and not call.request.transport.is_closing():
        await asyncio.sleep(0.05)
