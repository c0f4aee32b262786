"""The list of opt-outs of sale through the consent endpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from portal.lists.declaring import Act, Column, Field, Filter, Order, Outcome, RowList, Rows, Viewer, each
from portal.lists.filters import choices_of, organization
from portal.models import User
from portal.outbound import CallState
from portal.paging import Keyset
from privacy.consent import intake
from privacy.intake import NotPossible
from privacy.lists.narrowing import name_of
from privacy.models import OptOut
from privacy.statuses import OptOutStatus

NEWEST: Keyset[OptOut] = Keyset("id", read_first=UUID)


def _by_status(rows: Rows, value: str, _viewer: Viewer) -> Rows:
    return rows.filter(status=value)


FILTERS = (
    Filter("status", _lazy("Status"), _by_status, lambda _viewer: choices_of(OptOutStatus.choices), in_sight=True),
    organization(),
)
COLUMNS = (
    Column("number", _lazy("Opt-out"), fixed=True),
    Column("organization", _lazy("Organization"), for_several=True),
    Column("status", _lazy("Status")),
    Column("identities", _lazy("Identities"), number=True),
    Column("calls", _lazy("Calls accepted")),
    Column("received", _lazy("Received")),
    Column("due", _lazy("Answer by")),
    Column("made_by", _lazy("Made by"), shown=False),
)
FIELDS = (
    Field("number", lambda row: row.number),
    Field("organization", lambda row: row.organization.name),
    Field("opt_out_of_sale", lambda row: row.opt_out_of_sale),
    Field("status", lambda row: row.status),
    Field("identities", lambda row: row.values_total),
    Field("calls", lambda row: row.calls_total),
    Field("calls_accepted", lambda row: row.calls_accepted),
    Field("received_on", lambda row: row.received_on),
    Field("due_on", lambda row: row.due_on),
    Field("made_by", lambda row: name_of(row.created_by)),
    Field("made_at", lambda row: row.created_at),
    Field("finished_at", lambda row: row.finished_at),
)


def _cancel(rows: Sequence[Any], user: User, _given: Mapping[str, Any]) -> Outcome:
    def cancel(row: OptOut) -> bool:
        if row.status == OptOutStatus.CANCELLED:
            return False
        intake.cancel(row, user)
        return True

    return each(rows, cancel, str, NotPossible)


ACTS = (
    Act(
        "cancel",
        "privacy.confirm_optout",
        button=_lazy("Cancel before they are sent"),
        title=_lazy("Cancel opt-outs before they are sent"),
        explain=lambda _rows, n: (
            ngettext(
                "%(n)s opt-out is cancelled if nothing of it went to Adobe. What went out stays as it is.",
                "%(n)s opt-outs are cancelled, each if nothing of it went to Adobe. What went out stays as it is.",
                n,
            )
            % {"n": f"{n:,}"}
        ),
        confirm=lambda n: ngettext("Cancel %(n)s opt-out", "Cancel %(n)s opt-outs", n) % {"n": n},
        told=lambda n: (
            ngettext(
                "%(n)s opt-out was cancelled: nothing of it was sent.",
                "%(n)s opt-outs were cancelled: nothing of them was sent.",
                n,
            )
            % {"n": f"{n:,}"}
        ),
        do=_cancel,
        danger=True,
    ),
)


def _with_more(rows: Rows) -> Rows:
    accepted = Count("calls", filter=Q(calls__state=CallState.SENT))
    counted: Rows = rows.annotate(calls_total=Count("calls"), calls_accepted=accepted)
    return counted.select_related("organization", "created_by").defer("entities_sealed")


OPT_OUTS = RowList(
    url_name="privacy:opt-out-list",
    title=_lazy("Opt-outs of sale"),
    needed=("privacy.view_optout",),
    template="privacy/opt_out_list.html",
    unit=_lazy("opt-outs"),
    rows=OptOut.objects.visible_to,
    filters=FILTERS,
    columns=COLUMNS,
    orders=(Order("newest", _lazy("Newest first"), NEWEST),),
    fields=FIELDS,
    for_page=_with_more,
    for_act=lambda rows: rows.select_related("organization").defer("entities_sealed"),
    for_export=_with_more,
    acts=ACTS,
    act_url_name="privacy:opt-out-act",
    export_url_name="privacy:opt-out-export",
    file_name="opt-outs",
)
