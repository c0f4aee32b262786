"""The report for a regulator or for management, as a page that can be printed and as CSV."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal import audit, charts
from portal.charts import Chart, Point, Series
from portal.context import organizations_of
from portal.models import User
from privacy import catalog, reporting
from privacy.reporting import writing
from privacy.reporting.asked import Asked, default_period, month_before
from privacy.reporting.counting import SHOWN, Report


@require_safe
@permission_required("privacy.view_privacyrequest", raise_exception=True)
def report(request: HttpRequest) -> HttpResponse:
    """What was asked for and how it was answered, in whole months of receipt."""
    asked = _asked(request, request.GET.dict())
    made = reporting.made(asked)
    context = {
        "report": made,
        "asked": asked,
        "heads": [reporting.MEASURES[name].label for name in SHOWN],
        "chart": _chart(made),
        "periods": _periods(asked),
        "count_requests": asked.address(count=""),
        "count_people": asked.address(count="people"),
        "laws": catalog.law_choices(),
        "all_organizations": organizations_of(request),
        "law_name": catalog.law_name(asked.law) if asked.law else "",
        "made_at": timezone.now(),
        "may_export": request.user.has_perm("privacy.export_privacyrequest"),
    }
    return render(request, "privacy/report.html", context)


@require_POST
@permission_required("privacy.export_privacyrequest", raise_exception=True)
def report_export(request: HttpRequest) -> StreamingHttpResponse:
    """The same as CSV, with all its numbers."""
    asked = _asked(request, request.POST.dict())
    made = reporting.made(asked)
    audit.record(
        "report.exported",
        actor=cast("User", request.user),
        organization=asked.organization,
        obj=None,
        details={**asked.query, "requests": made.total.value("received")},
    )
    response = StreamingHttpResponse(writing.lines(made), content_type="text/csv; charset=utf-8")
    name = f"report-{asked.first:%Y-%m}-{asked.last:%Y-%m}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _asked(request: HttpRequest, query: dict[str, Any]) -> Asked:
    return Asked.of(query, organizations_of(request), timezone.localdate())


def _periods(asked: Asked) -> list[tuple[str, str, bool]]:
    """Periods that are often asked for: words, address, and whether it is this one."""
    today = timezone.localdate()
    first_of_year = today.replace(month=1, day=1)
    months = {
        _("Last 12 months"): default_period(today),
        str(today.year): (first_of_year, today.replace(month=12, day=1)),
        str(today.year - 1): (first_of_year.replace(year=today.year - 1), month_before(first_of_year)),
    }
    return [
        (
            words,
            asked.address(**{"from": f"{first:%Y-%m}", "to": f"{last:%Y-%m}"}),
            (first, last) == (asked.first, asked.last) and not asked.problem,
        )
        for words, (first, last) in months.items()
    ]


def _chart(made: Report) -> Chart:
    """Received, and answered late, by month of receipt."""

    def series(name: str, tone: str) -> Series:
        numbers = [line.numbers[name] for line in made.by_month]
        points = [
            Point(line.label, date_format(month, "M y"), number.value, number.rows)
            for line, number, month in zip(made.by_month, numbers, made.asked.months, strict=True)
        ]
        return Series(reporting.MEASURES[name].label, tone, points)

    total = made.total
    summary = _("Received: %(received)d. In time: %(in_time)d. Late: %(late)d. Not answered yet: %(open)d.") % {
        name: total.value(name) for name in ("received", "in_time", "late", "open")
    }
    shown = [series("received", "info"), series("in_time", "good"), series("late", "bad")]
    title = _("Received, answered in time and answered late by month")
    return charts.columns("report", title, summary, _("Month of receipt"), shown, same_scale=True)
