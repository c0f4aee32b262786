"""One outbound call that must happen exactly once.

Adobe knows no idempotency key, no cancel and no undo, so the row of the call is the truth and every change of its state is a
conditional UPDATE whose row count is read:

    QUEUED --claim--> SENDING --every expected job--> SENT
       ^                 |------- 400 about the body --> REJECTED
       |                 |------- nothing was sent ----> QUEUED, later
       |                 '------- cannot be known -----> UNKNOWN --looks at Adobe's list--> SENT, QUEUED or a person
       '------------------------------------------------------------------'

What cannot be decided is said: a process that freezes between the last look at its claim and the first byte, for longer than
the claim and all looks, and then thaws, is the one known way to send twice.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as noop

from portal import clock, crypto, fail_points
from portal.fail_points import FailPoint
from portal.ids import new_id


class CallState(models.TextChoices):
    """Where one outbound call is."""

    QUEUED = "queued", _("Waiting to be sent")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    REJECTED = "rejected", _("Refused by Adobe")
    UNKNOWN = "unknown", _("Outcome unknown")
    CANCELLED = "cancelled", _("Not sent")


OPEN_STATES = (CallState.QUEUED, CallState.SENDING, CallState.UNKNOWN)
TERMINAL_STATES = (CallState.SENT, CallState.REJECTED, CallState.CANCELLED)


# Of a call for a person: its outcome could not be looked for at all.
LIST_UNREAD, LIST_UNREAD_WORDS = "list_unread", noop("Adobe's list could not be read for a day")
# Looks that could not count for so long in a row are nothing that passes by itself.
LONGEST_BLIND = timedelta(days=1)
# `last_error` after a look that could not count: this, and the name of what was raised.
LOOK_FAILED = "look: "


class PersonReason(models.TextChoices):
    """Why a call of unknown outcome waits for a person."""

    NONE_FOUND = "none_found", _("Adobe's list does not show it in any look")
    SOME_FOUND = "some_found", _("Adobe's list shows only a part of it")
    TOO_OLD = "too_old", _("It is older than Adobe's list reaches back")
    NO_LIST = "no_list", _("Adobe keeps no list in which it could be looked for")
    DOUBLED = "doubled", _("Adobe has more than one job for the same person and action")


class OutboundCall(models.Model):
    """What every outbound call keeps of itself. Subclasses add what is sent and to whom."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    state = models.CharField(max_length=12, choices=CallState.choices, default=CallState.QUEUED)
    created_at = models.DateTimeField(auto_now_add=True)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=0)
    claim_token = models.UUIDField(null=True, editable=False)
    claimed_at = models.DateTimeField(null=True, editable=False)
    # Written immediately before the first byte: evidence of when, should the outcome be lost.
    first_byte_at = models.DateTimeField(null=True, editable=False)
    # The earliest first byte of any attempt: how far back a look must list.
    first_sent_at = models.DateTimeField(null=True, editable=False)
    token_refused = models.BooleanField(default=False)
    unknown_since = models.DateTimeField(null=True, editable=False)
    looks_done = models.PositiveIntegerField(default=0)
    lease = models.UUIDField(null=True, editable=False)
    next_look_at = models.DateTimeField(null=True)
    person_reason = models.CharField(max_length=20, choices=PersonReason.choices, blank=True)
    settled_at = models.DateTimeField(null=True)
    http_status = models.PositiveIntegerField(null=True)
    last_error = models.CharField(max_length=60, blank=True)
    words_sealed = crypto.SealedField(null=True)
    # Adobe's own words about a refusal, sealed under the `data_key` that each subclass has.
    words = crypto.SealedText("words_sealed")

    class Meta:
        abstract = True

    @property
    def is_settled(self) -> bool:
        """Whether its outcome is known."""
        return self.state not in OPEN_STATES

    @property
    def why_person(self) -> str:
        """Why it waits for a person, in words; empty when it does not."""
        if self.person_reason == PersonReason.NO_LIST and self.last_error == LIST_UNREAD:
            return str(_(LIST_UNREAD_WORDS))
        return str(PersonReason(self.person_reason).label) if self.person_reason else ""


CallT = TypeVar("CallT", bound=OutboundCall)


@dataclass(frozen=True)
class Claim:
    """The right of this process to make one call, until `deadline` on the monotonic clock."""

    calls: models.QuerySet[Any]
    call_id: uuid.UUID
    token: uuid.UUID
    deadline: float

    def still_held(self) -> bool:
        """The last look before the first byte: note the time of it, if and only if the claim still stands."""
        fail_points.reach(FailPoint.BEFORE_LAST_LOOK, self.call_id)
        if time.monotonic() >= self.deadline:
            return False
        now = clock.now()
        held = (
            self._mine().filter(state=CallState.SENDING).update(first_byte_at=now, first_sent_at=Coalesce("first_sent_at", now))
        )
        if held == 1:
            fail_points.reach(FailPoint.BEFORE_FIRST_BYTE, self.call_id)
        return held == 1

    def settle(self, state: CallState, **fields: Any) -> bool:
        """Move the call on. False when it no longer belongs to this claim: then nothing was changed.

        A call that the sweep has called UNKNOWN meanwhile may still be settled by the process that made it: it alone
        knows the answer. One that was claimed anew may not.
        """
        rows = self._mine().filter(state__in=(CallState.SENDING, CallState.UNKNOWN))
        return rows.update(state=state, **fields) == 1

    def _mine(self) -> models.QuerySet[Any]:
        return self.calls.filter(pk=self.call_id, claim_token=self.token)


def claim(calls: models.QuerySet[Any], call_id: uuid.UUID, sendable: Q) -> Claim | None:
    """Take a due QUEUED call for this process, or None when another was faster or it may not be sent now.

    `sendable` is the caller's condition, such as an organization that is not on hold; it is part of the same UPDATE.
    """
    token = uuid.uuid4()
    now = clock.now()
    deadline = time.monotonic() + settings.CLAIM_SECONDS
    # The condition may join other tables; an UPDATE cannot, a subquery in its WHERE can.
    due = calls.filter(sendable, pk=call_id, state=CallState.QUEUED, next_attempt_at__lte=now)
    taken = calls.filter(pk__in=due.values("pk"), state=CallState.QUEUED, next_attempt_at__lte=now).update(
        state=CallState.SENDING,
        claim_token=token,
        claimed_at=now,
        first_byte_at=None,
        attempts=models.F("attempts") + 1,
    )
    if not taken:
        return None
    fail_points.reach(FailPoint.AFTER_CLAIM, call_id)
    return Claim(calls, call_id, token, deadline)


def sent_fields(http_status: int | None = None) -> dict[str, Any]:
    """The call reached Adobe and every expected job is known."""
    return {
        "settled_at": clock.now(),
        "http_status": http_status,
        "last_error": "",
        "person_reason": "",
        "next_look_at": None,
        "unknown_since": None,
        "token_refused": False,
    }


def queued_fields(delay_seconds: float, reason: str, http_status: int | None = None) -> dict[str, Any]:
    """Nothing of this attempt counts at Adobe: the call goes back into the queue, due after `delay_seconds`."""
    return {
        "next_attempt_at": clock.now() + timedelta(seconds=delay_seconds),
        "last_error": reason,
        "http_status": http_status,
        "first_byte_at": None,
        "unknown_since": None,
        "next_look_at": None,
        "person_reason": "",
    }


def unknown_fields(reason: str, http_status: int | None = None) -> dict[str, Any]:
    """Whether Adobe took the call cannot be known: the first look comes after the first of LOOK_AFTER_SECONDS."""
    now = clock.now()
    return {
        "last_error": reason,
        "http_status": http_status,
        "unknown_since": now,
        "looks_done": 0,
        "person_reason": "",
        "next_look_at": now + timedelta(seconds=settings.LOOK_AFTER_SECONDS[0]),
    }


def release_stale(calls: models.QuerySet[Any]) -> list[tuple[uuid.UUID, CallState]]:
    """SENDING calls whose claim has run out, as their process died or froze. Gives what each has become.

    UNKNOWN: nobody knows how far it came. QUEUED: no attempt ever came to its first byte, which is noted before it leaves and
    only under the claim that is taken away here.
    """
    released = []
    for call_id, token, attempts in calls.order_by().filter(stale()).values_list("pk", "claim_token", "attempts"):
        row = calls.filter(pk=call_id, state=CallState.SENDING, claim_token=token)
        again = queued_fields(backoff(attempts), "claim_ran_out") | {"claim_token": None}
        if row.filter(first_sent_at=None).update(state=CallState.QUEUED, **again):
            state = CallState.QUEUED
        elif row.update(state=CallState.UNKNOWN, **unknown_fields("claim_ran_out")):
            state = CallState.UNKNOWN
        else:
            continue
        fail_points.reach(FailPoint.IN_SWEEP, call_id)
        released.append((call_id, state))
    return released


def stale() -> Q:
    """The condition of calls whose claim has run out."""
    return Q(state=CallState.SENDING, claimed_at__lt=clock.now() - timedelta(seconds=settings.CLAIM_SECONDS))


def mark_unfinished_as_unknown(calls: models.QuerySet[Any]) -> int:
    """After a restore: no row of the backup that was not finished can be believed. All of them become UNKNOWN.

    Their claim is taken away, so that no process from before the restore can settle them, and the first look is due now.
    """
    now = clock.now()
    return calls.filter(state__in=OPEN_STATES).update(
        state=CallState.UNKNOWN,
        **(unknown_fields("restored_from_backup") | {"next_look_at": now, "claim_token": None}),
        first_sent_at=Coalesce("first_sent_at", "created_at"),
    )


def look_is_too_late(first_sent_at: datetime | None) -> bool:
    """Whether the call is older than Adobe's list reaches back (Privacy Service API, list jobs: 45 days)."""
    if first_sent_at is None:
        return False
    return clock.read() - first_sent_at > timedelta(days=settings.ADOBE_LOOK_BACK_DAYS)


def next_look(unknown_since: datetime, looks_done: int) -> datetime | None:
    """When to look again after `looks_done` looks that counted; None when there were enough."""
    delays: Sequence[float] = settings.LOOK_AFTER_SECONDS
    if looks_done >= len(delays):
        return None
    # Never later than now for being overdue, and by no other clock than the one that `unknown_since` was written by.
    return unknown_since + timedelta(seconds=delays[looks_done])


class LookDoesNotCount(Exception):
    """The list was short, its passes disagree, it does not end, or it lacks what must be in it."""


def shows_what_is_known(seen: Collection[str], known: Iterable[str]) -> bool:
    """Whether a list in which a call was not found can be believed.

    `known`: Adobe's ids of a few jobs (or orders) that must be in it, the youngest ones that are `old_enough`. A list that
    shows none of them is empty, broken, or behind: then it says nothing about the call either. Where none is known, it is
    believed.
    """
    must_be_there = list(known)
    return not must_be_there or any(adobe_id in seen for adobe_id in must_be_there)


# So many of them are enough.
MOST_KNOWN = 50


def old_enough() -> clock.Moment:
    """What Adobe had before this must be in its list: no first look for a call is made sooner."""
    return clock.now() - timedelta(seconds=settings.LOOK_AFTER_SECONDS[0])


def same_look(calls: models.QuerySet[CallT], call: OutboundCall) -> models.QuerySet[CallT]:
    """The row of `call`, if it still stands where the look that loaded it began.

    Since then another look may have been counted, or the call sent again: what was listed before says nothing about that.
    """
    return calls.filter(
        pk=call.pk,
        state=CallState.UNKNOWN,
        person_reason="",
        unknown_since=call.unknown_since,
        looks_done=call.looks_done,
    )


def look_failed(calls: models.QuerySet[CallT], call: OutboundCall, error: Exception, *, held: str = "") -> bool:
    """Note a look that could not count: only the call's times and `last_error` change, and it is made again soon.

    True when no look could count for LONGEST_BLIND: the call waits for a person from now on. Time in which the organization is
    on hold (`held`: why) does not count, because then a person is asked already and no look is made.
    """
    now, due_after = clock.now(), timedelta(seconds=_delay_of(call.looks_done))
    again = {
        "next_look_at": now + timedelta(seconds=backoff(1, first=_delay_of(0), longest=_delay_of(0))),
        "last_error": held or f"{LOOK_FAILED}{type(error).__name__}"[:60],
    }
    row = same_look(calls, call)
    if held or not call.last_error.startswith(LOOK_FAILED):
        # The first one in a row. However late it was made, the day begins with it, and the looks after it keep their distance.
        row.update(**again, unknown_since=now - due_after)
        return False
    is_blind = row.filter(unknown_since__lte=now - due_after - LONGEST_BLIND)
    if is_blind.update(person_reason=PersonReason.NO_LIST, last_error=LIST_UNREAD, next_look_at=None):
        return True
    row.update(**again)
    return False


def counted_look_fields(call: OutboundCall) -> dict[str, Any]:
    """One more look could count."""
    fields: dict[str, Any] = {"looks_done": call.looks_done + 1}
    return fields | {"last_error": ""} if call.last_error.startswith(LOOK_FAILED) else fields


def _delay_of(looks_done: int) -> float:
    """How long after `unknown_since` the look after so many is due."""
    delays: Sequence[float] = settings.LOOK_AFTER_SECONDS
    return delays[min(looks_done, len(delays) - 1)]


@contextmanager
def applying_look(call_id: uuid.UUID) -> Iterator[None]:
    """What a look at Adobe's list found changes the rows in one transaction."""
    fail_points.reach(FailPoint.BEFORE_LOOK_APPLIED, call_id)
    with transaction.atomic():
        yield
        fail_points.reach(FailPoint.BEFORE_LOOK_COMMITTED, call_id)
    fail_points.reach(FailPoint.AFTER_LOOK_APPLIED, call_id)


def backoff(attempts: int, *, first: float = 5, longest: float = 900) -> float:
    """Seconds until the next attempt: doubled each time, with up to a quarter of jitter so that rows spread out."""
    base = min(first * 2 ** min(max(attempts - 1, 0), 16), longest)
    return float(base) * (1 + (uuid.uuid4().int % 1000) / 4000)
