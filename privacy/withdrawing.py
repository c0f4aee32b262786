"""Closing a call that Adobe refuses for a limit: it waits in the queue, and nothing of it counts at Adobe."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from portal import audit
from portal.models import User
from portal.outbound import CallState
from privacy import progress
from privacy.models import Submission
from privacy.querysets import SubmissionQuerySet
from privacy.reconciling import CannotDecide
from privacy.statuses import JobStatus

# What Adobe's refusal left in `last_error`. Its answer was read whole, so that it is certain that Adobe has nothing of the call.
LIMIT = "limit"
TOO_LATE = noop("This call is no longer waiting after a refusal. Load the page again to see where it is.")


def can_withdraw(submission: Submission) -> bool:
    """Whether the last word about the call was Adobe's that a limit is reached, as things stand. `withdraw` decides."""
    return submission.state == CallState.QUEUED and submission.last_error == LIMIT


def withdraw(submission: Submission, user: User) -> None:
    """Close the call as not sent: its jobs end as "not sent". Raises CannotDecide when it is being sent again."""
    now = timezone.now()
    with transaction.atomic():
        if not _refused(submission).update(state=CallState.CANCELLED, settled_at=now, person_reason=""):
            raise CannotDecide(_(TOO_LATE))
        submission.jobs.filter(status=JobStatus.WAITING).update(status=JobStatus.NOT_SENT, finished_at=now)
        audit.record(
            "call.decided",
            actor=user,
            organization=submission.request.organization,
            obj=submission,
            root_id=submission.request_id,
            details={"decision": "withdraw", "call": submission.ordinal},
        )
        progress.refresh(submission.request_id)


def _refused(submission: Submission) -> SubmissionQuerySet:
    """One conditional UPDATE that a claim at the same moment either precedes or misses."""
    refused: SubmissionQuerySet = Submission.objects.filter(pk=submission.pk, state=CallState.QUEUED, last_error=LIMIT)
    return refused
