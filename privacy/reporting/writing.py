"""The report as CSV: a line for each organization, law and month, of requests and of the people in them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Final

from portal.lists.exporting import BYTE_ORDER_MARK, Echo, cell
from privacy.reporting.counting import Report, days_within
from privacy.reporting.measures import MEASURES

HEADS: Final = (
    "organization",
    "law",
    "month",
    *(one.head for one in MEASURES.values()),
    *(f"{one.head}_people" for one in MEASURES.values()),
    "median_days",
    "days_of_9_in_10",
    "median_days_people",
    "days_of_9_in_10_people",
)


def lines(report: Report) -> Iterator[str]:
    """One by one; the first says what the columns are, in the same words in every language."""
    writer = csv.writer(Echo())
    yield BYTE_ORDER_MARK + str(writer.writerow(HEADS))
    for row in _rows(report):
        yield str(writer.writerow([cell(value) for value in row]))


def _rows(report: Report) -> Iterator[list[object]]:
    names = {one.pk: one.name for one in report.asked.organizations}
    for key in sorted(report.groups, key=lambda key: (names[key.organization_id], key.law, key.month)):
        sums = report.groups[key]
        yield [
            names[key.organization_id],
            key.law,
            f"{key.month:%Y-%m}",
            *(sums.requests[name] for name in MEASURES),
            *(sums.people[name] for name in MEASURES),
            *(days_within(days, share) for days in (sums.days_of_requests, sums.days_of_people) for share in (0.5, 0.9)),
        ]
