"""Record deletes: identities that were confirmed, work orders that Adobe accepted, and what our rows say of them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from uuid import UUID

from hygiene import preparing
from hygiene.models import RecordDelete, ServiceProgress, WorkOrder
from hygiene.schema import namespace_on_wire
from hygiene.statuses import WORK_ORDER_AT_ADOBE_OPEN, RecordDeleteStatus, WorkOrderStatus
from portal import crypto
from portal.models import Organization
from portal.outbound import OPEN_STATES, CallState
from tests.faults.accounting.findings import Kind, Notes
from tests.faults.accounting.persons import People
from tests.faults.accounting.truth import Confirmed, Entry, Ledgers, was_accepted_after

Identity = tuple[str, str]
_REFERENCE = re.compile(r"\[PP-[A-Z2-7]{16}\]\s*\Z")
_ENDED = (WorkOrderStatus.COMPLETED, WorkOrderStatus.FAILED)


class Orders:
    """Compares them. `thawed` as for jobs."""

    def __init__(
        self, confirmed: Confirmed, ledgers: Ledgers, people: People, thawed: Mapping[UUID, float], notes: Notes
    ) -> None:
        organizations = set(Organization.objects.values_list("ims_org_id", flat=True))
        self.entries = [entry for entry in ledgers.orders if entry["org"] in organizations]
        self.confirmed, self.ledgers, self.people, self.thawed, self.notes = confirmed, ledgers, people, thawed, notes

    def look(self) -> None:
        """Note everything that there is to say of them."""
        self.notes.numbers["identities_confirmed"] = self.confirmed.deletes.total()
        self.notes.numbers["orders_in_ledger"] = len(self.entries)
        self.notes.numbers["identities_in_ledger"] = self.accepted.total()
        self._look_for_missing()
        self._look_for_more_than_confirmed()
        for order in self.ours:
            self._compare(order)

    # --- What each side has ---

    @cached_property
    def ours(self) -> list[WorkOrder]:
        """Our work orders but for those whose personal data was removed."""
        rows = WorkOrder.objects.exclude(record_delete__data_key=None).select_related("record_delete__data_key")
        return list(rows.order_by("pk"))

    @cached_property
    def by_reference(self) -> Mapping[str, list[Entry]]:
        by_reference: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            match = _REFERENCE.search(entry["displayName"] or "")
            by_reference[match[0].rstrip() if match else ""].append(entry)
        return by_reference

    @cached_property
    def accepted(self) -> Counter[Identity]:
        """How often Adobe took each identity."""
        return Counter(identity for entry in self.entries for identity in _identities_in(entry))

    # --- Lost ---

    def _look_for_missing(self) -> None:
        missing = self.confirmed.deletes - self.accepted
        for order in self.ours:
            if order.reference in self.by_reference:
                continue
            waiting = _identities_of(order) & missing
            if waiting:
                missing -= waiting
                self._place(order, waiting.total())
        if not missing:
            return
        if RecordDelete.objects.filter(status=RecordDeleteStatus.PREPARING).exists():
            self.notes.numbers["moving"] += missing.total()
            return
        for identity in missing.elements():
            place = list(self.confirmed.deletes).index(identity)
            self.notes.found(Kind.LOST, "an identity that neither Adobe nor an order of ours has", f"confirmed-delete-{place}")

    def _place(self, order: WorkOrder, identities: int) -> None:
        """Where identities are that Adobe does not have; each of them is one."""
        if self.people.have(order, order.organization_id, order.record_delete_id):
            self.notes.numbers["with_a_person"] += identities
        elif order.state in OPEN_STATES:
            self.notes.numbers["moving"] += identities
        else:
            self.notes.found(Kind.LOST, f"Adobe has no such order, and it is {order.state} here", order.pk)

    # --- Doubled ---

    def _look_for_more_than_confirmed(self) -> None:
        ours = {order.reference: order for order in self.ours}
        more = self.accepted - self.confirmed.deletes
        for reference, entries in self.by_reference.items():
            ids = [entry["workorderId"] for entry in entries]
            if reference not in ours:
                self.notes.found(Kind.WRONG, "Adobe has an order that no row of ours stands for", *ids)
            elif len(entries) > 1:
                order = ours[reference]
                kind = Kind.RESIDUE if self._is_residue(order, entries) else Kind.DOUBLED
                self.notes.found(kind, f"{len(entries)} orders with one reference", order.pk, *ids)
                for entry in entries[1:]:
                    more -= Counter(_identities_in(entry))
        for entry in self.entries:
            if extra := Counter(_identities_in(entry)) & more:
                more -= extra
                known = all(identity in self.confirmed.deletes for identity in extra)
                why = f"{extra.total()} identities were accepted more often than confirmed"
                self.notes.found(Kind.DOUBLED if known else Kind.WRONG, why, entry["workorderId"])

    def _is_residue(self, order: WorkOrder, entries: list[Entry]) -> bool:
        """Exactly the known case: the order of a frozen process, twice and the same."""
        if order.pk not in self.thawed or len(entries) != 2:
            return False
        if not was_accepted_after(entries[-1], self.thawed[order.pk]):
            return False
        return Counter(_identities_in(entries[0])) == Counter(_identities_in(entries[1]))

    # --- Wrong ---

    def _compare(self, order: WorkOrder) -> None:
        ids = {entry["workorderId"] for entry in self.by_reference.get(order.reference, ())}
        if order.adobe_work_order_id is None:
            self._compare_unknown(order, ids)
        elif order.adobe_work_order_id not in ids:
            self.notes.found(Kind.WRONG, "it has an id that Adobe gave to no order of this reference", order.pk)
        else:
            self._compare_status(order)
        if len(ids) > 1 and not ids <= {order.adobe_work_order_id, *order.extra_adobe_ids}:
            self.notes.numbers["doubled_without_an_alarm"] += 1

    def _compare_unknown(self, order: WorkOrder, ids: Collection[str]) -> None:
        """An order without an id of Adobe's."""
        if order.status not in (WorkOrderStatus.WAITING, WorkOrderStatus.NOT_SENT):
            self.notes.found(Kind.WRONG, f"it is {order.status} without an id of Adobe's", order.pk)
        elif order.state in OPEN_STATES:
            if ids and order.state == CallState.UNKNOWN and order.person_reason:
                self.notes.numbers["with_a_person"] += 1
                self.notes.numbers["with_a_person_though_adobe_has_it"] += 1
        elif ids:
            self.notes.found(Kind.WRONG, f"Adobe has it, and it is {order.state} here", order.pk, *ids)
        elif order.state == CallState.SENT:
            self.notes.found(Kind.WRONG, "it counts as sent, and Adobe has no such order", order.pk)

    def _compare_status(self, order: WorkOrder) -> None:
        there = self.ledgers.order_states.get(order.adobe_work_order_id or "")
        if there is None:
            return
        expected = there["status"] if there["known"] else WorkOrderStatus.GONE
        if order.status == expected:
            if order.status in _ENDED and order.next_poll_at is None and _services_of(order) != dict(there["services"]):
                self.notes.found(Kind.WRONG, "its services are not where they are at Adobe", order.pk)
        elif order.status in WORK_ORDER_AT_ADOBE_OPEN:
            self.notes.numbers["behind_adobe"] += 1
        elif there["known"]:
            self.notes.found(Kind.WRONG, f"it is {order.status} here and {expected} at Adobe", order.pk)


def _identities_in(entry: Entry) -> Iterator[Identity]:
    for group in entry["namespacesIdentities"]:
        for value in group["ids"]:
            yield _namespace(group["namespace"]), value


def _identities_of(order: WorkOrder) -> Counter[Identity]:
    """None when its file does not open: then nobody knows whom it is about, and they count as missing."""
    try:
        found = [(_namespace(namespace_on_wire(one.namespace)), one.value) for one in preparing.identities_of(order)]
    except (OSError, crypto.CannotDecrypt):
        return Counter()
    return Counter(found)


def _namespace(on_wire: Mapping[str, object]) -> str:
    return str(on_wire.get("code", on_wire.get("id"))).casefold()


def _services_of(order: WorkOrder) -> dict[str, str]:
    return dict(ServiceProgress.objects.filter(work_order=order).values_list("service", "status"))
