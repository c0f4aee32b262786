"""What a person decides about deletes that wait for the results of access: send them anyway, or do not send them."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import audit
from portal.models import User
from portal.outbound import CallState
from privacy import access_first, progress
from privacy.intake import NotPossible
from privacy.models import Job, PrivacyRequest
from privacy.statuses import JobStatus


def send_anyway(request: PrivacyRequest, user: User) -> None:
    """Let the deletes go although results of access will not come. Raises NotPossible while all of them may still come."""
    with transaction.atomic():
        row = _with_held_deletes(request)
        results = access_first.results_of(row)
        if not results.lost_total:
            raise NotPossible(
                _("The results of access are still on their way. The deletes go out by themselves once all are safe.")
            )
        calls = access_first.release(row)
        _record(row, user, "request.deletes_sent_anyway", calls=calls, results=results.total - results.safe)
        progress.refresh(row.pk)


def do_not_send(request: PrivacyRequest, user: User) -> None:
    """Close the deletes that wait: their jobs end as "not sent". Raises NotPossible when none waits any more."""
    with transaction.atomic():
        row = _with_held_deletes(request)
        held = list(row.submissions.held_for_access().values_list("pk", flat=True))
        now = timezone.now()
        # No worker can claim them, and everybody who could release them waits for the lock of the request.
        row.submissions.filter(pk__in=held).update(state=CallState.CANCELLED, settled_at=now)
        jobs = Job.objects.filter(submission__in=held, status=JobStatus.WAITING).update(
            status=JobStatus.NOT_SENT, finished_at=now
        )
        _record(row, user, "request.deletes_cancelled", calls=len(held), jobs=jobs)
        progress.refresh(row.pk)


def _with_held_deletes(request: PrivacyRequest) -> PrivacyRequest:
    """The request's row, locked, as it is now."""
    row: PrivacyRequest = PrivacyRequest.objects.select_for_update(no_key=True).get(pk=request.pk)
    if not row.submissions.held_for_access().exists():
        raise NotPossible(_("No delete of this request waits any more. Load the page again to see where they are."))
    return row


def _record(request: PrivacyRequest, user: User, action: str, **details: int) -> None:
    audit.record(action, actor=user, organization=request.organization, obj=request, root_id=request.pk, details=details)
