"""By when a request must be answered: a date for each law and action, or none where the law gives none.

The dates are a planning aid, not legal advice. Calendar days and months are counted as they come, also when the last day is a
Saturday, a Sunday or a holiday; working days are Monday to Friday, and public holidays are not known here.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
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

    def after(self, received_on: date) -> date:
        """The last day on which an answer is in time."""
        if self.unit is Unit.MONTHS:
            return _add_months(received_on, self.amount)
        if self.unit is Unit.WORKING_DAYS:
            return _add_working_days(received_on, self.amount)
        return received_on + timedelta(days=self.amount)


@dataclass(frozen=True)
class _Law:
    """The deadlines of one law by action; None where it gives none."""

    access: Deadline | None = None
    delete: Deadline | None = None
    opt_out: Deadline | None = None

    def for_action(self, action: str) -> Deadline | None:
        return {"access": self.access, "delete": self.delete, "opt-out-of-sale": self.opt_out}.get(action)


def _same(deadline: Deadline) -> _Law:
    return _Law(access=deadline, delete=deadline, opt_out=deadline)


def _no_opt_out(deadline: Deadline) -> _Law:
    return _Law(access=deadline, delete=deadline)


_GDPR = Deadline(1, Unit.MONTHS, "GDPR Art. 12(3): one month from receipt", "2 months, told to the person within the first")
_CALIFORNIA = Deadline(45, Unit.DAYS, "CCPA: 45 calendar days; receipt is acknowledged within 10 business days", "45 days")
_CALIFORNIA_OPT_OUT = Deadline(15, Unit.WORKING_DAYS, "CCPA regulations: an opt-out within 15 business days")
_STATE = Deadline(45, Unit.DAYS, "State privacy law: 45 days", "45 days")
_FLORIDA = Deadline(45, Unit.DAYS, "Florida Digital Bill of Rights: 45 days", "15 days")
_IOWA = Deadline(90, Unit.DAYS, "Iowa Consumer Data Protection Act: 90 days", "45 days")
_HIPAA = Deadline(30, Unit.DAYS, "HIPAA: access within 30 days; it gives no right of erasure", "30 days")
_BRAZIL = Deadline(
    15, Unit.DAYS, "LGPD Art. 19: full declaration within 15 days; for erasure Adobe plans the same, the Act has no number"
)
_NEW_ZEALAND = Deadline(20, Unit.WORKING_DAYS, "Privacy Act 2020: 20 working days", "with notice")
_AUSTRALIA = Deadline(30, Unit.DAYS, "Privacy Act 1988: agencies 30 days; organizations about 30 days by guidance")
_THAILAND = Deadline(30, Unit.DAYS, "PDPA: 30 days", "30 days, with a written reason")
_QUEBEC = Deadline(30, Unit.DAYS, "Law 25: 30 days", "limited")
_KOREA = Deadline(10, Unit.DAYS, "PIPA: 10 days", "with notice")

_STATES = [
    "vcdpa_va_usa",
    "cpa_co_usa",
    "ctdpa_ct_usa",
    "ucpa_ut_usa",
    "ocpa_or_usa",
    "tdpsa_tx_usa",
    "mcdpa_mt_usa",
    "mcdpa_mn_usa",
    "ndpa_ne_usa",
    "nhpa_nh_usa",
    "njdpa_nj_usa",
    "dpdpa_de_usa",
    "tipa_tn_usa",
    "modpa_md_usa",
    "kcdpa_ky_usa",
    "icdpa_in_usa",
    "ridtppa_ri_usa",
    "mhmda_wa_usa",
]

_LAWS: dict[str, _Law] = {
    "gdpr": _same(_GDPR),
    "ccpa": _Law(access=_CALIFORNIA, delete=_CALIFORNIA, opt_out=_CALIFORNIA_OPT_OUT),
    "cpra_ca_usa": _Law(access=_CALIFORNIA, delete=_CALIFORNIA, opt_out=_CALIFORNIA_OPT_OUT),
    **{code: _same(_STATE) for code in _STATES},
    "fdbr_fl_usa": _same(_FLORIDA),
    "icdpa_ia_usa": _same(_IOWA),
    "hipaa_usa": _Law(access=_HIPAA),
    "lgpd_bra": _Law(access=_BRAZIL),
    "nzpa_nzl": _no_opt_out(_NEW_ZEALAND),
    "apa_aus": _no_opt_out(_AUSTRALIA),
    "pdpa_tha": _no_opt_out(_THAILAND),
    "ql25_qc_can": _no_opt_out(_QUEBEC),
    "pipa_kor": _no_opt_out(_KOREA),
    # India: the number of days is set by rules and by each fiduciary.
    "dpdpa_ind": _Law(),
}


def deadline_for(regulation_code: str, action: str) -> Deadline | None:
    """The rule for a law and an action; None for a law we do not know and where the law gives no number."""
    law = _LAWS.get(regulation_code)
    return law.for_action(action) if law else None


def due_on(regulation_code: str, action: str, received_on: date) -> date | None:
    """The last day on which an answer is in time, or None."""
    deadline = deadline_for(regulation_code, action)
    return deadline.after(received_on) if deadline else None


def earliest_due(regulation_code: str, actions: Iterable[str], received_on: date) -> date | None:
    """The first of the due dates of several actions, or None when none of them has one."""
    dates = (due_on(regulation_code, action, received_on) for action in set(actions))
    return min((each for each in dates if each is not None), default=None)


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
