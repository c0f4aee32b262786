"""The portal with a local Adobe on this machine: see portal/demo/."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.demo import places, running


class Command(BaseCommand):
    """Runs the demo until it is interrupted; with --once it runs request files through to the finished download."""

    help = "Runs the portal with a local Adobe on this machine, without any server to install."
    # They would look at a database that is not there yet.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """The options."""
        parser.add_argument("--port", type=port, default=8000, help="of the portal (default: 8000)")
        parser.add_argument("--adobe-port", type=port, default=8900, help="of the local Adobe (default: 8900)")
        parser.add_argument("--once", action="store_true", help="run request files through to the end, then stop")
        parser.add_argument("--speed", type=speed, help="how many times faster than the real Adobe the local one works")
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="for --once; none of them: a sample")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        """Run, and end with the demo's exit status."""
        if settings.PORTAL_ENVIRONMENT != "demo":
            raise CommandError("Start the demo with: make demo, or python manage.py demo", returncode=places.CANNOT_START)
        usual_speed = running.ONCE_SPEED if options["once"] else running.SHOW_SPEED
        asked = running.Options(
            port=options["port"],
            adobe_port=options["adobe_port"],
            speed=options["speed"] or usual_speed,
            once=options["once"],
            files=options["files"],
        )
        sys.exit(running.run(asked))


def port(text: str) -> int:
    """A port number."""
    value = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= value <= 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: a number from 1 to 65535")
    return value


def speed(text: str) -> float:
    """A number of at least 1."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a speed: a number of at least 1")
    return value
