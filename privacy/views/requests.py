"""One request with its progress."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal import crypto
from portal.outbound import CallState
from portal.waits import time_left
from privacy import access_first, catalog, planning, playbook, progress, recalling, timeline, waiting, withdrawing
from privacy.deadlines import today_in
from privacy.models import PrivacyRequest, Submission
from privacy.playbook import Group
from privacy.standing import Calls, Jobs
from privacy.statuses import REQUEST_OPEN, Action, Origin, RequestStatus
from privacy.views.found import get_request
from privacy.views.request_handling import handling_context
from privacy.views.request_people import people_context

# Read with the request, for its page alone.
OF_PAGE = ("answer__verified_by", "answer__acknowledged_by", "answer__answered_by")
CALL_TONES = {
    CallState.QUEUED: "info",
    CallState.SENDING: "info",
    CallState.SENT: "good",
    CallState.REJECTED: "bad",
    CallState.UNKNOWN: "warning",
    CallState.CANCELLED: "unknown",
}


@require_safe
@permission_required("privacy.view_privacyrequest", raise_exception=True)
def request_detail(request: HttpRequest, number: str) -> HttpResponse:
    """One request: progress, calls, what happened, and what a person can do."""
    return show_request(request, get_request(request, number, *OF_PAGE))


def show_request(request: HttpRequest, found: PrivacyRequest, *, note: str = "", note_error: str = "") -> HttpResponse:
    """The page of a request; `note` is what was typed and could not be kept, with the reason."""
    jobs = Jobs.of(found)
    parts = live_context(request, found, jobs) | people_context(request, found) | handling_context(request, found, jobs)
    more = {"may_shred": request.user.has_perm("privacy.shred_privacyrequest"), "note": note, "note_error": note_error}
    return render(request, "privacy/request_detail.html", parts | more, status=422 if note_error else 200)


@require_safe
@permission_required("privacy.view_privacyrequest", raise_exception=True)
def request_progress(request: HttpRequest, number: str) -> HttpResponse:
    """The live part of a request's page."""
    found = get_request(request, number)
    context = live_context(request, found, Jobs.of(found)) | {"swapped_along": True}
    return render(request, "privacy/_request_progress.html", context)


@dataclass(frozen=True)
class HeldDeletes:
    """Deletes that wait for the results of access, and how far those are."""

    calls: int
    jobs: int
    results: access_first.Results

    @classmethod
    def of(cls, found: PrivacyRequest, calls: Calls) -> HeldDeletes | None:
        """None when nothing waits for access."""
        if not found.access_first or found.status == RequestStatus.PREPARING or not calls.held:
            return None
        return cls(calls.held, calls.held_jobs, access_first.results_of(found))


def _recall_left(found: PrivacyRequest) -> str:
    """How long nothing of it is sent; empty without a recall period, or after it."""
    if found.recall_until is None or found.status not in (RequestStatus.PREPARING, RequestStatus.SENDING):
        return ""
    left = found.recall_until - timezone.now()
    return time_left(left) if left > timedelta() else ""


@dataclass(frozen=True)
class Ending:
    """Jobs that ended alike in one product, and where a person goes from there."""

    group: Group
    jobs_address: str
    # Empty where asking again does not help.
    again_address: str
    asks_administrator: bool
    asks_correction: bool

    @classmethod
    def of(cls, group: Group, found: PrivacyRequest) -> Ending:
        """With the addresses of its jobs and of their resubmission."""
        query = urlencode(group.query)
        helps = group.action in (playbook.Action.RESUBMIT, playbook.Action.ADMINISTRATOR) and group.people > 0
        asked = not group.product or group.product in found.products
        again = reverse("privacy:request-resubmit", args=[found.number])
        return cls(
            group=group,
            jobs_address=f"{reverse('privacy:job-list', args=[found.number])}?{query}",
            again_address=f"{again}?{query}" if helps and asked and _can_resubmit(found) else "",
            asks_administrator=group.action == playbook.Action.ADMINISTRATOR,
            asks_correction=group.action == playbook.Action.CORRECT,
        )


@dataclass(frozen=True)
class Call:
    """One call to Adobe as the page shows it."""

    row: Submission
    tone: str
    state: str
    person_words: str
    adobe_words: str | None

    @classmethod
    def of(cls, row: Submission) -> Call:
        """For a row whose request is loaded."""
        state = CallState(row.state)
        words = _("Waiting for the results of access") if state == CallState.QUEUED and row.waits_for_access else str(state.label)
        return cls(row, CALL_TONES[state], words, row.why_person, _words_of_refusal(row))

    @property
    def can_be_withdrawn(self) -> bool:
        """Whether it waits after Adobe has said that a limit is reached."""
        return withdrawing.can_withdraw(self.row)

    @property
    def is_doubled(self) -> bool:
        """Whether the person has to look at jobs that Adobe has twice."""
        return self.row.person_reason == "doubled"


def _words_of_refusal(row: Submission) -> str | None:
    """What Adobe said when it refused the call; None when it did not, or when the words do not open any more."""
    if row.state != CallState.REJECTED and not withdrawing.can_withdraw(row):
        return None
    try:
        return row.words
    except crypto.CannotDecrypt:
        return None


def live_context(request: HttpRequest, found: PrivacyRequest, jobs: Jobs) -> dict[str, Any]:
    """What the live parts show; the same for the page and for its refresh."""
    calls, every_call = [Call.of(row) for row in _calls_worth_showing(found)], Calls.of(found)
    bars = progress.by_product(found, jobs)
    user = request.user
    again = list(found.resubmissions.order_by("created_at", "pk"))
    return {
        "request_row": found,
        "answered_in": found.answered_in,
        "overall": progress.overall(found),
        "bars": bars,
        "report": waiting.of_request(found, bars, jobs, every_call) if found.jobs_done < found.jobs_total else None,
        "today": today_in(found.organization.time_zone),
        "handles": user.has_perm("privacy.handle_privacyrequest"),
        "calls": calls,
        "waiting_calls": [call for call in calls if call.row.person_reason],
        "unsure_calls": [call for call in calls if call.row.state == CallState.UNKNOWN and not call.row.person_reason],
        "limited_calls": [call for call in calls if call.can_be_withdrawn],
        "refused_calls": [call for call in calls if call.row.state == CallState.REJECTED],
        "call_count": every_call.count,
        "live": is_live(found),
        "timeline": timeline.of_request(found.pk, found.upload_id),
        "law": catalog.law_name(found.regulation),
        "products": [catalog.product_name(code) for code in found.products],
        "may_decide": user.has_perm("privacy.decide_submission"),
        "can_cancel": recalling.can_cancel(found),
        "may_cancel": user.has_perm("privacy.cancel_privacyrequest"),
        "recall_left": _recall_left(found),
        "held": HeldDeletes.of(found, every_call),
        "plan": planning.for_request(found, every_call),
        "can_resubmit": _can_resubmit(found),
        "endings": [Ending.of(group, found) for group in playbook.of_request(found)] if found.jobs_done else [],
        "may_upload": user.has_perm("privacy.add_upload"),
        "administers": user.is_authenticated and user.is_staff and user.has_perm("portal.change_organization"),
        "may_resubmit": user.has_perm("privacy.resubmit_privacyrequest"),
        "asked_again_in": again,
        "again_open": [one.number for one in again if one.is_open],
        "actions": _actions(found, jobs),
    }


def is_live(found: PrivacyRequest) -> bool:
    """Whether its page renews itself while somebody looks."""
    return found.status in REQUEST_OPEN


def _can_resubmit(found: PrivacyRequest) -> bool:
    """Whether it is worth while to look at what failed: the page of the resubmission says what of it is left."""
    is_kept = found.data_key_id is not None and found.status != RequestStatus.CANCELLED
    return is_kept and found.jobs_failed > 0 and found.origin != Origin.ELSEWHERE


MOST_CALLS = 100


def _calls_worth_showing(found: PrivacyRequest) -> list[Submission]:
    """Those that need a person first; the first hundred of the rest."""
    rows = found.submissions.all()
    rest = rows.filter(person_reason="").order_by("ordinal").values("pk")[:MOST_CALLS]
    worth = rows.filter(~Q(person_reason="") | Q(pk__in=rest)).defer("answer_sealed").order_by("ordinal")
    for row in (found_rows := list(worth)):
        row.request = found
    return sorted(found_rows, key=lambda row: not row.person_reason)


def _actions(found: PrivacyRequest, jobs: Jobs) -> str:
    if found.opt_out:
        return str(Action.OPT_OUT.label)
    return _(" and ").join(str(action.label) for action in Action if action in jobs.actions).capitalize() or _("Not known yet")
