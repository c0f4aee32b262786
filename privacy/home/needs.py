"""The numbers that need a person now: of requests, of calls whose outcome is not known, of results that go away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from portal.home import Narrowed, Need
from portal.models import JobDay
from portal.outbound import CallState
from privacy.home.due import LIST, SOON, Standing, all_requests_of
from privacy.models import ConsentCall, ResultArchive, Submission
from privacy.statuses import ArchiveStatus, OptOutStatus, RequestStatus

# By then a result is fetched, or lost.
EXPIRES_SOON: Final = timedelta(days=7)
# Of ten parts of a day's limit.
NEARLY: Final = 9


def of_requests(narrowed: Narrowed, standing: Standing) -> list[Need]:
    """From what is not answered yet."""

    def rows(**query: str) -> str:
        return narrowed.rows(LIST, mine=True, **query)

    def in_status(status: RequestStatus) -> int:
        return standing.count(lambda group: group.status == status)

    return [
        Need(
            _("Overdue"),
            _("The law's date has passed, and the person was not answered."),
            _("Nothing overdue"),
            standing.between(None, -1),
            rows(due="overdue"),
            "bad",
        ),
        Need(
            _("Due within 7 days"),
            _("Answer the person, or extend the date with a reason."),
            _("Nothing due within 7 days"),
            standing.between(0, SOON),
            rows(due="week"),
        ),
        Need(
            _("Wait for a decision"),
            _("The portal cannot go on by itself: a person says what becomes of a call."),
            _("No decision waits"),
            # Also of what was answered, or is asked again: a call waits all the same.
            all_requests_of(narrowed).filter(status=RequestStatus.ATTENTION),
            rows(status=RequestStatus.ATTENTION.value),
            "bad",
        ),
        Need(
            _("Finished with errors"),
            _("Adobe could not do all of it. The request says why, and what to do."),
            _("No request finished with errors"),
            in_status(RequestStatus.FAILED),
            rows(status=RequestStatus.FAILED.value, due="open"),
            "bad",
        ),
        Need(
            _("Adobe is done: answer the person"),
            _("The law's clock runs until the person is answered."),
            _("No answer is ready to go"),
            in_status(RequestStatus.COMPLETE),
            rows(status=RequestStatus.COMPLETE.value, due="open"),
        ),
    ]


def of_calls(narrowed: Narrowed) -> list[Need]:
    """Rows that few of are; each is found by an index."""
    needs = [_unknown(narrowed), _expiring(narrowed), _limit(narrowed)]
    if narrowed.user.has_perm("privacy.view_optout"):
        needs.insert(1, _unknown_opt_outs(narrowed))
    return needs


def _of_mine(narrowed: Narrowed, rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    """Rows that belong to a request."""
    rows = rows.filter(request__organization__in=narrowed.organizations)
    if narrowed.law:
        rows = rows.filter(request__regulation=narrowed.law)
    return rows.filter(request__assignee=narrowed.user) if narrowed.mine else rows


def _unknown(narrowed: Narrowed) -> Need:
    return Need(
        _("Requests with a call of unknown outcome"),
        _("Adobe may have taken it or not. The portal looks for it before anything is sent again."),
        _("No call of unknown outcome"),
        _of_mine(narrowed, Submission.objects.filter(state=CallState.UNKNOWN)),
        narrowed.rows(LIST, mine=True, calls="unknown"),
        of="request",
    )


def _unknown_opt_outs(narrowed: Narrowed) -> Need:
    unknown = ConsentCall.objects.filter(state=CallState.UNKNOWN, opt_out__organization__in=narrowed.organizations)
    return Need(
        _("Opt-outs of unknown outcome"),
        _("Adobe keeps no list of opt-outs: a person says what becomes of them."),
        _("No opt-out of unknown outcome"),
        unknown.filter(opt_out__status=OptOutStatus.ATTENTION),
        narrowed.rows("privacy:opt-out-list", status=OptOutStatus.ATTENTION.value),
        "bad",
        of="opt_out",
    )


def _expiring(narrowed: Narrowed) -> Need:
    waiting = ResultArchive.objects.filter(status=ArchiveStatus.WAITING, adobe_expires_at__lte=narrowed.now + EXPIRES_SOON)
    return Need(
        _("Results about to expire at Adobe"),
        _("They are not fetched yet, and Adobe removes them within 7 days."),
        _("No result about to expire"),
        _of_mine(narrowed, waiting),
        narrowed.rows("privacy:all-jobs", mine=True, result="expiring"),
        "bad",
    )


def _limit(narrowed: Narrowed) -> Need:
    nearly = JobDay.objects.filter(
        organization__in=narrowed.organizations, day=narrowed.now.date(), organization__jobs_per_day__gt=0
    )
    return Need(
        _("Today's limit of jobs is nearly used"),
        _("What has no room goes on the days after, the nearest due date first."),
        _("Room for more jobs today"),
        nearly.filter(jobs__gte=F("organization__jobs_per_day") * NEARLY / 10),
        narrowed.rows(LIST, status=RequestStatus.SENDING.value),
    )
