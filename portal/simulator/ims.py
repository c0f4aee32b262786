"""The token endpoint of IMS (OAuth server-to-server). Parameters come in the body, in the query, or in both."""

from __future__ import annotations

from aiohttp import web

from portal.simulator.calls import Call
from portal.simulator.faults import Fault
from portal.simulator.refusals import Refusal, json_response
from portal.simulator.world import World

_PARAMETERS = ("grant_type", "client_id", "client_secret", "scope")


async def token(world: World, call: Call) -> web.Response:
    """A bearer token, or Refusal with IMS's `error` and `error_description`."""
    if call.method != "POST":
        raise _refusal(world, "invalid_request", "method not allowed")
    form = await call.request.post()
    given = {name: str(form.get(name) or call.request.query.get(name) or "") for name in _PARAMETERS}
    for name, value in given.items():
        if not value:
            raise _refusal(world, "invalid_request", f"missing {name} parameter")
    if given["grant_type"] != "client_credentials":
        raise _refusal(world, "unsupported_grant_type", "unsupported grant_type parameter")
    organization = world.organizations.of_client(given["client_id"])
    if organization is None:
        raise _refusal(world, "invalid_client", "invalid client_id parameter")
    if given["client_secret"] != organization.client_secret:
        raise _refusal(world, "invalid_client", "invalid client_secret parameter")
    if " " in given["scope"].strip():
        raise _refusal(world, "invalid_scope", "scopes are separated by commas")
    seconds = world.switches.number("token_seconds")
    unit = 1000 if world.switches["expires_in"] == "ms" else 1
    access_token = world.organizations.issue_token(organization, seconds)
    return json_response({"access_token": access_token, "token_type": "bearer", "expires_in": seconds * unit})


def fault_refusal(world: World, fault: Fault) -> Refusal:
    if fault.kind == "token_down":
        return Refusal(503, {"error": "server_error", "error_description": "service unavailable"})
    return _refusal(world, "invalid_client", "invalid client_secret parameter")


def _refusal(world: World, error: str, description: str) -> Refusal:
    status = world.switches.number("ims_error_status")
    return Refusal(status, {"error": error, "error_description": description})
