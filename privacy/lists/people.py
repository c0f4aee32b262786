"""The list of data subjects, as each was named in one request."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from portal import crypto
from portal.lists.declaring import Choice, Column, Field, Filter, Order, RowList, Rows, Viewer
from portal.lists.filters import choices_of, organization
from portal.masking import mask
from portal.paging import Keyset
from privacy import people
from privacy.lists import narrowing
from privacy.models import DataSubject, Job
from privacy.statuses import JOB_FAILED, JOB_OPEN, Action
from privacy.views.request_people import Person

# Newest request first; of one request the last person first, so that one index gives both.
NEWEST: Keyset[DataSubject] = Keyset("request_id", "position", read_first=UUID, read_second=int)
STATES = {"open": _lazy("Open"), "done": _lazy("Done"), "failed": _lazy("Failed")}


# --- Filters ---


def _by_state(rows: Rows, value: str, _viewer: Viewer) -> Rows:
    jobs = Job.objects.filter(subject=OuterRef("pk"))
    if value == "done":
        return rows.filter(Exists(jobs), ~Exists(jobs.filter(status__in=JOB_OPEN)))
    return rows.filter(Exists(jobs.filter(status__in=JOB_OPEN if value == "open" else JOB_FAILED)))


def _by_action(rows: Rows, value: str, _viewer: Viewer) -> Rows:
    return rows.filter(Exists(Job.objects.filter(subject=OuterRef("pk"), action=value)))


FILTERS = (
    Filter(
        "state",
        _lazy("State"),
        _by_state,
        lambda _viewer: [Choice(name, words) for name, words in STATES.items()],
        in_sight=True,
    ),
    Filter("action", _lazy("Action"), _by_action, lambda _viewer: choices_of(Action.choices)),
    narrowing.due("request__"),
    narrowing.assignee("request__"),
    narrowing.law("request__"),
    organization("request__organization"),
)


# --- The page and the export ---

COLUMNS = (
    Column("person", _lazy("Person"), fixed=True),
    Column("organization", _lazy("Organization"), for_several=True),
    Column("request", _lazy("Request")),
    Column("actions", _lazy("Asks for")),
    Column("state", _lazy("Worst state")),
    Column("identities", _lazy("Identities")),
    Column("due", _lazy("Due")),
    Column("law", _lazy("Law"), shown=False),
    Column("assignee", _lazy("Given to"), shown=False),
)


def _key(row: Any) -> str:
    """The officer's own key; nothing when it was removed or does not open."""
    try:
        return str(row.officer_key or "")
    except crypto.CannotDecrypt:
        return ""


def _identities(row: Any) -> list[tuple[str, str]]:
    try:
        return [(str(each["namespace"]), str(each["value"])) for each in row.identities or []]
    except crypto.CannotDecrypt:
        return []


def _worst(row: Any) -> str:
    worst = people.worst_state(job.status for job in row.asked)
    return worst.value if worst else ""


FIELDS = (
    Field("request", lambda row: row.request.number),
    Field("organization", lambda row: row.request.organization.name),
    Field("law", lambda row: row.request.regulation),
    Field("person", lambda row: row.position),
    Field("actions", lambda row: " ".join(job.action for job in row.asked)),
    Field("worst_status", _worst),
    Field("due_on", lambda row: row.request.due_on),
    Field("answered_on", lambda row: row.request.answered_on),
    Field("outcome", lambda row: row.request.outcome),
)
MASKED = (
    Field("key_masked", lambda row: mask(_key(row)) if _key(row) else ""),
    Field("identities_masked", lambda row: "; ".join(f"{name}: {mask(value)}" for name, value in _identities(row))),
)
CLEAR = (
    Field("key", _key),
    Field("identities", lambda row: "; ".join(f"{name}: {value}" for name, value in _identities(row))),
)


def _with_more(rows: Rows) -> Rows:
    asked = Prefetch("jobs", Job.objects.defer("raw_sealed").order_by("action"), to_attr="asked")
    rows = rows.select_related("request__organization", "request__data_key", "request__assignee").prefetch_related(asked)
    return rows.defer("wire_key_sealed", "request__envelope_sealed")


def name_of(row: DataSubject) -> str:
    """Which person it is, without saying who."""
    return _("Person %(place)s of %(number)s") % {"place": f"{row.position:,}", "number": row.request.number}


PEOPLE = RowList(
    url_name="privacy:person-list",
    title=_lazy("People"),
    needed=("privacy.view_privacyrequest", "privacy.view_job"),
    template="privacy/person_list.html",
    unit=_lazy("people"),
    rows=people.visible_to,
    filters=FILTERS,
    columns=COLUMNS,
    orders=(Order("newest", _lazy("Newest first"), NEWEST),),
    fields=FIELDS,
    name_of=name_of,
    for_page=_with_more,
    for_export=_with_more,
    lines=lambda rows, _viewer: [Person.of(row, row.request) for row in rows],
    export_url_name="privacy:person-export",
    file_name="people",
    masked_fields=MASKED,
    clear_fields=CLEAR,
)
