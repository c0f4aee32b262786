"""How the work goes: sent and failed by day, how long products take, the forecast for what is open. From counted days only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.db.models import DateField, IntegerField, QuerySet, Sum, Value
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal import charts
from portal.charts import Chart, Point, Series
from portal.home import Narrowed
from privacy import catalog
from privacy.history import Forecast, Times, Usual
from privacy.history.forecast import of_open
from privacy.history.times import BOUNDS
from privacy.models import DayFigure
from privacy.statuses import DayKind

JOBS: Final = "privacy:all-jobs"
# With more days than these a column is a week.
MOST_DAYS: Final = 92
WEEK: Final = 7
_ENDED: Final = (DayKind.COMPLETE, DayKind.FAILED)


@dataclass(frozen=True)
class Figures:
    """What was counted in the period. `by_day`: whole jobs of (day, kind); the rest by product, under "" whole jobs."""

    by_day: Mapping[tuple[date, str], int]
    times: Mapping[str, Times]
    answers: Mapping[str, int]
    failed: Mapping[str, int]
    ages: Mapping[str, Mapping[int | None, int]]

    @classmethod
    def of(cls, narrowed: Narrowed) -> Figures:
        """One statement over rows of days."""
        by_day: dict[tuple[date, str], int] = {}
        pairs: dict[str, list[tuple[int | None, int]]] = defaultdict(list)
        ages: dict[str, dict[int | None, int]] = defaultdict(dict)
        answers: dict[str, int] = defaultdict(int)
        failed: dict[str, int] = defaultdict(int)
        for day, kind, code, hours, number in _of_days(narrowed).union(_of_products(narrowed), all=True):
            if day is not None:
                by_day[day, kind] = number
            elif kind == DayKind.OPEN:
                ages[code][hours] = number
            else:
                pairs[code].append((hours, number))
                answers[code] += number
                failed[code] += number if kind == DayKind.FAILED else 0
        return cls(by_day, {code: Times.of(each) for code, each in pairs.items()}, answers, failed, ages)


def _of_days(narrowed: Narrowed) -> QuerySet[Any, Any]:
    """(Day, kind, "", None, count) of whole jobs."""
    rows = _rows(narrowed).filter(product_code="", kind__in=(DayKind.SUBMITTED, DayKind.FAILED))
    named = rows.annotate(nothing=Value(None, output_field=IntegerField())).values("day", "kind", "product_code", "nothing")
    return named.annotate(number=Sum("count")).values_list("day", "kind", "product_code", "nothing", "number")


def _of_products(narrowed: Narrowed) -> QuerySet[Any, Any]:
    """(None, kind, product, class of hours, count)."""
    rows = _rows(narrowed).filter(kind__in=(*_ENDED, DayKind.OPEN))
    named = rows.annotate(nothing=Value(None, output_field=DateField())).values("nothing", "kind", "product_code", "hours")
    return named.annotate(number=Sum("count")).values_list("nothing", "kind", "product_code", "hours", "number")


def _rows(narrowed: Narrowed) -> QuerySet[DayFigure]:
    rows = DayFigure.objects.order_by().filter(organization__in=narrowed.organizations, day__gte=narrowed.first_day)
    return rows.filter(regulation=narrowed.law) if narrowed.law else rows


# --- By day ---


def days_panel(narrowed: Narrowed, figures: Figures) -> dict[str, Any]:
    """Sent against failed, each on a scale of its own."""
    return {"chart": days_chart(narrowed, figures)}


def days_chart(narrowed: Narrowed, figures: Figures) -> Chart:
    """A column for each day, or for each week of a long period."""
    spans = list(_spans(narrowed))
    sent = [_point(narrowed, figures, span, DayKind.SUBMITTED) for span in spans]
    failed = [_point(narrowed, figures, span, DayKind.FAILED) for span in spans]
    total, bad = sum(point.value for point in sent), sum(point.value for point in failed)
    if total or bad:
        summary = _("Jobs sent to Adobe in these %(days)d days: %(sent)d. Jobs finished with errors: %(failed)d.") % {
            "days": narrowed.days,
            "sent": total,
            "failed": bad,
        }
    else:
        summary = _("In these %(days)d days no job was sent to Adobe, and none failed.") % {"days": narrowed.days}
    title = _("Jobs sent and jobs failed by week") if narrowed.days > MOST_DAYS else _("Jobs sent and jobs failed by day")
    places = _("Week") if narrowed.days > MOST_DAYS else _("Day (UTC)")
    series = [Series(_("Sent to Adobe"), "info", sent), Series(_("Finished with errors"), "bad", failed)]
    return charts.columns("days", title, summary, places, series)


def _spans(narrowed: Narrowed) -> Iterator[tuple[date, date]]:
    """(First day, last day) of each column; the last one ends today."""
    length = WEEK if narrowed.days > MOST_DAYS else 1
    count = -(-narrowed.days // length)
    today = narrowed.now.date()
    for place in range(count):
        last = today - timedelta(days=(count - 1 - place) * length)
        yield max(last - timedelta(days=length - 1), narrowed.first_day), last


def _point(narrowed: Narrowed, figures: Figures, span: tuple[date, date], kind: DayKind) -> Point:
    first, last = span
    days = [first + timedelta(days=place) for place in range((last - first).days + 1)]
    value = sum(figures.by_day.get((day, kind), 0) for day in days)
    between = first.isoformat() if first == last else f"{first.isoformat()}..{last.isoformat()}"
    query: dict[str, Any] = {"sent": between} if kind == DayKind.SUBMITTED else {"finished": between, "state": "failed"}
    in_words = [date_format(day, "j M Y") for day in dict.fromkeys(span)]
    return Point(_(" to ").join(in_words), _short(last), value, narrowed.rows(JOBS, **query))


def _short(day: date) -> str:
    return date_format(day, "j M")


# --- By product ---


@dataclass(frozen=True)
class ProductLine:
    """How one product does. Widths of the bar are of 1,000, by class: hours and months fit into one picture."""

    name: str
    answers: int
    failed: int
    usual: Usual | None
    forecast: Forecast
    answers_rows: str
    failed_rows: str
    open_rows: str

    @property
    def half_width(self) -> int:
        """Up to the median."""
        return _width(self.usual.half) if self.usual else 0

    @property
    def most_width(self) -> int:
        """From the median to where 9 of 10 are done."""
        return _width(self.usual.most) - self.half_width if self.usual else 0


def _width(hours: int) -> int:
    return 1000 * (BOUNDS.index(hours) + 1) // len(BOUNDS)


def products_panel(narrowed: Narrowed, figures: Figures) -> dict[str, Any]:
    """Each product that answered or has something open, by name; whole jobs last."""
    codes = sorted(
        {code for code in (*figures.answers, *figures.ages) if code}, key=lambda code: catalog.product_name(code).lower()
    )
    whole = [""] if "" in figures.answers or "" in figures.ages else []
    lines = [_line(narrowed, figures, code) for code in (*codes, *whole)]
    return {"lines": lines, "days": narrowed.days}


def _line(narrowed: Narrowed, figures: Figures, code: str) -> ProductLine:
    times = figures.times.get(code, Times())
    period = f"{narrowed.first_day.isoformat()}..{narrowed.now.date().isoformat()}"
    product: dict[str, Any] = {"product": code} if code else {}
    return ProductLine(
        name=catalog.product_name(code) if code else _("Whole jobs"),
        answers=figures.answers.get(code, 0),
        failed=figures.failed.get(code, 0),
        usual=Usual.of(times),
        forecast=of_open(times, figures.ages.get(code, {}), narrowed.now),
        answers_rows=narrowed.rows(JOBS, finished=period, state="done", **product),
        failed_rows=narrowed.rows(JOBS, finished=period, state="failed", **product),
        open_rows=narrowed.rows(JOBS, state="open", **product),
    )
