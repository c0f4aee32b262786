"""How long a law gives for an answer, and the day on which that time ends.

The dates are a planning aid, not legal advice. Calendar days and months are counted as they come, also when the last day is a
Saturday, a Sunday or a holiday; working days are Monday to Friday, and public holidays are not known here.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo


class Unit(Enum):
    """What a deadline is counted in."""

    MONTHS = "months"
    DAYS = "days"
    WORKING_DAYS = "working days"


def today_in(time_zone: str) -> date:
    """Today in this zone: due dates are counted in the calendar of their organization."""
    return datetime.now(ZoneInfo(time_zone)).date()


def later(start: date, amount: int, unit: Unit) -> date:
    """The day that is so much after `start`."""
    if unit is Unit.MONTHS:
        return _add_months(start, amount)
    if unit is Unit.WORKING_DAYS:
        return _add_working_days(start, amount)
    return start + timedelta(days=amount)


def spelled(amount: int, unit: Unit) -> str:
    """`1 month`, `45 days`."""
    return f"{amount} {unit.value.removesuffix('s') if amount == 1 else unit.value}"


@dataclass(frozen=True)
class Deadline:
    """An answer is due `amount` units after the day of receipt.

    `extension` says in words how far the law lets it be moved (empty: it does not), `extension_amount` in numbers, where the law
    has one. `pause` says when the law stops the clock (empty: never).
    """

    amount: int
    unit: Unit
    source: str
    extension: str = ""
    extension_amount: int | None = None
    extension_unit: Unit = Unit.DAYS
    pause: str = ""

    def __str__(self) -> str:
        return spelled(self.amount, self.unit)

    def after(self, received_on: date) -> date:
        """The last day on which an answer is in time."""
        return later(received_on, self.amount, self.unit)

    @property
    def can_be_extended(self) -> bool:
        """Whether the law lets the date be moved at all, by a number or in words alone."""
        return self.extension_amount is not None or bool(self.extension)

    def extended(self, due_on: date) -> date | None:
        """The last day to which the law lets this due date be moved; None where it gives no number."""
        return None if self.extension_amount is None else later(due_on, self.extension_amount, self.extension_unit)


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
