"""By when a request must be answered."""

from __future__ import annotations

from datetime import date

import pytest

from privacy.deadlines import Deadline, Unit
from privacy.shipped import LAWS
from tests.catalogs import SHIPPED

deadline_for, due_on, earliest_due = SHIPPED.laws.deadline, SHIPPED.laws.due_on, SHIPPED.laws.earliest_due
ACTIONS = ("access", "delete", "opt-out-of-sale")


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (date(2026, 11, 2), date(2026, 12, 2)),
        (date(2026, 1, 31), date(2026, 2, 28)),
        (date(2028, 1, 31), date(2028, 2, 29)),
        (date(2028, 1, 29), date(2028, 2, 29)),
        (date(2028, 2, 29), date(2028, 3, 29)),
        (date(2026, 3, 31), date(2026, 4, 30)),
        (date(2026, 12, 31), date(2027, 1, 31)),
        (date(2026, 12, 1), date(2027, 1, 1)),
    ],
)
def test_a_month_ends_on_the_same_day_or_on_the_months_last(received: date, due: date) -> None:
    assert due_on("gdpr", "access", received) == due


@pytest.mark.parametrize(
    ("received", "months", "due"),
    [
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 31), 14, date(2028, 2, 29)),
        (date(2026, 6, 15), 12, date(2027, 6, 15)),
    ],
)
def test_months_pass_over_years(received: date, months: int, due: date) -> None:
    assert Deadline(months, Unit.MONTHS, "").after(received) == due


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (date(2026, 11, 2), date(2026, 12, 17)),
        (date(2028, 2, 1), date(2028, 3, 17)),
        (date(2027, 2, 1), date(2027, 3, 18)),
        (date(2026, 12, 1), date(2027, 1, 15)),
    ],
)
def test_days_are_counted_over_months_and_leap_years(received: date, due: date) -> None:
    assert due_on("ccpa", "access", received) == due


@pytest.mark.parametrize(
    ("received", "due"),
    [
        # Monday: three weeks on, also a Monday.
        (date(2026, 11, 2), date(2026, 11, 23)),
        (date(2026, 11, 6), date(2026, 11, 27)),
        # What comes on a Saturday or a Sunday counts from Monday.
        (date(2026, 11, 7), date(2026, 11, 27)),
        (date(2026, 11, 8), date(2026, 11, 27)),
    ],
)
def test_an_opt_out_in_california_has_fifteen_working_days(received: date, due: date) -> None:
    assert due_on("ccpa", "opt-out-of-sale", received) == due
    assert due_on("cpra_ca_usa", "opt-out-of-sale", received) == due


def test_new_zealand_has_twenty_working_days() -> None:
    assert due_on("nzpa_nzl", "access", date(2026, 11, 2)) == date(2026, 11, 30)


@pytest.mark.parametrize(
    ("code", "days"),
    [
        ("fdbr_fl_usa", 45),
        ("vcdpa_va_usa", 45),
        ("dpdpa_de_usa", 45),
        ("mhmda_wa_usa", 45),
        ("icdpa_in_usa", 45),
        ("icdpa_ia_usa", 90),
        ("hipaa_usa", 30),
        ("lgpd_bra", 15),
        ("apa_aus", 30),
        ("pdpa_tha", 30),
        ("ql25_qc_can", 30),
        ("pipa_kor", 10),
    ],
)
def test_each_law_has_its_own_number_of_days(code: str, days: int) -> None:
    received = date(2026, 11, 2)
    due = due_on(code, "access", received)
    assert due is not None
    assert (due - received).days == days


@pytest.mark.parametrize(
    ("code", "action"),
    [
        ("dpdpa_ind", "access"),
        ("dpdpa_ind", "delete"),
        ("hipaa_usa", "delete"),
        ("hipaa_usa", "opt-out-of-sale"),
        ("nzpa_nzl", "opt-out-of-sale"),
        ("a_law_of_tomorrow", "access"),
        ("gdpr", "an action of tomorrow"),
    ],
)
def test_where_the_law_gives_no_number_there_is_no_date(code: str, action: str) -> None:
    assert deadline_for(code, action) is None
    assert due_on(code, action, date(2026, 11, 2)) is None


def test_every_law_but_indias_has_a_number_for_access_and_says_where_it_stands() -> None:
    without = {law.code for law in LAWS if deadline_for(law.code, "access") is None}
    assert without == {"dpdpa_ind"}
    rules = [deadline_for(law.code, action) for law in LAWS for action in ACTIONS]
    assert all(rule.source and rule.amount > 0 for rule in rules if rule is not None)


@pytest.mark.parametrize(
    ("code", "actions", "due"),
    [
        ("ccpa", ["access", "delete"], date(2026, 12, 17)),
        ("ccpa", ["access", "opt-out-of-sale"], date(2026, 11, 23)),
        ("hipaa_usa", ["delete", "access"], date(2026, 12, 2)),
        ("hipaa_usa", ["delete"], None),
        ("dpdpa_ind", ["access", "delete"], None),
        ("gdpr", [], None),
    ],
)
def test_the_earliest_of_several_actions_counts(code: str, actions: list[str], due: date | None) -> None:
    assert earliest_due(code, actions, date(2026, 11, 2)) == due
