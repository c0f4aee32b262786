"""What is not answered yet, by the days that are left; and what is due next, with when Adobe is likely to be done."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from portal import charts
from portal.charts import Chart, Point, Series
from portal.home import Narrowed
from privacy import history
from privacy.deadlines import today_in
from privacy.history import Times
from privacy.models import PrivacyRequest
from privacy.querysets import PrivacyRequestQuerySet
from privacy.statuses import REQUEST_OPEN

LIST: Final = "privacy:request-list"
SOON: Final = 7
MOST_NEXT: Final = 8
# The first and the last day that are left, of each column.
BUCKETS: Final = ((0, 2), (3, 7), (8, 14), (15, 30), (31, 60))


def all_requests_of(narrowed: Narrowed) -> PrivacyRequestQuerySet:
    """As far as the page is about them, answered or not."""
    rows = PrivacyRequest.objects.filter(organization__in=narrowed.organizations)
    if narrowed.law:
        rows = rows.filter(regulation=narrowed.law)
    return rows.filter(assignee=narrowed.user) if narrowed.mine else rows


def requests_of(narrowed: Narrowed) -> QuerySet[PrivacyRequest]:
    """What is not answered yet, as far as the page is about it."""
    return all_requests_of(narrowed).unanswered()


@dataclass(frozen=True)
class Group:
    """Requests that are not answered, of one due date and status. `left`: days from today in the organization's calendar."""

    left: int | None
    status: str
    count: int


@dataclass(frozen=True)
class Standing:
    """All of them, from one statement."""

    groups: Sequence[Group]
    today: date

    @classmethod
    def of(cls, narrowed: Narrowed) -> Standing:
        """As far as the page is about it."""
        todays = {one.pk: today_in(one.time_zone) for one in narrowed.organizations}
        rows = requests_of(narrowed).order_by().values_list("organization", "due_on", "status").annotate(Count("pk"))
        return cls([_group(todays, *row) for row in rows], min(todays.values()))

    def count(self, fits: Callable[[Group], bool]) -> int:
        """How many requests are in groups that fit."""
        return sum(group.count for group in self.groups if fits(group))

    def between(self, first: int | None, last: int | None) -> int:
        """How many have so many days left, both ends in; None: no end."""
        return self.count(
            lambda group: (
                group.left is not None and (first is None or group.left >= first) and (last is None or group.left <= last)
            )
        )


def _group(todays: Mapping[uuid.UUID, date], organization_id: uuid.UUID, due_on: date | None, status: str, count: int) -> Group:
    return Group(None if due_on is None else (due_on - todays[organization_id]).days, status, count)


# --- The histogram ---


def panel(narrowed: Narrowed, standing: Standing) -> dict[str, Any]:
    """The chart, and how many there are."""
    return {
        "chart": due_chart(narrowed, standing),
        "open": standing.count(lambda _group: True),
        "rows": narrowed.rows(LIST, mine=True, due="open"),
    }


def due_chart(narrowed: Narrowed, standing: Standing) -> Chart:
    """Requests that are not answered, by days left."""
    points = list(_points(narrowed, standing))
    total = sum(point.value for point in points)
    if total:
        late = standing.between(None, -1)
        summary = _("Unanswered requests: %(all)d. Overdue: %(late)d. Due within 7 days: %(soon)d.") % {
            "all": total,
            "late": late,
            "soon": standing.between(0, SOON),
        }
    else:
        summary = _("No request waits for an answer.")
    return charts.columns(
        "due", _("Unanswered requests by days left"), summary, _("Days left"), [Series(_("Requests"), "info", points)]
    )


def _points(narrowed: Narrowed, standing: Standing) -> Iterator[Point]:
    def rows(due: str) -> str:
        return narrowed.rows(LIST, mine=True, due=due)

    yield Point(_("Overdue"), pgettext("column of a chart: overdue", "Late"), standing.between(None, -1), rows("overdue"), "bad")
    for first, last in BUCKETS:
        span = f"{_iso(standing, first)}..{_iso(standing, last)}"
        label = _("%(first)d to %(last)d days") % {"first": first, "last": last}
        yield Point(label, f"{first}-{last}", standing.between(first, last), rows(span), "warning" if last <= SOON else "")
    beyond = BUCKETS[-1][1] + 1
    label = ngettext("%(count)d day and more", "%(count)d days and more", beyond) % {"count": beyond}
    yield Point(label, f"{beyond}+", standing.between(beyond, None), rows(f"{_iso(standing, beyond)}.."))
    without = standing.count(lambda group: group.left is None)
    yield Point(_("No due date, or paused"), _("None"), without, rows("none"), "unknown")


def _iso(standing: Standing, days: int) -> str:
    return (standing.today + timedelta(days=days)).isoformat()


# --- What is due next ---


@dataclass(frozen=True)
class Next:
    """One request that is due soon. `likely`: when Adobe is likely to be done; None when it is, or nobody knows."""

    request: PrivacyRequest
    is_at_adobe: bool
    likely: datetime | None

    @property
    def is_too_late(self) -> bool:
        """Whether Adobe is likely to be done only when the answer is overdue."""
        due_on = self.request.due_on
        return self.likely is not None and due_on is not None and self.likely.date() > due_on


def next_panel(narrowed: Narrowed, times: Mapping[str, Times]) -> dict[str, Any]:
    """The requests that are due first."""
    return {"next": next_due(narrowed, times), "several": len(narrowed.organizations) > 1}


def next_due(narrowed: Narrowed, times: Mapping[str, Times]) -> list[Next]:
    """The few requests that are due first, and not over yet."""
    fields = (
        "number",
        "organization",
        "regulation",
        "due_on",
        "status",
        "origin",
        "created_at",
        "products",
        "assignee",
        "answered_on",
    )
    names = ("organization__name", "assignee__first_name", "assignee__last_name", "assignee__username")
    rows = requests_of(narrowed).filter(due_on__isnull=False).select_related("organization", "assignee").only(*fields, *names)
    found = []
    for request in rows.order_by("due_on", "pk")[:MOST_NEXT]:
        at_adobe = request.status in REQUEST_OPEN
        found.append(Next(request, at_adobe, history.likely_done(request, times, narrowed.now) if at_adobe else None))
    return found
