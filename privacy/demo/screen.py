"""How looks are shown: bars in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from privacy.demo.looks import Look, Row
from privacy.progress import Bar

LINE_EVERY_SECONDS = 2.0


class Screen(Protocol):
    """Shows looks while it is entered."""

    def __enter__(self) -> Self:
        """Begin."""
        ...

    def __exit__(self, *_: object) -> None:
        """End with the last look as it stands."""
        ...

    def show(self, look: Look) -> None:
        """Show this one now."""
        ...


def screen_for(console: Console) -> Screen:
    """Bars when somebody watches a terminal."""
    return Bars(console) if console.is_terminal else Lines(console)


class Bars:
    """One progress bar for each product of each request."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=40),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            console=console,
        )
        self._tasks: dict[tuple[str, str], TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, look: Look) -> None:
        """Move the bars; one that is new appears below the others."""
        for row in look.rows:
            for place, bar in enumerate(row.bars):
                task = self._task(row, bar, is_first=place == 0)
                note = f"{bar.failed:,} failed" if bar.failed else (row.status if place == 0 else "")
                # A total of nothing yet is unknown: the bar only pulses.
                self._progress.update(task, total=bar.total or None, completed=bar.done, note=note)

    def _task(self, row: Row, bar: Bar, *, is_first: bool) -> TaskID:
        known = self._tasks.get((row.number, bar.name))
        if known is None:
            label = row.number if is_first else f"  {bar.name}"
            known = self._tasks[row.number, bar.name] = self._progress.add_task(label, total=None, note="")
        return known


class Lines:
    """A line for each request, when something has moved and the last one is a while ago."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: Look | None = None
        self._shown_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to put away."""

    def show(self, look: Look) -> None:
        """Print it, or leave it out."""
        is_soon = time.monotonic() - self._shown_at < LINE_EVERY_SECONDS
        if look == self._shown or (is_soon and not look.is_over):
            return
        self._shown, self._shown_at = look, time.monotonic()
        for row in look.rows:
            bars = ", ".join(f"{bar.name} {bar.done:,} of {bar.total:,}" for bar in row.bars if bar.total)
            self._console.print(f"{row.number}: {row.status}. {bars}".rstrip(), markup=False, highlight=False)
