"""Charts: every number is drawn to its scale, has a name, a place to click and a row in the table."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string

from portal.charts import LANE_HEIGHT, MOST_LABELS, NUMBERED, Chart, Point, Series, columns, nice
from tests.pages import Element, Page


def chart_of(*lanes: list[int], rows: str = "/rows/") -> Chart:
    """A chart with these numbers, one list a lane; places are called by their number."""
    series = [
        Series(f"Kind {kind}", "info", [Point(f"Place {n}", str(n), value, f"{rows}{kind}/{n}") for n, value in enumerate(lane)])
        for kind, lane in enumerate(lanes)
    ]
    return columns("c", "A chart", "It shows something.", "Place", series)


def drawn(chart: Chart) -> Element:
    """It as a part of a page."""
    return Page(render_to_string("portal/_chart.html", {"chart": chart})).root


@pytest.mark.parametrize(
    ("value", "end"), [(0, 1), (1, 1), (2, 2), (3, 5), (6, 10), (11, 20), (50, 50), (51, 100), (999_999, 1_000_000)]
)
def test_a_scale_ends_at_a_round_number_that_is_no_less(value: int, end: int) -> None:
    assert nice(value) == end


def test_columns_are_as_high_as_their_numbers_and_what_is_not_nothing_can_be_seen() -> None:
    (lane,) = chart_of([0, 1, 500, 1000]).lanes
    assert [column.height for column in lane.columns] == [0, 2, LANE_HEIGHT // 2, LANE_HEIGHT]
    assert all(column.y + column.height == lane.line_bottom for column in lane.columns)


def test_each_lane_has_a_scale_of_its_own() -> None:
    many, few = chart_of([10_000], [7]).lanes
    assert (many.highest, few.highest) == (10_000, 10)
    assert few.top > many.line_bottom


def test_parts_of_one_whole_share_a_scale() -> None:
    series = [Series("All", "info", [Point("a", "a", 900)]), Series("Some", "bad", [Point("a", "a", 90)])]
    whole, part = columns("c", "A chart", "It shows something.", "Place", series, same_scale=True).lanes
    assert whole.highest == part.highest == 1000
    assert part.columns[0].height < whole.columns[0].height // 5


def test_the_picture_has_a_name_and_says_what_it_shows() -> None:
    picture = drawn(chart_of([1, 2])).one("svg", role="img")
    name, says = (picture.one(tag) for tag in ("title", "desc"))
    assert picture["aria-labelledby"].split() == [name["id"], says["id"]]
    assert (name.text, says.text) == ("A chart", "It shows something.")
    assert not picture.all("a")


def test_every_number_that_is_not_nothing_opens_its_rows_from_the_picture_and_from_the_table() -> None:
    root = drawn(chart_of([3, 0], [0, 9]))
    wanted = ["/rows/0/0", "/rows/1/1"]
    assert [link["href"] for link in root.one("svg", aria_hidden="true").all("a")] == wanted
    assert [link["href"] for link in root.one("table").all("a")] == wanted
    # The keyboard goes through the table alone.
    assert {link["tabindex"] for link in root.one("svg", aria_hidden="true").all("a")} == {"-1"}


def test_the_table_holds_every_number_also_nothing() -> None:
    table = drawn(chart_of([3, 0], [1200, 9])).one("table")
    assert [cell.text for cell in table.one("thead").all("th")] == ["Place", "Kind 0", "Kind 1"]
    rows = [[cell.text for cell in row.all() if cell.name in ("th", "td")] for row in table.one("tbody").all("tr")]
    assert rows == [["Place 0", "3", "1,200"], ["Place 1", "0", "9"]]


def test_few_columns_have_their_numbers_on_top_and_many_have_not() -> None:
    few, many = drawn(chart_of([4] * NUMBERED)), drawn(chart_of([4] * (NUMBERED + 1)))
    assert [text.text for text in few.all("text", class_="chart-number")] == ["4"] * NUMBERED
    assert many.all("text", class_="chart-number") == []


def test_of_many_columns_some_have_a_label_and_the_last_one_always() -> None:
    chart = chart_of([1] * 90)
    assert len(chart.labels) == MOST_LABELS
    assert chart.labels[-1].words == "89"


def test_a_chart_of_nothing_is_a_sentence() -> None:
    root = drawn(chart_of([0, 0]))
    assert root.text == "It shows something."
    assert root.all("svg") == []
