"""What every Data Hygiene call passes first, and the errors that this service answers with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from portal.simulator import gateway, refusals
from portal.simulator.calls import Call
from portal.simulator.organizations import Organization
from portal.simulator.refusals import Refusal
from portal.simulator.world import World


@dataclass(frozen=True)
class Caller:
    """Who calls, in which sandbox."""

    world: World
    organization: Organization
    sandbox: str

    @property
    def ims_org(self) -> str:
        return self.organization.ims_org

    @property
    def author(self) -> str:
        """`mail <mail> HEXID@domain`, as Adobe names whoever made something."""
        account = self.organization.technical_account
        number = hashlib.blake2b(account.encode(), digest_size=12).hexdigest().upper()
        return f"{account} <{account}> {number}@techacct.adobe.com"

    def refused(self, message: str, *, documented: str) -> Refusal:
        """400 about the body or a parameter; `documented` is the style that this path's pages show."""
        style = self.world.switches["hygiene_errors"]
        if (documented if style == "documented" else style) == "problem":
            return Refusal(400, self._problem(message))
        return refusals.gateway(400, "400001", f"Bad request. {message}")

    def not_found(self, words: str) -> Refusal:
        return refusals.gateway(404, "404003", f"{words} not found.")

    def _problem(self, message: str) -> dict[str, Any]:
        """The Platform problem shape; the key is literally `error-chain` (OpenAPI of Data Hygiene)."""
        code = "HYGN-3102-400"
        return {
            "type": f"http://ns.adobe.com/aep/errors/{code}",
            "title": message,
            "status": 400,
            "report": {
                "tenantInfo": {"sandboxName": self.sandbox, "sandboxId": "not-applicable", "imsOrgId": self.ims_org},
                "additionalContext": {"Invoking Client ID": self.organization.client_id},
            },
            "error-chain": [
                {
                    "serviceId": "HYGN",
                    "errorCode": code,
                    "invokingServiceId": "acp_privacy_hygiene",
                    "unixTimeStampMs": int(self.world.clock.now() * 1000),
                }
            ],
        }


def enter(world: World, call: Call) -> Caller:
    """Raises Refusal: the gateway's, or 400 without a sandbox."""
    organization = gateway.check_caller(world, call.request)
    sandbox = call.request.headers.get("x-sandbox-name", "").strip()
    if not sandbox:
        raise refusals.gateway(400, "400003", "Missing header")
    return Caller(world, organization, sandbox)


async def read_object(caller: Caller, request: web.Request, *, documented: str) -> dict[str, Any]:
    """The body of a call that must have one. Raises Refusal."""
    body = await gateway.read_json(request)
    gateway.check_content_type(request)
    if not isinstance(body, dict):
        raise caller.refused("The body must be a JSON object", documented=documented)
    return body
