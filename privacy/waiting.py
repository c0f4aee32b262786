"""Why a request is still processing: for each product that has not answered for everybody, what Adobe last said, when we looked
and will look, how long the product usually takes, what is known to hold it up, and what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Max, Min
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import crypto
from privacy import catalog, history, schema
from privacy.history import Usual
from privacy.models import JobListing, PrivacyRequest, ProductResponse
from privacy.products import CJM_COMPANIONS
from privacy.progress import Bar
from privacy.standing import Calls, Jobs
from privacy.statuses import JOB_AT_ADOBE_OPEN, Action, JobStatus

# Privacy Service guide: all integrated products answer within 30 days.
ADOBE_TAKES: Final = timedelta(days=30)


@dataclass(frozen=True)
class Trap:
    """Something known to hold a product up, and what to do about it, as sentences."""

    words: str
    advice: str


@dataclass(frozen=True)
class Waiting:
    """One product that has not answered for everybody.

    `said` is Adobe's last word in our words, empty when it has said none; `said_at` is when, `open` for how many jobs the product
    still has to answer.
    """

    code: str
    name: str
    open: int
    said: str
    said_at: datetime | None
    usual: Usual | None
    traps: Sequence[Trap]
    advice: str


@dataclass(frozen=True)
class Report:
    """Why a request is still processing.

    `since`: when Adobe took the first of its calls. `looked_at`: when Adobe was last asked about jobs of it that are open, alone
    or by its list; `looks_at`: when it is asked next. None where that is not known.
    """

    since: datetime | None
    looked_at: datetime | None
    looks_at: datetime | None
    troubled: int
    products: Sequence[Waiting]


def of_request(
    request: PrivacyRequest, bars: Sequence[Bar], jobs: Jobs | None = None, calls: Calls | None = None
) -> Report | None:
    """None when Adobe has no open job of it. `bars`: the request's progress by product; the rest where it is counted already."""
    jobs, calls = jobs or Jobs.of(request), calls or Calls.of(request)
    at_adobe = jobs.in_states(JOB_AT_ADOBE_OPEN)
    if not at_adobe.count:
        return None
    listing = JobListing.objects.filter(
        organization=request.organization_id, regulation__in=catalog.codes_of(request.regulation)
    ).aggregate(listed=Max("listed_at"), lists=Min("next_list_at"))
    since = calls.first_sent_at or request.created_at
    return Report(
        since=since,
        looked_at=_last(at_adobe.looked_at, listing["listed"]),
        looks_at=_first(at_adobe.looks_at, listing["lists"]),
        troubled=at_adobe.troubled,
        products=_products(request, [bar for bar in bars if bar.waiting], since, jobs),
    )


def _last(*times: datetime | None) -> datetime | None:
    return max((each for each in times if each is not None), default=None)


def _first(*times: datetime | None) -> datetime | None:
    return min((each for each in times if each is not None), default=None)


def _products(request: PrivacyRequest, bars: Sequence[Bar], since: datetime, jobs: Jobs) -> list[Waiting]:
    said = _last_words(request)
    usual = history.usual_of(request.organization)
    facts = _Facts.of(request, jobs)
    found = []
    for bar in bars:
        words, at = said.get(bar.code, ("", None))
        traps = [trap for look in _TRAPS if (trap := look(bar.code, facts))]
        advice = _advice(since, usual.get(bar.code), traps)
        found.append(Waiting(bar.code, bar.name, bar.waiting, words, at, usual.get(bar.code), traps, advice))
    return found


def _last_words(request: PrivacyRequest) -> Mapping[str, tuple[str, datetime | None]]:
    """What each product last said of jobs that it has not finished: its most frequent state, and the latest time."""
    rows = (
        ProductResponse.objects.filter(request=request, status__in=JOB_AT_ADOBE_OPEN)
        .order_by()
        .values_list("product_code", "status", "adobe_status")
        .annotate(Count("pk"), Max("processed_at"))
    )
    found: dict[str, tuple[str, datetime | None]] = {}
    for code, status, adobe_word, _number, at in sorted(rows, key=lambda row: row[3]):
        words = adobe_word if status == JobStatus.OTHER else str(JobStatus(status).label)
        found[code] = (words, _last(at, found.get(code, ("", None))[1]))
    return found


# --- What is known to hold products up (Adobe's own documents) ---


@dataclass(frozen=True)
class _Facts:
    """What of a request the traps ask for."""

    products: frozenset[str]
    deletes: bool
    expand_ids: bool
    low_priority: bool

    @classmethod
    def of(cls, request: PrivacyRequest, jobs: Jobs) -> _Facts:
        envelope = _envelope(request)
        return cls(
            products=frozenset(request.products),
            deletes=Action.DELETE in jobs.actions,
            expand_ids=envelope is not None and envelope.expand_ids,
            low_priority=envelope is not None and envelope.priority == "low",
        )


def _envelope(request: PrivacyRequest) -> schema.Envelope | None:
    """None for a request made elsewhere, and when it does not open any more."""
    try:
        stored = request.envelope
    except crypto.CannotDecrypt:
        return None
    return schema.Envelope.from_dict(stored) if stored else None


def _missing_companions(code: str, facts: _Facts) -> Trap | None:
    missing = [each for each in CJM_COMPANIONS if each not in facts.products]
    if code != "cjm" or not facts.deletes or not missing:
        return None
    names = ", ".join(catalog.product_name(each) for each in missing)
    words = {"product": catalog.product_name("cjm"), "missing": names}
    return Trap(
        _("%(product)s does not finish a delete unless the same people are also deleted in %(missing)s: it stays at processing.")
        % words,
        _("Make a request for the same people with %(product)s and %(missing)s together.") % words,
    )


def _expanded(code: str, facts: _Facts) -> Trap | None:
    if code != "analytics" or not facts.expand_ids:
        return None
    return Trap(
        _("The request asks for expandIds: Analytics then looks for further cookies of each person, which can take a week more."),
        _("Wait for that week before you write to Adobe's support."),
    )


def _low(code: str, facts: _Facts) -> Trap | None:
    if code != "analytics" or not facts.low_priority:
        return None
    return Trap(
        _("The request was sent with low priority: Analytics takes others first."),
        _("Leave priority out of requests that are pressing."),
    )


def _fragments(code: str, facts: _Facts) -> Trap | None:
    if code != "profileService" or not facts.deletes:
        return None
    return Trap(
        _("Deletes in this product take 15 to 45 days by Adobe's documents, without a promise."),
        _("Mind the due date: extend it where the law allows, and tell the person in time."),
    )


_TRAPS: Final[tuple[Callable[[str, _Facts], Trap | None], ...]] = (_missing_companions, _expanded, _low, _fragments)


def _advice(since: datetime, usual: Usual | None, traps: Sequence[Trap]) -> str:
    """What to do about one product."""
    waited = timezone.now() - since
    if waited > ADOBE_TAKES:
        return _(
            "Adobe says that every product answers within 30 days, and that time is over. "
            "Give Adobe's support the ids of the jobs."
        )
    if traps:
        return ""
    if usual is not None and waited > timedelta(hours=usual.most):
        return _("It takes longer than usual. Nothing is wrong yet: Adobe has 30 days.")
    return _("Nothing to do: the portal goes on asking, and Adobe has 30 days.")
