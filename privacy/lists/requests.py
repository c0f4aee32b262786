"""The list of privacy requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from django import forms
from django.db.models import Exists, OuterRef
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from portal.lists.declaring import Act, Choice, Column, Field, Filter, Order, Outcome, RowList, Rows, Viewer, each
from portal.lists.filters import choices_of, organization
from portal.models import User
from portal.outbound import CallState
from portal.paging import Keyset, read_date
from privacy import resubmission
from privacy.handling import answering, assigning
from privacy.intake import NotPossible
from privacy.lists import narrowing, reported
from privacy.lists.narrowing import name_of
from privacy.models import Job, PrivacyRequest, Submission
from privacy.statuses import REQUEST_OPEN, Action, RequestStatus

# Ids grow with time, whoever's the requests are: one index gives the newest of all organizations.
NEWEST: Keyset[PrivacyRequest] = Keyset("id", read_first=UUID)
# A due date may move while somebody turns the pages: such a row is seen on two of them, or on none. It stands in every new look.
DUE_FIRST: Keyset[PrivacyRequest] = Keyset("due_on", descending=False, read_first=read_date)


# --- Filters ---


def _by_status(rows: Rows, value: str, _viewer: Viewer) -> Rows:
    return rows.filter(status__in=REQUEST_OPEN) if value == "open" else rows.filter(status=value)


def _statuses(_viewer: Viewer) -> list[Choice]:
    return [Choice("open", _lazy("Open")), *choices_of(RequestStatus.choices)]


def _by_calls(rows: Rows, _value: str, _viewer: Viewer) -> Rows:
    return rows.filter(Exists(Submission.objects.filter(request=OuterRef("pk"), state=CallState.UNKNOWN)))


FILTERS = (
    Filter("status", _lazy("Status"), _by_status, _statuses, in_sight=True),
    narrowing.due(),
    narrowing.assignee(),
    narrowing.law(),
    narrowing.origin(),
    organization(),
    Filter(
        "kind",
        _lazy("Kind"),
        lambda rows, _value, _viewer: rows.filter(opt_out=True),
        also=lambda value, _viewer: _("opt-out of sale") if value == "opt-out" else "",
    ),
    Filter(
        "calls",
        _lazy("Calls"),
        _by_calls,
        also=lambda value, _viewer: _("outcome unknown") if value == "unknown" else "",
    ),
    reported.received(),
    reported.report(),
)


# --- What is done with many ---


class AssignForm(forms.Form):
    """Who takes over."""

    to = forms.TypedChoiceField(
        label=_lazy("Give them to"),
        coerce=int,
        error_messages={"required": _lazy("Choose who takes over."), "invalid_choice": _lazy("Choose a colleague of the list.")},
    )

    def __init__(self, viewer: Viewer, data: QueryDict | None) -> None:
        super().__init__(data)
        people = [(viewer.user.pk, _("%(name)s (me)") % {"name": name_of(viewer.user)})]
        people += [(one.pk, name_of(one)) for one in assigning.takers(viewer.user) if one.pk != viewer.user.pk]
        cast("forms.ChoiceField", self.fields["to"]).choices = people


def _assign(rows: Sequence[Any], user: User, given: Mapping[str, Any]) -> Outcome:
    to = User.objects.get(pk=given["to"])
    return each(rows, lambda row: assigning.assign(row, to, user), str, NotPossible)


def _explain_assign(_rows: Rows, count: int) -> str:
    words = ngettext(
        "%(n)s request is given to one colleague. Who has it now is not asked.",
        "%(n)s requests are given to one colleague. Who has them now is not asked.",
        count,
    )
    return words % {"n": f"{count:,}"}


def _acknowledge(rows: Sequence[Any], user: User, _given: Mapping[str, Any]) -> Outcome:
    return each(rows, lambda row: answering.acknowledge(row, user), str, NotPossible)


def _explain_acknowledge(_rows: Rows, count: int) -> str:
    words = ngettext(
        "Today is written down as the day on which receipt of %(n)s request was acknowledged. The portal sends no letter.",
        "Today is written down as the day on which receipt of %(n)s requests was acknowledged. The portal sends no letter.",
        count,
    )
    return words % {"n": f"{count:,}"}


def _resubmit(rows: Sequence[Any], user: User, _given: Mapping[str, Any]) -> Outcome:
    return each(rows, lambda row: bool(resubmission.resubmit(row, user)), str, NotPossible)


def _explain_resubmit(rows: Rows, count: int) -> str:
    failed = Job.objects.filter(request__in=rows.order_by().values("pk")).failed()
    words = ngettext(
        "Adobe is asked again for what failed in %(n)s request: only people whose jobs failed, only products that failed. It "
        "becomes a new request, linked to the first.",
        "Adobe is asked again for what failed in %(n)s requests: only people whose jobs failed, only products that failed. Each "
        "becomes a new request, linked to the first.",
        count,
    ) % {"n": f"{count:,}"}
    deletes = failed.filter(action=Action.DELETE).count()
    if not deletes:
        return words
    more = ngettext(
        "Up to %(n)s deletion is asked for again. Adobe cannot undo it.",
        "Up to %(n)s deletions are asked for again. Adobe cannot undo them.",
        deletes,
    )
    return f"{words} {more % {'n': f'{deletes:,}'}}"


ACTS = (
    Act(
        "assign",
        "privacy.handle_privacyrequest",
        button=_lazy("Give to a colleague"),
        title=_lazy("Give requests to a colleague"),
        explain=_explain_assign,
        confirm=lambda n: ngettext("Give %(n)s request to this colleague", "Give %(n)s requests to this colleague", n) % {"n": n},
        told=lambda n: ngettext("%(n)s request was given away.", "%(n)s requests were given away.", n) % {"n": f"{n:,}"},
        do=_assign,
        form=AssignForm,
    ),
    Act(
        "acknowledge",
        "privacy.handle_privacyrequest",
        button=_lazy("Note the acknowledgement"),
        title=_lazy("Note that receipt was acknowledged"),
        explain=_explain_acknowledge,
        confirm=lambda n: ngettext("Note it for %(n)s request", "Note it for %(n)s requests", n) % {"n": n},
        told=lambda n: ngettext("Noted for %(n)s request.", "Noted for %(n)s requests.", n) % {"n": f"{n:,}"},
        do=_acknowledge,
    ),
    Act(
        "resubmit",
        "privacy.resubmit_privacyrequest",
        button=_lazy("Ask again for what failed"),
        title=_lazy("Ask Adobe again for what failed"),
        explain=_explain_resubmit,
        confirm=lambda n: ngettext("Ask again for %(n)s request", "Ask again for %(n)s requests", n) % {"n": n},
        told=lambda n: ngettext("%(n)s request is asked again.", "%(n)s requests are asked again.", n) % {"n": f"{n:,}"},
        do=_resubmit,
        # Each may have thousands of people.
        most=25,
        danger=True,
    ),
)


# --- Columns and export ---

COLUMNS = (
    Column("number", _lazy("Request"), fixed=True),
    Column("organization", _lazy("Organization"), for_several=True),
    Column("law", _lazy("Law")),
    Column("status", _lazy("Status")),
    Column("due", _lazy("Due")),
    Column("assignee", _lazy("Given to")),
    Column("people", _lazy("People"), number=True),
    Column("jobs", _lazy("Jobs done")),
    Column("products", _lazy("Products"), shown=False),
    Column("received", _lazy("Received"), shown=False),
    Column("acknowledged", _lazy("Acknowledged"), shown=False),
    Column("answered", _lazy("Answered"), shown=False),
    Column("made_by", _lazy("Made by"), shown=False),
)
FIELDS = (
    Field("number", lambda row: row.number),
    Field("organization", lambda row: row.organization.name),
    Field("ims_organization", lambda row: row.organization.ims_org_id),
    Field("law", lambda row: row.regulation),
    Field("origin", lambda row: row.origin),
    Field("opt_out", lambda row: row.opt_out),
    Field("status", lambda row: row.status),
    Field("received_on", lambda row: row.received_on),
    Field("due_on", lambda row: row.due_on),
    Field("paused_on", lambda row: row.paused_on),
    Field("acknowledged_on", lambda row: row.acknowledged_on),
    Field("answered_on", lambda row: row.answered_on),
    Field("outcome", lambda row: row.outcome),
    Field("on_time", lambda row: row.answered_on <= row.due_on if row.answered_on and row.due_on else None),
    Field("assignee", lambda row: name_of(row.assignee)),
    Field("people", lambda row: row.people),
    Field("jobs", lambda row: row.jobs_total),
    Field("jobs_done", lambda row: row.jobs_done),
    Field("jobs_failed", lambda row: row.jobs_failed),
    Field("products", lambda row: " ".join(row.products)),
    Field("made_by", lambda row: name_of(row.created_by)),
    Field("made_at", lambda row: row.created_at),
    Field("finished_at", lambda row: row.finished_at),
)


def _with_names(rows: Rows) -> Rows:
    return rows.select_related("organization", "assignee", "created_by").defer("envelope_sealed")


REQUESTS = RowList(
    url_name="privacy:request-list",
    title=_lazy("Privacy requests"),
    needed=("privacy.view_privacyrequest",),
    template="privacy/request_list.html",
    unit=_lazy("requests"),
    rows=PrivacyRequest.objects.visible_to,
    filters=FILTERS,
    columns=COLUMNS,
    orders=(
        Order("newest", _lazy("Newest first"), NEWEST),
        Order(
            "due",
            _lazy("Due first"),
            DUE_FIRST,
            lambda rows: rows.filter(due_on__isnull=False),
            note=_lazy("Only requests with a due date stand here, the earliest date first."),
            back=_lazy("Earlier"),
            forth=_lazy("Later"),
        ),
    ),
    fields=FIELDS,
    for_page=_with_names,
    for_act=lambda rows: rows.select_related("organization").defer("envelope_sealed"),
    for_export=_with_names,
    acts=ACTS,
    act_url_name="privacy:request-act",
    export_url_name="privacy:request-export",
    file_name="requests",
)
