"""What a finder is asked for and gives. Finders are of the apps; what they find is of the person's organizations only."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final

from portal import registry

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

    from portal.models import User

# More of one kind are not shown: who searches exactly seldom finds so many.
MOST: Final = 200
# `PR-2026-000123` in any spelling, down to its last number alone.
_NUMBER: Final = re.compile(r"(?:([a-z]{2})[-\s]?)?(?:(\d{4})[-\s])?0*(\d{1,9})", re.IGNORECASE)
# A number without its year is looked for in so many years.
_YEARS_BACK: Final = 15


@dataclass(frozen=True)
class Wanted:
    """What was typed."""

    typed: str

    @cached_property
    def text(self) -> str:
        """Without blanks around it."""
        return self.typed.strip()

    def numbers(self, prefix: str) -> list[str]:
        """Which of our numbers, such as `PR-2026-000123`, may be meant; none when it is no number, or one of another kind."""
        found = _NUMBER.fullmatch(self.text)
        if found is None or (found[1] or prefix).upper() != prefix:
            return []
        this_year = datetime.now(UTC).year
        # A request that is received on New Year's Eve elsewhere is of a year that is still to come here.
        years = [int(found[2])] if found[2] else range(this_year + 1, this_year - _YEARS_BACK, -1)
        return [f"{prefix}-{year}-{int(found[3]):06}" for year in years]


@dataclass(frozen=True)
class Hit:
    """One row that was found. `why`: what of it is as typed. Nothing in it is personal."""

    title: str
    address: str
    organization_id: uuid.UUID
    organization: str
    why: str
    words: str = ""
    status: str = ""
    tone: str = "unknown"
    on: date | None = None
    by_number: bool = False


@dataclass(frozen=True)
class Finder:
    """Looks for one kind of rows. `find` gives up to MOST + 1 of them, newest first, of the person's organizations.

    `name` stands in the trail and in addresses of parts of the page. `looks_for`: what must be typed to find one, in words for
    a person. `still_coming`: whether rows that are there cannot be found yet.
    """

    name: str
    title: _StrOrPromise
    looks_for: _StrOrPromise
    order: int
    permissions: tuple[str, ...]
    find: Callable[[User, Wanted], list[Hit]]
    still_coming: Callable[[User], bool] = lambda _user: False


@dataclass(frozen=True)
class Group:
    """What one finder found."""

    finder: Finder
    hits: Sequence[Hit]
    is_complete: bool


def finders_for(user: User) -> list[Finder]:
    """The finders whose rows the person may see."""
    return [finder for finder in registry.finders() if user.has_perms(finder.permissions)]


def find(user: User, wanted: Wanted) -> list[Group]:
    """What is there for the person, kind by kind; kinds of which nothing was found are left out."""
    groups = []
    for finder in finders_for(user):
        hits = finder.find(user, wanted)
        if hits:
            groups.append(Group(finder, hits[:MOST], len(hits) <= MOST))
    return groups


def only_number(groups: Sequence[Group]) -> Hit | None:
    """The one row that was found, when it was named by our own number: there is nothing to choose from."""
    hits = [hit for group in groups for hit in group.hits]
    return hits[0] if len(hits) == 1 and hits[0].by_number else None
