"""Everything that Data Hygiene remembers, each change on the state file before anybody is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portal.simulator.clock import iso
from portal.simulator.hygiene.expirations import Expiration, ExpirationStore, load_expiration
from portal.simulator.hygiene.orders import OrderStore, WorkOrder, load_order
from portal.simulator.hygiene.quotas import Quotas

# How the state file names what happened.
ENTRIES = frozenset(
    {"workorder", "workorder_edit", "workorder_end", "workorder_age", "workorder_forget", "ttl", "ttl_forget", "quota"}
)


class HygieneRecords:
    """`append` writes to the state file; `replay` does again what it says."""

    def __init__(self, append: Callable[[dict[str, Any]], None]) -> None:
        self._append = append
        self.reset()

    def reset(self) -> None:
        self.orders = OrderStore()
        self.expirations = ExpirationStore()
        self.quotas = Quotas()

    def accept_order(self, order: WorkOrder) -> WorkOrder:
        """The order as it is kept."""
        self._note("workorder", order.dumped())
        return self.orders.all()[-1]

    def edit_order(self, order: WorkOrder, changes: dict[str, str], at: float) -> None:
        """`changes` names `name` and `description`, each only when it changes."""
        self._note("workorder_edit", {"id": order.order_id, "changes": changes, "at": at})

    def end_orders(self, order_ids: list[str] | None, at: float, *, failed: bool) -> int:
        """Ends these orders (None for all) now; how many there were."""
        self._note("workorder_end", {"ids": order_ids, "at": at, "failed": failed})
        return len(self._named(order_ids))

    def age_order(self, order_id: str, seconds: float) -> bool:
        """Makes an order so much older; False when it is not known."""
        self._note("workorder_age", {"id": order_id, "seconds": seconds})
        return self.orders.find(order_id) is not None

    def forget_order(self, order_id: str) -> bool:
        """Adobe no longer knows this order; False when it never did."""
        known = self.orders.find(order_id) is not None
        self._note("workorder_forget", {"id": order_id})
        return known

    def keep_expiration(self, expiration: Expiration) -> None:
        """A new one, or one that was changed."""
        self._note("ttl", expiration.dumped())

    def forget_expiration(self, ttl_id: str) -> bool:
        known = self.expirations.find(ttl_id) is not None
        self._note("ttl_forget", {"id": ttl_id})
        return known

    def change_quota(self, org: str, at: float, limits: dict[str, int], consumed: dict[str, int]) -> None:
        self._note("quota", {"org": org, "at": at, "limits": limits, "consumed": consumed})

    def _note(self, kind: str, entry: dict[str, Any]) -> None:
        self._append({kind: entry})
        self.replay(kind, entry)

    def replay(self, kind: str, entry: dict[str, Any]) -> None:
        """Does what one entry of the state file says."""
        _REPLAYS[kind](self, entry)

    def _named(self, order_ids: list[str] | None) -> list[WorkOrder]:
        if order_ids is None:
            return self.orders.all()
        return [order for name in order_ids if (order := self.orders.find(name))]

    def _add_order(self, entry: dict[str, Any]) -> None:
        order = load_order(entry)
        self.orders.add(order, _ledger_entry(order))
        self.quotas.count(order.org, order.identities, order.created)

    def _edit_order(self, entry: dict[str, Any]) -> None:
        order = self.orders.find(entry["id"])
        if order is None:
            return
        order.name = entry["changes"].get("name", order.name)
        order.description = entry["changes"].get("description", order.description)
        order.edited = entry["at"]

    def _end_orders(self, entry: dict[str, Any]) -> None:
        for order in self._named(entry["ids"]):
            order.course.end(max(0.0, entry["at"] - order.created), failed=entry["failed"])

    def _age_order(self, entry: dict[str, Any]) -> None:
        order = self.orders.find(entry["id"])
        if order is not None:
            order.created -= entry["seconds"]

    def _forget_order(self, entry: dict[str, Any]) -> None:
        self.orders.forget(entry["id"])

    def _keep_expiration(self, entry: dict[str, Any]) -> None:
        self.expirations.put(load_expiration(entry))

    def _forget_expiration(self, entry: dict[str, Any]) -> None:
        self.expirations.forget(entry["id"])

    def _change_quota(self, entry: dict[str, Any]) -> None:
        self.quotas.change(entry["org"], entry["at"], entry["limits"], entry["consumed"])


_REPLAYS: dict[str, Callable[[HygieneRecords, dict[str, Any]], None]] = {
    "workorder": HygieneRecords._add_order,
    "workorder_edit": HygieneRecords._edit_order,
    "workorder_end": HygieneRecords._end_orders,
    "workorder_age": HygieneRecords._age_order,
    "workorder_forget": HygieneRecords._forget_order,
    "ttl": HygieneRecords._keep_expiration,
    "ttl_forget": HygieneRecords._forget_expiration,
    "quota": HygieneRecords._change_quota,
}


def _ledger_entry(order: WorkOrder) -> dict[str, Any]:
    """The name it was made with: a later change of it is no part of what was accepted."""
    return {
        "n": order.number,
        "org": order.org,
        "sandbox": order.sandbox,
        "workorderId": order.order_id,
        "displayName": order.name,
        "description": order.description,
        "datasetId": order.dataset,
        "targetServices": order.targets,
        "identities": order.identities,
        "namespacesIdentities": [{"namespace": namespace, "ids": ids} for namespace, ids in order.groups],
        "acceptedAt": iso(order.created),
    }
