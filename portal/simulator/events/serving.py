"""Adobe's own paths: the journal, the public keys, and the page that validates an address."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from portal.simulator import refusals
from portal.simulator.calls import Call
from portal.simulator.events.registrations import Registration
from portal.simulator.gateway import check_token
from portal.simulator.refusals import json_response
from portal.simulator.world import World

LARGEST_PAGE, RETRY_AFTER = 500, 10
_AGO = re.compile(r"-PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")


async def journal(world: World, call: Call) -> web.Response:
    """200 with events, or 204 at the end. Raises Refusal."""
    registration = _of_caller(world, call)
    query = call.request.query
    since = query.get("since", "")
    if "seek" in query and since:
        raise refusals.gateway(400, "400000", "seek cannot be combined with since")
    now = world.clock.now()
    entries = registration.kept_since(since, now)
    if "seek" in query:
        begin = now - _seconds_ago(query["seek"])
        entries = [(position, event) for position, event in entries if event.at >= begin]
    if query.get("latest") == "true":
        entries = entries[-1:]
    page = entries[: _limit(query.get("limit", ""))]
    if not page:
        return web.Response(status=204, headers={"retry-after": str(RETRY_AFTER), "Link": _link(registration, since)})
    last = page[-1][0]
    client_id = registration.organization.client_id
    body: dict[str, Any] = {
        "events": [{"position": position, "event": event.payload(client_id)} for position, event in page],
        "_page": {"last": last, "count": len(page)},
    }
    return json_response(body, headers={"Link": _link(registration, last)})


def _of_caller(world: World, call: Call) -> Registration:
    """The organization's header is `x-ims-org-id` here. A journal of somebody else is none."""
    owner = check_token(world, call.request)
    if call.request.headers.get("x-api-key") != owner.client_id:
        raise refusals.gateway(403, "403003", "Api Key is invalid")
    if call.request.headers.get("x-ims-org-id") != owner.ims_org:
        raise refusals.gateway(403, "403025", "Profile is not valid")
    registration = world.events.registrations.get(call.named)
    if registration is None or registration.organization.ims_org != owner.ims_org:
        raise refusals.no_such_path()
    return registration


def _link(registration: Registration, since: str) -> str:
    query = f"?since={since}" if since else ""
    return f'<{registration.journal_path}{query}>; rel="next"'


def _limit(text: str) -> int:
    return max(1, min(int(text), LARGEST_PAGE)) if text.isascii() and text.isdigit() else LARGEST_PAGE


def _seconds_ago(text: str) -> float:
    found = _AGO.fullmatch(text)
    if found is None:
        raise refusals.gateway(400, "400000", "seek must be a duration such as -PT2H")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600.0 + minutes * 60.0 + seconds


async def event_key(world: World, call: Call) -> web.Response:
    pem = world.events.signer.pem(call.path)
    if pem is None:
        raise refusals.no_such_path()
    return web.Response(body=pem, content_type="application/x-pem-file")


async def event_validate(world: World, call: Call) -> web.Response:
    query = call.request.query
    known = world.events.validate(query.get("id", ""), query.get("challenge", ""))
    return json_response({"validated": known}, 200 if known else 400)


EVENT_HANDLERS = {"journal": journal, "event_key": event_key, "event_validate": event_validate}
