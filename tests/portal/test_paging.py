"""Pages by keyset: every row once, forwards and backwards, whatever stands in the address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.http import QueryDict

from portal import paging
from portal.models import Organization, User
from portal.paging import Keyset, Page
from privacy.models import PrivacyRequest
from tests.files import RECEIVED_ON

pytestmark = pytest.mark.django_db

START = datetime(2026, 11, 2, 9, 30, 0, 123456, tzinfo=UTC)
SIZE = 3
LIST: Keyset[PrivacyRequest] = Keyset("created_at")
RISING: Keyset[PrivacyRequest] = Keyset("people", "number", descending=False, read_first=int, read_second=str)
Make = Callable[..., list[PrivacyRequest]]


@pytest.fixture
def make(organization: Organization, officer: User) -> Make:
    """Makes requests, one for each given number of minutes after the start; gives them newest first."""

    def made(*minutes: int) -> list[PrivacyRequest]:
        PrivacyRequest.objects.bulk_create(
            PrivacyRequest(
                number=f"PR-2026-{place:06}",
                organization=organization,
                created_by=officer,
                received_on=RECEIVED_ON,
                regulation="gdpr",
                people=minute,
                created_at=START + timedelta(minutes=minute),
            )
            for place, minute in enumerate(minutes, 1)
        )
        return list(PrivacyRequest.objects.order_by("-created_at", "-pk"))

    return made


def page(address: str = "", keys: Keyset[PrivacyRequest] = LIST) -> Page[PrivacyRequest]:
    """The page at a query string such as `?after=…`."""
    return keys.page(PrivacyRequest.objects.all(), QueryDict(address.removeprefix("?")), size=SIZE)


def walk(start: Page[PrivacyRequest], way: str, keys: Keyset[PrivacyRequest] = LIST) -> list[list[UUID]]:
    """The ids of every page from this one on, following `newer` or `older` to its end."""
    pages = [start]
    while address := getattr(pages[-1], way):
        pages.append(page(address, keys))
        assert len(pages) < 50
    return [[row.pk for row in each.rows] for each in pages]


def in_pages(rows: list[PrivacyRequest]) -> list[list[UUID]]:
    """The ids of these rows as full pages with one rest."""
    return [[row.pk for row in rows[start : start + SIZE]] for start in range(0, len(rows), SIZE)] or [[]]


@pytest.mark.parametrize(
    "minutes",
    [[], [1], [1, 2, 3], [1, 2, 3, 4], list(range(8)), [5] * 8, [1, 1, 2, 2, 2, 2, 3], [3, 1, 2, 2, 9, 1, 2]],
    ids=["none", "one", "one full page", "one more", "three pages", "all at once", "some at once", "in no order"],
)
def test_every_row_stands_on_one_page_forwards_and_backwards(make: Make, minutes: list[int]) -> None:
    rows = make(*minutes)
    forwards = walk(page(), "older")
    assert forwards == in_pages(rows)
    last = page()
    while last.older:
        last = page(last.older)
    assert list(reversed(walk(last, "newer"))) == forwards


def test_a_rising_list_is_paged_by_other_keys(make: Make) -> None:
    make(3, 1, 2, 2, 9, 1, 2)
    rows = list(PrivacyRequest.objects.order_by("people", "number"))
    assert walk(page(keys=RISING), "older", RISING) == in_pages(rows)
    last = page(page(page(keys=RISING).older, RISING).older, RISING)
    assert list(reversed(walk(last, "newer", RISING))) == in_pages(rows)


def test_the_first_page_has_nothing_newer_and_the_last_nothing_older(make: Make) -> None:
    make(*range(4))
    first, last = page(), page(page().older)
    assert (first.newer, last.older) == ("", "")
    assert page(last.newer).newer == ""


def test_a_page_begins_behind_a_row_that_is_gone(make: Make) -> None:
    rows = make(*range(8))
    older = page().older
    rows[2].delete()
    assert [row.pk for row in page(older).rows] == [row.pk for row in rows[3:6]]


def test_rows_that_come_meanwhile_move_no_page(make: Make) -> None:
    rows = make(*range(8))
    older = page().older
    PrivacyRequest.objects.create(
        number="PR-2026-000099", organization=rows[0].organization, created_by=rows[0].created_by, received_on=RECEIVED_ON
    )
    assert [row.pk for row in page(older).rows] == [row.pk for row in rows[3:6]]


NONSENSE = [
    "x",
    "~",
    "5~x",
    f"5~{UUID(int=1)}",
    "2026-11-02T09:30:00+00:00",
    "2026-11-02T09:30:00+00:00~not-an-id",
    f"2026-11-02~{UUID(int=1)}",
    f"2026-11-02T09:30:00~{UUID(int=1)}",
    f"2026-13-02T09:30:00+00:00~{UUID(int=1)}",
    f"0001-01-01T00:00:00+14:00~{UUID(int=1)}",
    f"9999-12-31T23:59:59-12:00~{UUID(int=1)}",
    f"{'9' * 5000}~{UUID(int=1)}",
    "\0~\0",
]


@pytest.mark.parametrize("cursor", NONSENSE)
@pytest.mark.parametrize("name", ["after", "before"])
def test_a_cursor_that_is_nonsense_leads_to_the_first_page(make: Make, name: str, cursor: str) -> None:
    rows = make(*range(5))
    query = QueryDict(mutable=True)
    query[name] = cursor
    assert [row.pk for row in page(query.urlencode()).rows] == [row.pk for row in rows[:3]]


@pytest.mark.parametrize("cursor", ["x~y", "~", "1.5~a", "2026-11-02T09:30:00+00:00~a", f"{'9' * 5000}~a"])
def test_a_cursor_of_another_list_is_nonsense_too(make: Make, cursor: str) -> None:
    make(*range(5))
    assert [row.people for row in page(f"after={cursor}", RISING).rows] == [0, 1, 2]


def test_a_number_that_no_database_holds_is_behind_the_last_row(make: Make) -> None:
    make(*range(5))
    assert list(page(f"after={'9' * 40}~a", RISING).rows) == []


def test_after_wins_over_before(make: Make) -> None:
    rows = make(*range(8))
    after, before = page().older.removeprefix("?"), page(page().older).newer.removeprefix("?")
    assert [row.pk for row in page(f"{before}&{after}").rows] == [row.pk for row in rows[3:6]]


def test_links_keep_the_filters_and_one_cursor(make: Make) -> None:
    make(*range(8))
    second = page(f"status=open&law=gdpr&{page().older.removeprefix('?')}")
    for link, name in ((second.newer, "before"), (second.older, "after")):
        query: Any = QueryDict(link.removeprefix("?"))
        assert {key for key in query if query.getlist(key)} == {"status", "law", name}
        assert (query["status"], query["law"]) == ("open", "gdpr")


@pytest.mark.parametrize(("rows", "words"), [(0, "0"), (4, "4"), (5, "5"), (6, "5+"), (9, "5+")])
def test_counting_stops(make: Make, monkeypatch: pytest.MonkeyPatch, rows: int, words: str) -> None:
    monkeypatch.setattr(paging, "MOST_COUNTED", 5)
    make(*range(rows))
    assert page().total_words == words


def test_large_counts_are_written_with_their_thousands() -> None:
    assert Page(rows=[], total=1_000, newer="", older="").total_words == "1,000"
    assert Page(rows=[], total=1_001, newer="", older="").total_words == "1,000+"
