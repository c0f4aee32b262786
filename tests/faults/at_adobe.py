"""Faults of Adobe's: armed at the local Adobe, which counts what really struck."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.faults.cells import Cell
from tests.faults.field import Field
from tests.faults.tally import Tally

LAG_SECONDS = 60.0
# Faults of the list and of events go on for a time, longer than the passes through the list are apart when events come (15 s),
# also where a pass takes its time; the others strike once and are over.
LAST_SECONDS = 30.0
CREATING = ("create", "create", "create", "workorder_create", "consent")
ANY_CALL = (*CREATING, "list", "detail")
OPERATIONS: dict[str, tuple[str, ...]] = {
    "unauthorized": ANY_CALL,
    "forbidden": CREATING,
    "throttle": ANY_CALL,
    "throttle_date": ANY_CALL,
    "error500": ANY_CALL,
    "error503": ANY_CALL,
    "cut_before_answer": ANY_CALL,
    "accept_then_cut": CREATING,
    "garbage": ANY_CALL,
    "slow": CREATING,
}
EVENTS = "events:"


class AtAdobe:
    """What is armed, and what of it has struck."""

    def __init__(self, field: Field, tally: Tally, afterwards: Callable[[float, Callable[[], object]], None]) -> None:
        """`afterwards` does something some seconds later."""
        self.field, self.tally, self._afterwards = field, tally, afterwards
        self._armed: dict[int, Cell] = {}
        self._events: dict[str, tuple[Cell, int]] = {}

    def waits(self, cell: Cell) -> bool:
        """Whether one of this cell is armed and has not struck."""
        return cell in self._armed.values() or any(cell is known for known, _ in self._events.values())

    def spoil(self, cell: Cell, dice: float) -> None:
        """Arm one."""
        if cell.adobe == "refuse":
            self.field.adobe("faults", {"kind": "refuse", "seconds": 1 + dice * 2})
            self.tally.hit(cell)
        elif cell.adobe.startswith(EVENTS):
            self._spoil_events(cell)
        else:
            fault = self.field.adobe("faults", {"kind": cell.adobe, **self._options(cell.adobe, dice)})
            self._armed[fault["id"]] = cell
            if cell.adobe == "token_down":
                # Nobody asks for a token while the one that all processes share is good.
                self.field.adobe("tokens", method="DELETE")
            if cell.adobe.startswith("list_"):
                self._afterwards(LAST_SECONDS, lambda: self._disarm(fault["id"]))

    def count(self) -> None:
        """Note what has struck since the last time."""
        if not self._armed:
            return
        for fault in self.field.adobe("faults")["faults"]:
            if fault["hits"] and fault["id"] in self._armed:
                self.tally.hit(self._armed.pop(fault["id"]))

    def disarm(self) -> None:
        """All of them."""
        self.count()
        self._armed.clear()
        self.field.adobe("faults", method="DELETE")
        for name in list(self._events):
            self._end_events(name)

    def _options(self, kind: str, dice: float) -> dict[str, Any]:
        operations = OPERATIONS.get(kind, ())
        options: dict[str, Any] = {"match": {"operation": operations[int(dice * len(operations))]}} if operations else {}
        match kind:
            case "throttle" | "throttle_date":
                options["retry_after"] = 2
            case "slow":
                # Some are slower than anybody waits.
                options["seconds"] = 1 + dice * self.field.times.read * 1.5
            case "list_lag":
                options["seconds"] = LAG_SECONDS
            case "list_miss_page" | "list_repeat_page":
                options["times"] = 4
        return options

    def _disarm(self, number: int) -> None:
        self.count()
        self._armed.pop(number, None)
        self.field.adobe(f"faults/{number}", method="DELETE")

    # --- Events ---

    def _spoil_events(self, cell: Cell) -> None:
        name = cell.adobe.removeprefix(EVENTS)
        if name in self._events:
            return
        self._events[name] = (cell, self._struck(name))
        self.field.adobe("events/settings", {name: 1})
        self._afterwards(LAST_SECONDS, lambda: self._end_events(name))

    def _end_events(self, name: str) -> None:
        if name not in self._events:
            return
        cell, before = self._events.pop(name)
        self.field.adobe("events/settings", {name: 0})
        if self._struck(name) > before:
            self.tally.hit(cell)

    def _struck(self, name: str) -> int:
        return int(self.field.adobe("events")["struck"].get(name, 0))
