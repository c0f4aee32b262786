"""`manage.py sync_jobs [--organization IMS_ORG_ID]`: look through Adobe's lists for jobs made outside the portal, now.

Exit codes: 0 every pass came to its end, 1 one did not, 2 the command cannot be carried out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from privacy import elsewhere
from privacy.models import JobSync
from privacy.operating import Bars, organizations_of, work_until
from privacy.statuses import SYNC_OPEN, SyncStatus


class Command(BaseCommand):
    """What the page "Jobs made elsewhere" does, from a terminal."""

    help = (
        "Look through Adobe's lists (every law, 45 days back) for jobs that the portal did not create, and keep them. "
        "Exit code 0: done; 1: Adobe could not be asked; 2: the command cannot be carried out."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose jobs."""
        parser.add_argument("--organization", metavar="IMS_ORG_ID", help="Default: every organization that is not on hold.")
        parser.add_argument("--patience", type=float, default=300, metavar="SECONDS", help="Give up waiting when nothing moves.")

    def handle(self, *_: Any, organization: str | None, patience: float, **__: Any) -> None:
        """Start the passes (or join those under way) and work them off."""
        chosen = organizations_of(organization)
        for each in chosen:
            try:
                elsewhere.start(each, None)
            except elsewhere.NotPossible as reason:
                self.stderr.write(f"{each.name}: {reason}")
        syncs = [JobSync.objects.filter(organization=each).order_by("-created_at")[0].pk for each in chosen]
        rows = JobSync.objects.filter(pk__in=syncs).select_related("organization").order_by("organization__name")
        with Bars() as bars:
            moves = {sync.pk: bars.add(f"Lists of {sync.organization.name}", sync.listings_total) for sync in rows}
            work_until(lambda: _is_over(moves), elsewhere.sync_next, patience_seconds=patience)
        for sync in rows.all():
            self.stdout.write(
                f"{sync.organization.name}: {SyncStatus(sync.status).label}. "
                f"{sync.listings_done:,} of {sync.listings_total:,} lists read, "
                f"{sync.jobs_seen:,} jobs listed, {sync.jobs_added:,} new here."
            )
        if rows.exclude(status=SyncStatus.DONE).exists():
            sys.exit(1)


def _is_over(moves: dict[Any, Callable[[int], None]]) -> bool:
    for sync in JobSync.objects.filter(pk__in=list(moves)):
        moves[sync.pk](sync.listings_done)
    waiting = JobSync.objects.filter(pk__in=list(moves), status__in=SYNC_OPEN)
    return not waiting.filter(organization__held_at=None).exists()
