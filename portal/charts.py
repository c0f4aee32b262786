"""Charts, drawn on the server as SVG: a picture with a name and a summary, places to click, and the same as a table.

Places across are percentages, so that a chart takes the room there is and its words keep their size; heights are pixels. Nothing
is said by colour alone: each lane has its name, and each column its number in the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

LANE_HEIGHT: Final = 88
LANE_HEAD: Final = 32
LANE_GAP: Final = 16
FOOT: Final = 24
# Left of the columns stands the scale.
LEFT: Final = 9.0
# A column takes this share of its place.
FILLED: Final = 0.72
# As many labels stand below a chart, evenly apart: more would touch one another on a phone.
MOST_LABELS: Final = 4
# With as many columns as this each has its number on top.
NUMBERED: Final = 10


@dataclass(frozen=True)
class Point:
    """One number: what it is of in full and in short, what it is, and the address of its rows (empty: none)."""

    label: _StrOrPromise
    short: _StrOrPromise
    value: int
    rows: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Series:
    """Numbers of one kind, one for each place. `tone`: a status tone."""

    name: _StrOrPromise
    tone: str
    points: Sequence[Point]


@dataclass(frozen=True)
class Column:
    """One drawn column; `hit_x` and `hit_width` are of its whole place, which is clicked."""

    point: Point
    series: Series
    x: str
    width: str
    middle: str
    y: int
    height: int
    hit_x: str
    hit_width: str

    @property
    def tone(self) -> str:
        """Its own, or that of its series."""
        return self.point.tone or self.series.tone

    @property
    def number_y(self) -> int:
        """Where its number stands."""
        return self.y - 5


@dataclass(frozen=True)
class Lane:
    """The columns of one series on a scale of their own."""

    series: Series
    top: int
    highest: int
    columns: Sequence[Column]

    @property
    def title_y(self) -> int:
        """Where its name stands."""
        return self.top + 14

    @property
    def line_top(self) -> int:
        """The line of its highest number."""
        return self.top + LANE_HEAD

    @property
    def line_bottom(self) -> int:
        """The ground line."""
        return self.line_top + LANE_HEIGHT

    @property
    def height(self) -> int:
        """Of the part that is clicked."""
        return LANE_HEIGHT + LANE_HEAD


@dataclass(frozen=True)
class Label:
    """A word below the chart. The last one ends where the chart does."""

    words: _StrOrPromise
    x: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Chart:
    """A drawn chart. `ident` begins the ids of its parts; `summary` says in a sentence what it shows."""

    ident: str
    title: _StrOrPromise
    summary: _StrOrPromise
    places: _StrOrPromise
    series: Sequence[Series]
    lanes: Sequence[Lane] = ()
    labels: Sequence[Label] = field(default_factory=list)
    numbered: bool = False

    @property
    def height(self) -> int:
        """In pixels."""
        return len(self.lanes) * (LANE_HEAD + LANE_HEIGHT + LANE_GAP) - LANE_GAP + FOOT

    @property
    def label_y(self) -> int:
        """Where the labels stand."""
        return self.height - 6

    @property
    def is_empty(self) -> bool:
        """Whether every number is 0."""
        return not any(point.value for series in self.series for point in series.points)

    @property
    def table(self) -> list[tuple[Point, list[Point]]]:
        """One row for each place: a point that names it, and the point of each series."""
        return [(points[0], list(points)) for points in zip(*(series.points for series in self.series), strict=True)]


def columns(
    ident: str,
    title: _StrOrPromise,
    summary: _StrOrPromise,
    places: _StrOrPromise,
    series: Sequence[Series],
    *,
    same_scale: bool = False,
) -> Chart:
    """A chart of columns, a lane for each series. `places` is what they stand for: "Day".

    `same_scale`: for parts of one whole, whose columns are compared; else each lane has a scale of its own.
    """
    count = len(series[0].points)
    every = [point.value for one in series for point in one.points] if same_scale else []
    lanes = [_lane(one, place * (LANE_HEAD + LANE_HEIGHT + LANE_GAP), every) for place, one in enumerate(series)]
    return Chart(ident, title, summary, places, series, lanes, _labels(series[0].points), numbered=count <= NUMBERED)


def _lane(series: Series, top: int, every: Sequence[int]) -> Lane:
    highest = nice(max(every or [point.value for point in series.points], default=0))
    step = (100 - LEFT) / max(len(series.points), 1)
    bottom = top + LANE_HEAD + LANE_HEIGHT
    drawn = []
    for place, point in enumerate(series.points):
        # What is not 0 can be seen.
        height = max(round(LANE_HEIGHT * point.value / highest), 2) if point.value else 0
        left = LEFT + place * step
        drawn.append(
            Column(
                point=point,
                series=series,
                x=_percent(left + step * (1 - FILLED) / 2),
                width=_percent(step * FILLED),
                middle=_percent(left + step / 2),
                y=bottom - height,
                height=height,
                hit_x=_percent(left),
                hit_width=_percent(step),
            )
        )
    return Lane(series, top, highest, drawn)


def nice(value: int) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50, … that is no less: the end of a scale."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if factor * step >= value:
                return factor * step
        step *= 10


def _labels(points: Sequence[Point]) -> list[Label]:
    step = (100 - LEFT) / max(len(points), 1)
    apart = 1 if len(points) <= NUMBERED else -(-len(points) // MOST_LABELS)
    # Counted from the end: today always has its label.
    chosen = [place for place in range(len(points)) if (len(points) - 1 - place) % apart == 0]
    if apart == 1:
        return [Label(points[place].short, _percent(LEFT + (place + 0.5) * step)) for place in chosen]
    *others, last = chosen
    labels = [Label(points[place].short, _percent(LEFT + (place + 0.5) * step)) for place in others]
    return [*labels, Label(points[last].short, _percent(100.0), "end")]


def _percent(value: float) -> str:
    """Written alike in every language."""
    return f"{value:.3f}%"
