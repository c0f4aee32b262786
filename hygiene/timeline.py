"""What happened to a record delete or to one of its work orders, as their pages tell it."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_noop as noop

from hygiene.words import ERRORS
from portal.models import AuditEvent
from portal.timeline import MOST_ENTRIES, Entry, Vocabulary


def of_record_delete(record_delete_id: UUID) -> list[Entry]:
    """The newest entries of a record delete and its work orders."""
    return VOCABULARY.told(AuditEvent.objects.filter(root_id=str(record_delete_id))[:MOST_ENTRIES])


def of_work_order(record_delete_id: UUID, work_order_id: UUID) -> list[Entry]:
    """The newest entries of one work order."""
    events = AuditEvent.objects.filter(root_id=str(record_delete_id), object_id=str(work_order_id))
    return VOCABULARY.told(events[:MOST_ENTRIES])


VOCABULARY = Vocabulary(
    sentences={
        "organization.held": (
            noop("The organization was put on hold: nothing more is sent until a person resumes it"),
            "warning",
        ),
        "record_delete.received": (noop("The identities were taken in"), ""),
        "record_delete.checked": (noop("Checked: {errors:error|errors}, {warnings:warning|warnings}"), ""),
        "record_delete.confirmed": ("Confirmed", ""),
        "record_delete.discarded": (noop("Discarded, and its file removed"), "warning"),
        "record_delete.expired": (noop("Nobody confirmed it in a long time; its file was removed"), "warning"),
        "record_delete.prepared": (
            noop("Prepared: {identities:identity|identities} in {work_orders:work order|work orders}"),
            "",
        ),
        "record_delete.sending": (noop("Sending to Adobe"), ""),
        "record_delete.in_progress": (noop("Adobe has taken what was sent and is working"), ""),
        "record_delete.attention": (noop("A person is needed"), "warning"),
        "record_delete.complete": (noop("Complete: {work_orders:work order|work orders} finished"), "good"),
        "record_delete.failed": (
            noop("Finished, but {failed:|} of {work_orders:work order|work orders} did not complete"),
            "bad",
        ),
        "record_delete.cancelled": (noop("Cancelled: nothing more of it is sent to Adobe"), "warning"),
        "record_delete.cancelled_in_part": (
            noop(
                "Cancelled what was not sent: {work_orders:work order|work orders}. "
                "{kept:work order stays|work orders stay} as is"
            ),
            "warning",
        ),
        "record_delete.shredded": (noop("The personal data was removed"), "warning"),
        "record_delete.file_lost": (
            noop("The file was gone or damaged before it was prepared. Nothing was sent: begin a new record delete"),
            "bad",
        ),
        "record_delete.file_lost_after_restore": (
            noop("The file was gone. Its work orders may have been sent before the restore: compare with Adobe's list first"),
            "bad",
        ),
        "record_delete.restored": (
            noop("A backup was restored while it was being prepared: Adobe's list is asked first"),
            "warning",
        ),
        "backup.restored": (noop("A backup was restored"), "warning"),
        "work_order.sending": (noop("Work order {order:|} is being sent to Adobe"), ""),
        "work_order.sent": (noop("Work order {order:|} was taken by Adobe"), "good"),
        "work_order.queued": (noop("Work order {order:|} goes back into the queue: {reason}"), "warning"),
        "work_order.unknown": (noop("Whether Adobe took work order {order:|} is not known: {reason}"), "warning"),
        "work_order.rejected": (noop("Work order {order:|} was refused by Adobe"), "bad"),
        "work_order.cancelled": (noop("Work order {order:|} is not sent: {reason}"), "warning"),
        "work_order.decided": (noop("Decision about work order {order:|}: {decision}"), ""),
        "work_order.completed": (noop("Work order {order:|} is completed at Adobe"), "good"),
        "work_order.failed": (noop("Work order {order:|} failed at Adobe"), "bad"),
        "work_order.gone": (noop("Adobe no longer knows work order {order:|}"), "warning"),
        "work_order.renamed": (noop("A new name or description was written for work order {order:|}"), ""),
        "work_order.edited": (noop("Adobe took the new name or description of work order {order:|}"), ""),
        "work_order.edit_refused": (
            noop("Adobe did not take the new name or description of work order {order:|}: {reason}"),
            "warning",
        ),
        "work_order.refreshed": (noop("Adobe was to be asked again about work order {order:|}"), ""),
        "work_order.revealed": (noop("Adobe's answer about work order {order:|} was shown unmasked"), "warning"),
    },
    reasons=ERRORS,
    decisions={
        "look_again": noop("look at Adobe's list again"),
        "send_again": noop("send it again"),
        "give_up": noop("not send it"),
        "acknowledge_doubled": noop("the doubled work orders were seen"),
    },
)
