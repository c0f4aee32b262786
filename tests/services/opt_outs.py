"""Drives marked values through opt-outs by the consent endpoint, well and badly, on the stack of everything.py."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.services.everything import MOST_BYTES, WAIT, Everything
from tests.site import Page, last_id

CONSENT = "/data/core/privacy/consent"
CALL_STATE = "SELECT state FROM privacy_consentcall JOIN privacy_optout o ON o.id = opt_out_id WHERE o.number = %s"


def drive(everything: Everything) -> None:
    """All of it; `everything` was driven before, so its officer is signed in."""
    opt_outs = OptOuts(everything)
    opt_outs.refused_input()
    opt_outs.each_end()
    opt_outs.in_trouble()


@dataclass
class OptOuts:
    """The steps."""

    everything: Everything

    def ask(self, name: str, file: tuple[str, bytes] | None = None, **fields: str) -> Page:
        """Send the form: typed identities, or a file."""
        chosen = self.everything.upload_fields() | fields
        if file is not None:
            return self.everything.officer.upload("/opt-outs/new/", chosen, [file], field="opt_out_file")
        typed = "\r\n".join(self.everything.marks.email(f"identity of opt-out {name}") for _ in range(2))
        return self.everything.officer.post("/opt-outs/new/", {"namespace": "Email", "identities": typed} | chosen)

    def payload(self, name: str) -> dict[str, Any]:
        """The body of a consent call, with members that it does not have."""
        marks = self.everything.marks
        entities = [
            {"nameSpace": "email", "values": [marks.email(f"e-mail of opt-out {name}")]},
            {"namespace": "ECID", "values": [marks.text(f"identity of opt-out {name}")]},
        ]
        more = {marks.text("an unknown member"): marks.text("its value"), "transactionId": marks.text("a reference")}
        return {"optOutOfSale": True, "entities": entities} | more

    def file(self, content: bytes) -> tuple[str, bytes]:
        """The content under a marked name."""
        return f"{self.everything.marks.text('file name of opt-out')}.json", content

    def refused_input(self) -> None:
        """Errors in what was typed and in files, some of which cannot be read at all; and a draft that is discarded."""
        marks, officer = self.everything.marks, self.everything.officer
        whole = self.payload("with errors")
        wrong = whole | {"orgId": marks.text("an organization"), "optOutOfSale": marks.text("neither")}
        wrong["entities"] = [
            *whole["entities"],
            {"nameSpace": marks.text("a namespace"), "values": ["1"]},
            marks.text("no entity"),
        ]
        mark = marks.text("a cell")
        for content in (
            json.dumps(wrong).encode(),
            json.dumps(whole).encode()[:-20],
            json.dumps(whole).encode("utf-16"),
            f'{{"{mark}": 1, "{mark}": 2}}'.encode(),
            f"namespace,value\n{mark},{mark}\n{mark}\nemail,\x01{mark}".encode(),
            json.dumps(whole).encode() + b" " * MOST_BYTES,
        ):
            assert self.ask("with errors", self.file(content)).status == 422
        assert self.ask("typed wrongly", namespace=marks.text("a namespace")).status == 422
        draft = self.ask("discarded").location
        officer.get(draft)
        assert officer.post(f"{draft}discard/").status == 302

    def confirmed(self, name: str, state: str, *, in_file: bool = False) -> str:
        """Ask, confirm, and wait until the only call is there. Returns the address."""
        page = self.ask(name, self.file(json.dumps(self.payload(name)).encode()) if in_file else None)
        assert page.status == 302, page.status
        self.everything.officer.get(page.location)
        assert self.everything.officer.post(f"{page.location}confirm/").status == 302
        self.until(page.location, state)
        return page.location

    def until(self, address: str, *states: str) -> None:
        """Wait until the only call of an opt-out is in one of these states, then look at its pages."""
        number, stack = last_id(address), self.everything.stack
        stack.wait_until(lambda: stack.value(CALL_STATE, number) in states, WAIT, f"{number} to be {states}")
        for page in (address, f"{address}progress/", "/opt-outs/"):
            assert self.everything.officer.get(page).status in {200, 286}

    def each_end(self) -> None:
        """Accepted and removed, refused with a quotation, held, and of unknown outcome with each decision."""
        mouth, officer = self.everything.mouth, self.everything.officer
        accepted = self.confirmed("accepted", "sent", in_file=True)
        words = self.everything.marks.text("words about an opt-out")
        for body in ({"message": words, "error_code": words}, words.encode()):
            mouth.answer_next("POST", CONSENT, 400, body)
            self.confirmed("refused", "rejected", in_file=True)
        mouth.answer_next("POST", CONSENT, 403, {"error_code": words, "message": words})
        held = self.confirmed("held", "queued")
        self.everything.resumed()
        self.until(held, "sent")
        for decision, end in (("accepted", "sent"), ("send_again", "sent"), ("give_up", "cancelled")):
            mouth.answer_next("POST", CONSENT, 502, words.encode())
            undecided = self.confirmed(f"of unknown outcome, {decision}", "unknown")
            assert officer.post(f"{undecided}calls/1/decide/", {"decision": decision}).status == 302
            self.until(undecided, end)
        officer.post(f"{accepted}shred/", {"typed": self.everything.marks.text("typed as a number")})
        assert officer.post(f"{accepted}shred/", {"typed": last_id(accepted)}).status == 302
        officer.get(accepted)

    def in_trouble(self) -> None:
        """A table is away while a draft is made, while it is confirmed and while it is looked at."""
        officer = self.everything.officer
        draft = self.ask("in trouble").location
        with self.everything.table_away("privacy_optout"):
            assert self.ask("without its table").status == 500
        with self.everything.table_away("privacy_consentcall"):
            assert officer.post(f"{draft}confirm/").status == 500
        with self.everything.table_away("portal_datakey"):
            officer.get(draft)
        assert officer.post(f"{draft}confirm/").status == 302
        self.everything.pass_time("1")
        # A call that was being made when its worker lost the database is of unknown outcome.
        self.until(draft, "sent", "unknown")
