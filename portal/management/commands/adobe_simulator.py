"""A local Adobe: see portal/simulator/."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal.simulator import cli


class Command(BaseCommand):
    """Runs the simulator until it is interrupted; exits 2 when the port is in use."""

    help = cli.DESCRIPTION
    # It stands for somebody else's service: our settings have no part in it.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        cli.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        sys.exit(cli.run(cli.read_options(options)))
