"""How long a law gives for an answer, and the day on which that time ends.

The dates are a planning aid, not legal advice. Calendar days and months are counted as they come, also when the last day is a
Saturday, a Sunday or a holiday; working days are Monday to Friday, and public holidays are not known here.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum


class Unit(Enum):
    """What a deadline is counted in."""

    MONTHS = "months"
    DAYS = "days"
    WORKING_DAYS = "working days"


@dataclass(frozen=True)
class Deadline:
    """An answer is due `amount` units after the day of receipt. `extension` says how far the law lets it be moved."""

    amount: int
    unit: Unit
    source: str
    extension: str = ""

    def __str__(self) -> str:
        return f"{self.amount} {self.unit.value.removesuffix('s') if self.amount == 1 else self.unit.value}"

    def after(self, received_on: date) -> date:
        """The last day on which an answer is in time."""
        if self.unit is Unit.MONTHS:
            return _add_months(received_on, self.amount)
        if self.unit is Unit.WORKING_DAYS:
            return _add_working_days(received_on, self.amount)
        return received_on + timedelta(days=self.amount)


def _add_months(start: date, months: int) -> date:
    years, month_index = divmod(start.month - 1 + months, 12)
    year, month = start.year + years, month_index + 1
    return date(year, month, min(start.day, calendar.monthrange(year, month)[1]))


def _add_working_days(start: date, days: int) -> date:
    day = start
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return day
