"""What the search box finds of this app, by numbers and ids only: the identities of a record delete are in no index."""

from __future__ import annotations

from typing import Final

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hygiene.models import DatasetExpiration, RecordDelete, WorkOrder
from portal import registry
from portal.models import User
from portal.search.finding import MOST, Finder, Hit, Wanted


def register() -> None:
    """Let the search box find them."""
    for finder in _FINDERS:
        registry.add_finder(finder)


def find_record_deletes(user: User, wanted: Wanted) -> list[Hit]:
    """By our number."""
    numbers = wanted.numbers("RD")
    rows = RecordDelete.objects.visible_to(user).filter(number__in=numbers).select_related("organization")
    return [_record_delete(row) for row in rows.defer("result_sealed", "description_sealed").order_by("-created_at", "-pk")]


def _record_delete(row: RecordDelete) -> Hit:
    return Hit(
        title=row.number,
        address=reverse("hygiene:record-delete-detail", args=[row.number]),
        organization_id=row.organization_id,
        organization=row.organization.name,
        why=_("Number"),
        status=row.get_status_display(),
        tone=row.tone,
        on=row.created_at.date(),
        by_number=True,
    )


def find_work_orders(user: User, wanted: Wanted) -> list[Hit]:
    """By Adobe's id, or by the reference at the end of its name there."""
    if not wanted.text:
        return []
    reference = f"[{wanted.text.strip('[]').upper()}]"
    rows = WorkOrder.objects.visible_to(user).select_related("organization", "record_delete").defer("answer_sealed")
    by_id = rows.filter(adobe_work_order_id=wanted.text).order_by()[: MOST + 1]
    found = {row.pk: row for row in [*by_id, *rows.filter(reference=reference).order_by()]}
    return [_work_order(found[pk], reference) for pk in sorted(found, reverse=True)]


def _work_order(row: WorkOrder, reference: str) -> Hit:
    return Hit(
        title=_("Work order %(place)s of %(number)s") % {"place": row.ordinal, "number": row.record_delete.number},
        address=reverse("hygiene:work-order-detail", args=[row.pk]),
        organization_id=row.organization_id,
        organization=row.organization.name,
        why=_("Reference in its name") if row.reference == reference else _("Adobe's work order id"),
        status=row.status_words,
        tone=row.tone,
        on=row.created_at.date(),
    )


def find_expirations(user: User, wanted: Wanted) -> list[Hit]:
    """By Adobe's id of the expiration, or by that of its dataset."""
    rows = DatasetExpiration.objects.visible_to(user).filter(Q(ttl_id=wanted.text) | Q(dataset_id=wanted.text))
    found = rows.select_related("organization").defer("history_sealed").order_by("-created_at", "-pk")
    return [_expiration(row, wanted.text) for row in found[: MOST + 1]]


def _expiration(row: DatasetExpiration, text: str) -> Hit:
    return Hit(
        title=_("Expiration of dataset %(id)s") % {"id": row.dataset_id},
        address=reverse("hygiene:expiration-detail", args=[row.pk]),
        organization_id=row.organization_id,
        organization=row.organization.name,
        why=_("Adobe's id") if row.ttl_id == text else _("Dataset id"),
        words=row.sandbox_name,
        status=row.get_status_display(),
        tone=row.tone,
        on=row.created_at.date(),
    )


_FINDERS: Final = (
    Finder(
        "record_deletes",
        gettext_lazy("Record deletes"),
        gettext_lazy("The number, such as RD-2026-000123"),
        50,
        ("hygiene.view_recorddelete",),
        find_record_deletes,
    ),
    Finder(
        "work_orders",
        gettext_lazy("Work orders"),
        gettext_lazy("Adobe's work order id, or the reference at the end of its name"),
        60,
        ("hygiene.view_workorder",),
        find_work_orders,
    ),
    Finder(
        "expirations",
        gettext_lazy("Dataset expirations"),
        gettext_lazy("Adobe's id of the expiration, or the dataset id"),
        70,
        ("hygiene.view_datasetexpiration",),
        find_expirations,
    ),
)
