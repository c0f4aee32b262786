"""The command line: options, start, clean stop."""

from __future__ import annotations

import argparse
import asyncio
import errno
import json
import math
import signal
import ssl
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from portal.simulator.app import build_app
from portal.simulator.listener import Listener, tls_context
from portal.simulator.organizations import Organization, OrganizationError, parse_organization
from portal.simulator.switches import SwitchError, parse_assignment
from portal.simulator.world import Options, World

DEFAULT_PORT = 8010
CANNOT_START = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options, for this module's own parser and for the management command."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help=f"0 = a free one (default: {DEFAULT_PORT})")
    parser.add_argument("--speed", type=_speed, default=1.0, help="divides how long products take; stamps stay real")
    parser.add_argument("--latency", type=_seconds, default=0.0, help="seconds before each answer of Adobe's paths")
    parser.add_argument("--seed", default="adobe", help="decides how long each product takes")
    parser.add_argument(
        "--switch",
        type=_switch,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="see portal/simulator/switches.py",
    )
    parser.add_argument(
        "--organization",
        type=_organization,
        action="append",
        default=[],
        metavar="JSON",
        help='{"imsOrg", "clientId", "clientSecret", "products"?, "permissions"?}',
    )
    parser.add_argument("--tls-cert", type=Path, help="PEM certificate; with it the simulator speaks HTTPS")
    parser.add_argument("--tls-key", type=Path, help="PEM key, when it is not in the certificate's file")
    parser.add_argument("--state", type=Path, help="JSON-lines file that keeps jobs and organizations over a restart")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m portal.simulator", description="A local Adobe Privacy Service.")
    add_arguments(parser)
    return run(read_options(vars(parser.parse_args(arguments))))


def read_options(parsed: dict[str, Any]) -> Options:
    """From parsed arguments, with names that are not ours left aside."""
    names = ("host", "port", "speed", "latency", "seed", "tls_cert", "tls_key", "state")
    return Options(
        **{name: parsed[name] for name in names},
        switches=dict(parsed["switch"]),
        organizations=parsed["organization"],
    )


def run(options: Options) -> int:
    """Serves until SIGINT or SIGTERM. Returns the exit status: 2 when it cannot start."""
    try:
        tls = tls_context(options.tls_cert, options.tls_key)
        world = World(options)
        world.load()
        listener = Listener(options.host, options.port, tls)
    except (OSError, ssl.SSLError, OrganizationError, json.JSONDecodeError) as error:
        print(f"adobe simulator: {_reason(options, error)}", file=sys.stderr, flush=True)
        return CANNOT_START
    asyncio.run(_serve(world, listener))
    return 0


def _reason(options: Options, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"port {options.port} of {options.host} is in use; choose another one with --port"
    if isinstance(error, json.JSONDecodeError):
        return f"the state file {options.state} is damaged: {error}"
    return f"cannot start: {error}"


async def _serve(world: World, listener: Listener) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    # Slow and hanging calls must not hold up the end.
    runner = web.AppRunner(build_app(world, listener), access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await listener.start(runner)
    print(f"adobe simulator: {listener.address}", flush=True)
    await stop.wait()
    await runner.cleanup()


def _port(text: str) -> int:
    value = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= value <= 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port")
    return value


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at least 0")
    return value


def _speed(text: str) -> float:
    value = _seconds(text)
    if value == 0:
        raise argparse.ArgumentTypeError("the speed must be greater than 0")
    return value


def _switch(text: str) -> tuple[str, str]:
    try:
        return parse_assignment(text)
    except SwitchError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _organization(text: str) -> Organization:
    try:
        return parse_organization(json.loads(text))
    except (OrganizationError, json.JSONDecodeError) as error:
        raise argparse.ArgumentTypeError(str(error)) from error
