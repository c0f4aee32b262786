"""`GET /ttl`: which expirations a list call asks for, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from portal.simulator.hygiene.datasets import dataset_name
from portal.simulator.hygiene.expirations import Expiration
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

_STATUSES = ("pending", "executing", "completed", "executed", "cancelled")
_DATES = ("created", "updated", "cancelled", "completed", "executed", "expiry")
_SORT_KEYS: dict[str, Callable[[Expiration, float], str | float]] = {
    "displayName": lambda one, _: one.name or "",
    "description": lambda one, _: one.description or "",
    "datasetName": lambda one, _: dataset_name(one.dataset),
    "id": lambda one, _: one.ttl_id,
    "updatedBy": lambda one, _: str(one.history[-1]["author"]),
    "updatedAt": Expiration.updated,
    "expiry": lambda one, _: one.expiry,
    "status": Expiration.status,
}


@dataclass(frozen=True)
class ExpirationQuery:
    """`given` are the parameters as they came; `sandbox` None is all of them; `windows` by what the date is of."""

    given: Mapping[str, str]
    paging: Paging
    sandbox: str | None
    statuses: frozenset[str]
    windows: dict[str, tuple[float, float]]
    order: Order


def read_query(given: Mapping[str, str], sandbox: str, done_word: str) -> ExpirationQuery:
    """`size` is `limit` in older releases; the words completed and executed mean the same. Raises Invalid."""
    named = given.get("sandboxName", sandbox)
    renamed = {**given, "limit": given["size"]} if "size" in given and "limit" not in given else given
    statuses = read_statuses(given, _STATUSES)
    windows = {name: read_window(given, f"{name}FromDate", f"{name}ToDate", f"{name}Date") for name in _DATES}
    return ExpirationQuery(
        given=given,
        paging=read_paging(renamed, 25),
        sandbox=None if named == "*" else named,
        statuses=statuses | {"completed"} if done_word in statuses else statuses,
        windows={name: window for name, window in windows.items() if window is not None},
        order=read_order(given, _SORT_KEYS, "-updatedAt"),
    )


def select(expirations: list[Expiration], query: ExpirationQuery, at: float) -> list[Expiration]:
    """Those that match, sorted; newest first when nothing else is asked for."""
    found = [one for one in expirations if one.created <= at and _fits(one, query, at)]
    key = _SORT_KEYS[query.order.name]
    return sorted(found, key=lambda one: key(one, at), reverse=query.order.descending)


def _fits(one: Expiration, query: ExpirationQuery, at: float) -> bool:
    given = query.given
    return (
        query.sandbox in {None, one.sandbox}
        and one.status(at) in query.statuses
        and all(is_within(_date(one, name, at), window) for name, window in query.windows.items())
        and given.get("ttlId", one.ttl_id) == one.ttl_id
        and given.get("datasetId", one.dataset) == one.dataset
        and contains(dataset_name(one.dataset), given.get("datasetName"))
        and contains(one.name, given.get("displayName"))
        and contains(one.description, given.get("description"))
        and author_fits(one.history[-1]["author"], given.get("author"))
        and _search_fits(one, given.get("search"))
    )


def _search_fits(one: Expiration, wanted: str | None) -> bool:
    """A piece of author, name, description or dataset, or one of the ids whole."""
    texts = (one.history[-1]["author"], one.name, one.description, dataset_name(one.dataset))
    return wanted is None or wanted in {one.ttl_id, one.dataset} or any(contains(text, wanted) for text in texts)


def _date(one: Expiration, name: str, at: float) -> float | None:
    """An instant that has come; the expiry also when it is still ahead."""
    instants = {
        "created": one.created,
        "updated": one.updated(at),
        "cancelled": one.cancelled,
        "completed": one.completed,
        "executed": one.executed,
    }
    if name == "expiry":
        return one.expiry
    instant = instants[name]
    return instant if instant is not None and instant <= at else None
