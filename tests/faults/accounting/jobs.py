"""People and actions: what was confirmed, what Adobe accepted, and what our jobs say of themselves."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from portal.models import Organization
from portal.outbound import OPEN_STATES, CallState
from privacy.models import DataSubject, Job, PrivacyRequest, ProductResponse, Submission
from privacy.statuses import JOB_AT_ADOBE_OPEN, JobStatus, Origin, RequestStatus
from tests.faults.accounting.findings import Kind, Notes
from tests.faults.accounting.persons import People
from tests.faults.accounting.truth import Confirmed, Entry, Ledgers, officer_key, was_accepted_after

Pair = tuple[str, str]
_NEVER_AT_ADOBE = (JobStatus.WAITING, JobStatus.NOT_SENT)


@dataclass(frozen=True)
class Ours:
    """One job of ours: `wire` and `named` are (key, action), as Adobe has it and as the officer has it."""

    job: Job
    call: Submission | None
    wire: Pair
    named: Pair

    @property
    def adobe_ids(self) -> tuple[str, ...]:
        """Every id that we know it by at Adobe."""
        first = () if self.job.adobe_job_id is None else (self.job.adobe_job_id,)
        return (*first, *self.job.extra_adobe_job_ids)


class Jobs:
    """Compares them. `thawed`: calls whose process stood between the last look at its claim and the first byte for longer than
    every look, and when it went on (seconds since 1970).
    """

    def __init__(
        self, confirmed: Confirmed, ledgers: Ledgers, people: People, thawed: Mapping[UUID, float], notes: Notes
    ) -> None:
        organizations = set(Organization.objects.values_list("ims_org_id", flat=True))
        self.entries = [entry for entry in ledgers.jobs if entry["org"] in organizations]
        self.confirmed, self.ledgers, self.people, self.thawed, self.notes = confirmed, ledgers, people, thawed, notes

    def look(self) -> None:
        """Note everything that there is to say of them."""
        self.notes.numbers["jobs_confirmed"] = self.confirmed.people.total()
        self.notes.numbers["jobs_in_ledger"] = len(self.entries)
        for named in self.confirmed.people:
            self._look_for(named)
        self._look_for_more_than_confirmed()
        for ours in self.ours:
            self._compare(ours)
        self._compare_products()

    # --- What each side has ---

    @cached_property
    def ours(self) -> list[Ours]:
        """Our jobs but for mirrors of requests that were made elsewhere, and those whose personal data was removed."""
        subjects = DataSubject.objects.exclude(request__origin=Origin.ELSEWHERE).exclude(request__data_key=None)
        subjects = subjects.select_related("request__data_key").defer("identities_sealed")
        keys = {one.pk: (one.wire_key or "", one.officer_key or "") for one in subjects.iterator(2000)}
        calls = {call.pk: call for call in Submission.objects.defer("answer_sealed")}
        found = []
        for job in Job.objects.defer("raw_sealed").iterator(2000):
            if job.subject_id in keys:
                wire, officer = keys[job.subject_id]
                call = calls.get(job.submission_id) if job.submission_id else None
                found.append(Ours(job, call, (wire, job.action), (officer, job.action)))
        return found

    @cached_property
    def ours_by_name(self) -> Mapping[Pair, list[Ours]]:
        by_name: dict[Pair, list[Ours]] = defaultdict(list)
        for ours in self.ours:
            by_name[ours.named].append(ours)
        return by_name

    @cached_property
    def ours_by_wire(self) -> Mapping[Pair, Ours]:
        return {ours.wire: ours for ours in self.ours}

    @cached_property
    def by_wire(self) -> Mapping[Pair, list[Entry]]:
        by_wire: dict[Pair, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            by_wire[entry["key"] or "", entry["action"]].append(entry)
        return by_wire

    @cached_property
    def by_name(self) -> Mapping[Pair, list[Pair]]:
        """Wire pairs in the ledger by the name that the officer has for them."""
        by_name: dict[Pair, list[Pair]] = defaultdict(list)
        for key, action in self.by_wire:
            by_name[officer_key(key), action].append((key, action))
        return by_name

    @cached_property
    def by_id(self) -> Mapping[str, Entry]:
        return {entry["jobId"]: entry for entry in self.entries}

    @cached_property
    def preparing(self) -> bool:
        """Whether people of some request may not be written yet: whether it moves is looked at elsewhere."""
        return PrivacyRequest.objects.filter(status=RequestStatus.PREPARING).exists()

    # --- Lost ---

    def _look_for(self, named: Pair) -> None:
        missing = self.confirmed.people[named] - len(self.by_name.get(named, ()))
        for ours in self.ours_by_name.get(named, ()):
            if ours.wire in self.by_wire:
                self._count_misled(ours)
            elif missing > 0:
                missing -= 1
                self._place(ours)
        for _ in range(max(missing, 0)):
            if self.preparing:
                self.notes.numbers["moving"] += 1
            else:
                # Without a row there is no id: the place among the confirmed ones says which it is.
                place = list(self.confirmed.people).index(named)
                self.notes.found(Kind.LOST, "confirmed, and neither Adobe nor a row of ours has it", f"confirmed-{place}")

    def _place(self, ours: Ours) -> None:
        """Where a job is that Adobe does not have."""
        if self._is_with_a_person(ours):
            self.notes.numbers["with_a_person"] += 1
        elif ours.call is None or ours.call.state not in OPEN_STATES:
            state = "none" if ours.call is None else ours.call.state
            self.notes.found(Kind.LOST, f"Adobe has no job, and its call is {state}", *_ids(ours))
        else:
            self.notes.numbers["moving"] += 1

    def _is_with_a_person(self, ours: Ours) -> bool:
        call = ours.call
        if call is None:
            return False
        if call.state == CallState.QUEUED and call.waits_for_access and ours.job.request_id in self._waiting_for_a_person:
            return True
        return self.people.have(call, ours.job.organization_id, ours.job.request_id)

    @cached_property
    def _waiting_for_a_person(self) -> frozenset[UUID]:
        asking = PrivacyRequest.objects.filter(status=RequestStatus.ATTENTION)
        return frozenset(asking.values_list("pk", flat=True))

    def _count_misled(self, ours: Ours) -> None:
        """A person is asked about something that Adobe has: nobody could know, so no fault, but to be answered with care."""
        call = ours.call
        if call is not None and ours.job.adobe_job_id is None and call.state == CallState.UNKNOWN and call.person_reason:
            self.notes.numbers["with_a_person"] += 1
            self.notes.numbers["with_a_person_though_adobe_has_it"] += 1

    # --- Doubled ---

    def _look_for_more_than_confirmed(self) -> None:
        for wire, entries in self.by_wire.items():
            if len(entries) > 1:
                ours = self.ours_by_wire.get(wire)
                kind = Kind.RESIDUE if self._is_residue(ours, entries) else Kind.DOUBLED
                self.notes.found(kind, f"{len(entries)} jobs for one person and action", *_ids(ours), *_job_ids(entries))
        for named, wires in self.by_name.items():
            wanted = self.confirmed.people[named]
            entries = [self.by_wire[wire][0] for wire in wires]
            if not wanted:
                self.notes.found(Kind.WRONG, "Adobe has a job that nobody confirmed", *_job_ids(entries))
            elif len(wires) > wanted:
                self.notes.found(Kind.DOUBLED, f"{len(wires)} keys for one person and action", *_job_ids(entries))

    def _is_residue(self, ours: Ours | None, entries: list[Entry]) -> bool:
        """Exactly the known case: the call of a process that stood still, which Adobe has twice, both times whole and the same,
        the second time once it went on.
        """
        if ours is None or ours.call is None or ours.call.pk not in self.thawed or len(entries) != 2:
            return False
        if not was_accepted_after(entries[-1], self.thawed[ours.call.pk]):
            return False
        first, second = (self._posts[entry["call"]] for entry in entries)
        return entries[0]["call"] != entries[1]["call"] and first == second

    @cached_property
    def _posts(self) -> Mapping[int, Counter[Pair]]:
        posts: dict[int, Counter[Pair]] = defaultdict(Counter)
        for entry in self.entries:
            posts[entry["call"]][entry["key"], entry["action"]] += 1
        return posts

    # --- Wrong ---

    def _compare(self, ours: Ours) -> None:
        at_adobe = {entry["jobId"] for entry in self.by_wire.get(ours.wire, ())}
        if strange := [adobe_id for adobe_id in ours.adobe_ids if adobe_id not in self.by_id]:
            self.notes.found(Kind.WRONG, "it has an id that Adobe never gave", *_ids(ours), *strange)
        if others := [adobe_id for adobe_id in ours.adobe_ids if adobe_id in self.by_id and adobe_id not in at_adobe]:
            self.notes.found(Kind.WRONG, "it has the id of another person's job", *_ids(ours), *others)
        if len(at_adobe) > 1 and not at_adobe <= set(ours.adobe_ids):
            self.notes.numbers["doubled_without_an_alarm"] += 1
        if ours.job.adobe_job_id is None:
            self._compare_unknown(ours, at_adobe)
        elif ours.job.adobe_job_id in at_adobe:
            self._compare_status(ours)

    def _compare_unknown(self, ours: Ours, at_adobe: Collection[str]) -> None:
        """A job without an id of Adobe's."""
        call = ours.call
        if ours.job.status not in _NEVER_AT_ADOBE:
            self.notes.found(Kind.WRONG, f"it is {ours.job.status} without an id of Adobe's", *_ids(ours))
        elif call is None or call.state in OPEN_STATES:
            return
        elif at_adobe:
            self.notes.found(Kind.WRONG, f"Adobe has it, and its call is {call.state}", *_ids(ours), *at_adobe)
        elif call.state == CallState.SENT:
            self.notes.found(Kind.WRONG, "its call counts as sent, and Adobe has no job", *_ids(ours))

    def _compare_status(self, ours: Ours) -> None:
        job, there = ours.job, self.ledgers.job_states.get(ours.job.adobe_job_id or "")
        if there is None:
            return
        expected = there["status"] if there["known"] else JobStatus.GONE
        if job.status == expected or (not there["known"] and job.status not in JOB_AT_ADOBE_OPEN):
            return
        if job.status in JOB_AT_ADOBE_OPEN:
            # It will be asked about; whether that moves is looked at elsewhere.
            self.notes.numbers["behind_adobe"] += 1
        else:
            self.notes.found(Kind.WRONG, f"it is {job.status} here and {expected} at Adobe", *_ids(ours))

    def _compare_products(self) -> None:
        """Of jobs that have ended here, and that Adobe still knows."""
        ended = {o.job.pk: o for o in self.ours if o.job.adobe_job_id and o.job.status in (JobStatus.COMPLETE, JobStatus.ERROR)}
        said: dict[UUID, dict[str, str]] = defaultdict(dict)
        for job_id, product, status in ProductResponse.objects.values_list("job_id", "product", "status"):
            said[job_id][product] = status
        for job_id, ours in ended.items():
            there = self.ledgers.job_states.get(ours.job.adobe_job_id or "")
            if there is not None and there["known"] and said[job_id] != dict(there["products"]):
                self.notes.found(Kind.WRONG, "its products are not where they are at Adobe", *_ids(ours))


def _ids(ours: Ours | None) -> tuple[object, ...]:
    if ours is None:
        return ()
    return (ours.job.pk,) if ours.call is None else (ours.job.pk, ours.call.pk)


def _job_ids(entries: Iterable[Entry]) -> list[str]:
    return [entry["jobId"] for entry in entries]
