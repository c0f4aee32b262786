"""`manage.py audit seal | verify`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal import audit


class Command(BaseCommand):
    """Seal the audit trail, or prove that nothing sealed was changed."""

    help = "Seal the audit trail, or verify it (exit 1 names the first broken seal)."

    def add_arguments(self, parser: CommandParser) -> None:
        """One word."""
        parser.add_argument("what", choices=["seal", "verify"])

    def handle(self, *_: Any, what: str, **__: Any) -> None:
        """Do it, and say what was found."""
        if what == "seal":
            made = audit.seal()
            self.stdout.write(f"sealed {made.event_count} events as seal {made.sequence}" if made else "nothing to seal")
            return
        report = audit.verify()
        if not report.ok:
            raise CommandError(f"seal {report.first_broken} does not hold: {report.reason}")
        self.stdout.write(f"{report.seals} seals over {report.events} events hold; {report.unsealed} events are not sealed yet")
        if report.head:
            self.stdout.write(
                f"newest seal: {report.seals} {report.head} (note it elsewhere, to tell later that none was cut off)"
            )
