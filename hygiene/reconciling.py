"""Looking for a work order of unknown outcome in Adobe's list, and what a person may decide when looking does not settle it.

A look asks for the name that was sent, then reads the whole list, newest first, back to the day before the first byte: how
Adobe compares names is written nowhere, so only the list itself tells that an order is not there. It is read twice with different
page sizes, so that page boundaries fall differently. What counts is our reference at the end of the name. One failed page, two
passes that disagree about old orders, or a list that shows nothing of what we know to be at Adobe make the whole look not count.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from hygiene import naming, progress
from hygiene.models import WorkOrder
from hygiene.querysets import WorkOrderQuerySet
from hygiene.settling import follow_edit, known_fields, raise_alarm_when_doubled, record, record_outcome
from hygiene.settling import stop_when_queued as _stop_when_queued
from hygiene.statuses import WorkOrderStatus
from hygiene.submission import sent_naming
from portal import clock, connections, crypto, leases, sending, steps
from portal.adobe import errors
from portal.adobe.data_hygiene import DataHygiene
from portal.adobe.hygiene_answers import ListedWorkOrder, WorkOrderAnswer
from portal.models import User
from portal.outbound import (
    LIST_UNREAD,
    MOST_KNOWN,
    CallState,
    LookDoesNotCount,
    PersonReason,
    applying_look,
    counted_look_fields,
    look_failed,
    look_is_too_late,
    next_look,
    old_enough,
    queued_fields,
    same_look,
    sent_fields,
    shows_what_is_known,
)

logger = logging.getLogger(__name__)

LOOK_LEASE_SECONDS = 300.0
PAGE_SIZES = (100, 70)
MOST_PAGES = 5000


def look_next() -> int:
    """Look for one order. Returns how many were looked for."""
    now = clock.now()
    due = WorkOrder.objects.due_to_look(now)
    _, ids = leases.take(due, "next_look_at", most=1, seconds=LOOK_LEASE_SECONDS, now=now)
    for call_id in ids:
        look(call_id)
    return len(ids)


def look(call_id: uuid.UUID) -> None:
    """One look for one UNKNOWN order. A failed look changes its times and `last_error` only."""
    order: WorkOrder = WorkOrder.objects.select_related("organization__data_key", "record_delete__data_key").get(pk=call_id)
    if order.state != CallState.UNKNOWN:
        return
    try:
        service = connections.hygiene_for(order.organization)
        ids = find(service, order)
        # The list shows no services and no bundle: the order itself does, and shows that it can be read.
        answer = service.work_order(ids[0]) if ids else None
    except (errors.AdobeError, LookDoesNotCount, crypto.CannotDecrypt) as error:
        _look_failed(order, error)
        return
    with applying_look(order.pk):
        if answer is not None:
            _found(order, ids, answer)
        elif _was_not_overtaken(order):
            _count_look(order)
        progress.refresh(order.record_delete_id)


def find(service: DataHygiene, order: WorkOrder) -> list[str]:
    """Adobe's ids of every work order with our reference, oldest first. Raises LookDoesNotCount and AdobeError."""
    try:
        ours = _named(service, order, naming.with_reference(sent_naming(order).name, order.reference))
    except errors.Rejected:
        # How names are searched may change; that the whole list can be read is what counts.
        ours = []
    return _oldest_first(order, ours or _with_reference(_believable_list(service, order), order))


def find_by_names(service: DataHygiene, order: WorkOrder, names: Iterable[str]) -> list[str]:
    """The same, of those that Adobe finds by one of these names: that none is found proves nothing."""
    found = {one.work_order_id: one for name in names for one in _named(service, order, name)}
    return _oldest_first(order, found.values())


def _named(service: DataHygiene, order: WorkOrder, name: str) -> list[ListedWorkOrder]:
    return _with_reference(_listed(service, order, name), order)


def _oldest_first(order: WorkOrder, ours: Iterable[ListedWorkOrder]) -> list[str]:
    return [one.work_order_id for one in sorted(ours, key=lambda one: (one.created_at or order.created_at, one.work_order_id))]


def _with_reference(listed: list[ListedWorkOrder], order: WorkOrder) -> list[ListedWorkOrder]:
    return [one for one in listed if one.display_name.rstrip().endswith(order.reference)]


def _believable_list(service: DataHygiene, order: WorkOrder) -> list[ListedWorkOrder]:
    """The whole list, if it shows of what must be in it. Raises LookDoesNotCount."""
    listed = _whole_list(service, order)
    if _with_reference(listed, order) or shows_what_is_known({one.work_order_id for one in listed}, _must_be_listed(order)):
        return listed
    raise LookDoesNotCount


def _must_be_listed(order: WorkOrder) -> list[str]:
    """Adobe's ids of the youngest work orders that are in its list as far as the look reads it, and are not gone since."""
    sent = WorkOrder.objects.filter(
        organization=order.organization_id,
        state=CallState.SENT,
        adobe_work_order_id__isnull=False,
        first_sent_at__gte=_since(order),
        settled_at__lte=old_enough(),
    )
    youngest = sent.exclude(status=WorkOrderStatus.GONE).order_by("-settled_at")
    return list(youngest.values_list("adobe_work_order_id", flat=True)[:MOST_KNOWN])


def _whole_list(service: DataHygiene, order: WorkOrder) -> list[ListedWorkOrder]:
    """Of both passes, back to the day before the first byte. Raises LookDoesNotCount when one of them lacks an older order."""
    # One of the very last minutes may have come between the passes.
    since, recent = _since(order), clock.read() - timedelta(minutes=2)
    listed = (_listed(service, order, None, size) for size in PAGE_SIZES)
    passes = [{one.work_order_id: one for one in some if one.created_at is None or one.created_at >= since} for some in listed]
    both = passes[0] | passes[1]
    lacking = [both[one] for one in passes[0].keys() ^ passes[1].keys()]
    if any(one.created_at is not None and one.created_at < recent for one in lacking):
        raise LookDoesNotCount
    return list(both.values())


def _since(order: WorkOrder) -> datetime:
    return (order.first_sent_at or order.created_at) - timedelta(days=1)


def _listed(service: DataHygiene, order: WorkOrder, display_name: str | None, size: int = PAGE_SIZES[0]) -> list[ListedWorkOrder]:
    """Page after page until an empty one, or until one that is older than the order can be, each work order once.

    Newest first, so that what is made meanwhile moves others to later pages, where they are seen again, and never past us.
    Raises LookDoesNotCount when fewer came than Adobe says there are.
    """
    since = _since(order)
    seen: dict[str, ListedWorkOrder] = {}
    expected = 0
    for page in range(MOST_PAGES):
        _stay_leased(order)
        answer = service.work_orders(page=page, size=size, display_name=display_name)
        expected = expected or answer.total or 0
        if not answer.orders:
            if len(seen) < expected:
                raise LookDoesNotCount
            return list(seen.values())
        seen.update({one.work_order_id: one for one in answer.orders})
        if all(one.created_at is not None and one.created_at < since for one in answer.orders):
            return list(seen.values())
    raise LookDoesNotCount


def _look_failed(order: WorkOrder, error: Exception) -> None:
    held = ""
    if isinstance(error, errors.OrganizationBlocked):
        held = error.reason
        sending.hold(order.organization, error.reason, error.words)
    with transaction.atomic():
        if look_failed(WorkOrder.objects.all(), order, error, held=held):
            record_outcome(order, CallState.UNKNOWN, LIST_UNREAD)
            progress.refresh(order.record_delete_id)


def _found(order: WorkOrder, ids: list[str], answer: WorkOrderAnswer) -> None:
    """What Adobe has is true, whatever became of the order meanwhile."""
    if not _move_to_sent(order, ids, answer):
        # Somebody queued it again since: it must not go.
        _stop_when_queued(order)
        return
    follow_edit(order)
    raise_alarm_when_doubled(order)


def _move_to_sent(order: WorkOrder, ids: list[str], answer: WorkOrderAnswer) -> bool:
    order.answer = answer.raw
    fields = sent_fields() | known_fields(answer) | {"answer_sealed": order.answer_sealed, "waits_for_quota_until": None}
    # The list is ahead of nothing: the order is asked about next for its services.
    fields |= {"extra_adobe_ids": ids[1:], "next_poll_at": clock.now()}
    # Also one that a person has closed as not sent meanwhile: Adobe has it.
    undone = WorkOrder.objects.filter(pk=order.pk, state__in=(CallState.UNKNOWN, CallState.CANCELLED))
    if not undone.update(state=CallState.SENT, **fields):
        return False
    order.state = CallState.SENT
    record_outcome(order, CallState.SENT, "found_in_list")
    steps.wake("hygiene-detail")
    return True


def _was_not_overtaken(order: WorkOrder) -> bool:
    """Whether the order still stands where this look found it. Keeps it there until the transaction ends.

    Since then another look may have been counted, or the order sent again: what was listed before says nothing about that.
    """
    return bool(same_look(WorkOrder.objects.all(), order).update(lease=None))


def _stay_leased(order: WorkOrder) -> None:
    """A look through many pages takes longer than its lease."""
    same_look(WorkOrder.objects.all(), order).update(next_look_at=clock.now() + timedelta(seconds=LOOK_LEASE_SECONDS))


def _count_look(order: WorkOrder) -> None:
    fields = counted_look_fields(order)
    later = next_look(order.unknown_since or clock.read(), fields["looks_done"])
    WorkOrder.objects.filter(pk=order.pk).update(**fields)
    if later is not None:
        WorkOrder.objects.filter(pk=order.pk).update(next_look_at=later)
    elif look_is_too_late(order.first_sent_at):
        # How far Adobe's list reaches back is written nowhere: an old order that it does not show is no proof.
        _to_person(order, PersonReason.TOO_OLD)
    elif not order.organization.resend_deletes:
        _to_person(order, PersonReason.NONE_FOUND)
    else:
        # Under a claim token that no late answer can match any more.
        again = queued_fields(0, "not_found_in_list") | {"claim_token": None}
        WorkOrder.objects.filter(pk=order.pk).update(state=CallState.QUEUED, **again)
        record_outcome(order, CallState.QUEUED, "not_found_in_list")
        steps.wake("hygiene-submit")


def _to_person(order: WorkOrder, reason: PersonReason) -> None:
    WorkOrder.objects.filter(pk=order.pk).update(person_reason=reason, next_look_at=None)
    record_outcome(order, CallState.UNKNOWN, reason)


# --- What a person decides ---


DECIDED_ALREADY = noop("This work order is no longer waiting for a decision. Load the page again to see where it is.")


class CannotDecide(Exception):
    """The order is not waiting for this decision; `str()` says so to the person."""


@transaction.atomic
def look_again(order: WorkOrder, user: User) -> None:
    """Start the looks over. Raises CannotDecide."""
    now = clock.now()
    unknown = WorkOrder.objects.filter(pk=order.pk, state=CallState.UNKNOWN)
    changed = unknown.update(person_reason="", looks_done=0, next_look_at=now, unknown_since=now)
    _decided(order, user, "look_again", changed)
    steps.wake("hygiene-look")


@transaction.atomic
def send_again(order: WorkOrder, user: User) -> None:
    """Send it again, with the same identities and the same reference. Raises CannotDecide."""
    fields = queued_fields(0, "person") | {"claim_token": None, "looks_done": 0}
    _decided(order, user, "send_again", _undecided(order).update(state=CallState.QUEUED, **fields))
    steps.wake("hygiene-submit")


@transaction.atomic
def give_up(order: WorkOrder, user: User) -> None:
    """Close it as not sent. Raises CannotDecide."""
    fields = sent_fields() | {"status": WorkOrderStatus.NOT_SENT, "finished_at": timezone.now()}
    changed = _undecided(order).update(state=CallState.CANCELLED, **fields)
    _decided(order, user, "give_up", changed)


@transaction.atomic
def acknowledge_doubled(order: WorkOrder, user: User) -> None:
    """A person has seen the alarm. Raises CannotDecide."""
    doubled = WorkOrder.objects.filter(pk=order.pk, person_reason=PersonReason.DOUBLED)
    _decided(order, user, "acknowledge_doubled", doubled.update(person_reason=""))


def _undecided(order: WorkOrder) -> WorkOrderQuerySet:
    undecided: WorkOrderQuerySet = WorkOrder.objects.filter(pk=order.pk, state=CallState.UNKNOWN).exclude(person_reason="")
    return undecided


def _decided(order: WorkOrder, user: User, decision: str, changed: int) -> None:
    if not changed:
        raise CannotDecide(_(DECIDED_ALREADY))
    record(order, "decided", user, decision=decision)
    progress.refresh(order.record_delete_id)
