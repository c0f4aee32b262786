"""The lists of this app, declared (portal/lists): record deletes, and work orders across them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from hygiene import polling, recalling
from hygiene.intake import NotPossible
from hygiene.models import RecordDelete, WorkOrder
from hygiene.statuses import (
    RECORD_DELETE_DRAFTS,
    RECORD_DELETE_OPEN,
    WORK_ORDER_DONE,
    RecordDeleteStatus,
    WorkOrderStatus,
)
from portal import clock, registry
from portal.lists.declaring import Act, Choice, Column, Field, Filter, Order, Outcome, RowList, Rows, Viewer, each
from portal.lists.filters import choices_of, organization
from portal.models import User
from portal.outbound import CallState
from portal.paging import Keyset

# --- Record deletes ---

NARROWED_TO: Final = {"open": RECORD_DELETE_OPEN, "drafts": RECORD_DELETE_DRAFTS}


def _by_status(rows: Rows, value: str, _viewer: Viewer) -> Rows:
    return rows.filter(status__in=NARROWED_TO[value]) if value in NARROWED_TO else rows.filter(status=value)


def _statuses(_viewer: Viewer) -> list[Choice]:
    first = [Choice("drafts", _lazy("Not confirmed yet")), Choice("open", _lazy("Open"))]
    return [*first, *choices_of(RecordDeleteStatus.choices)]


def _cancel(rows: Sequence[Any], user: User, _given: Mapping[str, Any]) -> Outcome:
    def cancel(row: RecordDelete) -> bool:
        if row.status == RecordDeleteStatus.CANCELLED:
            return False
        recalling.cancel(row, user)
        return True

    return each(rows, cancel, str, NotPossible)


def _explain_cancel(_rows: Rows, count: int) -> str:
    words = ngettext(
        "Of %(n)s record delete, every work order of which nothing was sent is cancelled. What went out stays as it is: Adobe "
        "knows no way to take it back.",
        "Of %(n)s record deletes, every work order of which nothing was sent is cancelled. What went out stays as it is: Adobe "
        "knows no way to take it back.",
        count,
    )
    return words % {"n": f"{count:,}"}


RECORD_DELETES = RowList(
    url_name="hygiene:record-delete-list",
    title=_lazy("Record deletes"),
    needed=("hygiene.view_recorddelete",),
    template="hygiene/record_delete_list.html",
    unit=_lazy("record deletes"),
    rows=RecordDelete.objects.visible_to,
    filters=(Filter("status", _lazy("Status"), _by_status, _statuses, in_sight=True), organization()),
    columns=(
        Column("number", _lazy("Record delete"), fixed=True),
        Column("organization", _lazy("Organization"), for_several=True),
        Column("status", _lazy("Status")),
        Column("datasets", _lazy("Datasets")),
        Column("identities", _lazy("Identities"), number=True),
        Column("orders", _lazy("Work orders done")),
        Column("begun", _lazy("Begun")),
        Column("made_by", _lazy("Made by"), shown=False),
    ),
    orders=(Order("newest", _lazy("Newest first"), Keyset("id", read_first=UUID)),),
    # Neither name nor description: free text may name a person.
    fields=(
        Field("number", lambda row: row.number),
        Field("organization", lambda row: row.organization.name),
        Field("status", lambda row: row.status),
        Field("datasets", lambda row: " ".join(row.datasets)),
        Field("profile_only", lambda row: row.profile_only),
        Field("identities", lambda row: row.identities),
        Field("work_orders", lambda row: row.orders_total),
        Field("work_orders_done", lambda row: row.orders_done),
        Field("work_orders_failed", lambda row: row.orders_failed),
        Field("made_by", lambda row: row.created_by.called),
        Field("made_at", lambda row: row.created_at),
        Field("confirmed_at", lambda row: row.confirmed_at),
        Field("finished_at", lambda row: row.finished_at),
    ),
    for_page=lambda rows: rows.select_related("organization", "data_key", "created_by").defer(
        "result_sealed", "description_sealed"
    ),
    for_act=lambda rows: rows.select_related("organization").defer("result_sealed", "description_sealed", "name_sealed"),
    for_export=lambda rows: rows.select_related("organization", "created_by").defer(
        "result_sealed", "description_sealed", "name_sealed"
    ),
    acts=(
        Act(
            "cancel",
            "hygiene.confirm_recorddelete",
            button=_lazy("Cancel what was not sent"),
            title=_lazy("Cancel what was not sent"),
            explain=_explain_cancel,
            confirm=lambda n: ngettext("Cancel %(n)s record delete", "Cancel %(n)s record deletes", n) % {"n": n},
            told=lambda n: (
                ngettext(
                    "What was not sent of %(n)s record delete is cancelled.",
                    "What was not sent of %(n)s record deletes is cancelled.",
                    n,
                )
                % {"n": f"{n:,}"}
            ),
            do=_cancel,
            most=50,
            danger=True,
        ),
    ),
    act_url_name="hygiene:record-delete-act",
    export_url_name="hygiene:record-delete-export",
    file_name="record-deletes",
)


# --- Work orders ---

STATES: Final[dict[str, tuple[Any, Q]]] = {
    "open": (_lazy("Open"), ~Q(status__in=WORK_ORDER_DONE)),
    "done": (_lazy("Done"), Q(status__in=WORK_ORDER_DONE)),
    "failed": (_lazy("Failed"), Q(status__in=WORK_ORDER_DONE) & ~Q(status=WorkOrderStatus.COMPLETED)),
    "completed": (_lazy("Completed"), Q(status=WorkOrderStatus.COMPLETED)),
    "quota": (_lazy("Waits for the quota"), Q(state=CallState.QUEUED, waits_for_quota_until__isnull=False)),
    "unknown": (_lazy("Outcome unknown"), Q(state=CallState.UNKNOWN)),
}


def _by_state(rows: Rows, value: str, _viewer: Viewer) -> Rows:
    return rows.filter(STATES[value][1])


def _ask_now(rows: Sequence[Any], user: User, _given: Mapping[str, Any]) -> Outcome:
    outcome = Outcome()
    for order in rows:
        why_not = _why_not_asked(order)
        if why_not:
            outcome.refused.append((name_of(order), why_not))
        # One that is due already is in the worker's hands.
        elif order.next_poll_at is not None and order.next_poll_at <= clock.read():
            outcome.unchanged += 1
        else:
            polling.refresh_now(order, user)
            outcome.done += 1
    return outcome


def _why_not_asked(order: WorkOrder) -> str:
    if order.adobe_work_order_id is None:
        return _("Adobe does not have this work order, so there is nothing to ask.")
    if order.organization.is_on_hold:
        return _("The organization is on hold, so Adobe is not asked.")
    return ""


def name_of(order: WorkOrder) -> str:
    """What a work order is called to a person."""
    return _("order %(place)s of %(number)s") % {"place": f"{order.ordinal:,}", "number": order.record_delete.number}


_SEALED = ("answer_sealed", "edit_sealed", "words_sealed", "record_delete__result_sealed", "record_delete__description_sealed")


def _with_more(rows: Rows) -> Rows:
    return rows.select_related("record_delete", "organization").defer(*_SEALED)


WORK_ORDERS = RowList(
    url_name="hygiene:all-work-orders",
    title=_lazy("Work orders"),
    needed=("hygiene.view_workorder",),
    template="hygiene/all_work_orders.html",
    unit=_lazy("work orders"),
    rows=WorkOrder.objects.visible_to,
    filters=(
        Filter(
            "state",
            _lazy("State"),
            _by_state,
            lambda _viewer: [Choice(name, words) for name, (words, _fits) in STATES.items()],
            in_sight=True,
        ),
        organization(),
    ),
    columns=(
        Column("order", _lazy("Order"), fixed=True),
        Column("organization", _lazy("Organization"), for_several=True),
        Column("state", _lazy("State")),
        Column("status", _lazy("Adobe's status")),
        Column("identities", _lazy("Identities"), number=True),
        Column("sent", _lazy("Sent")),
        Column("changed", _lazy("Changed at Adobe")),
        Column("ids", _lazy("Ids"), shown=False),
    ),
    orders=(Order("newest", _lazy("Newest first"), Keyset("id", read_first=UUID)),),
    fields=(
        Field("record_delete", lambda row: row.record_delete.number),
        Field("order", lambda row: row.ordinal),
        Field("organization", lambda row: row.organization.name),
        Field("identities", lambda row: row.identities),
        Field("call", lambda row: row.state),
        Field("status", lambda row: row.status),
        Field("adobe_status", lambda row: row.adobe_status),
        Field("adobe_work_order_id", lambda row: row.adobe_work_order_id),
        Field("reference", lambda row: row.reference),
        Field("waits_for_quota_until", lambda row: row.waits_for_quota_until),
        Field("sent_at", lambda row: row.first_sent_at),
        Field("changed_at_adobe", lambda row: row.adobe_updated_at),
        Field("finished_at", lambda row: row.finished_at),
        Field("looked_at", lambda row: row.detail_at),
    ),
    name_of=name_of,
    for_page=_with_more,
    for_act=_with_more,
    for_export=_with_more,
    acts=(
        Act(
            "ask",
            "hygiene.refresh_workorder",
            button=_lazy("Ask Adobe now"),
            title=_lazy("Ask Adobe about work orders now"),
            explain=lambda _rows, n: (
                ngettext(
                    "The next worker asks Adobe where %(n)s work order stands. Nothing else changes.",
                    "The next workers ask Adobe where %(n)s work orders stand. Nothing else changes.",
                    n,
                )
                % {"n": f"{n:,}"}
            ),
            confirm=lambda n: ngettext("Ask about %(n)s work order", "Ask about %(n)s work orders", n) % {"n": n},
            told=lambda n: (
                ngettext("Adobe is being asked about %(n)s work order.", "Adobe is being asked about %(n)s work orders.", n)
                % {"n": f"{n:,}"}
            ),
            do=_ask_now,
        ),
    ),
    act_url_name="hygiene:work-order-act",
    export_url_name="hygiene:work-order-export",
    file_name="work-orders",
)


def register() -> None:
    """Let people keep views of them."""
    for row_list in (RECORD_DELETES, WORK_ORDERS):
        registry.add_list(row_list)
