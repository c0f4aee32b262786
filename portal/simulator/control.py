"""The control endpoints under `/__simulator__/`, outside Adobe's paths. The package docstring describes each."""

from __future__ import annotations

import hashlib
from typing import Any

from aiohttp import web

from portal.simulator import ledger, states
from portal.simulator.clock import iso
from portal.simulator.content import build_archive
from portal.simulator.control_input import ControlError, number, read_body, window
from portal.simulator.events import control as events_control
from portal.simulator.faults import FaultError, refuse_unknown_names
from portal.simulator.hygiene import control as hygiene_control
from portal.simulator.keys import LISTENER, TOKEN_LISTENER, WORLD
from portal.simulator.organizations import OrganizationError, parse_organization
from portal.simulator.refusals import json_response
from portal.simulator.switches import SwitchError

BASE = "/__simulator__"


def add_routes(app: web.Application) -> None:
    control = web.Application(middlewares=[explain])
    control.router.add_get("/health", show_health)
    control.router.add_get("/ledger", show_ledger)
    control.router.add_get("/states/jobs", show_job_states)
    control.router.add_get("/states/workorders", show_order_states)
    control.router.add_get("/calls", show_calls)
    control.router.add_get("/faults", show_faults)
    control.router.add_post("/faults", arm_fault)
    control.router.add_delete("/faults", clear_faults)
    control.router.add_get("/faults/struck", show_struck)
    control.router.add_delete("/faults/{number:[0-9]+}", disarm_fault)
    control.router.add_post("/advance", advance)
    control.router.add_post("/finish", finish)
    control.router.add_delete("/jobs/{job_id}", forget_job)
    control.router.add_get("/archives/{job_id}", show_archive)
    control.router.add_get("/organizations", show_organizations)
    control.router.add_post("/organizations", put_organization)
    control.router.add_delete("/tokens", revoke_tokens)
    control.router.add_get("/switches", show_switches)
    control.router.add_post("/switches", set_switches)
    control.router.add_post("/settings", change_settings)
    control.router.add_post("/reset", reset)
    hygiene_control.add_routes(control)
    events_control.add_routes(control)
    control[WORLD] = app[WORLD]
    control[LISTENER] = app[LISTENER]
    if TOKEN_LISTENER in app:
        control[TOKEN_LISTENER] = app[TOKEN_LISTENER]
    app.add_subapp(f"{BASE}/", control)


@web.middleware
async def explain(request: web.Request, handler: Any) -> web.StreamResponse:
    """Turns what a control call did wrong into a 400 that says it."""
    try:
        response: web.StreamResponse = await handler(request)
    except (ControlError, FaultError, OrganizationError, SwitchError) as error:
        return json_response({"error": str(error)}, 400)
    return response


async def show_health(request: web.Request) -> web.Response:
    clock, listener = request.app[WORLD].clock, request.app[LISTENER]
    ims = request.app.get(TOKEN_LISTENER, listener)
    return json_response({"status": "ok", "now": iso(clock.now()), "offset": clock.offset, "imsAddress": ims.address})


async def show_ledger(request: web.Request) -> web.Response:
    return json_response(ledger.page(request.app[WORLD].jobs, window(request)))


async def show_job_states(request: web.Request) -> web.Response:
    return json_response(states.of_jobs(request.app[WORLD], window(request)))


async def show_order_states(request: web.Request) -> web.Response:
    return json_response(states.of_orders(request.app[WORLD], window(request)))


async def show_calls(request: web.Request) -> web.Response:
    return json_response(request.app[WORLD].counts.as_dict())


async def show_faults(request: web.Request) -> web.Response:
    return json_response({"faults": request.app[WORLD].faults.as_list()})


async def arm_fault(request: web.Request) -> web.Response:
    body = await read_body(request)
    if body.get("kind") == "refuse":
        return await _refuse(request, body)
    return json_response(request.app[WORLD].faults.arm(body).as_dict())


async def _refuse(request: web.Request, body: dict[str, Any]) -> web.Response:
    refuse_unknown_names(body, ("kind", "seconds", "port"))
    port = body.get("port", "all")
    if port not in {"all", "tokens"}:
        raise ControlError("port must be all or tokens")
    if port == "tokens" and TOKEN_LISTENER not in request.app:
        raise ControlError("there is no port of its own for tokens; start with --ims-port")
    listener = request.app[TOKEN_LISTENER if port == "tokens" else LISTENER]
    await listener.refuse(number(body, "seconds", 1.0), request.transport)
    request.app[WORLD].faults.struck["refuse"] += 1
    return json_response({"id": 0, "kind": "refuse"}, headers={"Connection": "close"})


async def show_struck(request: web.Request) -> web.Response:
    return json_response({kind: count for kind, count in sorted(request.app[WORLD].faults.struck.items()) if count})


async def disarm_fault(request: web.Request) -> web.Response:
    known = request.app[WORLD].faults.disarm(int(request.match_info["number"]))
    return json_response({"disarmed": known}, 200 if known else 404)


async def clear_faults(request: web.Request) -> web.Response:
    request.app[WORLD].faults.clear()
    return json_response({"faults": []})


async def advance(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    world.advance(number(await read_body(request), "seconds"))
    return json_response({"now": iso(world.clock.now()), "offset": world.clock.offset})


async def finish(request: web.Request) -> web.Response:
    job_ids = (await read_body(request)).get("jobIds")
    if job_ids is not None and not isinstance(job_ids, list):
        raise ControlError("jobIds must be a list")
    return json_response({"finished": request.app[WORLD].finish(job_ids)})


async def forget_job(request: web.Request) -> web.Response:
    known = request.app[WORLD].forget(request.match_info["job_id"])
    return json_response({"forgotten": known}, 200 if known else 404)


async def show_archive(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    job = world.jobs.get(request.match_info["job_id"])
    if job is None or not job.has_archive(world.clock.now()):
        return json_response({"error": "this job has no archive"}, 404)
    data = build_archive(job)
    return json_response({"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)})


async def show_organizations(request: web.Request) -> web.Response:
    known = request.app[WORLD].organizations.all()
    return json_response({"organizations": [organization.as_dict() for organization in known]})


async def put_organization(request: web.Request) -> web.Response:
    organization = parse_organization(await read_body(request))
    request.app[WORLD].register(organization)
    return json_response(organization.as_dict())


async def revoke_tokens(request: web.Request) -> web.Response:
    request.app[WORLD].revoke_tokens()
    return json_response({"revoked": True})


async def show_switches(request: web.Request) -> web.Response:
    return json_response(request.app[WORLD].switches.as_dict())


async def set_switches(request: web.Request) -> web.Response:
    switches = request.app[WORLD].switches
    switches.update({name: str(value) for name, value in (await read_body(request)).items()})
    return json_response(switches.as_dict())


async def change_settings(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    body = await read_body(request)
    speed, latency = number(body, "speed", world.speed), number(body, "latency", world.latency)
    if speed == 0:
        raise ControlError("speed must be greater than 0")
    world.speed, world.latency = speed, latency
    return json_response({"speed": world.speed, "latency": world.latency})


async def reset(request: web.Request) -> web.Response:
    request.app[WORLD].reset()
    return json_response({"reset": True})
