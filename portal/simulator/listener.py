"""The listening socket, which can be closed for a while so that connections are refused."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path

from aiohttp import web

# More than the 500 slow calls that it must hold, so that none waits for the kernel.
BACKLOG = 2048


class Listener:
    """Binds once, so that the port stays the same when it listens again. Raises OSError when the port is taken."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        self.host = host
        self.tls = tls
        self._socket = _bind(host, port)
        self.port: int = self._socket.getsockname()[1]
        self._runner: web.AppRunner | None = None
        self._site: web.SockSite | None = None
        self._reopening: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"

    async def start(self, runner: web.AppRunner) -> None:
        self._runner = runner
        self._site = web.SockSite(runner, self._socket, ssl_context=self.tls, backlog=BACKLOG)
        await self._site.start()

    async def refuse(self, seconds: float, keep: asyncio.BaseTransport | None) -> None:
        """Refuses connections for `seconds` and breaks the open ones, all but `keep`.

        By time, not by count: it is the kernel that refuses, and it tells nobody how often.
        """
        if self._reopening is not None and not self._reopening.done():
            self._reopening.cancel()
        if self._site is not None:
            await self._site.stop()
            self._site = None
            # A bound socket that does not listen holds the port and refuses.
            self._socket.close()
            self._socket = _bind(self.host, self.port)
        self._break_connections(keep)
        self._reopening = asyncio.create_task(self._reopen(seconds))

    async def _reopen(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if self._runner is not None:
            await self.start(self._runner)

    def _break_connections(self, keep: asyncio.BaseTransport | None) -> None:
        server = self._runner.server if self._runner is not None else None
        for connection in list(server.connections) if server is not None else []:
            transport = connection.transport
            if isinstance(transport, asyncio.Transport) and transport is not keep and self._is_mine(transport):
                transport.abort()

    def _is_mine(self, transport: asyncio.Transport) -> bool:
        """Two ports share one server."""
        name = transport.get_extra_info("sockname")
        return name is not None and name[1] == self.port


def _bind(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError:
        listening.close()
        raise
    listening.setblocking(False)
    return listening


def tls_context(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """None without a certificate. Raises OSError or ssl.SSLError when the files cannot be used."""
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
