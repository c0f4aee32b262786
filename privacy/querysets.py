"""The vocabulary of queries. Permission is part of it: what a person may not see is not there, so it is a 404.

The classes are generic over Any because models.py imports them; each model's manager knows its model all the same.
"""

from __future__ import annotations

from typing import Any, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from portal.clock import Moment
from portal.models import Organization, User
from portal.outbound import CallState
from privacy.statuses import (
    JOB_AT_ADOBE_OPEN,
    JOB_FAILED,
    REQUEST_CLOSED,
    SYNC_OPEN,
    UPLOAD_OPEN,
    ArchiveStatus,
    EventState,
    EventWay,
    JobStatus,
    OptOutStatus,
    Origin,
    RequestStatus,
    TableStatus,
    UploadStatus,
)


class UploadQuerySet(models.QuerySet[Any]):
    """Uploads."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Of the person's organizations."""
        return self.filter(organization__in=Organization.objects.visible_to(user))

    def to_check(self, now: Moment) -> Self:
        """Files that wait for a worker."""
        waiting = (UploadStatus.WAITING, UploadStatus.CHECKING)
        return self.filter(status__in=waiting, next_attempt_at__lte=now).order_by("next_attempt_at")

    def still_open(self) -> Self:
        """Neither confirmed nor discarded."""
        return self.filter(status__in=UPLOAD_OPEN)


class DuplicateQuerySet(models.QuerySet[Any]):
    """People of uploads who have an open request of the same action already."""

    def undecided(self) -> Self:
        """Nobody has chosen what to do about them."""
        return self.filter(left_out=None)

    def leaving(self) -> Self:
        """They are left out."""
        return self.filter(left_out=True)


class PrivacyRequestQuerySet(models.QuerySet[Any]):
    """Privacy requests."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Of the person's organizations."""
        return self.filter(organization__in=Organization.objects.visible_to(user))

    def unanswered(self) -> Self:
        """Open for the law: nobody was answered, and there is still something to answer.

        A resubmission waits for no answer of its own: its people are answered once, in the request that they were first in.
        """
        return self.filter(answered_on=None).exclude(status__in=REQUEST_CLOSED).exclude(origin=Origin.RESUBMISSION)

    def to_prepare(self, now: Moment) -> Self:
        """Confirmed, and their people not all written yet."""
        return self.filter(status=RequestStatus.PREPARING, next_attempt_at__lte=now)


class SubmissionQuerySet(models.QuerySet[Any]):
    """Calls to Adobe that create jobs."""

    # Everybody of the request is written, and its organization is not on hold.
    ASKABLE = Q(request__organization__held_at=None) & ~Q(request__status=RequestStatus.PREPARING)
    # The recall period is over by the database's clock, in the very statement that claims the call; deletes that wait for the
    # results of access stay where they are.
    SENDABLE = ASKABLE & Q(waits_for_access=False) & (Q(request__recall_until=None) | Q(request__recall_until__lte=Now()))

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Of the person's organizations."""
        return self.filter(request__organization__in=Organization.objects.visible_to(user))

    def due_to_send(self, now: Moment) -> Self:
        """Queued, due, complete, past recall, waiting for no result, organization not on hold; the nearest due date first."""
        due = self.filter(self.SENDABLE, state=CallState.QUEUED, next_attempt_at__lte=now)
        return due.order_by(F("request__due_on").asc(nulls_last=True), "next_attempt_at", "request_id", "ordinal")

    def due_to_look(self, now: Moment) -> Self:
        """Of unknown outcome, and time to look for them in Adobe's list. In preparation their people are not all there yet."""
        return self.filter(self.ASKABLE, state=CallState.UNKNOWN, person_reason="", next_look_at__lte=now).order_by(
            "next_look_at"
        )

    def held_for_access(self) -> Self:
        """Deletes that are not sent before the results of the same people's access are safe."""
        return self.filter(state=CallState.QUEUED, waits_for_access=True)


class JobQuerySet(models.QuerySet[Any]):
    """Privacy jobs."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Of the person's organizations."""
        return self.filter(organization__in=Organization.objects.visible_to(user))

    def open_at_adobe(self) -> Self:
        """Adobe has them and has not finished."""
        return self.filter(status__in=JOB_AT_ADOBE_OPEN)

    def due_for_detail(self, now: Moment) -> Self:
        """Time to ask Adobe for the job itself; organizations on hold wait."""
        return self.filter(next_poll_at__lte=now, organization__held_at=None).order_by("next_poll_at")

    def failed(self) -> Self:
        """Finished, and not well."""
        return self.filter(status__in=JOB_FAILED)

    def complete(self) -> Self:
        """Finished well."""
        return self.filter(status=JobStatus.COMPLETE)


class ResultArchiveQuerySet(models.QuerySet[Any]):
    """Results of access jobs."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Of the person's organizations."""
        return self.filter(job__organization__in=Organization.objects.visible_to(user))

    def due_to_fetch(self, now: Moment) -> Self:
        """Waiting at Adobe, and time to fetch them."""
        return self.filter(status=ArchiveStatus.WAITING, next_attempt_at__lte=now, job__organization__held_at=None).order_by(
            "next_attempt_at"
        )


class JobListingQuerySet(models.QuerySet[Any]):
    """When each (organization, law) was listed and is listed next."""

    def due(self, now: Moment) -> Self:
        """Time to list; organizations on hold wait."""
        return self.filter(next_list_at__lte=now, organization__held_at=None).order_by("next_list_at")


class OptOutQuerySet(models.QuerySet[Any]):
    """Opt-outs of sale through the consent endpoint."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Of the person's organizations."""
        return self.filter(organization__in=Organization.objects.visible_to(user))


class ConsentCallQuerySet(models.QuerySet[Any]):
    """Calls to the consent endpoint."""

    SENDABLE = Q(opt_out__organization__held_at=None, opt_out__status__in=(OptOutStatus.SENDING, OptOutStatus.ATTENTION))

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Of the person's organizations."""
        return self.filter(opt_out__organization__in=Organization.objects.visible_to(user))

    def due_to_send(self, now: Moment) -> Self:
        """Queued, due, confirmed, and its organization not on hold; the nearest due date first."""
        due = self.filter(self.SENDABLE, state=CallState.QUEUED, next_attempt_at__lte=now)
        return due.order_by(F("opt_out__due_on").asc(nulls_last=True), "next_attempt_at", "ordinal")


class EventSourceQuerySet(models.QuerySet[Any]):
    """Registrations at Adobe I/O Events."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Of the person's organizations."""
        return self.filter(organization__in=Organization.objects.visible_to(user))

    def to_read(self, now: Moment) -> Self:
        """Journals, and time to read them; organizations on hold wait."""
        return self.filter(way=EventWay.JOURNAL, next_read_at__lte=now, organization__held_at=None).order_by("next_read_at")


class AdobeEventQuerySet(models.QuerySet[Any]):
    """Events of Adobe."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Of the person's organizations."""
        return self.filter(source__organization__in=Organization.objects.visible_to(user))

    def waiting(self, now: Moment) -> Self:
        """Stored, and nothing done about them yet; oldest first."""
        return self.filter(state=EventState.WAITING, next_attempt_at__lte=now).order_by("next_attempt_at")


class JobSyncQuerySet(models.QuerySet[Any]):
    """Searches for jobs made elsewhere."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Of the person's organizations."""
        return self.filter(organization__in=Organization.objects.visible_to(user))

    def due(self, now: Moment) -> Self:
        """Time to go on; organizations on hold wait."""
        return self.filter(status__in=SYNC_OPEN, next_attempt_at__lte=now, organization__held_at=None).order_by("next_attempt_at")


class DraftQuerySet(models.QuerySet[Any]):
    """Requests that people are building."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The person's own, of their organizations: nobody reads over another's shoulder."""
        return self.filter(owner_id=user.pk, organization__in=Organization.objects.visible_to(user))


class TableImportQuerySet(models.QuerySet[Any]):
    """Tables on their way to an upload."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Of the person's organizations."""
        return self.filter(organization__in=Organization.objects.visible_to(user))

    def to_read(self, now: Moment) -> Self:
        """Mapped, waiting or left behind by a worker, and due."""
        return self.filter(status__in=(TableStatus.WAITING, TableStatus.READING), next_attempt_at__lte=now).order_by(
            "next_attempt_at"
        )


class CountedDayQuerySet(models.QuerySet[Any]):
    """Days and when their figures are counted."""

    def due(self, now: Moment) -> Self:
        """Time to count them, for the first time or anew; the earliest day first."""
        return self.filter(next_count_at__lte=now).order_by("next_count_at", "day")
