"""The page of a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.context import organizations_of
from portal.lists import saved
from portal.lists.asked import Asked, Chosen, read
from portal.lists.declaring import Act, Column, RowList, Viewer
from portal.models import User

# Ticks every row of the page, without a script.
TICKED = "ticked"


@dataclass(frozen=True)
class Link:
    """A choice as a link. `on`: what is chosen now."""

    words: str
    address: str
    on: bool
    title: str = ""


@dataclass(frozen=True)
class Group:
    """One filter as the page shows it: all its links, and the words of what is chosen."""

    name: str
    label: str
    links: Sequence[Link]
    words: str
    on: bool
    in_sight: bool


@dataclass(frozen=True)
class Tick:
    """One column in the chooser."""

    column: Column
    on: bool


@dataclass(frozen=True)
class ListShown:
    """What the templates of lists need beside the rows."""

    asked: Asked
    address: str
    act_address: str
    export_address: str
    acts: Sequence[Act]
    views: Sequence[saved.View]
    may_export: bool
    may_reveal: bool
    ticked: bool
    has_pages: bool

    @property
    def row_list(self) -> RowList:
        """The list that is shown."""
        return self.asked.row_list

    @property
    def columns(self) -> Sequence[Column]:
        """The columns on the page, in order."""
        return self.asked.columns

    @property
    def has(self) -> Mapping[str, bool]:
        """The names of the columns on the page, for the cells of a row."""
        return {column.name: True for column in self.columns}

    @property
    def width(self) -> int:
        """How many columns an empty table spans."""
        return len(self.columns)

    @property
    def groups(self) -> list[Group]:
        """The filters that are offered."""
        return [
            _group(self.asked, each)
            for each in self.asked.chosen
            if len(each.choices) >= max(1, each.filter.from_choices) or (each.choices and each.value)
        ]

    @property
    def in_sight(self) -> list[Group]:
        """Filters whose choices stand on the page."""
        return [group for group in self.groups if group.in_sight]

    @property
    def menus(self) -> list[Group]:
        """Filters whose choices are in a menu."""
        return [group for group in self.groups if not group.in_sight]

    @property
    def removable(self) -> list[Link]:
        """What narrows the list and stands in no choice: the way to be rid of it."""
        offered = {group.name: {link.words for link in group.links} for group in self.groups}
        return [
            Link(f"{each.filter.label}: {each.words}", self.asked.address(**{each.filter.name: ""}), on=True)
            for each in self.asked.chosen
            if each.value and each.words not in offered.get(each.filter.name, ())
        ]

    @property
    def orders(self) -> list[Link]:
        """The orders to choose from; none when there is one only."""
        orders = self.row_list.orders
        return [
            Link(
                str(order.label),
                self.asked.address(order="" if order is orders[0] else order.name),
                on=order is self.asked.order,
            )
            for order in (orders if len(orders) > 1 else ())
        ]

    @property
    def ticks(self) -> list[Tick]:
        """The chooser of columns."""
        shown = {column.name for column in self.columns}
        free = (column for column in self.row_list.columns if not column.fixed and not column.for_several)
        return [Tick(column, column.name in shown) for column in free]

    @property
    def query(self) -> str:
        """What forms send along to say which rows are meant."""
        return self.asked.address()

    @property
    def fields(self) -> Mapping[str, str]:
        """The parameters of this look but its columns, for the form that chooses columns."""
        return {name: value for name, value in self.asked.query.items() if name != "columns"}

    @property
    def tick_address(self) -> str:
        """This page with every row ticked."""
        return self.asked.address(**{TICKED: "page"})


def _group(asked: Asked, each: Chosen) -> Group:
    name = each.filter.name
    every = Link(_("All"), asked.address(**{name: ""}), on=not each.value)
    links = [
        Link(str(one.words), asked.address(**{name: one.value}), on=each.value == one.value, title=one.title)
        for one in each.choices
    ]
    return Group(name, str(each.filter.label), [every, *links], each.words or _("All"), bool(each.value), each.filter.in_sight)


def show(request: HttpRequest, row_list: RowList, **more: Any) -> HttpResponse:
    """The page that the address asks for."""
    viewer = Viewer(cast("User", request.user), organizations_of(request))
    return render(request, row_list.template, context_of(request, row_list, viewer) | more)


def context_of(request: HttpRequest, row_list: RowList, viewer: Viewer) -> dict[str, Any]:
    """What the page shows."""
    asked = Asked.of(row_list, viewer, request.GET)
    rows = asked.rows()
    page = asked.order.keyset.page(row_list.for_page(rows), _query_of(asked, request.GET), total_of=rows)
    shown = ListShown(
        asked=asked,
        address=reverse(row_list.url_name),
        act_address=reverse(row_list.act_url_name) if row_list.act_url_name else "",
        export_address=reverse(row_list.export_url_name) if row_list.export_url_name else "",
        acts=row_list.offered(viewer),
        views=saved.views_of(row_list, viewer, asked),
        may_export=bool(row_list.export_url_name) and viewer.may(row_list.export_permission),
        may_reveal=bool(row_list.clear_fields) and viewer.may(row_list.reveal_permission),
        ticked=request.GET.get(TICKED) == "page",
        has_pages=bool(page.newer or page.older),
    )
    return {
        "list": shown,
        "page": page,
        "rows": row_list.lines(page.rows, viewer),
        "viewer": viewer,
        "has_organization": bool(viewer.organizations),
        "has_any": bool(page.total) or (bool(viewer.organizations) and row_list.rows(viewer.user).exists()),
    }


def _query_of(asked: Asked, query: QueryDict) -> QueryDict:
    """The parameters that the list knows, and the place of the page: its neighbours keep no others."""
    known = read(asked.address()).copy()
    for name, value in _places(query):
        known[name] = value
    return known


def _places(query: QueryDict) -> Iterator[tuple[str, str]]:
    for name in ("after", "before"):
        if value := query.get(name):
            yield name, value
