"""`manage.py submit_file FILE … --organization IMS_ORG_ID --user NAME`: check, confirm and send request files from a terminal.

Exit codes: 0 Adobe has taken every call, 1 a file has errors or a call did not get through, 2 the command cannot be carried out.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal import uploads
from portal.models import Organization, User
from portal.outbound import CallState
from privacy import intake, operating, submission
from privacy.checking import CheckResult
from privacy.models import PrivacyRequest, Submission, Upload
from privacy.operating import Bars, organization_of, user_who_may, work_until
from privacy.statuses import RequestStatus, UploadStatus

MOST_FINDINGS = 25


class FileRefused(Exception):
    """A file was not taken; `str()` says why."""


class Command(BaseCommand):
    """Send request files without the browser, by the same code as the upload page."""

    help = (
        "Check request files, confirm them in the name of a user and send them to Adobe, with progress bars. When one file has "
        "errors nothing of any file is sent. Exit code 0: Adobe has taken every call; 1: not so; 2: the command cannot be "
        "carried out."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The files, whose they are, and in whose name."""
        parser.add_argument("files", nargs="+", metavar="FILE", type=Path)
        parser.add_argument("--organization", required=True, metavar="IMS_ORG_ID", help="As in 0123…CDEF@AdobeOrg.")
        parser.add_argument("--user", required=True, metavar="NAME", help="A user of that organization who may confirm uploads.")
        parser.add_argument("--received-on", type=date.fromisoformat, default=None, metavar="YYYY-MM-DD", help="Default: today.")
        parser.add_argument("--two-requests", action="store_true", help="Agree that a file with opt-outs becomes two requests.")
        parser.add_argument("--patience", type=float, default=120, metavar="SECONDS", help="Give up waiting when nothing moves.")

    def handle(self, *_: Any, files: list[Path], organization: str, user: str, **options: Any) -> None:
        """Take everything in, then confirm and send."""
        owner = organization_of(organization)
        person = user_who_may(user, owner, "privacy.add_upload", "privacy.confirm_upload")
        received_on: date = options["received_on"] or timezone.localdate()
        with Bars() as bars:
            taken = self._take_all(files, owner, person, received_on, bars)
            if taken is None:
                sys.exit(1)
            requests = [one for each in taken for one in self._confirm(each, person, agreed=options["two_requests"])]
            moved = self._send(requests, bars, options["patience"])
        if not self._told(requests) or not moved:
            sys.exit(1)

    # --- Take in ---

    def _take_all(
        self, files: list[Path], owner: Organization, person: User, received_on: date, bars: Bars
    ) -> list[Upload] | None:
        taken: list[Upload] = []
        refused = False
        for file in files:
            try:
                taken.append(_take(file, owner, person, received_on, bars))
            except FileRefused as refusal:
                refused = True
                self.stderr.write(str(refusal))
        if not refused:
            return taken
        for upload in taken:
            intake.discard(upload, person)
        self.stderr.write("Nothing was sent to Adobe.")
        return None

    def _confirm(self, upload: Upload, person: User, *, agreed: bool) -> list[PrivacyRequest]:
        try:
            return intake.confirm(upload, person, agreed_to_two=agreed)
        except intake.NotPossible as problem:
            raise CommandError(f"{problem} (--two-requests agrees.)", returncode=operating.USAGE_PROBLEM) from None

    # --- Send ---

    def _send(self, requests: list[PrivacyRequest], bars: Bars, patience: float) -> bool:
        chosen = PrivacyRequest.objects.filter(pk__in=[request.pk for request in requests])
        work_until(
            lambda: not chosen.filter(status=RequestStatus.PREPARING).exists(), intake.prepare_next, patience_seconds=patience
        )
        calls = Submission.objects.filter(request__in=chosen)
        move = bars.add("Calls to Adobe", calls.count())

        def is_over() -> bool:
            move(calls.exclude(state__in=(CallState.QUEUED, CallState.SENDING)).count())
            waiting = calls.filter(state__in=(CallState.QUEUED, CallState.SENDING))
            return not waiting.exists() or waiting.filter(request__organization__held_at__isnull=False).exists()

        return work_until(is_over, submission.send_next, patience_seconds=patience)

    def _told(self, requests: list[PrivacyRequest]) -> bool:
        """Print where each request is. False when not every call is with Adobe."""
        good = True
        for request in PrivacyRequest.objects.filter(pk__in=[one.pk for one in requests]).order_by("number"):
            calls = request.submissions
            sent, total = calls.filter(state=CallState.SENT).count(), calls.count()
            good = good and sent == total > 0
            self.stdout.write(
                f"{request.number}: {request.people:,} people, {request.jobs_total:,} jobs, {sent:,} of {total:,} calls taken by "
                f"Adobe. {RequestStatus(request.status).label}."
            )
        return good


def _take(file: Path, owner: Organization, person: User, received_on: date, bars: Bars) -> Upload:
    """One file, received and checked. Raises FileRefused with its findings."""
    try:
        with file.open("rb") as source:
            stored = uploads.store(source, name=file.name, size=file.stat().st_size)
    except OSError as error:
        raise FileRefused(f"{file} cannot be read: {error.strerror}.") from None
    move = bars.add(f"Check {file.name}", stored.size or 0)
    try:
        upload = intake.take_in(stored, organization=owner, user=person, received_on=received_on)
    except intake.Unreadable as problem:
        stored.drop()
        raise FileRefused(f"{file}: {problem}") from None
    if upload.status == UploadStatus.WAITING:
        intake.check(upload, move)
    upload.refresh_from_db()
    move(upload.size)
    if upload.status != UploadStatus.READY:
        refusal = "\n".join(_errors(file, CheckResult.from_dict(upload.result)))
        intake.discard(upload, person)
        raise FileRefused(refusal)
    return upload


def _errors(file: Path, result: CheckResult) -> list[str]:
    errors = [finding for finding in result.findings if finding.level == "error"]
    lines = [f"{file}: {result.error_count:,} error{'' if result.error_count == 1 else 's'}"]
    lines += [f"  {one.path}: {one.message} {one.hint}".rstrip() for one in errors[:MOST_FINDINGS]]
    more = result.error_count - len(errors[:MOST_FINDINGS])
    return [*lines, f"  and {more:,} more"] if more else lines
