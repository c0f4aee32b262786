"""Opt-outs: values that were confirmed, consent calls that Adobe accepted, and what our rows say of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from uuid import UUID

from portal.models import Organization
from portal.outbound import OPEN_STATES, CallState
from privacy.consent.sending import reference
from privacy.models import ConsentCall
from privacy.statuses import OptOutStatus
from tests.faults.accounting.findings import Kind, Notes
from tests.faults.accounting.persons import People
from tests.faults.accounting.truth import Confirmed, Entry, Ledgers, was_accepted_after

Value = tuple[str, str]


class OptOuts:
    """Compares them. `thawed` as for jobs."""

    def __init__(
        self, confirmed: Confirmed, ledgers: Ledgers, people: People, thawed: Mapping[UUID, float], notes: Notes
    ) -> None:
        organizations = set(Organization.objects.values_list("ims_org_id", flat=True))
        self.entries = [entry for entry in ledgers.consents if entry["org"] in organizations]
        self.confirmed, self.people, self.thawed, self.notes = confirmed, people, thawed, notes

    def look(self) -> None:
        """Note everything that there is to say of them."""
        self.notes.numbers["opt_outs_confirmed"] = self.confirmed.opt_outs.total()
        self.notes.numbers["opt_outs_in_ledger"] = self.accepted.total()
        self._look_for_missing()
        self._look_for_more_than_confirmed()
        for call in self.ours:
            self._compare(call)

    @cached_property
    def ours(self) -> list[ConsentCall]:
        """Our calls but for drafts and those whose personal data was removed."""
        rows = ConsentCall.objects.exclude(opt_out__data_key=None).exclude(opt_out__status=OptOutStatus.DRAFT)
        return list(rows.select_related("opt_out__data_key").order_by("pk"))

    @cached_property
    def by_reference(self) -> Mapping[str, list[Entry]]:
        by_reference: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            by_reference[entry.get("transactionId", "")].append(entry)
        return by_reference

    @cached_property
    def accepted(self) -> Counter[Value]:
        """How often Adobe took each value."""
        return Counter(value for entry in self.entries for value in _values(entry["entities"]))

    def _look_for_missing(self) -> None:
        missing = self.confirmed.opt_outs - self.accepted
        for call in self.ours:
            if reference(call) in self.by_reference:
                continue
            waiting = Counter(_values(call.entities or ())) & missing
            if waiting:
                missing -= waiting
                self._place(call, waiting.total())
        for value in missing.elements():
            place = list(self.confirmed.opt_outs).index(value)
            self.notes.found(Kind.LOST, "a value that neither Adobe nor a call of ours has", f"confirmed-opt-out-{place}")

    def _place(self, call: ConsentCall, values: int) -> None:
        """Where values are that Adobe does not have; each of them is one."""
        if self.people.have(call, call.opt_out.organization_id, call.opt_out_id):
            self.notes.numbers["with_a_person"] += values
        elif call.state in OPEN_STATES:
            self.notes.numbers["moving"] += values
        else:
            self.notes.found(Kind.LOST, f"Adobe has no such consent call, and it is {call.state} here", call.pk)

    def _is_residue(self, call: ConsentCall, entries: list[Entry]) -> bool:
        """Exactly the known case: the call of a process that stood still, twice and the same, the second time once it went on."""
        if call.pk not in self.thawed or len(entries) != 2:
            return False
        same = bool(entries[0]["entities"] == entries[1]["entities"])
        return same and was_accepted_after(entries[-1], self.thawed[call.pk])

    def _look_for_more_than_confirmed(self) -> None:
        ours = {reference(call): call for call in self.ours}
        more = self.accepted - self.confirmed.opt_outs
        for name, entries in self.by_reference.items():
            numbers = [f"consent-{entry['n']}" for entry in entries]
            if name not in ours:
                self.notes.found(Kind.WRONG, "Adobe has a consent call that no row of ours stands for", *numbers)
            elif len(entries) > 1:
                call = ours[name]
                kind = Kind.RESIDUE if self._is_residue(call, entries) else Kind.DOUBLED
                self.notes.found(kind, f"{len(entries)} consent calls with one reference", call.pk, *numbers)
                for entry in entries[1:]:
                    more -= Counter(_values(entry["entities"]))
        for entry in self.entries:
            if extra := Counter(_values(entry["entities"])) & more:
                more -= extra
                known = all(value in self.confirmed.opt_outs for value in extra)
                why = f"{extra.total()} values were accepted more often than confirmed"
                self.notes.found(Kind.DOUBLED if known else Kind.WRONG, why, f"consent-{entry['n']}")

    def _compare(self, call: ConsentCall) -> None:
        entries = self.by_reference.get(reference(call), [])
        if call.state == CallState.SENT and not entries:
            self.notes.found(Kind.WRONG, "it counts as sent, and Adobe has no such call", call.pk)
        elif call.state in (CallState.REJECTED, CallState.CANCELLED) and entries:
            self.notes.found(Kind.WRONG, f"Adobe has it, and it is {call.state} here", call.pk)
        elif call.state == CallState.UNKNOWN and call.person_reason and entries:
            self.notes.numbers["with_a_person"] += 1
            self.notes.numbers["with_a_person_though_adobe_has_it"] += 1


def _values(entities: object) -> Iterator[Value]:
    assert isinstance(entities, list | tuple)
    for entity in entities:
        for value in entity["values"]:
            yield entity["nameSpace"].casefold(), value
