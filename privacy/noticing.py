"""Whom to tell of privacy requests and opt-outs, and of what (portal.notices). Called in the transaction in which it happens.

A request is its assignee's. One that nobody was given is of the person who made it, or else of every officer of its
organization; what cannot wait any longer goes to every officer at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from functools import cache

from django.urls import reverse

from portal.ids import new_id
from portal.models import NoticeKind, User
from portal.notices import Telling, members_who_may, tell, tell_many
from privacy import catalog
from privacy.models import OptOut, PrivacyRequest, ResultArchive
from privacy.statuses import JOB_OPEN, Action, ArchiveStatus, OptOutStatus, RequestStatus

SEES, HANDLES = "privacy.view_privacyrequest", "privacy.handle_privacyrequest"
SEES_OPT_OUTS, DECIDES_OPT_OUTS = "privacy.view_optout", "privacy.decide_consentcall"
_OF_REQUESTS = {
    RequestStatus.COMPLETE: NoticeKind.COMPLETE,
    RequestStatus.FAILED: NoticeKind.FAILED,
    RequestStatus.ATTENTION: NoticeKind.ATTENTION,
}
_OF_OPT_OUTS = {OptOutStatus.ATTENTION: NoticeKind.ATTENTION, OptOutStatus.REJECTED: NoticeKind.FAILED}
# An unassigned request does not wait for the one person who made it: that person may be on leave.
PRESSING = (NoticeKind.OVERDUE, NoticeKind.ATTENTION)


class Recipients:
    """Who is told of a row, asked once for each organization."""

    def __init__(self, sees: str = SEES, handles: str = HANDLES) -> None:
        self._sees = cache(lambda organization_id: members_who_may(sees, organization_id))
        self._handles = cache(lambda organization_id: members_who_may(handles, organization_id))

    def of(self, row: PrivacyRequest | OptOut, kind: NoticeKind) -> Collection[int]:
        """Ids of people."""
        sees = self._sees(row.organization_id)
        assignee = getattr(row, "assignee_id", None)
        if assignee in sees:
            return [assignee]
        if row.created_by_id in sees and kind not in PRESSING:
            return [row.created_by_id]
        return self._handles(row.organization_id)


def assigned(requests: Sequence[PrivacyRequest], to: User, by: User | None) -> None:
    """Tell `to` that these requests are theirs now: call it once for each change. Who takes a request is not told of it."""
    if by is not None and to.pk == by.pk:
        return
    # Given away and back again is news each time.
    change = new_id()
    tell_many([about(row, NoticeKind.ASSIGNED, f"assigned:{row.pk}:{change}", [to.pk]) for row in requests])


def moved(request: PrivacyRequest, event_id: uuid.UUID) -> None:
    """Its status has just changed, which the trail tells under `event_id`."""
    kind = _OF_REQUESTS.get(RequestStatus(request.status))
    if kind is None:
        return
    # It may need a person several times; it is complete once, also when Adobe adds a late answer.
    once = f"{kind}:{event_id if kind == NoticeKind.ATTENTION else request.pk}"
    tell(about(request, kind, once, Recipients().of(request, kind)))


def results_settled(request_ids: Collection[uuid.UUID]) -> None:
    """Some results of these requests were stored or given up: tell where none is waited for any more.

    The rows are locked, so that of two workers which store the last two results one sees both.
    """
    rows = PrivacyRequest.objects.filter(pk__in=request_ids).order_by("pk").select_for_update(no_key=True)
    for request in rows.defer("envelope_sealed"):
        if _results_are_ready(request):
            to = Recipients().of(request, NoticeKind.RESULTS_READY)
            tell(about(request, NoticeKind.RESULTS_READY, f"results_ready:{request.pk}", to))


def _results_are_ready(request: PrivacyRequest) -> bool:
    if request.jobs.filter(action=Action.ACCESS, status__in=JOB_OPEN).exists():
        return False
    archives = ResultArchive.objects.filter(request=request)
    waiting = archives.filter(status=ArchiveStatus.WAITING)
    return not waiting.exists() and archives.filter(status=ArchiveStatus.STORED).exists()


def opt_out_moved(opt_out: OptOut, status: OptOutStatus, event_id: uuid.UUID) -> None:
    """The same for an opt-out through the consent endpoint. That Adobe has accepted it is seen at once, and no news."""
    kind = _OF_OPT_OUTS.get(status)
    if kind is None:
        return
    tell(
        Telling(
            kind=kind,
            organization_id=opt_out.organization_id,
            number=opt_out.number,
            address=reverse("privacy:opt-out-detail", args=[opt_out.number]),
            once=f"{kind}:{event_id}",
            to=Recipients(SEES_OPT_OUTS, DECIDES_OPT_OUTS).of(opt_out, kind),
            due_on=opt_out.due_on,
        )
    )


def about(request: PrivacyRequest, kind: NoticeKind, once: str, to: Collection[int]) -> Telling:
    """What is said of a request: its number, law and due date."""
    return Telling(
        kind=kind,
        organization_id=request.organization_id,
        number=request.number,
        address=reverse("privacy:request-detail", args=[request.number]),
        once=once,
        to=to,
        law=str(catalog.law_name(request.regulation))[:120],
        due_on=request.due_on,
    )
