"""Checks of the gateway, in Adobe's order: token, API key, organization header, entitlement, permission, body type."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from portal.simulator import refusals
from portal.simulator.organizations import Organization
from portal.simulator.vocabulary import OPT_OUT_READ, OPT_OUT_WRITE, READ, WRITE
from portal.simulator.world import World


def check_caller(world: World, request: web.Request) -> Organization:
    """The organization that calls. Raises Refusal."""
    owner = check_token(world, request)
    key = request.headers.get("x-api-key", "")
    if not key:
        raise refusals.gateway(403, "403000", "Api Key is required")
    if key != owner.client_id:
        raise refusals.gateway(403, "403003", "Api Key is invalid")
    ims_org = request.headers.get("x-gw-ims-org-id", "")
    if not ims_org:
        raise refusals.gateway(400, "400003", "Missing header")
    if ims_org != owner.ims_org:
        raise refusals.gateway(403, "403025", "Profile is not valid")
    return owner


def check_token(world: World, request: web.Request) -> Organization:
    """Whose token it is. Raises Refusal."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        status = world.switches.number("missing_token")
        raise refusals.gateway(status, "403010", "Oauth token is missing.")
    owner = world.organizations.of_token(token.strip())
    if owner is None:
        raise refusals.gateway(401, "401013", "Oauth token is not valid")
    return owner


def require(world: World, organization: Organization, *permissions: str) -> None:
    """At least one of `permissions` (none implies another). Raises Refusal, as the switch permission_failure says."""
    if organization.permissions.isdisjoint(permissions):
        if world.switches["permission_failure"] == "gateway":
            raise refusals.forbidden()
        raise refusals.privacy(world.switches["error_style"], 400, "1010-400", "Missing permissions")


def reading_permission(action: str) -> str:
    return OPT_OUT_READ if action == "opt-out-of-sale" else READ


def writing_permission(action: str) -> str:
    return OPT_OUT_WRITE if action == "opt-out-of-sale" else WRITE


def check_content_type(request: web.Request) -> None:
    if "Content-Type" not in request.headers or request.content_type != "application/json":
        raise refusals.wrong_content_type()


async def read_json(request: web.Request) -> Any:
    """None for a body that is not JSON; the permission and the content type are looked at before anybody complains."""
    try:
        return json.loads(await request.read())
    except (ValueError, RecursionError):
        return None
