"""What the report counts. Each number is a condition on requests, so that a list can show exactly the rows behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from privacy.models import DeadlineChange, PrivacyRequest
from privacy.statuses import DeadlineChangeKind, Origin, Outcome, RequestStatus

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


@dataclass(frozen=True)
class Measure:
    """One number of the report. `head` is its column in the CSV, which stays the same in every language."""

    label: _StrOrPromise
    head: str
    condition: Q


_ANSWERED: Final = Q(answered_on__isnull=False)
_EXTENDED: Final = Q(Exists(DeadlineChange.objects.filter(request=OuterRef("pk"), kind=DeadlineChangeKind.EXTENDED)))

# What was received is answered, open or removed; what was answered is in time, late or without a date. A due date is the one that
# stood after extensions and pauses.
MEASURES: Final[Mapping[str, Measure]] = {
    "received": Measure(_("Received"), "received", Q()),
    "answered": Measure(_("Answered"), "answered", _ANSWERED),
    "in_time": Measure(_("In time"), "in_time", _ANSWERED & Q(answered_on__lte=F("due_on"))),
    "late": Measure(_("Late"), "late", _ANSWERED & Q(answered_on__gt=F("due_on"))),
    "no_date": Measure(_("Answered without a due date"), "without_due_date", _ANSWERED & Q(due_on=None)),
    "extended": Measure(_("Extended"), "extended", _EXTENDED),
    "granted": Measure(_("Answered in full"), "answered_in_full", Q(outcome=Outcome.GRANTED)),
    "partly": Measure(_("Partly refused"), "partly_refused", Q(outcome=Outcome.PARTLY)),
    "refused": Measure(_("Refused"), "refused", Q(outcome=Outcome.REFUSED)),
    "open": Measure(_("Not answered yet"), "not_answered", Q(answered_on=None) & ~Q(status=RequestStatus.SHREDDED)),
    "removed": Measure(_("Removed unanswered"), "removed_unanswered", Q(answered_on=None, status=RequestStatus.SHREDDED)),
}


def counted(rows: QuerySet[PrivacyRequest, Any]) -> QuerySet[PrivacyRequest, Any]:
    """Requests of people: not those that were cancelled, nor those that ask Adobe again for what another one is about."""
    return rows.exclude(status=RequestStatus.CANCELLED).exclude(origin=Origin.RESUBMISSION)
