"""The parts of a request's page that people fill: the answer, the due date, notes, other systems, who looks after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.db.models import Count, Sum
from django.http import HttpRequest
from django.utils.translation import gettext as _

from portal import crypto
from portal.models import User
from privacy.handling import assigning, moving, systems
from privacy.handling.rows import why_closed
from privacy.models import DeadlineChange, PrivacyRequest, RequestAnswer, RequestNote, ResultArchive
from privacy.standing import Jobs
from privacy.statuses import ARCHIVE_TONES, ArchiveStatus

MOST_NOTES = 100


@dataclass(frozen=True)
class Shown:
    """A text that was kept sealed, with who wrote it and when. `text` is None when it does not open any more."""

    row: RequestNote | DeadlineChange
    text: str | None


@dataclass(frozen=True)
class Results:
    """Results in one state: how many, and how large together."""

    label: str
    tone: str
    status: str
    count: int
    size: int


def handling_context(request: HttpRequest, found: PrivacyRequest, jobs: Jobs) -> dict[str, Any]:
    """For the page; these parts are not renewed while somebody looks, so that nothing typed is lost."""
    user = cast("User", request.user)
    may_handle = user.has_perm(assigning.HANDLES) and not why_closed(found)
    answer: RequestAnswer | None = getattr(found, "answer", None)
    room = moving.room_of(found, None if found.opt_out else jobs.actions)
    lines = systems.checklist(found)
    if found.answered_in is not None and not any(line.done for line in lines):
        # The whole request is seen to there, once.
        lines = []
    return {
        "may_handle": may_handle,
        "answer": answer,
        "agent": _opened(found, answer, "agent"),
        "answered_with": _opened(found, answer, "answered_with"),
        "timing": _timing(found),
        "room": room,
        "changes": [Shown(change, _opened(found, change, "reason")) for change in reversed(room.changes)],
        "systems": lines,
        "systems_open": sum(line.done is None for line in lines),
        "notes": _notes(found),
        "colleagues": list(assigning.colleagues(found.organization)) if may_handle else [],
        "results": _results(found),
    }


def _opened(found: PrivacyRequest, row: RequestAnswer | DeadlineChange | RequestNote | None, name: str) -> str | None:
    if row is None:
        return None
    row.request = found
    try:
        text: str | None = getattr(row, name)
    except crypto.CannotDecrypt:
        return None
    return text


def _notes(found: PrivacyRequest) -> list[Shown]:
    """The newest, newest first."""
    rows = found.notes.select_related("by").order_by("-at", "-id")[:MOST_NOTES]
    return [Shown(row, _opened(found, row, "text")) for row in rows]


def _results(found: PrivacyRequest) -> list[Results]:
    rows = ResultArchive.objects.filter(request=found).order_by().values_list("status").annotate(Count("pk"), Sum("size"))
    counted = {status: (count, size or 0) for status, count, size in rows}
    return [
        Results(str(status.label), ARCHIVE_TONES[status], status.value, *counted[status])
        for status in ArchiveStatus
        if status in counted
    ]


def _timing(found: PrivacyRequest) -> str:
    """Whether the person was answered in time; empty while nobody was, and without a date."""
    if found.answered_on is None or found.due_on is None:
        return ""
    late = (found.answered_on - found.due_on).days
    if late <= 0:
        return _("in time")
    return _("%(days)d days late") % {"days": late} if late > 1 else _("one day late")
