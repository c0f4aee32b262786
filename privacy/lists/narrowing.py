"""Filters that several lists share. `path` leads from a row of the list to its request: `request__`, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar, Final
from uuid import UUID

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from portal.lists import facets
from portal.lists.declaring import Choice, Filter, Rows, Viewer
from portal.lists.filters import choices_of
from portal.models import User
from portal.paging import found_before_sorted
from privacy import catalog
from privacy.deadlines import today_in
from privacy.handling import assigning
from privacy.models import PrivacyRequest
from privacy.statuses import REQUEST_CLOSED, Origin

SOON: Final = timedelta(days=7)
MONTH: Final = timedelta(days=30)
LAWS = "laws"
ORIGINS = "origins"


# --- Rows of a few others ---


@dataclass(frozen=True)
class Few:
    """A few requests or calls of which a list shows the rows: those are found first, and put in order then.

    A million jobs are not asked one by one, from the newest on, whether they belong to one of a few.
    """

    MOST: ClassVar[int] = 1000
    MOST_ROWS: ClassVar[int] = 20_000

    ids: Sequence[UUID]

    @classmethod
    def of(cls, owners: Rows, rows_each: str) -> Few | None:
        """The owners, when they are few and so are their rows; `rows_each`: the field that counts these, nearly."""
        found = list(owners.order_by().values_list("pk", rows_each)[: cls.MOST + 1])
        if len(found) > cls.MOST or sum(rows for _, rows in found) > cls.MOST_ROWS:
            return None
        return cls([pk for pk, _ in found])

    def among(self, rows: Rows, owner: str) -> Rows:
        """Those of `rows` whose `owner` is one of these."""
        return found_before_sorted(rows.filter(**{f"{owner}__in": self.ids}))


# --- Which law, where from ---


def law(path: str = "") -> Filter:
    """By the laws that occur in requests."""

    def narrow(rows: Rows, value: str, _viewer: Viewer) -> Rows:
        return rows.filter(**{f"{path}regulation": value})

    def choices(viewer: Viewer) -> list[Choice]:
        return [Choice(code, code, catalog.law_name(code)) for code in _used(LAWS, "regulation", viewer)]

    def also(value: str, _viewer: Viewer) -> str:
        return value if value in catalog.current().laws.by_code else ""

    return Filter("law", _lazy("Law"), narrow, choices, also, from_choices=2)


def origin(path: str = "") -> Filter:
    """By where requests were made."""

    def narrow(rows: Rows, value: str, _viewer: Viewer) -> Rows:
        return rows.filter(**{f"{path}origin": value})

    def choices(viewer: Viewer) -> list[Choice]:
        used = set(_used(ORIGINS, "origin", viewer))
        return choices_of((value, words) for value, words in Origin.choices if value in used)

    return Filter("origin", _lazy("Origin"), narrow, choices, from_choices=2)


def _used(name: str, field: str, viewer: Viewer) -> list[str]:
    def read(organization_id: UUID) -> Iterable[str]:
        rows = PrivacyRequest.objects.filter(organization=organization_id).order_by()
        return set(rows.values_list(field, flat=True).distinct())

    return facets.values_of(name, [one.pk for one in viewer.organizations], read)


# --- Due ---


@dataclass(frozen=True)
class Days:
    """A span of days, both ends in; None: no end."""

    first: date | None
    last: date | None

    @classmethod
    def read(cls, text: str) -> Days | None:
        """`2026-12-01`, `2026-12-01..2026-12-07`, `2026-12-01..`; None for anything else."""
        first, dots, last = text.partition("..")
        try:
            begin = date.fromisoformat(first) if first else None
            end = (date.fromisoformat(last) if last else None) if dots else begin
        except ValueError:
            return None
        return cls(begin, end) if begin or end else None

    @property
    def words(self) -> str:
        """For a chip."""
        if self.first == self.last and self.first:
            return _in_words(self.first)
        if self.first and self.last:
            return _("%(first)s to %(last)s") % {"first": _in_words(self.first), "last": _in_words(self.last)}
        if self.first:
            return _("from %(first)s") % {"first": _in_words(self.first)}
        return _("until %(last)s") % {"last": _in_words(self.last)} if self.last else ""

    def dates(self, field: str) -> Q:
        """Rows whose date is among these days."""
        fits = Q(**{f"{field}__isnull": False})
        fits &= Q(**{f"{field}__gte": self.first}) if self.first else Q()
        return fits & (Q(**{f"{field}__lte": self.last}) if self.last else Q())

    def times(self, field: str) -> Q:
        """Rows whose time is on one of these days in UTC, as the figures count them."""
        fits = Q(**{f"{field}__isnull": False})
        if self.first:
            fits &= Q(**{f"{field}__gte": datetime.combine(self.first, time(), UTC)})
        if self.last and self.last < date.max:
            fits &= Q(**{f"{field}__lt": datetime.combine(self.last + timedelta(days=1), time(), UTC)})
        return fits


def _in_words(day: date) -> str:
    return date_format(day, "j M Y")


def words_of_days(value: str, _viewer: Viewer) -> str:
    """For `Filter.also`: days in words; empty for what is none."""
    days = Days.read(value)
    return days.words if days else ""


def unanswered(path: str = "") -> Q:
    """Open for the law (as PrivacyRequestQuerySet.unanswered)."""
    still = Q(**{f"{path}answered_on": None}) & ~Q(**{f"{path}status__in": REQUEST_CLOSED})
    return still & ~Q(**{f"{path}origin": Origin.RESUBMISSION})


def due(path: str = "") -> Filter:
    """By due date, of what is not answered. Days are those of each organization's calendar."""

    def narrow(rows: Rows, value: str, viewer: Viewer) -> Rows:
        return _of_few_requests(rows, viewer, value) if path else rows.filter(unanswered() & _due(value, viewer, ""))

    def _of_few_requests(rows: Rows, viewer: Viewer, value: str) -> Rows:
        fits = PrivacyRequest.objects.filter(unanswered() & _due(value, viewer, ""), organization__in=viewer.organizations)
        if few := Few.of(fits, "jobs_total"):
            return few.among(rows, path.removesuffix("__"))
        return rows.filter(unanswered(path) & _due(value, viewer, path))

    choices = [
        Choice("overdue", _lazy("Overdue")),
        Choice("week", _lazy("Within 7 days")),
        Choice("month", _lazy("Within 30 days")),
        Choice("none", _lazy("No date, or paused")),
        Choice("open", _lazy("Not answered yet")),
    ]
    return Filter("due", _lazy("Due"), narrow, lambda _viewer: choices, words_of_days)


def _due(value: str, viewer: Viewer, path: str) -> Q:
    field = f"{path}due_on"
    if value == "open":
        return Q()
    if value == "none":
        return Q(**{field: None})
    if (days := Days.read(value)) is not None:
        return days.dates(field)
    todays: dict[date, list[UUID]] = {}
    for one in viewer.organizations:
        todays.setdefault(today_in(one.time_zone), []).append(one.pk)
    if len(todays) == 1:
        (today,) = todays
        return _span(value, today).dates(field)
    fits = Q(pk__in=[])
    for today, ids in todays.items():
        fits |= Q(**{f"{path}organization__in": ids}) & _span(value, today).dates(field)
    return fits


def _span(value: str, today: date) -> Days:
    if value == "overdue":
        return Days(None, today - timedelta(days=1))
    return Days(today, today + (SOON if value == "week" else MONTH))


# --- Who looks after it ---


def assignee(path: str = "") -> Filter:
    """By who looks after a request."""
    field = f"{path}assignee"

    def narrow(rows: Rows, value: str, viewer: Viewer) -> Rows:
        if value == "none":
            return rows.filter(**{f"{field}__isnull": True})
        return rows.filter(**{field: viewer.user.pk if value == "me" else int(value)})

    def choices(viewer: Viewer) -> list[Choice]:
        others = [one for one in assigning.givers(viewer.user) if one.pk != viewer.user.pk]
        first = [Choice("me", _lazy("Me")), Choice("none", _lazy("Nobody"))]
        return [*first, *(Choice(str(one.pk), name_of(one)) for one in others)]

    def also(value: str, _viewer: Viewer) -> str:
        return _("a colleague") if value.isdecimal() and len(value) < 10 else ""

    return Filter("assignee", _lazy("Given to"), narrow, choices, also)


def name_of(user: User | None) -> str:
    """What colleagues call a member of staff; empty for nobody."""
    return user.called if user else ""
