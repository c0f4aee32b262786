"""What follows when Adobe does not answer a question, or does not show a job, and the words of `Job.last_error` that say so."""

from __future__ import annotations

from datetime import timedelta

from portal import runtime, sending
from portal.adobe import errors
from portal.models import Organization
from portal.outbound import backoff

NOT_FOUND = "not_found"
# The last pass through Adobe's list did not show the job.
NOT_LISTED = "not_listed"


def wait_after(error: errors.AdobeError, failures: int) -> float:
    """Seconds until the next try of something that only reads."""
    asked = error.retry_after or 0 if isinstance(error, errors.Throttled) else 0
    if isinstance(error, errors.Paced):
        # Our own rate had no room: that says nothing about what is asked for.
        return asked
    return max(asked, backoff(failures, first=min(5.0, runtime.fraction("LIST_EVERY_SECONDS"))))


def not_found_again() -> timedelta:
    """How long after a first 404 a second one is believed: several listings later."""
    return timedelta(seconds=runtime.fraction("LIST_EVERY_SECONDS") * 4)


def hold_when_blocked(organization: Organization, error: errors.AdobeError) -> None:
    """An organization that Adobe refuses as a whole waits for a person."""
    if isinstance(error, errors.OrganizationBlocked):
        sending.hold(organization, error.reason, error.words)
