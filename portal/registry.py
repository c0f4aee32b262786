"""What spans both apps, registered by each in `AppConfig.ready`: navigation entries and the steps of background work.

`portal` never names an app; an app tells `portal` what it brings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class NavigationEntry:
    """One entry of the page header: its words and the name of its URL."""

    label: str
    url_name: str
    order: int


@dataclass(frozen=True)
class Step:
    """One step of background work that the sweep looks after.

    `name`: also the name of the coalesced wake-up. `is_due`: whether any row waits now. `publish`: sends one message.
    """

    name: str
    is_due: Callable[[], bool]
    publish: Callable[[], None]


_navigation: list[NavigationEntry] = []
_steps: dict[str, Step] = {}


def add_navigation(label: str, url_name: str, *, order: int) -> None:
    """Put a page into the header; lower `order` stands further left."""
    _navigation.append(NavigationEntry(label, url_name, order))
    _navigation.sort(key=lambda entry: entry.order)


def navigation() -> list[NavigationEntry]:
    """The header's entries, in order."""
    return list(_navigation)


def add_step(step: Step) -> None:
    """Let the sweep look after this step."""
    _steps[step.name] = step


def steps() -> dict[str, Step]:
    """Every step by its name."""
    return dict(_steps)
