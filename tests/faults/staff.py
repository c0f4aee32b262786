"""What people do in a fault run: an administrator resumes what is on hold, and an officer decides about what waits for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from uuid import UUID

from django.db.models import F, Model
from django.utils import timezone

from hygiene import reconciling as hygiene_reconciling
from hygiene.models import WorkOrder
from portal import registry
from portal.models import Organization, Pace, User
from portal.outbound import CallState, PersonReason
from privacy import archive, reconciling
from privacy.consent import deciding
from privacy.intake import NotPossible
from privacy.models import ConsentCall, Job, JobListing, PrivacyRequest, ResultArchive, Submission, Upload
from privacy.statuses import ArchiveStatus
from tests.faults.field import Field

CANNOT = (NotPossible, reconciling.CannotDecide, hygiene_reconciling.CannotDecide)
# Rows that a worker with a fast clock has put off.
PUT_OFF: list[tuple[type[Model], str]] = [
    (Submission, "next_attempt_at"),
    (ConsentCall, "next_attempt_at"),
    (WorkOrder, "next_attempt_at"),
    (WorkOrder, "next_poll_at"),
    (Job, "next_poll_at"),
    (JobListing, "next_list_at"),
    (ResultArchive, "next_attempt_at"),
    (PrivacyRequest, "next_attempt_at"),
    (Upload, "next_attempt_at"),
]


def resume_all() -> int:
    """The administrator has looked, and lets every queue go on. Returns how many were on hold."""
    held = list(Organization.objects.exclude(held_at=None))
    for organization in held:
        organization.resume()
        registry.resumed(organization.pk)
    return len(held)


def let_an_hour_pass() -> None:
    """What is put off by more than ten minutes comes an hour sooner: a clock that was an hour wrong has put it off.

    Only when something is tried, asked or listed next is moved; no claim, and no look at Adobe's list.
    """
    later = timezone.now() + timedelta(minutes=10)
    for model, name in PUT_OFF:
        manager = model._default_manager
        # An open job is asked about once a day at the latest, which is no matter of a clock.
        soon = {f"{name}__gt": later, f"{name}__lt": timezone.now() + timedelta(hours=2)}
        manager.filter(**soon).update(**{name: F(name) - timedelta(hours=1)})
    Pace.objects.filter(free_at__gt=later.timestamp()).update(free_at=0)


class DecidingOfficer:
    """Decides about every call that waits, once the faults are over; counts the decisions.

    First the portal looks again, now that Adobe's list is right. What the list then does not show was never taken, and goes out
    as a new call. Of an opt-out Adobe's support is asked, as its list of them is nowhere else.
    """

    def __init__(self, user: User, field: Field) -> None:
        self.user, self.field = user, field
        self.decisions: Counter[str] = Counter()
        self._looked_again: set[UUID] = set()

    def decide_all(self) -> int:
        """Whatever waits at this moment. Returns how many decisions were made."""
        before = self.decisions.total()
        for submission in Submission.objects.exclude(person_reason="").select_related("request__organization"):
            self._decide(submission, PRIVACY)
        for order in WorkOrder.objects.exclude(person_reason="").select_related("organization", "record_delete"):
            self._decide(order, HYGIENE)
        self._decide_opt_outs()
        for result in ResultArchive.objects.filter(status=ArchiveStatus.FAILED).select_related("job__organization", "request"):
            if archive.fetch_again(result, self.user):
                self.decisions["result: fetch again"] += 1
        return self.decisions.total() - before

    def _decide(self, call: Submission | WorkOrder, decide: Mapping[str, Callable[..., object]]) -> None:
        if call.person_reason == PersonReason.DOUBLED:
            self._carry_out("call: doubled, seen", decide["seen"], call)
        elif call.state == CallState.UNKNOWN and call.pk in self._looked_again:
            self._carry_out("call: send what is missing", decide["send"], call)
        elif call.state == CallState.UNKNOWN:
            self._looked_again.add(call.pk)
            self._carry_out("call: look again", decide["look"], call)

    def _decide_opt_outs(self) -> None:
        waiting = ConsentCall.objects.filter(state=CallState.UNKNOWN).exclude(person_reason="")
        calls = list(waiting.select_related("opt_out__organization", "opt_out__data_key"))
        if not calls:
            return
        known = {entry["transactionId"] for entry in self.field.adobe("ledger/consents")["entries"]}
        for call in calls:
            reference = f"{call.opt_out.number}-{call.ordinal}"
            decision = deciding.accept if reference in known else deciding.send_again
            self._carry_out(f"opt-out: {decision.__name__.replace('_', ' ')}", decision, call)

    def _carry_out(self, words: str, decide: Callable[..., object], call: Model) -> None:
        try:
            decide(call, self.user)
        except CANNOT:
            # A late answer or a look was faster.
            return
        self.decisions[words] += 1


PRIVACY: dict[str, Callable[..., object]] = {
    "look": reconciling.look_again,
    "send": reconciling.send_missing,
    "seen": reconciling.acknowledge_doubled,
}
HYGIENE: dict[str, Callable[..., object]] = {
    "look": hygiene_reconciling.look_again,
    "send": hygiene_reconciling.send_again,
    "seen": hygiene_reconciling.acknowledge_doubled,
}
