"""Whether an organization's events can be relied on, and what follows from it: how often Adobe's list is read."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta

from django.db.models import Exists
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from portal import clock, runtime
from portal.adobe.answers import COMPLETE, ERROR, ListedJob
from portal.models import Organization
from privacy.models import EventSource, Job, JobListing
from privacy.statuses import EventWay

MISSED = "missed"
# Adobe tries again after 1, 2, 4 and 8 minutes: what has not come by then is taken for lost.
_LATE = timedelta(minutes=15)
# A list without news is read up to so many times as rarely.
MOST_QUIET = 4
# Whatever is due sooner than that is being asked about, or just was.
_SOON = timedelta(minutes=5)


def are_reliable(source: EventSource) -> bool:
    """The rule. A webhook is relied on from the first event with Adobe's signature on, until Adobe's list shows a job that had
    finished a quarter of an hour before without any event; the next event counts again. A journal is relied on as long as it was
    read to its end within the time in which a list would have been read. Silence alone says nothing: no job may have changed.
    """
    if source.confirmed_at is None or source.way == EventWay.OFF:
        return False
    if source.way == EventWay.WEBHOOK:
        return True
    longest = max(runtime.fraction("LIST_EVERY_SECONDS"), runtime.fraction("JOURNAL_EVERY_SECONDS") * 3)
    return bool(clock.read() - source.confirmed_at < timedelta(seconds=longest))


def list_every(organization: Organization) -> float:
    """Seconds from one reading of Adobe's list to the next. One query for each organization object, none when it was joined."""
    source = getattr(organization, "event_source", None)
    if source is not None and are_reliable(source):
        return list_every_with_events()
    return list_every_without_events()


def list_every_without_events() -> float:
    """As long as only the list tells of changes."""
    return runtime.fraction("LIST_EVERY_SECONDS")


def list_every_with_events() -> float:
    """While the list is only there to find what was lost on the way."""
    return max(runtime.fraction("LIST_WITH_EVENTS_EVERY_SECONDS"), list_every_without_events())


def longest_quiet(every: float) -> float:
    """Seconds between two readings of a list that shows no news, where it is read `every` so many seconds otherwise: never longer
    than where Adobe's events tell what changes.
    """
    return min(MOST_QUIET * every, max(every, runtime.fraction("LIST_WITH_EVENTS_EVERY_SECONDS")))


def in_words(source: EventSource) -> str:
    """Whether events come, and what to do when they do not, for an administrator."""
    if source.way == EventWay.OFF:
        state, reliable = _("Events are not used."), False
    else:
        reliable = are_reliable(source)
        state = _STATES[EventWay(source.way), reliable](source)
    every = list_every_with_events() if reliable else list_every_without_events()
    return f"{state} {_how_often(every)}"


def _how_often(every: float) -> str:
    longest = longest_quiet(every)
    if longest <= every:
        return _("Adobe's list is read every %(span)s.") % {"span": _span(every)}
    spans = {"span": _span(every), "longest": _span(longest)}
    return _("Adobe's list is read every %(span)s; while nothing changes at least every %(longest)s.") % spans


def _webhook_doubtful(source: EventSource) -> str:
    if source.last_error == MISSED:
        return _(
            "Adobe's list showed a job that had finished without any event. Look in Developer Console whether the registration "
            "is active and has all four kinds. They are relied on again from the next event on."
        )
    return _("No event with Adobe's signature has come yet. They are relied on from the first one on.")


def _journal_doubtful(source: EventSource) -> str:
    if source.failures:
        what = _(_ADVICE.get(source.last_error, noop("it is tried again by itself.")))
        times = _("once") if source.failures == 1 else _("%(failures)s times in a row") % {"failures": source.failures}
        return _("The journal could not be read %(times)s: %(what)s") % {"times": times, "what": what}
    return _("The journal has not been read to its end yet.")


_ADVICE = {
    "ContentForbidden": noop("Adobe refuses the credential. Add the I/O Events API to its project in Developer Console."),
    "NotFound": noop("Adobe does not know the address. Copy it from the registration again."),
    "HostRefused": noop("the address is none of Adobe's. Copy it from the registration again."),
    "Throttled": noop("Adobe asks for patience, and it is tried again by itself."),
    "NotSent": noop("Adobe could not be reached, and it is tried again by itself."),
}
_STATES: dict[tuple[EventWay, bool], Callable[[EventSource], str]] = {
    (EventWay.WEBHOOK, True): lambda _source: _("Events come with Adobe's signature, and are relied on."),
    (EventWay.WEBHOOK, False): _webhook_doubtful,
    (EventWay.JOURNAL, True): lambda _source: _("The journal is read to its end, and relied on."),
    (EventWay.JOURNAL, False): _journal_doubtful,
}


def _span(seconds: float) -> str:
    """Seconds as a person says them."""
    for size, one, many in (
        (3600, _("hour"), noop("%(number)s hours")),
        (60, _("minute"), noop("%(number)s minutes")),
        (1, _("second"), noop("%(number)s seconds")),
    ):
        count = seconds / size
        if count >= 1:
            return one if count == 1 else _(many) % {"number": f"{count:g}"}
    return _("%(number)s seconds") % {"number": f"{seconds:g}"}


def notice_missed(organization: Organization, page: Sequence[ListedJob]) -> None:
    """A page of Adobe's list came, and nothing was done about it yet: did a job finish that no webhook told of?

    Costs a query only where a webhook is relied on.
    """
    source = getattr(organization, "event_source", None)
    if source is None or source.way != EventWay.WEBHOOK or source.confirmed_at is None:
        return
    late = clock.read() - _LATE
    finished = [job.job_id for job in page if job.status in {COMPLETE, ERROR} and job.modified_at and job.modified_at < late]
    if not finished:
        return
    told_nothing = Job.objects.open_at_adobe().filter(
        organization=organization, adobe_job_id__in=finished, last_error="", next_poll_at__gt=clock.now() + _SOON
    )
    relied_on = EventSource.objects.filter(pk=source.pk, way=EventWay.WEBHOOK, confirmed_at__isnull=False)
    if relied_on.filter(Exists(told_nothing)).update(confirmed_at=None, last_error=MISSED):
        # This very organization is asked next how soon its list is to be read again.
        source.confirmed_at = None
        fall_back(organization.pk)


def fall_back(organization_id: uuid.UUID) -> None:
    """Events cannot be relied on any more: no list of the organization waits longer than it would without them."""
    soon = clock.now() + timedelta(seconds=runtime.fraction("LIST_EVERY_SECONDS"))
    JobListing.objects.filter(organization=organization_id, next_list_at__gt=soon).update(next_list_at=soon)
