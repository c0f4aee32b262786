"""Request files run through to the finished download without a person: `make demo ARGS="--once"`.

Everything goes the way it goes in production: the worker checks, prepares, sends, follows and fetches. This process only confirms
in the name of the officer and looks, with the queries of the request's page.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from django.utils import timezone
from rich.console import Console

from portal import uploads
from portal.models import Organization, User
from portal.uploads import StoredUpload
from privacy import intake
from privacy.checking import CheckResult
from privacy.demo import outcome
from privacy.demo.looks import Look, look
from privacy.demo.samples import GOES_WELL
from privacy.demo.screen import Screen, screen_for
from privacy.models import PrivacyRequest, Upload
from privacy.statuses import UploadStatus

LOOK_SECONDS = 0.4
MOST_FINDINGS = 25

Watch = Callable[[], None]


class NotTaken(Exception):
    """A file was not taken in; `str()` says why, with everything that was found."""


def run_once(files: Sequence[Path], samples: Path, user_name: str, watch: Watch, patience_seconds: float) -> int:
    """0 when every request of every file is complete and every result stored and readable; 1 with the reason otherwise."""
    console = Console(width=None if sys.stdout.isatty() else 110, soft_wrap=not sys.stdout.isatty())
    officer = User.objects.get(username=user_name)
    chosen = files or [samples / GOES_WELL.name]
    try:
        taken = take_all(chosen, officer, console, watch)
    except NotTaken as refusal:
        console.print(str(refusal), markup=False, highlight=False)
        return 1
    requests = [request for upload in taken for request in intake.confirm(upload, officer, agreed_to_two=True)]
    reasons = follow(requests, screen_for(console), watch, patience_seconds)
    requests = list(PrivacyRequest.objects.filter(pk__in=[request.pk for request in requests]).order_by("number"))
    reasons += outcome.failures(requests)
    reasons += outcome.show_results(requests, officer, console)
    outcome.show_tables(requests, console)
    for reason in reasons:
        console.print(reason, style="bold red", markup=False, highlight=False)
    if not reasons:
        console.print("Everything is complete, and every result is stored and readable.", style="bold green")
    return 1 if reasons else 0


# --- Take in ---


def take_all(files: Sequence[Path], officer: User, console: Console, watch: Watch) -> list[Upload]:
    """Every file, checked and ready. Raises NotTaken when one of them has errors: then nothing is sent of any."""
    organization = Organization.objects.visible_to(officer).get()
    taken: list[Upload] = []
    refusals: list[str] = []
    for file in files:
        try:
            upload, result = take(file, organization, officer, watch)
        except NotTaken as refusal:
            refusals.append(str(refusal))
            continue
        taken.append(upload)
        console.print(describe_taken(file.name, result), markup=False, highlight=False)
    if refusals:
        for upload in taken:
            intake.discard(upload, officer)
        raise NotTaken("\n".join([*refusals, "Nothing was sent to Adobe."]))
    return taken


def take(file: Path, organization: Organization, officer: User, watch: Watch) -> tuple[Upload, CheckResult]:
    """One file, received and checked. Raises NotTaken with its findings."""
    stored = store(file)
    try:
        upload = intake.take_in(stored, organization=organization, user=officer, received_on=timezone.localdate())
    except intake.Unreadable as reason:
        stored.drop()
        raise NotTaken(f"{file.name}: {reason}") from None
    while upload.status in (UploadStatus.WAITING, UploadStatus.CHECKING):
        watch()
        time.sleep(LOOK_SECONDS)
        upload = Upload.objects.select_related("organization", "data_key").get(pk=upload.pk)
    result = CheckResult.from_dict(upload.result)
    if upload.status != UploadStatus.READY:
        raise NotTaken(describe_errors(file.name, result))
    return upload, result


def store(file: Path) -> StoredUpload:
    """The file as an upload leaves it: encrypted on its way, under a key of its own. Raises NotTaken."""
    try:
        with file.open("rb") as source:
            return uploads.store(source, name=file.name, size=file.stat().st_size)
    except OSError as error:
        raise NotTaken(f"{file.name} cannot be read: {error.strerror}.") from None


def describe_errors(name: str, result: CheckResult) -> str:
    """All findings of a file, errors first, each with what to do."""
    findings = sorted(result.findings, key=lambda finding: finding.level)
    lines = [f"{name} has {counted(result.error_count, 'error')}:"]
    lines += [f"  {finding.level}: {finding.message} {finding.hint}" for finding in findings[:MOST_FINDINGS]]
    more = result.error_count + result.warning_count - MOST_FINDINGS
    return "\n".join([*lines, f"  and {more:,} more"] if more > 0 else lines)


def describe_taken(name: str, result: CheckResult) -> str:
    """How many people a good file holds, and what is worth knowing."""
    lines = [f"{name}: {counted(result.summary.people, 'person', 'people')}, no error."]
    lines += [f"  {finding.level}: {finding.message} {finding.hint}" for finding in result.findings[:MOST_FINDINGS]]
    return "\n".join(lines)


def counted(number: int, one: str, many: str = "") -> str:
    """`1 error`, `2 errors`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


# --- Follow ---


def follow(requests: Sequence[PrivacyRequest], screen: Screen, watch: Watch, patience_seconds: float) -> list[str]:
    """Show how far the requests are until nothing more is expected. Gives why not everything came to an end, if so."""
    last: Look | None = None
    moved_at = time.monotonic()
    with screen:
        while True:
            watch()
            now = look(requests)
            screen.show(now)
            if now.is_over:
                return []
            if now != last:
                last, moved_at = now, time.monotonic()
            elif time.monotonic() - moved_at > patience_seconds:
                return [f"Nothing has moved for {patience_seconds:.0f} seconds.", *outcome.what_is_open(requests)]
            time.sleep(LOOK_SECONDS)
