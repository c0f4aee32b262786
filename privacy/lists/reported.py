"""Filters that show the requests behind a number of the report."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _lazy

from portal.lists.declaring import Filter, Rows, Viewer
from privacy.lists.narrowing import Days, words_of_days
from privacy.reporting import MEASURES, counted


def report() -> Filter:
    """By one number of the report: what it counts, and nothing that it leaves out."""

    def narrow(rows: Rows, value: str, _viewer: Viewer) -> Rows:
        return counted(rows).filter(MEASURES[value].condition)

    def words(value: str, _viewer: Viewer) -> str:
        return str(MEASURES[value].label) if value in MEASURES else ""

    return Filter("report", _lazy("In the report"), narrow, also=words)


def received() -> Filter:
    """By the day of receipt."""

    def narrow(rows: Rows, value: str, _viewer: Viewer) -> Rows:
        days = Days.read(value)
        return rows.filter(days.dates("received_on")) if days else rows

    return Filter("received", _lazy("Received"), narrow, also=words_of_days)
