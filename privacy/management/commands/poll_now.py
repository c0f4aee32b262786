"""`manage.py poll_now [--organization IMS_ORG_ID]`: ask Adobe about every open job, now.

Exit codes: 0 Adobe answered about every one, 1 not so, 2 the command cannot be carried out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db.models import QuerySet

from portal import clock
from privacy import archive, polling
from privacy.models import Job, JobListing, ResultArchive
from privacy.operating import Bars, organizations_of, work_until


class Command(BaseCommand):
    """Lists, details and results, without waiting for their next time."""

    help = (
        "Ask Adobe about every open job and fetch the results that are ready. Costs one call for each open job. "
        "Exit code 0: Adobe answered about every job; 1: not so; 2: the command cannot be carried out."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose jobs."""
        parser.add_argument("--organization", metavar="IMS_ORG_ID", help="Default: every organization that is not on hold.")
        parser.add_argument("--patience", type=float, default=120, metavar="SECONDS", help="Give up waiting when nothing moves.")

    def handle(self, *_: Any, organization: str | None, patience: float, **__: Any) -> None:
        """Make everything due, and work it off."""
        chosen = organizations_of(organization)
        jobs = Job.objects.filter(organization__in=chosen)
        started = clock.read()
        JobListing.objects.filter(organization__in=chosen).update(next_list_at=started)
        # The very instant marks those that are still to be asked about.
        total = jobs.open_at_adobe().filter(adobe_job_id__isnull=False).update(next_poll_at=started, last_error="")
        with Bars() as bars:
            _work_off(bars.add("Open jobs", total), jobs.filter(next_poll_at=started), total, patience)
            results = ResultArchive.objects.filter(job__organization__in=chosen).due_to_fetch(clock.now())
            waiting = results.count()
            work_off_results = bars.add("Results", waiting)
            while archive.fetch_next():
                work_off_results(waiting - results.count())
            work_off_results(waiting)
        answered = jobs.filter(detail_at__gte=started).count()
        self.stdout.write(f"Adobe answered about {answered:,} of {total:,} open jobs; {waiting:,} results were fetched or tried.")
        if answered < total:
            self.stderr.write("About the others Adobe is asked again later, by itself; their page says what went wrong.")
            sys.exit(1)


def _work_off(move: Callable[[int], None], left: QuerySet[Job], total: int, patience: float) -> None:
    def is_over() -> bool:
        waiting = left.count()
        move(total - waiting)
        return not waiting

    work_until(is_over, polling.detail_next, patience_seconds=patience)
