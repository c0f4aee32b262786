"""Moving the due date of a request: an extension with its reason, within what the law allows; a pause, and the end of one.

An extension counts from the first due date, moved on by the days that the clock stood still, however often it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from portal import audit
from portal.models import User
from privacy import catalog
from privacy.deadlines import Deadline, spelled, today_in
from privacy.handling.rows import in_words, locked, why_closed
from privacy.intake import NotPossible
from privacy.models import DeadlineChange, PrivacyRequest
from privacy.statuses import Action, DeadlineChangeKind, RequestStatus

# Where a law gives no number: what is further off is a slip of the pen.
FURTHEST = timedelta(days=366)
LONGEST_REASON = 2000


@dataclass(frozen=True)
class Room:
    """How far the law lets one request's date be moved. `latest`: the last day; None where the law gives no number for it.

    `why_not_extend` and `why_not_pause` are empty where it can be done now.
    """

    rule: Deadline | None
    first_due: date | None
    latest: date | None
    why_not_extend: str
    why_not_pause: str
    changes: Sequence[DeadlineChange]

    @property
    def limit_words(self) -> str:
        """The law's limit, such as 2 months; empty where it gives no number."""
        if self.rule is None or self.rule.extension_amount is None:
            return ""
        return spelled(self.rule.extension_amount, self.rule.extension_unit)


def room_of(request: PrivacyRequest, actions: Sequence[str] | None = None) -> Room:
    """As the law and the changes so far leave it. `actions`: what is asked for in it, where that is known already."""
    changes = list(request.deadline_changes.select_related("by").order_by("at", "id"))
    for change in changes:
        change.request = request
    rule = catalog.governing(request.regulation, actions_of(request) if actions is None else actions, request.received_on)
    first_due = _first_due(request, changes)
    latest = rule.extended(first_due) if rule and first_due else None
    stands = _why_it_stands(request)
    return Room(
        rule=rule,
        first_due=first_due,
        latest=latest,
        why_not_extend=stands or _why_not_extend(request, rule, latest),
        why_not_pause=stands or _why_not_pause(request, rule),
        changes=changes,
    )


def actions_of(request: PrivacyRequest) -> list[str]:
    """What is asked for in it."""
    if request.opt_out:
        return [Action.OPT_OUT]
    return sorted(request.jobs.order_by().values_list("action", flat=True).distinct())


def _first_due(request: PrivacyRequest, changes: Sequence[DeadlineChange]) -> date | None:
    """The due date as it would be had nobody extended it."""
    if not changes or changes[0].due_before is None:
        return request.due_on
    return changes[0].due_before + timedelta(days=_days_paused(changes))


def _days_paused(changes: Sequence[DeadlineChange]) -> int:
    stood_at, days = None, 0
    for change in changes:
        if change.kind == DeadlineChangeKind.PAUSED:
            stood_at = change.due_before
        elif change.kind == DeadlineChangeKind.RESUMED and stood_at and change.due_after:
            days += (change.due_after - stood_at).days
    return days


# --- Extending ---


def _why_it_stands(request: PrivacyRequest) -> str:
    """Why nothing moves the date at all."""
    closed = why_closed(request)
    if closed:
        return closed
    if request.status == RequestStatus.PREPARING:
        return _("The request is still being prepared; its due date is known in a moment.")
    if request.answered_on is not None:
        return _("The person was answered, so the law's clock has stopped.")
    return ""


def _why_not_extend(request: PrivacyRequest, rule: Deadline | None, latest: date | None) -> str:
    if request.paused_on is not None:
        return _("The clock is paused. Let it go on first, then extend the date.")
    if request.due_on is None or rule is None:
        return _("This law gives no date, so there is none to extend.")
    if not rule.can_be_extended:
        return _("%(law)s does not let this date be moved.") % {"law": catalog.law_name(request.regulation)}
    if latest is not None and request.due_on >= latest:
        return _("The date was moved as far as the law allows: to %(latest)s.") % {"latest": in_words(latest)}
    return ""


def fault_of_date(request: PrivacyRequest, room: Room, until: date) -> str:
    """What is wrong with a new due date; empty when nothing is."""
    if request.due_on is None or room.first_due is None:
        return room.why_not_extend
    if until <= request.due_on:
        return _("The new date must be later than the one that stands, %(due)s.") % {"due": in_words(request.due_on)}
    if room.latest is not None and until > room.latest:
        words = {
            "law": catalog.law_name(request.regulation),
            "limit": room.limit_words,
            "first": in_words(room.first_due),
            "latest": in_words(room.latest),
        }
        return _("%(law)s allows %(limit)s more, counted from %(first)s: until %(latest)s at most.") % words
    if room.latest is None and until > room.first_due + FURTHEST:
        return _("This day is more than a year after the first due date. Check the year.")
    return ""


def is_late(request: PrivacyRequest) -> bool:
    """Whether the date that stands has passed, in the organization's calendar."""
    return request.due_on is not None and request.due_on < today_in(request.organization.time_zone)


@transaction.atomic
def extend(request: PrivacyRequest, user: User, until: date, reason: str, *, told_in_time: bool = False) -> None:
    """Move the due date on. Raises NotPossible where the law or the state of the request does not allow it.

    `told_in_time`: the person was told before the date passed. Without it a date that has passed stays.
    """
    row = locked(request)
    room = room_of(row)
    refusal = room.why_not_extend or fault_of_date(row, room, until) or fault_of_reason(reason)
    if not refusal and is_late(row) and not told_in_time:
        refusal = words_when_late()
    if refusal:
        raise NotPossible(refusal)
    due_before = row.due_on
    _change(row, user, DeadlineChangeKind.EXTENDED, due_after=until, reason=reason)
    days = (until - due_before).days if due_before else 0
    details: dict[str, audit.Scalar] = {
        "number": row.number,
        "due_before": _iso(due_before),
        "due_after": _iso(until),
        "days": days,
    }
    audit.record("request.extended", actor=user, organization=row.organization, obj=row, root_id=row.pk, details=details)


def words_when_late() -> str:
    """Why a date that has passed is not moved just so."""
    return _("The date has passed. It can only be moved when the person was told of the extension before it did.")


def fault_of_reason(reason: str) -> str:
    """What is wrong with a reason; empty when nothing is."""
    if not reason.strip():
        return _("Write down why. The person is told the reason, and an auditor may ask for it.")
    return _("Shorten the reason to 2,000 characters.") if len(reason) > LONGEST_REASON else ""


# --- Pausing ---


def _why_not_pause(request: PrivacyRequest, rule: Deadline | None) -> str:
    if request.paused_on is not None:
        return _("The clock is paused already.")
    if request.due_on is None or rule is None:
        return _("This law gives no date, so there is no clock to pause.")
    if not rule.pause:
        return _("No rule is known here by which %(law)s stops the clock.") % {"law": catalog.law_name(request.regulation)}
    if is_late(request):
        return _("The date has passed, so there is nothing left to pause.")
    return ""


@transaction.atomic
def pause(request: PrivacyRequest, user: User, reason: str) -> None:
    """Let the clock stand still from today on. Raises NotPossible where the law or the state of the request does not allow it."""
    row = locked(request)
    refusal = room_of(row).why_not_pause or fault_of_reason(reason)
    if refusal:
        raise NotPossible(refusal)
    left = (row.due_on - today_in(row.organization.time_zone)).days if row.due_on else 0
    row.paused_on = today_in(row.organization.time_zone)
    _change(row, user, DeadlineChangeKind.PAUSED, due_after=None, reason=reason)
    details: dict[str, audit.Scalar] = {"number": row.number, "days": left}
    audit.record("request.paused", actor=user, organization=row.organization, obj=row, root_id=row.pk, details=details)


@transaction.atomic
def resume(request: PrivacyRequest, user: User) -> None:
    """Let the clock go on: the date moves by the days that it stood still. Raises NotPossible when it was not paused."""
    row = locked(request)
    if not end_pause(row, user, today_in(row.organization.time_zone)):
        raise NotPossible(_("The clock is not paused."))


def end_pause(row: PrivacyRequest, user: User, on: date) -> bool:
    """The same for a locked row, as of a day. False when it was not paused."""
    if row.paused_on is None:
        return False
    last = row.deadline_changes.filter(kind=DeadlineChangeKind.PAUSED).order_by("-at", "-id").first()
    stood_at = last.due_before if last else None
    days = max((on - row.paused_on).days, 0)
    due_after = stood_at + timedelta(days=days) if stood_at else None
    row.paused_on = None
    _change(row, user, DeadlineChangeKind.RESUMED, due_after=due_after)
    details: dict[str, audit.Scalar] = {"number": row.number, "days": days, "due_after": _iso(due_after)}
    audit.record("request.resumed", actor=user, organization=row.organization, obj=row, root_id=row.pk, details=details)
    return True


def _change(row: PrivacyRequest, user: User, kind: DeadlineChangeKind, *, due_after: date | None, reason: str = "") -> None:
    change = DeadlineChange(request=row, kind=kind, by=user, due_before=row.due_on, due_after=due_after)
    change.reason = reason.strip() or None
    change.save(force_insert=True)
    row.due_on = due_after
    row.save(update_fields=["due_on", "paused_on"])


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
