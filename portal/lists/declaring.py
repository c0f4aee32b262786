"""What a list is: its rows, how they are narrowed and ordered, its columns, what can be done with many rows, what is exported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db.models import Model, QuerySet
from django.http import QueryDict

from portal.models import Organization, User
from portal.paging import Keyset

Rows = QuerySet[Any, Any]


@dataclass(frozen=True)
class Choice:
    """One value of a filter: as the address has it, and in words. `title`: the long form, where `words` is short."""

    value: str
    words: Any
    title: str = ""


@dataclass(frozen=True)
class Viewer:
    """Who looks at a list, and the organizations that they were given."""

    user: User
    organizations: Sequence[Organization]

    @classmethod
    def of(cls, user: User) -> Viewer:
        """Reads their organizations, once for a page."""
        return cls(user, list(Organization.objects.visible_to(user)))

    @property
    def has_several(self) -> bool:
        """Whether rows must say whose they are."""
        return len(self.organizations) > 1

    def may(self, permission: str) -> bool:
        """Whether they have this right."""
        return self.user.has_perm(permission)


def _nothing_else(value: str, viewer: Viewer) -> str:  # noqa: ARG001 - the signature of Filter.also
    return ""


@dataclass(frozen=True)
class Filter:
    """One way to narrow a list.

    `also`: the words for a value that is not among the choices and is taken all the same, such as a day; empty for one that makes
    no sense, which is ignored. `in_sight`: its choices stand on the page as chips; others are in a menu. `from_choices`: with
    fewer choices than these it is not offered.
    """

    name: str
    label: Any
    narrow: Callable[[Rows, str, Viewer], Rows]
    choices: Callable[[Viewer], Sequence[Choice]] = lambda _viewer: ()
    also: Callable[[str, Viewer], str] = _nothing_else
    in_sight: bool = False
    from_choices: int = 1

    def words_of(self, value: str, viewer: Viewer, choices: Sequence[Choice]) -> str:
        """What a value is called; empty when it makes no sense."""
        for choice in choices:
            if choice.value == value:
                return str(choice.words)
        return self.also(value, viewer)


@dataclass(frozen=True)
class Column:
    """One column on the page. `fixed`: always there, as it leads to the row. `shown`: there unless somebody chooses otherwise."""

    name: str
    label: Any
    shown: bool = True
    fixed: bool = False
    number: bool = False
    # Only for people of several organizations.
    for_several: bool = False


@dataclass(frozen=True)
class Order:
    """One way to order a list. `narrow` leaves out what has no place in it; `note` says so. The pager says `back` and `forth`."""

    name: str
    label: Any
    keyset: Keyset[Any]
    narrow: Callable[[Rows], Rows] = lambda rows: rows
    note: Any = ""
    back: Any = ""
    forth: Any = ""


@dataclass(frozen=True)
class Field:
    """One column of the export: its head, which stays the same in every language, and its value."""

    head: str
    value: Callable[[Any], object]


@dataclass
class Outcome:
    """What became of the rows of an act. `refused`: what could not be, as (the row's number, why)."""

    done: int = 0
    unchanged: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Act:
    """What can be done with many rows at once.

    `button`: the words of its button in the list. `title`, `explain`, `confirm`: of the page that asks once more, for these rows
    and their number. `do` carries it out for at most `most` rows, each of which it may refuse; done twice it changes nothing
    more. `told`: what was done, for a number of rows. `form`: what else it needs to know, for a person; its data reaches `do`.
    """

    name: str
    permission: str
    button: Any
    title: Any
    explain: Callable[[Rows, int], str]
    confirm: Callable[[int], str]
    told: Callable[[int], str]
    do: Callable[[Sequence[Any], User, Mapping[str, Any]], Outcome]
    most: int = 100
    danger: bool = False
    form: Callable[[Viewer, QueryDict | None], forms.Form] | None = None


def _as_they_are(rows: Sequence[Any], viewer: Viewer) -> Sequence[Any]:  # noqa: ARG001 - the signature of RowList.lines
    return rows


@dataclass(frozen=True, kw_only=True)
class RowList:
    """One list of the portal.

    `rows`: what a person may see. `for_page`: the rows with what the page needs of others. `lines`: what the template is given
    for the rows of a page. `for_export`: as `for_page`. `masked_fields` say of an export who people are, `clear_fields` say it
    to those who may see it and ask for it. `needed` are the rights for the page; `name_of` is how a row is called to a person.
    """

    url_name: str
    title: Any
    needed: tuple[str, ...]
    template: str
    unit: Any
    rows: Callable[[User], Rows]
    filters: Sequence[Filter]
    # What two filters say only together, by the values of all that are on.
    together: Callable[[Rows, Mapping[str, str], Viewer], Rows] = lambda rows, _values, _viewer: rows
    columns: Sequence[Column]
    orders: Sequence[Order]
    fields: Sequence[Field]
    name_of: Callable[[Any], str] = str
    for_page: Callable[[Rows], Rows] = lambda rows: rows
    lines: Callable[[Sequence[Any], Viewer], Sequence[Any]] = _as_they_are
    acts: Sequence[Act] = ()
    # As `for_page`, for the rows of an act.
    for_act: Callable[[Rows], Rows] = lambda rows: rows
    act_url_name: str = ""
    export_url_name: str = ""
    file_name: str = ""
    export_permission: str = "privacy.export_privacyrequest"
    for_export: Callable[[Rows], Rows] = lambda rows: rows
    masked_fields: Sequence[Field] = ()
    clear_fields: Sequence[Field] = ()
    reveal_permission: str = "privacy.reveal_identities"

    def act_named(self, name: str) -> Act | None:
        """The act of this name."""
        return next((act for act in self.acts if act.name == name), None)

    def offered(self, viewer: Viewer) -> list[Act]:
        """What this person may do with many rows."""
        return [act for act in self.acts if viewer.may(act.permission)]

    def is_open_to(self, viewer: Viewer) -> bool:
        """Whether this person may look at the list."""
        return all(viewer.may(right) for right in self.needed)


def each(rows: Iterable[Model], do: Callable[[Any], bool], number: Callable[[Any], str], refusals: type[Exception]) -> Outcome:
    """Do it row by row. `do` gives False where there was nothing to change; `refusals` carry the reason in words."""
    outcome = Outcome()
    for row in rows:
        try:
            changed = do(row)
        except refusals as reason:
            outcome.refused.append((number(row), str(reason)))
        else:
            outcome.done += changed
            outcome.unchanged += not changed
    return outcome
