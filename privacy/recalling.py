"""Cancelling a request of which nothing was sent: in its recall period, or as long as the queue has not come to it."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from portal import audit
from portal.models import User
from portal.outbound import CallState
from privacy import intake
from privacy.intake import NotPossible
from privacy.models import PrivacyRequest
from privacy.querysets import SubmissionQuerySet
from privacy.statuses import JobStatus, RequestStatus

GONE_OUT = noop(
    "It is too late to cancel this request: at least a part of it was sent or is being sent, and Adobe knows no way to take it "
    "back. Nothing was changed."
)
MAYBE_OUT = noop(
    "A backup was restored, so that it is not known whether this request went out. The portal looks at Adobe's list first. "
    "Nothing was changed."
)
_OVER = {
    RequestStatus.CANCELLED: noop("This request was cancelled already."),
    RequestStatus.SHREDDED: noop("The personal data of this request was removed already."),
}


def can_cancel(request: PrivacyRequest) -> bool:
    """Whether nothing of it was sent as things stand. `cancel` decides."""
    if request.restored:
        return False
    if request.status == RequestStatus.PREPARING:
        return True
    if request.status != RequestStatus.SENDING:
        return False
    return not request.submissions.exclude(pk__in=_untouched(request).values("pk")).exists()


def cancel(request: PrivacyRequest, user: User) -> None:
    """Cancel the whole request: none of its calls is ever made. Its people stay stored until they are shredded.

    Raises NotPossible, and changes nothing, as soon as one call began.
    """
    with transaction.atomic():
        row: PrivacyRequest = PrivacyRequest.objects.select_for_update(no_key=True).get(pk=request.pk)
        status = RequestStatus(row.status)
        if status in _OVER:
            raise NotPossible(_(_OVER[status]))
        if row.restored:
            raise NotPossible(_(MAYBE_OUT))
        if status == RequestStatus.PREPARING:
            # Its lease goes with the status: a worker that is writing finds that out with its next batch.
            intake.forget_prepared(row)
        else:
            _cancel_calls(row)
        _end(row)
        audit.record(
            "request.cancelled",
            actor=user,
            organization=row.organization,
            obj=row,
            root_id=row.pk,
            details={"number": row.number, "people": row.people},
        )
    intake.drop_file_when_read(row.upload)


def _untouched(request: PrivacyRequest) -> SubmissionQuerySet:
    """Calls of which no byte was ever sent. An attempt that ended before its first byte counts as none."""
    untouched: SubmissionQuerySet = request.submissions.filter(state=CallState.QUEUED, first_sent_at=None)
    return untouched


def _cancel_calls(request: PrivacyRequest) -> None:
    """Every call, by one conditional UPDATE that a claim at the same moment either precedes or misses."""
    calls = request.submissions.count()
    cancelled = _untouched(request).update(state=CallState.CANCELLED, settled_at=timezone.now())
    if not calls or cancelled != calls:
        raise NotPossible(_(GONE_OUT))
    request.jobs.filter(status=JobStatus.WAITING).update(status=JobStatus.NOT_SENT, finished_at=timezone.now())


def _end(request: PrivacyRequest) -> None:
    jobs = request.jobs.count()
    PrivacyRequest.objects.filter(pk=request.pk).update(
        status=RequestStatus.CANCELLED,
        lease=None,
        finished_at=timezone.now(),
        jobs_total=jobs,
        jobs_done=jobs,
        jobs_failed=jobs,
    )
