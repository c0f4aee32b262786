"""Removing the personal data of a record delete, for good."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hygiene.models import RecordDelete, WorkOrder
from hygiene.statuses import RECORD_DELETE_DRAFTS, WORK_ORDER_AT_ADOBE_OPEN, RecordDeleteStatus
from portal import audit, crypto
from portal.models import User
from portal.outbound import OPEN_STATES


class NotShreddable(Exception):
    """The record delete still moves; `str()` says what has to happen first."""


def shred(record_delete: RecordDelete, user: User) -> None:
    """Delete its data key and its files: identities, names, Adobe's answers. Counts, states and the audit trail stay.

    Backups forget when the backup of the key table is gone. Raises NotShreddable while work orders are open.
    """
    _refuse_when_it_moves(record_delete)
    with transaction.atomic():
        orders = WorkOrder.objects.filter(record_delete=record_delete)
        paths = [record_delete.file_path] if record_delete.path else []
        paths += [order.file_path for order in orders.exclude(path="").only("path")]
        key = record_delete.data_key
        # Orders first, then their record delete, as workers do: nobody waits for one who waits for him.
        orders.update(
            path="", answer_sealed=None, words_sealed=None, edit_sealed=None, edit_due_at=None, next_poll_at=None, lease=None
        )
        taken = (
            RecordDelete.objects.filter(pk=record_delete.pk)
            .exclude(status=RecordDeleteStatus.SHREDDED)
            .update(
                status=RecordDeleteStatus.SHREDDED,
                shredded_at=timezone.now(),
                name_sealed=None,
                description_sealed=None,
                file_name_sealed=None,
                result_sealed=None,
                path="",
            )
        )
        if not taken:
            raise NotShreddable(_("Somebody removed the personal data of this record delete a moment ago."))
        audit.record(
            "record_delete.shredded",
            actor=user,
            organization=record_delete.organization,
            obj=record_delete,
            root_id=record_delete.pk,
        )
        if key is not None:
            key.destroy()
    for path in paths:
        crypto.discard(path)


def _refuse_when_it_moves(record_delete: RecordDelete) -> None:
    orders = record_delete.work_orders
    if record_delete.status == RecordDeleteStatus.SHREDDED:
        raise NotShreddable(_("The personal data of this record delete was removed already."))
    if record_delete.status in (*RECORD_DELETE_DRAFTS, RecordDeleteStatus.DISCARDED):
        raise NotShreddable(_("This record delete was never confirmed. Discard it instead."))
    if record_delete.status == RecordDeleteStatus.PREPARING or orders.filter(state__in=OPEN_STATES).exists():
        raise NotShreddable(_("Work orders are still open. Wait until they are settled, or decide about them."))
    if orders.filter(status__in=WORK_ORDER_AT_ADOBE_OPEN).exists():
        raise NotShreddable(_("Adobe is still working on it. Wait until every work order has ended."))
