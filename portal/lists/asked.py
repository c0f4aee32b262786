"""What the address of a list asks for, as far as the list knows it. The rest is ignored, and goes with the next link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.http import QueryDict

from portal.lists.declaring import Choice, Column, Filter, Order, RowList, Rows, Viewer


@dataclass(frozen=True)
class Chosen:
    """One filter with its choices, the value that is chosen (empty: none) and its words."""

    filter: Filter
    choices: Sequence[Choice]
    value: str
    words: str


@dataclass(frozen=True)
class Asked:
    """One look at a list: by whom, narrowed, ordered and laid out how."""

    row_list: RowList
    viewer: Viewer
    chosen: Sequence[Chosen]
    columns: Sequence[Column]
    order: Order

    @classmethod
    def of(cls, row_list: RowList, viewer: Viewer, query: QueryDict) -> Asked:
        """As the address says it."""
        chosen = [_chosen(each, viewer, query.get(each.name, "")) for each in row_list.filters]
        order = next((each for each in row_list.orders if each.name == query.get("order")), row_list.orders[0])
        return cls(row_list, viewer, chosen, _columns(row_list, query, several=viewer.has_several), order)

    def rows(self) -> Rows:
        """What the person may see of what is asked for, without an order."""
        rows = self.row_list.rows(self.viewer.user)
        for each in self.chosen:
            if each.value:
                rows = each.filter.narrow(rows, each.value, self.viewer)
        rows = self.row_list.together(rows, {each.filter.name: each.value for each in self.chosen if each.value}, self.viewer)
        return self.order.narrow(rows)

    @cached_property
    def query(self) -> dict[str, str]:
        """The parameters that make this look, those of defaults left out."""
        query = {each.filter.name: each.value for each in self.chosen if each.value}
        if self.order is not self.row_list.orders[0]:
            query["order"] = self.order.name
        names = [column.name for column in self.columns if not column.fixed and not column.for_several]
        if names != [column.name for column in _chosen_by_default(self.row_list)]:
            query["columns"] = ",".join(names)
        return query

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is on."""
        return any(each.value for each in self.chosen)

    def value_of(self, name: str) -> str:
        """The value of one filter; empty when it is off."""
        return next((each.value for each in self.chosen if each.filter.name == name), "")

    def address(self, **changes: str) -> str:
        """The query string of this look with some parameters changed (empty: removed), on its first page."""
        return written({**self.query, **changes})


def written(query: Mapping[str, str]) -> str:
    """A query string; `?` alone for an empty one."""
    return f"?{urlencode({name: value for name, value in query.items() if value}, safe=',')}"


def read(text: str) -> QueryDict:
    """The parameters of a query string that a form sent along."""
    return QueryDict(text.removeprefix("?"))


def _chosen(each: Filter, viewer: Viewer, value: str) -> Chosen:
    choices = each.choices(viewer)
    words = each.words_of(value, viewer, choices) if value else ""
    return Chosen(each, choices, value if words else "", words)


def _chosen_by_default(row_list: RowList) -> list[Column]:
    return [column for column in row_list.columns if column.shown and not column.fixed and not column.for_several]


def _columns(row_list: RowList, query: QueryDict, *, several: bool) -> list[Column]:
    names = {name for text in query.getlist("columns") for name in text.split(",")}
    wanted = [column for column in row_list.columns if column.name in names] or _chosen_by_default(row_list)
    return [column for column in row_list.columns if column.fixed or (several if column.for_several else column in wanted)]
