"""`manage.py doctor [--json] [--no-adobe] [--seconds 20]`: what is wrong with this installation, and what to do about it.

Exit codes: 0 no problem, 1 at least one, 2 the command cannot be carried out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal import doctor

SIGNS = {doctor.Level.OK: "ok", doctor.Level.WARNING: "warning", doctor.Level.PROBLEM: "PROBLEM"}


class Command(BaseCommand):
    """Examines database, migrations, broker, workers, beat, keys, folders, clocks and each organization's token."""

    help = (
        "Examine this installation: each line says what was found and, unless it is well, what to do. "
        "Exit code 0: no problem; 1: at least one; 2: the command cannot be carried out."
    )
    # They are one of the examinations: one that fails must not hide the others.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """How to print, and whether to ask Adobe."""
        parser.add_argument("--json", action="store_true", help="A list of findings for programs.")
        parser.add_argument("--no-adobe", action="store_true", help="Do not try the organizations' credentials at Adobe.")
        parser.add_argument("--seconds", type=float, default=20, help="How long Adobe may take for all organizations together.")

    def handle(self, *_: Any, no_adobe: bool, seconds: float, **options: Any) -> None:
        """Print every finding as it is found."""
        findings = doctor.examine(ask_adobe=not no_adobe, seconds=seconds)
        worst = self._as_json(findings) if options["json"] else self._as_lines(findings)
        if worst == doctor.Level.PROBLEM:
            sys.exit(1)

    def _as_json(self, findings: Iterable[doctor.Finding]) -> doctor.Level:
        found = list(findings)
        self.stdout.write(json.dumps([asdict(finding) for finding in found], indent=2))
        return _worst(found)

    def _as_lines(self, findings: Iterable[doctor.Finding]) -> doctor.Level:
        found = []
        for finding in findings:
            found.append(finding)
            self.stdout.write(f"{SIGNS[finding.level]:<8} {finding.about:<16} {finding.words}")
            if finding.advice:
                self.stdout.write(f"{'':<25} -> {finding.advice}")
        levels = [doctor.Level.PROBLEM, doctor.Level.WARNING]
        self.stdout.write(", ".join(_counted(found, level) for level in levels) + ".")
        return _worst(found)


def _counted(findings: Iterable[doctor.Finding], level: doctor.Level) -> str:
    count = sum(finding.level == level for finding in findings)
    return f"{count or 'no'} {level}{'' if count == 1 else 's'}"


def _worst(findings: Iterable[doctor.Finding]) -> doctor.Level:
    order = list(doctor.Level)
    return max((finding.level for finding in findings), key=order.index, default=doctor.Level.OK)
