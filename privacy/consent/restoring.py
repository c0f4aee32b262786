"""After a database backup was restored: calls that were not finished may have gone out since, and no list tells."""

from __future__ import annotations

from portal import audit
from portal.audit import AuditRecord
from portal.outbound import OPEN_STATES, CallState, mark_unfinished_as_unknown
from privacy.consent import progress
from privacy.consent.sending import FOR_A_PERSON
from privacy.models import ConsentCall, OptOut
from privacy.statuses import OptOutStatus


def ask_about_calls() -> int:
    """Let a person decide about each; in the transaction of the caller. Returns how many."""
    open_calls = list(ConsentCall.objects.filter(state__in=OPEN_STATES).select_related("opt_out__organization"))
    mark_unfinished_as_unknown(ConsentCall.objects.all())
    ConsentCall.objects.filter(pk__in=[call.pk for call in open_calls]).update(**FOR_A_PERSON)
    audit.record_many(
        [
            AuditRecord(
                f"consent.{CallState.UNKNOWN}",
                organization=call.opt_out.organization,
                obj=call,
                root_id=call.opt_out_id,
                details={"call": call.ordinal, "values": call.values, "reason": "restored_from_backup"},
            )
            for call in open_calls
        ]
    )
    for opt_out_id in sorted({call.opt_out_id for call in open_calls}):
        progress.refresh(opt_out_id)
    return len(open_calls)


def drafts() -> int:
    """How many opt-outs wait to be confirmed; they may have been confirmed since the backup."""
    return OptOut.objects.filter(status=OptOutStatus.DRAFT).count()
