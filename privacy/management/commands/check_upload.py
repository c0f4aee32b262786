"""`manage.py check_upload FILE … --organization IMS_ORG_ID [--json]`: what the upload page would say, without uploading.

Exit codes: 0 no file has errors, 1 at least one has, 2 the command itself cannot be carried out.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.models import Organization
from privacy import intake
from privacy.checking import CheckResult
from privacy.schema import Finding

USAGE_PROBLEM = 2


class Command(BaseCommand):
    """Check request files by an organization's rules. Changes nothing."""

    help = (
        "Check request files as the upload page does, against an organization's products and its open requests. "
        "Nothing is kept or sent. Exit code 0: no errors; 1: a file has errors; 2: the command cannot be carried out."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The files, whose they are, and how to answer."""
        parser.add_argument("files", nargs="+", metavar="FILE", type=Path)
        parser.add_argument("--organization", required=True, metavar="IMS_ORG_ID", help="As in 0123…CDEF@AdobeOrg.")
        parser.add_argument("--json", action="store_true", dest="as_json", help="Print one JSON document for a program.")

    def handle(self, *_: Any, files: list[Path], organization: str, as_json: bool, **__: Any) -> None:
        """Check every file, print what was found, and end with the exit code."""
        owner = _organization(organization)
        for path in files:
            _refuse_unreadable(path)
        results = [(path, _check(path, owner)) for path in files]
        if as_json:
            self.stdout.write(json.dumps(_document(owner, results), indent=2))
        else:
            for line in itertools.chain.from_iterable(_lines(path, result) for path, result in results):
                self.stdout.write(line)
        if any(result.error_count for _, result in results):
            sys.exit(1)


def _organization(ims_org_id: str) -> Organization:
    try:
        return Organization.objects.select_related("data_key").get(ims_org_id=ims_org_id)
    except Organization.DoesNotExist:
        known = ", ".join(Organization.objects.values_list("ims_org_id", flat=True)) or "none yet"
        raise CommandError(
            f"There is no organization {ims_org_id} in this portal. It has: {known}.", returncode=USAGE_PROBLEM
        ) from None


def _refuse_unreadable(path: Path) -> None:
    """Raises CommandError, before anything is printed about another file."""
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.", returncode=USAGE_PROBLEM) from None


def _check(path: Path, organization: Organization) -> CheckResult:
    return intake.check_stream(lambda: path.open("rb"), organization)


# --- For a person ---


def _lines(path: Path, result: CheckResult) -> Iterator[str]:
    yield f"{path}: {_verdict(result)}"
    for level in ("error", "warning"):
        for finding in result.findings:
            if finding.level == level:
                yield f"  {level}  {_place(finding)}{finding.message} {finding.hint}".rstrip()
    hidden = result.error_count + result.warning_count - len(result.findings)
    if hidden:
        yield f"  and {hidden:,} more, not shown"
    if result.readable:
        yield from _summary(result)
    yield ""


def _verdict(result: CheckResult) -> str:
    errors, warnings = _count(result.error_count, "error"), _count(result.warning_count, "warning")
    return f"{errors}, {warnings}"


def _place(finding: Finding) -> str:
    return f"{finding.path}: " if finding.path else ""


def _summary(result: CheckResult) -> Iterator[str]:
    summary = result.summary
    asked = ((summary.access_people, "access"), (summary.delete_people, "delete"), (summary.opt_out_people, "opt-out of sale"))
    actions = ", ".join(f"{people:,} {action}" for people, action in asked if people)
    yield f"  {_count(summary.people, 'person', 'people')}{f' ({actions})' if actions else ''}"
    namespaces = ", ".join(f"{count:,} {name}" for name, count in summary.identities_by_namespace.items())
    yield f"  {_count(summary.identities, 'identity', 'identities')}{f' ({namespaces})' if namespaces else ''}"
    calls = summary.access_delete_calls + summary.opt_out_calls
    yield f"  {_count(summary.jobs, 'job')} in {_count(calls, 'call')} to Adobe"
    if summary.needs_two_requests:
        yield "  Becomes two requests: opt-outs go in calls of their own."


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


# --- For a program ---


def _document(organization: Organization, results: list[tuple[Path, CheckResult]]) -> dict[str, Any]:
    return {
        "organization": organization.ims_org_id,
        "error_count": sum(result.error_count for _, result in results),
        "warning_count": sum(result.warning_count for _, result in results),
        "files": [_file(path, result) for path, result in results],
    }


def _file(path: Path, result: CheckResult) -> dict[str, Any]:
    summary = {name: value for name, value in asdict(result.summary).items() if name != "masked_examples"}
    return {
        "file": str(path),
        "readable": result.readable,
        "error_count": result.error_count,
        "warning_count": result.warning_count,
        "counts_by_code": result.counts_by_code,
        "findings": [asdict(finding) for finding in result.findings],
        "summary": summary | {"needs_two_requests": result.summary.needs_two_requests} if result.readable else None,
    }
