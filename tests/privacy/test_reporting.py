"""The report: exact counts by month of receipt, each of which opens its rows; medians that agree with sorting."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from portal.models import Organization, User
from privacy.models import DeadlineChange, PrivacyRequest
from privacy.reporting import MEASURES, Asked, Report, made, requests_of
from privacy.reporting.asked import MOST_MONTHS
from privacy.reporting.counting import days_within
from privacy.statuses import Origin, Outcome
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.privacy.history.rows import plain_request

TODAY = date(2026, 11, 30)
RECEIVED = date(2026, 9, 10)
DUE = date(2026, 10, 10)


def asked_of(*organizations: Organization, **query: str) -> Asked:
    """What the query says, on the last day of November 2026."""
    return Asked.of(query, organizations, TODAY)


def answered(organization: Organization, days: int, law: str = "gdpr", **fields: Any) -> PrivacyRequest:
    """A request that was answered so many days after its receipt."""
    given: dict[str, Any] = {"received_on": RECEIVED, "due_on": DUE, "outcome": Outcome.GRANTED} | fields
    return plain_request(organization, law, answered_on=given["received_on"] + timedelta(days=days), **given)


def numbers(report: Report) -> Mapping[str, int]:
    """What is not nothing of the whole period."""
    return {name: number.value for name, number in report.total.numbers.items() if number.value}


# --- Counting ---


@pytest.mark.django_db
def test_each_request_counts_where_it_belongs(organization: Organization, officer: User) -> None:
    answered(organization, 30)
    answered(organization, 31)
    answered(organization, 5, due_on=None)
    answered(organization, 5, outcome=Outcome.PARTLY)
    answered(organization, 5, outcome=Outcome.REFUSED)
    plain_request(organization, received_on=RECEIVED, due_on=DUE)
    plain_request(organization, received_on=RECEIVED, due_on=DUE, status="shredded")
    extended = answered(organization, 80, due_on=DUE + timedelta(days=60))
    for kind in ("extended", "paused", "resumed", "extended"):
        DeadlineChange.objects.create(request=extended, kind=kind, by=officer)
    assert numbers(made(asked_of(organization))) == {
        "received": 8,
        "answered": 6,
        # On the due date is in time, and so is what was answered by a date that was moved.
        "in_time": 4,
        "late": 1,
        "no_date": 1,
        "extended": 1,
        "granted": 4,
        "partly": 1,
        "refused": 1,
        "open": 1,
        "removed": 1,
    }


@pytest.mark.django_db
def test_the_parts_add_up_to_the_whole(organization: Organization) -> None:
    for days in (1, 40):
        answered(organization, days)
    answered(organization, 1, due_on=None)
    for status in ("in_progress", "complete", "failed", "shredded"):
        plain_request(organization, received_on=RECEIVED, status=status)
    total = made(asked_of(organization)).total
    assert total.value("received") == sum(total.value(name) for name in ("answered", "open", "removed")) == 7
    assert total.value("answered") == sum(total.value(name) for name in ("in_time", "late", "no_date")) == 3


@pytest.mark.django_db
@pytest.mark.parametrize("left_out", [{"status": "cancelled"}, {"origin": Origin.RESUBMISSION}])
def test_what_is_no_request_of_a_person_does_not_count(organization: Organization, left_out: dict[str, Any]) -> None:
    plain_request(organization, received_on=RECEIVED, **left_out)
    assert numbers(made(asked_of(organization))) == {}


@pytest.mark.django_db
def test_a_request_counts_in_the_month_of_its_receipt(organization: Organization) -> None:
    for received_on in (date(2026, 8, 31), date(2026, 9, 1), date(2026, 9, 30), date(2026, 10, 1)):
        answered(organization, 40, received_on=received_on)
    report = made(asked_of(organization, **{"from": "2026-08", "to": "2026-10"}))
    assert [(line.label, line.value("received")) for line in report.by_month] == [
        ("August 2026", 1),
        ("September 2026", 2),
        ("October 2026", 1),
    ]


@pytest.mark.django_db
def test_law_and_organization_narrow_it_and_have_tables_of_their_own(organization: Organization) -> None:
    other = make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")
    for owner, law, count in ((organization, "gdpr", 1), (organization, "ccpa", 2), (other, "gdpr", 4)):
        for _ in range(count):
            answered(owner, 3, law)
    report = made(asked_of(organization, other))
    assert report.total.value("received") == 7
    by_law = {line.label: line.value("received") for line in report.by_law}
    assert by_law == {"California Consumer Privacy Act": 2, "General Data Protection Regulation (EU and UK)": 5}
    assert [(line.label, line.value("received")) for line in report.by_organization] == [("Acme", 3), ("Other", 4)]
    narrowed = made(asked_of(organization, other, law="gdpr", organization=organization.ims_org_id))
    assert (narrowed.total.value("received"), narrowed.by_law, narrowed.by_organization) == (1, [], [])


@pytest.mark.django_db
def test_people_are_counted_instead_of_requests(organization: Organization) -> None:
    answered(organization, 2, people=100)
    answered(organization, 50, people=3)
    plain_request(organization, received_on=RECEIVED, people=7)
    by_requests, by_people = made(asked_of(organization)).total, made(asked_of(organization, count="people")).total
    assert [by_requests.value(name) for name in ("received", "in_time", "late", "open")] == [3, 1, 1, 1]
    assert [by_people.value(name) for name in ("received", "in_time", "late", "open")] == [110, 100, 3, 7]
    assert (by_requests.most, by_people.most) == (50, 2)


@pytest.mark.django_db
def test_how_long_answers_took(organization: Organization) -> None:
    for days in (1, 2, 3, 4, 100):
        answered(organization, days)
    plain_request(organization, received_on=RECEIVED)
    total = made(asked_of(organization)).total
    assert (total.median, total.most, total.percent_in_time) == (3, 100, 80)


@pytest.mark.django_db
def test_without_an_answer_there_is_no_share_and_no_median(organization: Organization) -> None:
    plain_request(organization, received_on=RECEIVED)
    total = made(asked_of(organization)).total
    assert (total.median, total.most, total.percent_in_time) == (None, None, None)


@given(st.lists(st.integers(0, 400), min_size=1, max_size=60), st.sampled_from([0.5, 0.9]))
def test_a_percentile_is_that_of_the_sorted_list(days: list[int], share: float) -> None:
    counts = {day: days.count(day) for day in days}
    assert days_within(counts, share) == sorted(days)[math.ceil(share * len(days) - 1e-9) - 1]


@pytest.mark.django_db
def test_it_costs_the_same_however_much_there_is(organization: Organization) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            made(asked_of(organization))
        return len(asked)

    answered(organization, 3)
    # Names of laws are read once for all pages.
    queries()
    few = queries()
    for days in range(20):
        answered(organization, days, "ccpa", received_on=date(2026, 1 + days % 11, 1))
    assert queries() == few == 2


@pytest.mark.django_db
@pytest.mark.parametrize("measure", MEASURES)
def test_a_measure_is_the_same_in_sql_for_rows_and_for_counts(organization: Organization, measure: str) -> None:
    for fields in ({}, {"due_on": None}, {"outcome": Outcome.REFUSED}, {"outcome": Outcome.PARTLY, "status": "shredded"}):
        answered(organization, 31, **fields)
        answered(organization, 3, **fields)
    plain_request(organization, received_on=RECEIVED)
    plain_request(organization, received_on=RECEIVED, status="shredded")
    asked = asked_of(organization)
    assert made(asked).total.value(measure) == requests_of(asked).filter(MEASURES[measure].condition).count()


# --- What is asked for ---


@pytest.mark.django_db
def test_without_a_period_it_is_the_last_twelve_months() -> None:
    asked = asked_of()
    assert (asked.first, asked.last, asked.last_day) == (date(2025, 12, 1), date(2026, 11, 1), date(2026, 11, 30))
    assert len(asked.months) == 12


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2026-13", "2026-12", "Write both months"),
        ("2026-01", "", "Write both months"),
        ("November", "2026-12", "Write both months"),
        ("2026-11-01", "2026-12", "Write both months"),
        ("2026-12", "2026-11", "The first month comes after the last one"),
        ("9999-01", "9999-12", "The first month comes after the last one"),
        ("2016-11", "2026-11", "10 years at most"),
    ],
)
def test_a_period_that_makes_no_sense_is_said_and_kept(first: str, last: str, words: str) -> None:
    asked = asked_of(**{"from": first, "to": last})
    assert words in asked.problem
    assert asked.given == {"from": first, "to": last}
    assert len(asked.months) == 12


@pytest.mark.django_db
def test_the_longest_period_is_ten_years() -> None:
    asked = asked_of(**{"from": "2016-12", "to": "2026-11"})
    assert (asked.problem, len(asked.months)) == ("", MOST_MONTHS)


@pytest.mark.django_db
def test_the_address_makes_the_same_report_again(organization: Organization) -> None:
    other = make_organization(ims_org_id=OTHER_IMS_ORG, name="Other")
    query = {"from": "2026-02", "to": "2026-05", "law": "gdpr", "organization": other.ims_org_id, "count": "people"}
    asked = asked_of(organization, other, **query)
    assert asked.query == query
    assert asked_of(organization, other, **asked.query) == asked


@pytest.mark.django_db
def test_an_organization_that_one_was_not_given_is_not_chosen(organization: Organization) -> None:
    asked = asked_of(organization, organization=OTHER_IMS_ORG, law="murphy")
    assert (list(asked.organizations), asked.law, asked.organization) == ([organization], "", None)
