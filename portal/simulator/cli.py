"""The command line: options, start, clean stop."""

from __future__ import annotations

import argparse
import asyncio
import errno
import json
import math
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from portal.simulator.app import build_app
from portal.simulator.listener import Listener, tls_context
from portal.simulator.organizations import DEFAULT_ORGANIZATION, Organization, OrganizationError, parse_organization
from portal.simulator.state_file import StateError
from portal.simulator.switches import SwitchError, described, parse_assignment
from portal.simulator.world import Options, World

DEFAULT_PORT = 8010
CANNOT_START = 2
DESCRIPTION = (
    "A local Adobe Privacy Service and Data Hygiene with IMS tokens, for the demo and for tests. "
    "It prints its address when it is ready, "
    "serves until SIGINT or SIGTERM, and exits with 2 and a sentence when it cannot start. "
    "Faults, the clock, the ledger and more: control endpoints under /__simulator__/ (see the docstring of portal.simulator)."
)


class ListSwitches(argparse.Action):
    """Prints every switch with what it takes, and ends."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        print(described())
        parser.exit()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options, for this module's own parser and for the management command."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help="0 takes a free one (default: %(default)s)")
    parser.add_argument(
        "--ims-port",
        type=_port,
        metavar="PORT",
        help="one more port, for the address of IMS, so that it can be closed alone; 0 takes a free one, which "
        "/__simulator__/health tells",
    )
    parser.add_argument(
        "--speed",
        type=_speed,
        default=1.0,
        metavar="FACTOR",
        help="jobs and work orders take minutes to weeks; this divides how long. Dates stay real (default: %(default)s)",
    )
    parser.add_argument(
        "--latency",
        type=_seconds,
        default=0.0,
        metavar="SECONDS",
        help="wait before each answer of Adobe's paths; control endpoints never wait (default: %(default)s)",
    )
    parser.add_argument(
        "--seed",
        default="adobe",
        metavar="TEXT",
        help="decides how long each product takes and which calls a fault by rate hits (default: %(default)s)",
    )
    parser.add_argument(
        "--switch",
        type=_switch,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="where Adobe's documents disagree, choose; may be given many times; --list-switches shows them all",
    )
    parser.add_argument("--list-switches", action=ListSwitches, nargs=0, help="show every switch and what it takes, and end")
    parser.add_argument(
        "--organization",
        type=_organization,
        action="append",
        default=[],
        metavar="JSON",
        help="one more organization, may be given many times: "
        '{"imsOrg", "clientId", "clientSecret", "products"?, "permissions"?}; without the lists it may do everything. '
        f"Known from the start: {DEFAULT_ORGANIZATION['imsOrg']} with client id {DEFAULT_ORGANIZATION['clientId']} "
        f"and secret {DEFAULT_ORGANIZATION['clientSecret']}",
    )
    parser.add_argument("--tls-cert", type=Path, metavar="FILE", help="PEM certificate; with it the simulator speaks HTTPS")
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="PEM key, when it is not in the certificate's file")
    parser.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="keeps all that was accepted, organizations and the clock over a restart, in clear: not for real people's data",
    )


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m portal.simulator", description=DESCRIPTION)
    add_arguments(parser)
    return run(read_options(vars(parser.parse_args(arguments))))


def read_options(parsed: dict[str, Any]) -> Options:
    """From parsed arguments, with names that are not ours left aside."""
    names = ("host", "port", "ims_port", "speed", "latency", "seed", "tls_cert", "tls_key", "state")
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
        # The port before the state file: who finds the port taken must not touch the file of the one who has it.
        listener = Listener(options.host, options.port, tls)
        token_listener = None if options.ims_port is None else Listener(options.host, options.ims_port, tls)
        world.load()
        asyncio.run(_serve(world, listener, token_listener))
    except (OSError, OrganizationError, StateError) as error:
        print(f"adobe simulator: {_reason(options, error)}", file=sys.stderr, flush=True)
        return CANNOT_START
    return 0


def _reason(options: Options, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"port {options.port} of {options.host} is in use; choose another one with --port"
    return f"cannot start: {error}"


async def _serve(world: World, listener: Listener, token_listener: Listener | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    # Slow and hanging calls must not hold up the end.
    runner = web.AppRunner(build_app(world, listener, token_listener), access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await listener.start(runner)
    if token_listener is not None:
        await token_listener.start(runner)
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
