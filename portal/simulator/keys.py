"""Where the application keeps what its handlers need."""

from __future__ import annotations

from aiohttp import web

from portal.simulator.listener import Listener
from portal.simulator.world import World

WORLD = web.AppKey("world", World)
LISTENER = web.AppKey("listener", Listener)
# Of the port for token requests; only there when it has one of its own.
TOKEN_LISTENER = web.AppKey("token_listener", Listener)
