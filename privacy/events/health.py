"""Whether an organization's events can be relied on, and what follows from it: how often Adobe's list is read."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db.models import Exists
from django.utils import timezone

from portal.adobe.answers import COMPLETE, ERROR, ListedJob
from portal.models import Organization
from privacy.models import EventSource, Job, JobListing
from privacy.statuses import EventWay

MISSED = "missed"
# Adobe tries again after 1, 2, 4 and 8 minutes: what has not come by then is taken for lost.
_LATE = timedelta(minutes=15)
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
    longest = max(settings.LIST_EVERY_SECONDS, settings.JOURNAL_EVERY_SECONDS * 3)
    return bool(timezone.now() - source.confirmed_at < timedelta(seconds=longest))


def list_every(organization: Organization) -> float:
    """Seconds from one reading of Adobe's list to the next. One query for each organization object, none when it was joined."""
    source = getattr(organization, "event_source", None)
    if source is not None and are_reliable(source):
        return max(float(settings.LIST_WITH_EVENTS_EVERY_SECONDS), float(settings.LIST_EVERY_SECONDS))
    return float(settings.LIST_EVERY_SECONDS)


def notice_missed(organization: Organization, page: Sequence[ListedJob]) -> None:
    """A page of Adobe's list came, and nothing was done about it yet: did a job finish that no webhook told of?"""
    late = timezone.now() - _LATE
    finished = [job.job_id for job in page if job.status in {COMPLETE, ERROR} and job.modified_at and job.modified_at < late]
    if not finished:
        return
    told_nothing = Job.objects.open_at_adobe().filter(organization=organization, adobe_job_id__in=finished, last_error="")
    # A job that waits for the list to tell of it has no time of its own.
    told_nothing = told_nothing.exclude(next_poll_at__lte=timezone.now() + _SOON)
    relied_on = EventSource.objects.filter(organization=organization, way=EventWay.WEBHOOK, confirmed_at__isnull=False)
    if relied_on.filter(Exists(told_nothing)).update(confirmed_at=None, last_error=MISSED):
        fall_back(organization.pk)


def fall_back(organization_id: uuid.UUID) -> None:
    """Events cannot be relied on any more: no list of the organization waits longer than it would without them."""
    soon = timezone.now() + timedelta(seconds=settings.LIST_EVERY_SECONDS)
    JobListing.objects.filter(organization=organization_id, next_list_at__gt=soon).update(next_list_at=soon)
