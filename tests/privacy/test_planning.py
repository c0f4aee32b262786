"""What goes when: by due date, within the limit of jobs a day, and what that means for the law's date and for others."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.models import Organization, User
from privacy import intake, planning
from privacy.checking import CheckResult, Summary
from privacy.models import PrivacyRequest, Upload
from privacy.planning import Batch, Day
from tests.files import confirmed_request, payload, people, stored_upload
from tests.pages import Browser, Page
from tests.states import address_of

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 1)


def batch(key: str, calls: int, jobs: int = 10, due_on: date | None = None, earliest: date = TODAY) -> Batch:
    return Batch(key, due_on, earliest, jobs, calls)


def days_of(batches: list[Batch], limit: int, sent: int = 0) -> dict[Any, list[tuple[int, int]]]:
    """(days from today, jobs) for each key."""
    spread = planning.spread(batches, limit, sent, TODAY)
    return {key: [((one.day - TODAY).days, one.jobs) for one in days] for key, days in spread.items()}


def test_what_fits_goes_today() -> None:
    assert days_of([batch("a", 3)], limit=30) == {"a": [(0, 30)]}


def test_the_rest_goes_on_the_days_after() -> None:
    assert days_of([batch("a", 5)], limit=25, sent=15) == {"a": [(0, 10), (1, 20), (2, 20)]}


def test_the_nearest_due_date_goes_first_and_none_at_all_last() -> None:
    waiting = [batch("never", 1), batch("later", 1, due_on=TODAY + timedelta(9)), batch("soon", 1, due_on=TODAY + timedelta(8))]
    assert days_of(waiting, limit=10) == {"soon": [(0, 10)], "later": [(1, 10)], "never": [(2, 10)]}


def test_a_small_call_takes_the_room_that_a_large_one_leaves() -> None:
    waiting = [batch("large", 2, jobs=8, due_on=TODAY), batch("small", 1, jobs=2)]
    assert days_of(waiting, limit=10) == {"large": [(0, 8), (1, 8)], "small": [(0, 2)]}


def test_a_call_larger_than_the_limit_goes_alone_on_an_empty_day() -> None:
    waiting = [batch("large", 2, jobs=50, due_on=TODAY), batch("small", 1, jobs=2)]
    assert days_of(waiting, limit=10) == {"large": [(0, 50), (1, 50)], "small": [(2, 2)]}
    assert days_of([batch("large", 1, jobs=50)], limit=10, sent=1) == {"large": [(1, 50)]}


def test_nothing_goes_before_its_recall_is_over() -> None:
    assert days_of([batch("a", 1, earliest=TODAY + timedelta(3))], limit=10) == {"a": [(3, 10)]}


@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 30), st.integers(0, 5)), min_size=1, max_size=12),
    st.integers(1, 60),
    st.integers(0, 80),
)
def test_no_call_is_lost_and_no_day_has_more_than_the_limit(sizes: list[tuple[int, int, int]], limit: int, sent: int) -> None:
    waiting = [batch(str(n), calls, jobs, TODAY + timedelta(due)) for n, (calls, jobs, due) in enumerate(sizes)]
    spread = planning.spread(waiting, limit, sent, TODAY)
    assert {key: sum(day.calls for day in days) for key, days in spread.items()} == {one.key: one.calls for one in waiting}
    by_day: dict[date, list[Day]] = {}
    for days in spread.values():
        for day in days:
            by_day.setdefault(day.day, []).append(day)
    for on, days in by_day.items():
        jobs = sum(day.jobs for day in days) + (sent if on == TODAY else 0)
        assert jobs <= limit or sum(day.calls for day in days) == 1


def sizes_of(people: int, jobs: int, calls: int, most: int) -> list[tuple[int, int]]:
    summary = Summary(people=people, access_people=people, jobs=jobs, access_delete_calls=calls)
    return planning._sizes(planning._parts(summary)[0], most)


@pytest.mark.parametrize(
    ("numbers", "sizes"),
    [
        ((2300, 4600, 3, 1000), [(2000, 2), (600, 1)]),
        ((3, 6, 1, 1000), [(6, 1)]),
        # Identities, not people, fill the calls: about the same in each.
        ((100, 150, 4, 1000), [(38, 2), (37, 2)]),
    ],
)
def test_the_calls_of_a_file_are_as_large_as_they_will_be(
    numbers: tuple[int, int, int, int], sizes: list[tuple[int, int]]
) -> None:
    assert sizes_of(*numbers) == sizes


# --- On the pages ---


@pytest.fixture
def limited(organization: Organization) -> Organization:
    """Four jobs a day, two people a call."""
    organization.jobs_per_day, organization.max_people_per_call = 4, 2
    organization.save()
    return organization


def ready(organization: Organization, user: User, count: int, received_on: date) -> Upload:
    upload = stored_upload(organization, user, json.dumps(payload(people(count))).encode())
    upload.received_on = received_on
    upload.save()
    assert intake.check(upload).error_count == 0
    return upload


def test_an_upload_that_does_not_go_in_a_day_says_when_it_goes(browser: Browser, limited: Organization, officer: User) -> None:
    upload = ready(limited, officer, 7, datetime.now(UTC).date())
    page = Page.of(browser.get(f"/uploads/{upload.pk}/"))
    text = page.root.text
    assert "sends at most 4 jobs a day (UTC); 0 went today" in text
    assert "When it goes" in text
    assert "Today 1 4" in text
    assert "The date of the law would be missed" not in text


def test_a_missed_date_of_the_law_is_said_before_confirming(browser: Browser, limited: Organization, officer: User) -> None:
    today = datetime.now(UTC).date()
    upload = ready(limited, officer, 7, today - timedelta(days=60))
    text = Page.of(browser.get(f"/uploads/{upload.pk}/")).root.text
    assert "The date of the law would be missed" in text
    late = planning.for_upload(upload, *_result(upload)).late  # type: ignore[union-attr]
    assert late is not None
    assert late.last_day == today + timedelta(days=3)
    assert f"{late.days} days after the due date" in text
    assert "Only the day of sending is compared here" in text


def test_requests_that_wait_and_go_later_are_named(browser: Browser, limited: Organization, officer: User) -> None:
    waiting = confirmed_request(limited, officer, payload(people(4, prefix="first")))
    PrivacyRequest.objects.filter(pk=waiting.pk).update(due_on=datetime.now(UTC).date() + timedelta(days=60))
    upload = ready(limited, officer, 2, datetime.now(UTC).date())
    text = Page.of(browser.get(f"/uploads/{upload.pk}/")).root.text
    assert "What goes later because of it" in text
    assert waiting.number in text


def test_what_goes_today_without_harm_needs_no_words(browser: Browser, limited: Organization, officer: User) -> None:
    text = Page.of(browser.get(f"/uploads/{ready(limited, officer, 2, datetime.now(UTC).date()).pk}/")).root.text
    assert "When it goes" not in text


def test_a_request_under_way_says_when_the_rest_goes(browser: Browser, limited: Organization, officer: User) -> None:
    request = confirmed_request(limited, officer, payload(people(6)))
    text = Page.of(browser.get(address_of("request-detail", request))).root.text
    assert "4 jobs still go today, the rest (8 jobs) goes until" in text


def _result(upload: Upload) -> tuple[Any, Any]:
    checked = CheckResult.from_dict(upload.result)
    return checked.envelope, checked.summary
