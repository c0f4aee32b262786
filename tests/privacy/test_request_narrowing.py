"""How lists of requests are narrowed by due date and by who looks after them, ordered, and laid out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from portal.models import Organization, User
from portal.outbound import CallState
from privacy.deadlines import today_in
from privacy.lists.narrowing import Days
from privacy.models import PrivacyRequest, Submission
from tests.conftest import OTHER_IMS_ORG, make_organization
from tests.pages import Browser
from tests.people import make_user
from tests.privacy.test_request_list import cell, numbers, plain_requests

pytestmark = pytest.mark.django_db
ADDRESS = "/requests/"


def places(browser: Browser, **query: str) -> list[int]:
    """The last part of each row's number."""
    return [int(number[-6:]) for number in numbers(browser.page(ADDRESS, **query))]


# --- Due ---


def test_due_dates_of_what_is_not_answered(browser: Browser, organization: Organization, officer: User) -> None:
    today = today_in(organization.time_zone)
    dues = [today + timedelta(days=days) for days in (-3, 0, 7, 8, 30, 31)]
    answered = {"due_on": today, "answered_on": today}
    others: list[dict[str, Any]] = [
        answered,
        {"due_on": today, "status": "cancelled"},
        {"due_on": None},
        {"due_on": None, "status": "shredded"},
    ]
    plain_requests(organization, officer, *({"due_on": due} for due in dues), *others)
    assert places(browser, due="overdue") == [1]
    assert places(browser, due="week") == [3, 2]
    assert places(browser, due="month") == [5, 4, 3, 2]
    assert places(browser, due="none") == [9]
    assert places(browser, due="open") == [9, 6, 5, 4, 3, 2, 1]
    assert places(browser, due=dues[1].isoformat()) == [2]
    assert places(browser, due=f"{dues[2].isoformat()}..{dues[4].isoformat()}") == [5, 4, 3]
    assert places(browser, due=f"{dues[4].isoformat()}..") == [6, 5]
    assert len(places(browser, due="nonsense")) == len(dues) + len(others)


def test_today_is_that_of_each_organization(browser: Browser, organization: Organization, officer: User) -> None:
    # The two furthest apart: there is always a day between them.
    Organization.objects.filter(pk=organization.pk).update(time_zone="Pacific/Kiritimati")
    west = make_organization(ims_org_id=OTHER_IMS_ORG, name="West", time_zone="Pacific/Pago_Pago")
    officer.organizations.add(west)
    yesterday = today_in("Pacific/Kiritimati") - timedelta(days=1)
    assert yesterday >= today_in("Pacific/Pago_Pago")
    plain_requests(organization, officer, {"due_on": yesterday})
    plain_requests(west, officer, {"due_on": yesterday})
    assert places(browser, due="overdue") == [1]
    assert places(browser, due="week") == [2]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-12-01", "1 Dec 2026"),
        ("2026-12-01..2026-12-07", "1 Dec 2026 to 7 Dec 2026"),
        ("2026-12-01..", "from 1 Dec 2026"),
        ("..2026-12-07", "until 7 Dec 2026"),
        ("..", ""),
        ("", ""),
        ("2026-13-01", ""),
        ("david@example.com", ""),
    ],
)
def test_days_are_read_and_said(text: str, words: str) -> None:
    days = Days.read(text)
    assert (days.words if days else "") == words


def test_a_span_is_shown_and_can_be_removed(browser: Browser, organization: Organization, officer: User) -> None:
    plain_requests(organization, officer, {"due_on": date(2026, 12, 4)}, {})
    page = browser.page(ADDRESS, due="2026-12-01..2026-12-07", law="gdpr")
    chip = next(chip for chip in page.root.all("a", class_="chip") if chip.text.startswith("Due: "))
    assert chip.text == "Due: 1 Dec 2026 to 7 Dec 2026 Remove this filter"
    assert places(browser) == [2, 1]
    assert numbers(browser.page(ADDRESS + chip["href"])) == ["PR-2026-000002", "PR-2026-000001"]
    assert chip["href"] == "?law=gdpr"


# --- Who looks after it ---


def test_requests_of_one_colleague_of_nobody_and_ones_own(browser: Browser, organization: Organization, officer: User) -> None:
    other = make_user("other", "Officer", organization)
    plain_requests(organization, officer, {"assignee": officer}, {"assignee": other}, {})
    assert places(browser, assignee="me") == [1]
    assert places(browser, assignee="none") == [3]
    assert places(browser, assignee=str(other.pk)) == [2]
    assert places(browser, assignee="nonsense") == [3, 2, 1]
    page = browser.page(ADDRESS)
    assert [cell(row, "Given to") for row in page.rows] == ["nobody", "other", "officer"]
    choices = {link.text: link["href"] for link in page.root.one("ul", aria_label="Given to").all("a")}
    assert list(choices) == ["All", "Me", "Nobody", "other"]


# --- Calls, order, columns ---


def test_requests_with_a_call_of_unknown_outcome(browser: Browser, organization: Organization, officer: User) -> None:
    first, _ = plain_requests(organization, officer, {}, {})
    Submission.objects.create(request=first, ordinal=1, people=1, expected_jobs=1, has_deletes=False, state=CallState.UNKNOWN)
    assert places(browser, calls="unknown") == [1]
    assert places(browser, kind="opt-out") == []


def test_the_earliest_due_date_can_come_first(browser: Browser, organization: Organization, officer: User) -> None:
    start = date(2026, 12, 1)
    kinds = [{"due_on": start + timedelta(days=(place * 7) % 60)} for place in range(70)]
    plain_requests(organization, officer, *kinds, {"due_on": None})
    seen: list[str] = []
    address = "?order=due&columns=due"
    while address:
        page = browser.page(ADDRESS + address)
        assert "Only requests with a due date stand here, the earliest date first." in page.text
        seen += numbers(page)
        address = next((link for link, words in page.links.items() if words == "Later"), "")
    rows = PrivacyRequest.objects.exclude(due_on=None).order_by("due_on", "pk")
    assert seen == [row.number for row in rows]


def test_columns_of_a_list_are_chosen(browser: Browser, organization: Organization, officer: User) -> None:
    plain_requests(organization, officer, {"answered_on": date(2026, 11, 3), "outcome": "refused", "products": ["analytics"]})
    page = browser.page(ADDRESS, columns="products,answered,made_by")
    (row,) = page.rows
    assert [each["data-label"] for each in row.all("td")] == ["", "Products", "Answered", "Made by"]
    assert (cell(row, "Products"), cell(row, "Answered"), cell(row, "Made by")) == (
        "Analytics",
        "3 Nov 2026 Refused",
        "officer",
    )
