"""The parts that every page is made of."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from django.conf import LazySettings
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone as django_timezone

from portal.templatetags import portal_ui
from tests.pages import Element, Page, faults_of

MOMENT = datetime(2026, 12, 4, 8, 5, 30, tzinfo=UTC)


def drawn(text: str, **context: Any) -> Element:
    """A part as it stands on a page that asks for nothing wrong."""
    page = Page(Template("{% load portal_ui %}" + text).render(Context(context)))
    assert faults_of(page) == []
    return page.root


@pytest.mark.parametrize("tone", ["good", "bad", "warning", "info", "unknown", "a tone of tomorrow"])
def test_a_status_is_a_word_and_an_icon_first_and_a_colour_second(tone: str) -> None:
    pill = drawn("{% pill 'Stored' tone %}", tone=tone)
    assert pill.text == "Stored"
    assert pill.one("span")["class"] == f"pill pill-{tone}"
    assert pill.one("svg")["aria-hidden"] == "true"


def test_statuses_that_mean_different_things_have_different_icons() -> None:
    icons = [drawn("{% pill 'x' tone %}", tone=tone).one("svg").all("path") for tone in ("good", "bad", "warning", "info")]
    assert len({path[0]["d"] for path in icons}) == 4


def test_a_word_of_adobe_cannot_bring_markup() -> None:
    assert drawn("{% pill words 'info' %}", words="<b>odd</b>").text == "<b>odd</b>"


@pytest.mark.parametrize(
    ("done", "failed", "total", "good", "bad"),
    [
        (0, 0, 0, 0, 0),
        (0, 0, 5, 0, 0),
        (5, 0, 5, 1000, 0),
        (3, 0, 6, 500, 0),
        (5, 5, 5, 0, 1000),
        (4, 2, 8, 250, 250),
        # What is there can be seen, and what is not done does not look done.
        (1, 0, 100_000, 6, 0),
        (100_000, 1, 100_000, 994, 6),
        (99_999, 0, 100_000, 999, 0),
    ],
)
def test_a_bar_shows_its_parts(done: int, failed: int, total: int, good: int, bad: int) -> None:
    parts = portal_ui.bar(done, failed, total, "Analytics")
    assert (parts["good"], parts["bad"]) == (good, bad)
    assert parts["good"] + parts["bad"] <= 1000


def test_a_bar_says_in_words_what_it_shows() -> None:
    image = drawn("{% bar 1200 3 2400 'Analytics' unit='jobs done' %}").one("svg")
    assert (image["role"], image["aria-label"]) == ("img", "Analytics: 1,200 of 2,400 jobs done, 3 failed")
    assert [rect["width"] for rect in image.all("rect")] == ["1000", "498", "6"]
    # Widths are attributes for a program, so they have no thousands separator.
    assert all(rect["width"].isdecimal() for rect in image.all("rect"))


def forget_zone() -> None:
    """Django keeps the zone of the settings for the life of the process."""
    cached: Any = django_timezone.get_default_timezone
    cached.cache_clear()


def test_a_moment_is_shown_in_the_portals_zone_and_carries_its_own(settings: LazySettings) -> None:
    shown = drawn("{% moment at %}", at=MOMENT.astimezone(timezone(timedelta(hours=2)))).one("time")
    assert shown.text == "4 Dec 2026, 08:05 UTC"
    assert datetime.fromisoformat(shown["datetime"]) == MOMENT
    settings.TIME_ZONE = "Europe/Amsterdam"
    forget_zone()
    try:
        assert drawn("{% moment at %}", at=MOMENT).one("time").text == "4 Dec 2026, 09:05 CET"
    finally:
        settings.TIME_ZONE = "UTC"
        forget_zone()


def test_what_has_not_come_yet_is_said_in_words() -> None:
    text = "{% moment none %} | {% moment none 'not known' %} | {% day none %} | {% day none 'no date' %}"
    assert drawn(text, none=None).text == "not yet | not known | none | no date"


def test_a_day_has_no_time() -> None:
    shown = drawn("{% day on %}", on=date(2026, 12, 4)).one("time")
    assert (shown.text, shown["datetime"]) == ("4 Dec 2026", "2026-12-04")


@pytest.mark.parametrize(
    ("days", "words"),
    [(11, "in 11 days"), (1, "in 1 day"), (0, "today"), (-1, "1 day ago"), (-3, "3 days ago"), (1200, "in 1,200 days")],
)
def test_days_left_are_counted_in_words(days: int, words: str) -> None:
    today = date(2026, 11, 24)
    assert portal_ui.days_left(today + timedelta(days=days), today) == words


def test_without_a_date_no_days_are_left() -> None:
    assert portal_ui.days_left(None) == ""


@pytest.mark.parametrize(("days", "tone"), [(-1, "bad"), (0, "warning"), (7, "warning"), (8, "info")])
def test_a_due_date_grows_pressing(days: int, tone: str) -> None:
    assert portal_ui.due_tone(django_timezone.localdate() + timedelta(days=days)) == tone


def test_no_due_date_presses_nobody() -> None:
    assert portal_ui.due_tone(None) == "unknown"


@pytest.mark.parametrize(
    ("address", "changes", "link"),
    [
        ("/", "status='open'", "?status=open"),
        ("/?status=open", "status='failed'", "?status=failed"),
        ("/?status=open&law=gdpr", "status=''", "?law=gdpr"),
        ("/?status=open", "status=''", "?"),
        # Another filter begins on its first page.
        ("/?status=open&after=x~y&before=z", "law='a&b'", "?status=open&law=a%26b"),
    ],
)
def test_a_filter_keeps_the_others_and_goes_back_to_the_first_page(address: str, changes: str, link: str) -> None:
    request = RequestFactory().get(address)
    shown = drawn('<a href="{% same_page_with ' + changes + ' %}">filter</a>', request=request)
    assert shown.one("a")["href"] == link
