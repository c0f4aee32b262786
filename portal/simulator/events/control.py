"""The control endpoints of events. The package docstring of portal.simulator describes each."""

from __future__ import annotations

from aiohttp import web

from portal.simulator.calls import EVENT_VALIDATION
from portal.simulator.control_input import ControlError, read_body
from portal.simulator.events.feed import CODES, new_event
from portal.simulator.events.registrations import Registration, read_registration
from portal.simulator.keys import WORLD
from portal.simulator.refusals import json_response


def add_routes(control: web.Application) -> None:
    control.router.add_get("/events", show_events)
    control.router.add_post("/events", tell_event)
    control.router.add_get("/events/registrations", show_registrations)
    control.router.add_post("/events/registrations", register)
    control.router.add_post("/events/registrations/{id}/enable", enable)
    control.router.add_delete("/events/registrations/{id}", unregister)
    control.router.add_post("/events/settings", change_settings)
    control.router.add_post("/events/keys/rotate", rotate_keys)


def _address(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}"


async def show_events(request: web.Request) -> web.Response:
    hub = request.app[WORLD].events
    return json_response({"told": hub.told, "waiting": hub.deliverer.waiting, **hub.mischief.as_dict()})


async def tell_event(request: web.Request) -> web.Response:
    """One event by hand: `{"jobId", "code"?, "message"?, "imsOrg"?}`."""
    world, body = request.app[WORLD], await read_body(request)
    job = world.jobs.get(str(body.get("jobId", "")))
    org = str(body.get("imsOrg") or (job.org if job is not None else world.organizations.all()[0].ims_org))
    event = new_event(
        str(body.get("code", CODES[0])), org, str(body.get("jobId", "")), str(body.get("message", "")), world.clock.now()
    )
    world.events.tell([event])
    return json_response({"eventId": event.event_id})


async def show_registrations(request: web.Request) -> web.Response:
    known = request.app[WORLD].events.registrations.values()
    return json_response({"registrations": [registration.as_dict(_address(request)) for registration in known]})


async def register(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    registration = read_registration(await read_body(request), world.organizations.all())
    await world.events.register(registration, world.jobs.all(), _address(request) + EVENT_VALIDATION)
    return json_response(registration.as_dict(_address(request)))


async def enable(request: web.Request) -> web.Response:
    registration = _named(request)
    await request.app[WORLD].events.enable(registration, _address(request) + EVENT_VALIDATION)
    return json_response(registration.as_dict(_address(request)))


async def unregister(request: web.Request) -> web.Response:
    del request.app[WORLD].events.registrations[_named(request).registration_id]
    return json_response({"removed": True})


def _named(request: web.Request) -> Registration:
    registration = request.app[WORLD].events.registrations.get(request.match_info["id"])
    if registration is None:
        raise ControlError("there is no such registration")
    return registration


async def change_settings(request: web.Request) -> web.Response:
    mischief = request.app[WORLD].events.mischief
    mischief.change(await read_body(request))
    return json_response(mischief.as_dict())


async def rotate_keys(request: web.Request) -> web.Response:
    request.app[WORLD].events.signer.rotate()
    return json_response({"rotated": True})
