"""The last check before a call is served: how many calls are allowed. Only faults make it fail."""

from __future__ import annotations

from email.utils import formatdate
from time import time

from portal.simulator import refusals
from portal.simulator.calls import Call
from portal.simulator.faults import Fault
from portal.simulator.refusals import Refusal
from portal.simulator.world import World


def check(world: World, call: Call) -> None:
    """Raises Refusal when a fault of the stage `rate` is armed for this call."""
    fault = world.faults.take("rate", call)
    if fault is not None:
        raise _refusal(world.switches["error_style"], call, fault)


def _refusal(style: str, call: Call, fault: Fault) -> Refusal:
    if fault.kind == "limit400":
        message = "Bad request. The daily upload limit for this organization has been exceeded"
        return refusals.privacy(style, 400, "400001", message)
    if fault.kind == "reject400":
        place = "users[0].userIDs[0].value" if call.operation == "create" else "a value of the body"
        return refusals.privacy(style, 400, "400001", f"Bad request. {place} is not acceptable")
    headers: dict[str, str] = {}
    if fault.kind == "throttle":
        headers["Retry-After"] = str(round(fault.retry_after))
    elif fault.kind == "throttle_date":
        headers["Retry-After"] = formatdate(time() + fault.retry_after, usegmt=True)
    return refusals.gateway(429, "429050", "Too many requests", headers)
