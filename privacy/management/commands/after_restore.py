"""`manage.py after_restore [--yes]`: to be run once after a database backup was restored, before any worker starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal import registry
from privacy.restoring import NUMBERS_LEFT_OUT, MediaFolderMissing, Restored, after_restore

WORD = "restored"


class Command(BaseCommand):
    """Make a restored database safe to work with: nothing is sent before Adobe's list was looked at."""

    help = (
        "Run this once after a database backup was restored, before any worker starts. Every call that was not finished is "
        "looked for in Adobe's list before it may be sent again, requests in preparation are prepared anew, lost results "
        "are fetched again and access tokens are forgotten."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Whether to ask first."""
        parser.add_argument("--yes", action="store_true", help="Do not ask.")

    def handle(self, *_: Any, yes: bool, **__: Any) -> None:
        """Ask, do it, and say what was done."""
        if not yes:
            self._ask()
        try:
            done = after_restore()
        except MediaFolderMissing:
            raise CommandError(
                f"The media folder {settings.MEDIA_ROOT} is not there. Mount it, restore it, or make an empty one; "
                "results that are not in it are fetched from Adobe again."
            ) from None
        further = registry.restored()
        for line in _told(done, further):
            self.stdout.write(line)

    def _ask(self) -> None:
        self.stdout.write(
            "This changes the state of every unfinished call. Do it once after a database backup was restored, "
            "with all workers stopped."
        )
        self.stdout.write(f"Type {WORD} to go on: ", ending="")
        self.stdout.flush()
        try:
            answer = input()
        except EOFError:
            answer = ""
        if answer.strip() != WORD:
            raise CommandError("Nothing was changed.")


def _told(done: Restored, further: list[str]) -> Iterator[str]:
    yield f"Calls of unknown outcome now, to be looked for in Adobe's list before anything is sent: {done.calls:,}"
    yield f"Opt-out calls that a person decides about, because Adobe has no list of them: {done.opt_outs:,}"
    yield f"Requests to be prepared anew, their calls looked for as well: {done.preparing:,}"
    yield f"Results whose file is missing, to be fetched again: {done.results:,}"
    yield f"Access tokens forgotten: {done.tokens:,}"
    yield f"Request numbers left out, as they may have been given since the backup: {NUMBERS_LEFT_OUT:,} a year"
    yield from further
    yield ""
    yield "What to know and to do:"
    if done.without_file:
        yield f"- The uploaded file of {', '.join(done.without_file)} is gone, so the request cannot be prepared."
        yield "  Restore the media folder of the same backup; the rest happens by itself."
    yield "- Requests confirmed after the backup are missing here, but Adobe has them. Their jobs are found by the listing"
    yield "  later, as jobs made outside of the portal. Do not upload their files again without comparing."
    if done.uploads_ready:
        yield f"- {done.uploads_ready:,} uploads wait to be confirmed. They may have been confirmed since the backup: compare"
        yield "  with Adobe's job list first, as a second confirmation asks Adobe twice."
    if done.opt_out_drafts:
        yield f"- {done.opt_out_drafts:,} opt-outs wait to be confirmed. They may have been confirmed since the backup, and Adobe"
        yield "  has no list to compare with: ask the officers who made them."
    if done.uploads_without_file:
        yield f"- {done.uploads_without_file:,} open uploads have no file any more. Discard them."
    yield "- Requests whose personal data was removed after the backup have it again: remove it again."
    yield "- API tokens that were revoked after the backup are taken again: look through them in Administration."
    yield "- What was resubmitted after the backup can be resubmitted again here: compare with Adobe's job list first."
    yield "- What administrators and officers changed or decided after the backup is lost, holds included."
    yield "- Start the workers now. Deletes and opt-outs that three looks do not find wait for a person."
