"""Following jobs, cheapest first: list pages, then the detail of what changed.

A failed look changes only its own times and `last_error`, never the state of a job. Adobe's dates have minutes only, so the
detail of a job is fetched again until it was fetched two minutes after the job's last change.

An open job is seen at least once a day. One that Adobe's list shows as we know it needs no more than that. Its detail is asked
for when the list shows news of it; when two passes in a row do not show it, and then ever more rarely, at least once a day, for
as long as no list shows it; and when no pass has come to its end for a day.
"""

from __future__ import annotations

from privacy.polling.details import Seen, detail_next, refresh_now, wants_archive
from privacy.polling.failing import NOT_FOUND, hold_when_blocked, not_found_again, wait_after
from privacy.polling.listing import PAGE_SIZES, list_jobs, list_next, open_jobs_of

__all__ = [
    "NOT_FOUND",
    "PAGE_SIZES",
    "Seen",
    "detail_next",
    "hold_when_blocked",
    "list_jobs",
    "list_next",
    "not_found_again",
    "open_jobs_of",
    "refresh_now",
    "wait_after",
    "wants_archive",
]
