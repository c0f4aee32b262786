"""`GET /workorder`: which orders a list call asks for, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from portal.simulator.hygiene.filters import (
    Order,
    Paging,
    author_fits,
    contains,
    is_within,
    read_order,
    read_paging,
    read_statuses,
    read_window,
)
from portal.simulator.hygiene.orders import STATUSES, WorkOrder
from portal.simulator.switches import Switches
from portal.simulator.validation import Invalid

_PROPERTIES = frozenset(
    {
        "workorderId", "orgId", "bundleId", "action", "createdAt", "updatedAt", "operationCount", "targetServices", "status",
        "createdBy", "datasetId", "datasetName", "displayName", "description",
    }
)  # fmt: skip

_SORT_KEYS: dict[str, Callable[[WorkOrder, float], str | float]] = {
    "displayName": lambda order, _: order.name or "",
    "description": lambda order, _: order.description or "",
    "id": lambda order, _: order.order_id,
    "createdBy": lambda order, _: order.author,
    "createdAt": lambda order, _: order.created,
    "updatedAt": WorkOrder.updated,
    "operation": lambda *_: "identity-delete",
    "operationCount": lambda order, _: len(order.groups),
    "status": WorkOrder.status,
}


@dataclass(frozen=True)
class OrderQuery:
    """`given` are the parameters as they came; `sandbox` None is all of them; `properties` None is all fields."""

    given: Mapping[str, str]
    paging: Paging
    sandbox: str | None
    statuses: frozenset[str]
    window: tuple[float, float] | None
    properties: frozenset[str] | None
    order: Order


def read_query(switches: Switches, given: Mapping[str, str], sandbox: str) -> OrderQuery:
    """Raises Invalid."""
    if given.get("type", "identity-delete") != "identity-delete":
        raise Invalid("type must be identity-delete")
    if "filterDate" in given and ("fromDate" in given or "toDate" in given):
        raise Invalid("filterDate cannot be used with fromDate and toDate")
    named = given.get("sandboxName", sandbox)
    return OrderQuery(
        given=given,
        paging=read_paging(given, switches.number("workorder_limit")),
        sandbox=None if named == "*" else named,
        statuses=read_statuses(given, (*STATUSES, "in-progress")),
        window=read_window(given, "fromDate", "toDate", "filterDate"),
        properties=_read_properties(given.get("properties")),
        order=read_order(given, _SORT_KEYS, "-createdAt"),
    )


def _read_properties(text: str | None) -> frozenset[str] | None:
    if text is None:
        return None
    names = frozenset(text.split(","))
    if not names <= _PROPERTIES:
        raise Invalid(f"properties must be of: {', '.join(sorted(_PROPERTIES))}")
    return names


def select(orders: list[WorkOrder], query: OrderQuery, at: float) -> list[WorkOrder]:
    """Those that match, sorted; newest first when nothing else is asked for."""
    found = [order for order in orders if order.created <= at and _fits(order, query, at)]
    key = _SORT_KEYS[query.order.name]
    return sorted(found, key=lambda order: key(order, at), reverse=query.order.descending)


def _fits(order: WorkOrder, query: OrderQuery, at: float) -> bool:
    given = query.given
    return (
        query.sandbox in {None, order.sandbox}
        and order.status(at) in query.statuses
        and is_within(order.created, query.window)
        and given.get("workorderId", order.order_id) == order.order_id
        and author_fits(order.author, given.get("author"))
        and contains(order.name, given.get("displayName"))
        and contains(order.description, given.get("description"))
        and _search_fits(order, given.get("search"))
    )


def _search_fits(order: WorkOrder, wanted: str | None) -> bool:
    """A piece of author, name, description or dataset, or the whole id."""
    texts = (order.author, order.name, order.description, order.dataset)
    return wanted is None or wanted == order.order_id or any(contains(text, wanted) for text in texts)
