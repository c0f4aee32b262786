"""What spans both apps, registered by each in `AppConfig.ready`: navigation entries, the steps of background work, the demo.

`portal` never names an app; an app tells `portal` what it brings.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from portal import clock
from portal.clock import Moment

if TYPE_CHECKING:
    from portal.home import Narrowed, Part
    from portal.lists.declaring import RowList
    from portal.models import User
    from portal.search.finding import Finder


# Further than this nothing is counted for the health page and its gauges.
MOST_COUNTED = 10_000


@dataclass(frozen=True)
class NavigationEntry:
    """One entry of the page header: its words, the name of its URL, and where else its pages begin (`/jobs/`)."""

    label: str
    url_name: str
    order: int
    further_paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """One step of background work that the sweep looks after.

    `name`: also the name of the coalesced wake-up. `label`: what it does, for a person. `due`: the rows that wait at a moment of
    `clock.now()`. `since`: the field that says from when on. `publish`: sends one message. `also_due`: whether there is something
    else to do, of which nothing is counted.
    """

    name: str
    label: str
    due: Callable[[Moment], QuerySet[Any, Any]]
    since: str
    publish: Callable[[], object]
    also_due: Callable[[], bool] = bool

    def is_due(self) -> bool:
        """Whether a worker finds something to do now."""
        return self.due(clock.now()).exists() or self.also_due()

    def waiting(self) -> tuple[int, datetime | None]:
        """How many rows are due now (counted to 10,000), and since when the one is that waits longest."""
        rows = self.due(clock.now())
        oldest = rows.order_by(self.since).values_list(self.since, flat=True).first()
        return (0, None) if oldest is None else (rows.order_by()[: MOST_COUNTED + 1].count(), oldest)


@dataclass(frozen=True)
class Figure:
    """A number that says how the portal is: a line of the health page, and a gauge for Prometheus under `name`.

    Figures of one name differ in the values of their `labels` only. `needs_person`: anything but 0 waits for somebody.
    `rows`: the address of the list of what is counted, as far as it is of the reader's organizations; `in_admin`: of the admin's.
    """

    name: str
    words: str
    value: float
    labels: dict[str, str] = field(default_factory=dict)
    needs_person: bool = False
    rows: str = ""
    in_admin: bool = False


@dataclass(frozen=True)
class PersonLink:
    """A page where an administrator does something about a person, such as one who leaves."""

    words: str
    address: str


@dataclass(frozen=True)
class DemoStory:
    """What an app brings to `make demo`.

    `write_samples`: puts files to choose into a folder, unless they are there; gives name and words of each. `run_once`, where
    the app has such a run: carries files (none: a sample of that folder) through to the end in the name of a user, calls `watch`
    between its looks (it raises when the demo must stop), gives up when nothing moved for so many seconds, and gives the exit
    status. `connect`: makes the local Adobe tell the portal of what happens; takes the addresses of the portal and of Adobe once
    both answer, and says whether it will.
    """

    write_samples: Callable[[Path], list[tuple[str, str]]]
    run_once: Callable[[Sequence[Path], Path, str, Callable[[], None], float], int] | None = None
    connect: Callable[[str, str], bool] | None = None


_navigation: list[NavigationEntry] = []
_steps: dict[str, Step] = {}
_demos: list[DemoStory] = []
_product_choices: list[Callable[[], list[tuple[str, str]]]] = []
_on_resume: list[Callable[[uuid.UUID], None]] = []
_daily: list[Callable[[], None]] = []
_on_restore: list[Callable[[], list[str]]] = []
_file_owners: dict[str, Callable[[Sequence[str]], set[str]]] = {}
_api_routes: list[str] = []
_figures: list[Callable[[], list[Figure]]] = []
_home: list[tuple[int, Callable[[Narrowed], Part]]] = []
_law_choices: list[Callable[[], list[tuple[str, str]]]] = []
_first_requests: list[tuple[Callable[[], bool], Callable[[], str]]] = []
_kept_settings: dict[str, list[Callable[[uuid.UUID], str]]] = {}
_finders: list[Finder] = []
_lists: dict[str, RowList] = {}
_person_links: list[Callable[[User, User], PersonLink | None]] = []


def add_navigation(label: str, url_name: str, *, order: int, further_paths: tuple[str, ...] = ()) -> None:
    """Put a page into the header; lower `order` stands further left. Pages below `further_paths` count as its own."""
    _navigation.append(NavigationEntry(label, url_name, order, further_paths))
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


def add_figures(read: Callable[[], list[Figure]]) -> None:
    """Bring numbers of an app. `read` asks the database little: it runs with every scrape of Prometheus."""
    _figures.append(read)


def figures() -> list[Figure]:
    """Every number, read now."""
    return [figure for read in _figures for figure in read()]


def add_finder(finder: Finder) -> None:
    """Let the search box find one more kind of rows; lower `order` stands further up."""
    _finders.append(finder)
    _finders.sort(key=lambda one: one.order)


def finders() -> list[Finder]:
    """Everything that the search box can find, in order."""
    return list(_finders)


def add_home(read: Callable[[Narrowed], Part], *, order: int) -> None:
    """Bring a part of the home page; lower `order` stands further up. `read` asks the database little: a page has 12 queries."""
    _home.append((order, read))
    _home.sort(key=lambda one: one[0])


def home_parts() -> list[Callable[[Narrowed], Part]]:
    """What reads the parts of the home page, in order."""
    return [read for _, read in _home]


def add_law_choices(choices: Callable[[], list[tuple[str, str]]]) -> None:
    """Laws that pages can be narrowed to, as (code, name), asked for each time."""
    _law_choices.append(choices)


def law_choices() -> list[tuple[str, str]]:
    """Every law as (code, name)."""
    return [choice for choices in _law_choices for choice in choices()]


def add_person_link(link: Callable[[User, User], PersonLink | None]) -> None:
    """Put a link onto the administration's page of a person. `link` takes the person and the reader; None: not for them."""
    _person_links.append(link)


def person_links(person: User, reader: User) -> list[PersonLink]:
    """Where this reader can do something about the person."""
    return [found for link in _person_links if (found := link(person, reader)) is not None]


def add_list(row_list: RowList) -> None:
    """Let people keep views of this list."""
    _lists[row_list.url_name] = row_list


def lists() -> dict[str, RowList]:
    """Every declared list by the name of its URL."""
    return dict(_lists)


def add_product_choices(choices: Callable[[], list[tuple[str, str]]]) -> None:
    """Products that an organization can be provisioned for, as (code, name), asked for each time."""
    _product_choices.append(choices)


def product_choices() -> list[tuple[str, str]]:
    """Every product as (code, name)."""
    return [choice for choices in _product_choices for choice in choices()]


def on_resume(callback: Callable[[uuid.UUID], None]) -> None:
    """Call `callback` with an organization's id whenever a person lets its queue go on."""
    _on_resume.append(callback)


def resumed(organization_id: uuid.UUID) -> None:
    """A person let the queue of this organization go on: tell every app that has one."""
    for callback in _on_resume:
        callback(organization_id)


def keep_setting(name: str, why: Callable[[uuid.UUID], str]) -> None:
    """An organization's setting that stays as it is for as long as `why` gives a reason for its id, in words for a person."""
    _kept_settings.setdefault(name, []).append(why)


def why_setting_stays(name: str, organization_id: uuid.UUID) -> str:
    """Why this setting of the organization cannot be changed now; empty when it can."""
    return next((reason for why in _kept_settings.get(name, ()) if (reason := why(organization_id))), "")


def on_daily(callback: Callable[[], None]) -> None:
    """Call `callback` once a night. It only makes rows that background steps work off."""
    _daily.append(callback)


def daily() -> list[Callable[[], None]]:
    """What is begun once a night."""
    return list(_daily)


def on_restore(callback: Callable[[], list[str]]) -> None:
    """Call `callback` after a database backup was restored: it makes the app's rows safe, and gives lines for the operator."""
    _on_restore.append(callback)


def restored() -> list[str]:
    """A backup was restored: let every app see to its rows. Gives what they did, in lines for the operator."""
    return [line for callback in _on_restore for line in callback()]


def add_file_owner(folder: str, is_owned: Callable[[Sequence[str]], set[str]]) -> None:
    """Whose the stored files in `folder` (below MEDIA_ROOT) are.

    `is_owned` takes paths relative to MEDIA_ROOT, some hundreds at once, and gives those that a row names. The tidying removes
    the others once they are old. A folder may have several owners.
    """
    before = _file_owners.get(folder)
    _file_owners[folder] = is_owned if before is None else lambda paths: before(paths) | is_owned(paths)


def file_owners() -> dict[str, Callable[[Sequence[str]], set[str]]]:
    """The question to ask about the files of each folder."""
    return dict(_file_owners)


def add_api_routes(module: str) -> None:
    """Put the addresses of a module (`privacy.api.urls`) below /api/v1/. The module is imported when addresses are needed."""
    _api_routes.append(module)


def api_routes() -> list[str]:
    """The modules with addresses of the API."""
    return list(_api_routes)


def add_demo(story: DemoStory) -> None:
    """Let the demo show this app."""
    _demos.append(story)


def demos() -> list[DemoStory]:
    """What the demo shows."""
    return list(_demos)


def add_first_request(exists: Callable[[], bool], address: Callable[[], str]) -> None:
    """Tell a portal that is new whether there is a request of this app, and where the first one is made."""
    _first_requests.append((exists, address))


def has_first_request() -> bool:
    """Whether there is a request; then nobody is led to the first one any more."""
    return any(exists() for exists, _ in _first_requests)


def first_request_address() -> str:
    """Where the first request is made; empty when no part of the portal makes any."""
    return next((address() for _, address in _first_requests), "")
