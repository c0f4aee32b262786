"""What a report is about. The address of the page says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.models import Organization
from privacy import catalog

MOST_MONTHS: Final = 120
DEFAULT_MONTHS: Final = 12


@dataclass(frozen=True)
class Asked:
    """Whole months from `first` to `last` (the first day of each). `problem`: what was wrong with the months that were given."""

    organizations: Sequence[Organization]
    organization: Organization | None
    law: str
    first: date
    last: date
    by_people: bool
    given: Mapping[str, str]
    problem: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str], organizations: Sequence[Organization], today: date) -> Asked:
        """As asked; the last twelve months where no period is given, or none that makes sense."""
        chosen = next((one for one in organizations if one.ims_org_id == query.get("organization")), None)
        law = query.get("law", "")
        given = {name: query.get(name, "") for name in ("from", "to")}
        problem = _problem(given) if any(given.values()) else ""
        first, last = _months(given) or default_period(today)
        return cls(
            organizations=[chosen] if chosen else organizations,
            organization=chosen,
            law=law if law in catalog.current().laws.by_code else "",
            first=default_period(today)[0] if problem else first,
            last=default_period(today)[1] if problem else last,
            by_people=query.get("count") == "people",
            given=given,
            problem=problem,
        )

    @property
    def last_day(self) -> date:
        """The period ends with it."""
        return month_after(self.last) - timedelta(days=1)

    @property
    def months(self) -> list[date]:
        """The first day of each."""
        found = [self.first]
        while found[-1] < self.last:
            found.append(month_after(found[-1]))
        return found

    @property
    def query(self) -> dict[str, str]:
        """What makes this report again."""
        wanted = {"from": f"{self.first:%Y-%m}", "to": f"{self.last:%Y-%m}", "law": self.law}
        wanted["organization"] = self.organization.ims_org_id if self.organization else ""
        wanted["count"] = "people" if self.by_people else ""
        return {name: value for name, value in wanted.items() if value}

    def address(self, **changes: str) -> str:
        """The same report with something changed (empty: left out)."""
        wanted = {name: value for name, value in {**self.query, **changes}.items() if value}
        return f"{reverse('privacy:report')}?{urlencode(wanted)}"

    def rows(self, measure: str, first: date, last: date, **narrowed: str) -> str:
        """The list of the requests behind one number, received from the one day to the other."""
        wanted = {"report": measure, "received": f"{first.isoformat()}..{last.isoformat()}"}
        wanted |= {name: value for name, value in self.query.items() if name in ("law", "organization")} | narrowed
        return f"{reverse('privacy:request-list')}?{urlencode(wanted)}"


def default_period(today: date) -> tuple[date, date]:
    """Twelve months, the present one included."""
    last = today.replace(day=1)
    first = last
    for _month in range(DEFAULT_MONTHS - 1):
        first = month_before(first)
    return first, last


def month_after(month: date) -> date:
    """The first day of the next month."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def month_before(month: date) -> date:
    """The first day of the month before."""
    return (month.replace(day=1) - timedelta(days=1)).replace(day=1)


def month_of(text: str) -> date | None:
    """`2026-11` as its first day; None for anything else."""
    try:
        return date.fromisoformat(f"{text}-01") if len(text) == len("2026-11") else None
    except ValueError:
        return None


def _months(given: Mapping[str, str]) -> tuple[date, date] | None:
    first, last = month_of(given["from"]), month_of(given["to"])
    return (first, last) if first and last else None


def _problem(given: Mapping[str, str]) -> str:
    months = _months(given)
    if months is None:
        return _("Write both months as year and month, such as 2026-11.")
    first, last = months
    # The last month of all has no month after it.
    if first > last or last.year >= date.max.year:
        return _("The first month comes after the last one. Exchange them, or choose others.")
    if (last.year - first.year) * 12 + last.month - first.month >= MOST_MONTHS:
        return _("A report covers 10 years at most. Choose a shorter period.")
    return ""
