"""Answers of the Data Hygiene API about work orders and quotas, read leniently. Pure: bytes in, frozen records out.

What may name a person (names, descriptions, authors) is left out of every `repr`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from portal.adobe.answers import Fields, Unreadable, read_object


@dataclass(frozen=True)
class ServiceAnswer:
    """What one of Adobe's services said about a work order (`productStatusDetails`); `status` is its word, as it came."""

    service: str
    status: str
    at: datetime | None


@dataclass(frozen=True)
class WorkOrderAnswer:
    """One work order. `status` is Adobe's word, as it came; older answers lack `operation_count` and `target_services`."""

    work_order_id: str
    bundle_id: str
    status: str
    display_name: str = field(repr=False)
    description: str = field(repr=False)
    dataset_id: str
    operation_count: int | None
    target_services: tuple[str, ...]
    created_at: datetime | None
    updated_at: datetime | None
    services: tuple[ServiceAnswer, ...]
    raw: bytes = field(repr=False)


@dataclass(frozen=True)
class ListedWorkOrder:
    """One work order as a listing shows it."""

    work_order_id: str
    display_name: str = field(repr=False)
    created_at: datetime | None


@dataclass(frozen=True)
class WorkOrderPage:
    """One page of a listing. `total` is what Adobe says, None when it does not."""

    orders: tuple[ListedWorkOrder, ...]
    total: int | None


@dataclass(frozen=True)
class QuotaAnswer:
    """One quota: how much of it is used."""

    name: str
    description: str
    consumed: int
    quota: int


def read_work_order(raw: bytes) -> WorkOrderAnswer:
    """Answer to POST, GET and PUT of one work order. Raises Unreadable, also when it has no id."""
    answer = Fields(read_object(raw))
    work_order_id = answer.identifier("workorderId")
    if not work_order_id:
        raise Unreadable("no id in the answer about a work order")
    return WorkOrderAnswer(
        work_order_id=work_order_id,
        bundle_id=answer.identifier("bundleId"),
        status=answer.text("status"),
        display_name=answer.text("displayName", "name"),
        description=answer.text("description"),
        dataset_id=answer.text("datasetId"),
        operation_count=answer.number("operationCount"),
        target_services=tuple(str(name) for name in answer.list("targetServices") or ()),
        created_at=answer.date("createdAt"),
        updated_at=answer.date("updatedAt"),
        services=tuple(_services(answer.list("productStatusDetails") or [])),
        raw=raw,
    )


def read_work_order_page(raw: bytes) -> WorkOrderPage:
    """Answer to GET /workorder. An entry that cannot be read makes the whole page unreadable: a look that overlooks a work
    order would be worse than none. The links in it lack the base path, so nobody reads them. Raises Unreadable.
    """
    answer = Fields(read_object(raw))
    entries = answer.list("results")
    if entries is None:
        raise Unreadable("no list of work orders in the answer to a listing")
    return WorkOrderPage(tuple(_listed(Fields(entry)) for entry in entries), answer.number("total"))


def read_quotas(raw: bytes) -> tuple[QuotaAnswer, ...]:
    """Answer to GET /quota, under the names that Adobe gives. Raises Unreadable."""
    entries = Fields(read_object(raw)).list("quotas")
    if entries is None:
        raise Unreadable("no list of quotas in the answer")
    return tuple(_quota(Fields(entry)) for entry in entries)


def _services(entries: list[Any]) -> list[ServiceAnswer]:
    answers = (Fields(entry) for entry in entries)
    # A service that the list names twice counts as it stood last.
    named = {one.text("productName"): one for one in answers if one.text("productName")}
    return [ServiceAnswer(name, one.text("productStatus"), one.date("createdAt")) for name, one in named.items()]


def _listed(entry: Fields) -> ListedWorkOrder:
    work_order_id = entry.identifier("workorderId")
    if not work_order_id:
        raise Unreadable("an entry of a listing has no work order id")
    return ListedWorkOrder(work_order_id, entry.text("displayName", "name"), entry.date("createdAt"))


def _quota(entry: Fields) -> QuotaAnswer:
    name, consumed, quota = entry.text("name"), entry.number("consumed"), entry.number("quota")
    if not name or consumed is None or quota is None:
        raise Unreadable("a quota without its name or numbers")
    return QuotaAnswer(name, entry.text("description"), consumed, quota)
