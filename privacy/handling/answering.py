"""The answer: when receipt was acknowledged, how the person was verified, and what they were told, when and how.

The law's clock stops when the person is answered, not when Adobe is done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from portal import audit
from portal.models import User
from privacy.deadlines import today_in
from privacy.handling import moving
from privacy.handling.rows import in_words, locked, why_not_answered_here
from privacy.intake import NotPossible
from privacy.models import PrivacyRequest, RequestAnswer
from privacy.statuses import AnswerChannel, Outcome, VerifiedHow

# Of a refusal, in full or in part.
NEEDS_GROUND = (Outcome.PARTLY, Outcome.REFUSED)


@dataclass(frozen=True)
class Answer:
    """What is written down about one request. Empty: not known, or not yet."""

    acknowledged_on: date | None = None
    verified_how: str = ""
    verified_on: date | None = None
    by_agent: bool = False
    agent: str = ""
    answered_on: date | None = None
    outcome: str = ""
    channel: str = ""
    answered_with: str = ""
    legal_ground: str = ""

    @classmethod
    def of(cls, request: PrivacyRequest) -> Answer:
        """As it stands. Raises CannotDecrypt."""
        row = RequestAnswer.objects.filter(request=request).first() or RequestAnswer()
        row.request = request
        return cls(
            acknowledged_on=request.acknowledged_on,
            verified_how=row.verified_how,
            verified_on=row.verified_on,
            by_agent=row.by_agent,
            agent=row.agent or "",
            answered_on=request.answered_on,
            outcome=request.outcome,
            channel=row.channel,
            answered_with=row.answered_with or "",
            legal_ground=row.legal_ground,
        )


def faults_of(request: PrivacyRequest, given: Answer) -> dict[str, str]:
    """What is wrong with an answer, by the name of its field, in words for the person who typed it."""
    return dict(_faults(request, given))


def _faults(request: PrivacyRequest, given: Answer) -> Iterator[tuple[str, str]]:
    today = today_in(request.organization.time_zone)
    for name in ("acknowledged_on", "verified_on", "answered_on"):
        day: date | None = getattr(given, name)
        if day is not None and day > today:
            yield name, _("This day has not come yet. Enter the day on which it happened.")
        elif day is not None and day < request.received_on and name != "verified_on":
            received = in_words(request.received_on)
            yield name, _("The request was received on %(received)s: enter that day or a later one.") % {"received": received}
    if given.verified_how and given.verified_on is None:
        yield "verified_on", _("Enter the day on which the person was verified.")
    if given.verified_on and not given.verified_how:
        yield "verified_how", _("Choose how the person was verified.")
    if given.by_agent and not given.agent:
        yield "agent", _("Write down who the agent is and how the authority was shown.")
    if given.agent and not given.by_agent:
        yield "by_agent", _("Tick this box when an agent asked, or clear the words about the agent.")
    yield from _faults_of_end(given)


def _faults_of_end(given: Answer) -> Iterator[tuple[str, str]]:
    if given.answered_on is None:
        if given.outcome or given.channel or given.answered_with or given.legal_ground:
            yield "answered_on", _("Enter the day on which the person was answered, or clear the rest of the answer.")
        return
    if not given.outcome:
        yield "outcome", _("Choose what the person was told.")
    if not given.channel:
        yield "channel", _("Choose how the answer went to the person.")
    if given.outcome in NEEDS_GROUND and not given.legal_ground:
        yield "legal_ground", _("Name the provision that the refusal rests on, such as GDPR Art. 17(3)(b).")


def save(request: PrivacyRequest, user: User, given: Answer) -> list[str]:
    """Write the answer down, with a line in the trail for each part of it that is new. Gives the names of what changed.

    Raises NotPossible for an answer that has faults, for a request that is closed, and for a resubmission.
    """
    for fault in faults_of(request, given).values():
        raise NotPossible(fault)
    with transaction.atomic():
        row = _answerable(request)
        before = Answer.of(row)
        changed = [field.name for field in fields(Answer) if getattr(before, field.name) != getattr(given, field.name)]
        if changed:
            if given.answered_on is not None:
                moving.end_pause(row, user, given.answered_on)
            _write(row, user, given, changed)
            _record(row, user, before, given, changed)
    return changed


def acknowledge(request: PrivacyRequest, user: User) -> bool:
    """Write down that receipt is acknowledged today. False when it was before. Raises NotPossible as `save` does."""
    with transaction.atomic():
        row = _answerable(request)
        if row.acknowledged_on is not None:
            return False
        given = Answer(acknowledged_on=today_in(row.organization.time_zone))
        _write(row, user, given, ["acknowledged_on"])
        _record(row, user, Answer(), given, ["acknowledged_on"])
    return True


def _answerable(request: PrivacyRequest) -> PrivacyRequest:
    """The row, locked. Raises NotPossible."""
    row = locked(request)
    if refusal := why_not_answered_here(row):
        raise NotPossible(refusal)
    return row


_OF_REQUEST = ("acknowledged_on", "answered_on", "outcome")
_WHO = {
    "acknowledged_on": "acknowledged_by",
    "verified_how": "verified_by",
    "verified_on": "verified_by",
    "answered_on": "answered_by",
}


def _write(row: PrivacyRequest, user: User, given: Answer, changed: list[str]) -> None:
    answer = RequestAnswer.objects.filter(request=row).first() or RequestAnswer(request=row)
    answer.request = row
    for name in changed:
        value = getattr(given, name)
        setattr(row if name in _OF_REQUEST else answer, name, (value or None) if name in ("agent", "answered_with") else value)
        if name in _WHO:
            setattr(answer, _WHO[name], user if value else None)
    row.save(update_fields=list(_OF_REQUEST))
    answer.save()


def _record(row: PrivacyRequest, user: User, before: Answer, given: Answer, changed: list[str]) -> None:
    for action, details in _events(row, before, given, changed):
        audit.record(action, actor=user, organization=row.organization, obj=row, root_id=row.pk, details=details)


def _events(row: PrivacyRequest, before: Answer, given: Answer, changed: list[str]) -> Iterator[tuple[str, dict[str, str | int]]]:
    """Days and choices: what was written in words stays out of the trail."""
    if before.acknowledged_on is None and given.acknowledged_on is not None:
        yield "request.acknowledged", {"on": given.acknowledged_on.isoformat()}
    if not before.verified_how and given.verified_how:
        yield "request.verified", {"how": VerifiedHow(given.verified_how).value}
    if before.answered_on is None and given.answered_on is not None:
        yield (
            "request.answered",
            {
                "number": row.number,
                "on": given.answered_on.isoformat(),
                "outcome": Outcome(given.outcome).value,
                "channel": AnswerChannel(given.channel).value,
                "days": (given.answered_on - row.received_on).days,
            },
        )
    elif before.answered_on is not None and given.answered_on is None:
        yield "request.answer_withdrawn", {"on": before.answered_on.isoformat()}
    corrected = [name for name in changed if getattr(before, name) and getattr(given, name)]
    if corrected:
        yield "request.answer_changed", {"fields": ", ".join(sorted(corrected))}
