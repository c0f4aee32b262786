"""Drives marked values through record deletes, well and badly, on the stack of everything.py."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from tests.services.everything import INLINE_BYTES, MOST_BYTES, WAIT, Everything
from tests.site import Page, last_id
from tests.stack import StackError

WORK_ORDERS = "/data/core/hygiene/workorder"
ORDER = " FROM hygiene_workorder JOIN hygiene_recorddelete r ON r.id = record_delete_id WHERE r.number = %s"
DATASET = "7eab61f3e5c34810a49a1ab3"


def drive(everything: Everything) -> None:
    """All of it; `everything` was driven before, so its officer is signed in."""
    record_deletes = RecordDeletes(everything)
    record_deletes.refused_input()
    record_deletes.each_end()
    record_deletes.new_names()
    record_deletes.a_shredded_one()


@dataclass
class RecordDeletes:
    """The steps."""

    everything: Everything

    def ask(self, name: str, file: bytes | None = None, **fields: str) -> Page:
        """Send the form: typed identities, or a file under a marked name."""
        marks, officer = self.everything.marks, self.everything.officer
        given = {
            "organization": self.everything.seeded["organization"]["id"],
            "scope": "named",
            "datasets": DATASET,
            "name": marks.text(f"name of record delete {name}"),
            "description": marks.text(f"description of record delete {name}"),
        } | fields
        if file is not None:
            chosen = f"{marks.text('file name of record delete')}.json"
            return officer.upload("/record-deletes/new/", given, [(chosen, file)], field="identity_file")
        typed = "\r\n".join(marks.email(f"identity of record delete {name}") for _ in range(2))
        return officer.post("/record-deletes/new/", {"namespace": "email", "identities": typed} | given)

    def payload(self, name: str, **fields: Any) -> dict[str, Any]:
        """Adobe's shape of today, with a member that it does not have and a namespace of one's own."""
        marks = self.everything.marks
        groups = [
            {"namespace": {"code": "email"}, "ids": [marks.email(f"e-mail of record delete {name}")]},
            {"namespace": {"code": marks.text("a namespace")}, "ids": [marks.text(f"identity of record delete {name}")]},
        ]
        return {"namespacesIdentities": groups, marks.text("an unknown member"): marks.text("its value")} | fields

    def refused_input(self) -> None:
        """Errors in files, some of which cannot be read at all; a form that contradicts; and drafts that are discarded."""
        marks, officer = self.everything.marks, self.everything.officer
        mark, whole = marks.text("a cell"), self.payload("with errors")
        for content in (
            json.dumps(whole).encode()[:-20],
            json.dumps(whole).encode("utf-16"),
            f'{{"{mark}": 1, "{mark}": 2}}'.encode(),
            f'namespace,value\nemail,"{mark}'.encode(),
            json.dumps(whole).encode() + b" " * MOST_BYTES,
        ):
            assert self.ask("that cannot be read", content).status == 422
        assert self.ask("for no dataset", datasets=marks.email("typed as a dataset")).status == 422
        wrong = whole | {"datasetId": marks.email("a dataset"), "action": mark, "targetServices": [mark], "displayName": mark}
        for content, fields in (
            (json.dumps(wrong).encode(), {"scope": "file", "datasets": ""}),
            (json.dumps(wrong).encode(), {}),
            (f"namespace,value\n{mark},{mark},{mark}\n{mark}\n,{mark}".encode(), {}),
        ):
            draft = self.ask("with errors", content, **fields).location
            officer.get(draft)
            assert officer.post(f"{draft}discard/").status == 302

    def confirmed(self, name: str, state: str, *, in_file: bool = False) -> str:
        """Ask, confirm, and wait until the only work order is there. Returns the address."""
        content = json.dumps(self.payload(name, note="x" * INLINE_BYTES)).encode() if in_file else None
        address = self.ask(name, content).location
        ready = "SELECT status FROM hygiene_recorddelete WHERE number = %s"
        stack, officer = self.everything.stack, self.everything.officer
        stack.wait_until(lambda: stack.value(ready, last_id(address)) == "ready", WAIT, "the file to be checked")
        officer.get(address)
        assert officer.post(f"{address}confirm/", {"typed": self.everything.marks.text("typed as a count")}).status == 422
        assert officer.post(f"{address}confirm/", {"typed": "2"}).status == 302
        self.until(address, state)
        return address

    def until(self, address: str, *states: str) -> None:
        """Wait until the only work order is in one of these states, then look at the pages."""
        number, stack, officer = last_id(address), self.everything.stack, self.everything.officer
        state = f"SELECT state{ORDER}"
        stack.wait_until(
            lambda: (number,) in stack.rows(f"SELECT r.number{ORDER}", number) and stack.value(state, number) in states,
            WAIT,
            f"{number} to be {states}",
        )
        for page in (
            address,
            f"{address}progress/",
            f"{address}work-orders/",
            self.order(address),
            "/record-deletes/",
            "/quotas/",
        ):
            assert officer.get(page).status == 200

    def order(self, address: str) -> str:
        """The address of its only work order."""
        (row,) = self.everything.stack.rows(f"SELECT hygiene_workorder.id{ORDER}", last_id(address))
        return f"/work-orders/{UUID(str(row[0]))}/"

    def each_end(self) -> None:
        """Taken, refused with a quotation, held, over the quota, found by a look, and given up by a person."""
        mouth, officer = self.everything.mouth, self.everything.officer
        words = self.everything.marks.text("words about a work order")
        self.confirmed("accepted", "sent", in_file=True)
        for body in ({"message": words, "error_code": words}, words.encode()):
            mouth.answer_next("POST", WORK_ORDERS, 400, body)
            self.confirmed("refused", "rejected")
        mouth.answer_next("POST", WORK_ORDERS, 400, {"message": f"The quota of {words} is exceeded"})
        self.confirmed("over the quota", "queued")
        mouth.answer_next("POST", WORK_ORDERS, 403, {"error_code": words, "message": words})
        held = self.confirmed("held", "queued")
        self.everything.resumed()
        self.until(held, "sent")
        mouth.answer_next("POST", WORK_ORDERS, 200, {"workorderId": "", "displayName": words})
        lost = self.confirmed("lost", "unknown")
        for looks in (1, 2, 3):
            mouth.answer_next("GET", WORK_ORDERS, 200, {"results": [{"displayName": words}]})
            while not self.looked(lost, looks):
                self.everything.pass_time("7")
                # A look takes a moment. Too much time gone by until then, and Adobe would know nothing any more.
                with suppress(StackError):
                    self.everything.stack.wait_until(partial(self.looked, lost, looks), 2)
        assert officer.post(f"{self.order(lost)}decide/", {"decision": "give_up"}).status == 302
        self.until(lost, "cancelled")

    def looked(self, address: str, times: int) -> bool:
        """Whether so many looks for the only work order counted."""
        return bool(self.everything.stack.value(f"SELECT looks_done{ORDER}", last_id(address)) >= times)

    def new_names(self) -> None:
        """A new name that Adobe takes, and one that it refuses with a quotation; answers that cannot be used."""
        marks, mouth, officer, stack = (
            self.everything.marks,
            self.everything.mouth,
            self.everything.officer,
            self.everything.stack,
        )
        address = self.confirmed("renamed", "sent")
        words = marks.text("words about a new name")
        for refused in (False, True):
            for _ in range(2 if refused else 0):
                mouth.answer_next("PUT", WORK_ORDERS, 400, {"message": words, "error_code": words})
            fields = {"name": marks.text("a new name"), "description": marks.text("a new description")}
            assert officer.post(f"{self.order(address)}edit/", fields).status == 302
            pending = f"SELECT count(*){ORDER} AND edit_sealed IS NOT NULL"
            stack.wait_until(lambda q=pending: not stack.value(q, last_id(address)), WAIT, "the new name to be sent")  # type: ignore[misc]
            officer.get(self.order(address))
        mouth.answer_next("GET", f"{WORK_ORDERS}/", 200, f"<html>{words}".encode())
        mouth.answer_next("GET", f"{WORK_ORDERS}/", 400, {"error": words})
        for _ in range(2):
            officer.post(f"{self.order(address)}refresh/")
            due = f"SELECT count(*){ORDER} AND next_poll_at <= CURRENT_TIMESTAMP"
            stack.wait_until(lambda q=due: not stack.value(q, last_id(address)), WAIT, "the order to be asked about")  # type: ignore[misc]
        officer.get(self.order(address))

    def a_shredded_one(self) -> None:
        """Nothing of it can be read any more; before that a table is away while it is looked at."""
        stack, officer = self.everything.stack, self.everything.officer
        address = self.confirmed("shredded", "sent")
        with self.everything.table_away("hygiene_recorddelete"):
            assert self.ask("without its table").status == 500
        with self.everything.table_away("portal_datakey"):
            officer.get(address)
        stack.simulator.control("workorders/finish", {})
        officer.post(f"{self.order(address)}refresh/")
        status = f"SELECT hygiene_workorder.status{ORDER}"
        stack.wait_until(lambda: stack.value(status, last_id(address)) == "completed", WAIT, "the order to complete")
        officer.get(self.order(address))
        officer.post(f"{address}shred/", {"typed": self.everything.marks.text("typed as a number")})
        assert officer.post(f"{address}shred/", {"typed": last_id(address)}).status == 302
        for page in (address, self.order(address)):
            assert officer.get(page).status == 200
