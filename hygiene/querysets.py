"""The vocabulary of queries. Permission is part of it: what a person may not see is not there, so it is a 404."""

from __future__ import annotations

from typing import Any, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from hygiene.statuses import RecordDeleteStatus
from portal.clock import Moment
from portal.models import Organization, User
from portal.outbound import CallState


class OfOrganization(models.QuerySet[Any]):
    """Rows with an organization of their own."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Of the person's organizations."""
        return self.filter(organization__in=Organization.objects.visible_to(user))


class RecordDeleteQuerySet(OfOrganization):
    """Record deletes."""

    def to_check(self, now: Moment) -> Self:
        """Files that wait for a worker."""
        waiting = (RecordDeleteStatus.WAITING, RecordDeleteStatus.CHECKING)
        return self.filter(status__in=waiting, next_attempt_at__lte=now).order_by("next_attempt_at")

    def to_prepare(self, now: Moment) -> Self:
        """Confirmed, and their work orders not all written yet."""
        return self.filter(status=RecordDeleteStatus.PREPARING, next_attempt_at__lte=now).order_by("next_attempt_at")


class WorkOrderQuerySet(OfOrganization):
    """Record delete work orders."""

    SENDABLE = Q(organization__held_at=None) & ~Q(record_delete__status=RecordDeleteStatus.PREPARING)
    # No byte of it was ever sent. An attempt that ended before its first byte counts as none.
    UNTOUCHED = Q(state=CallState.QUEUED, first_sent_at=None)
    # Nothing but the recall period lets an order wait that was never tried, nor put off for a reason.
    NEVER_TRIED = Q(state=CallState.QUEUED, attempts=0, last_error="")
    RECALLED = "recalled"
    TAKEN_BACK = Q(state=CallState.CANCELLED, last_error=RECALLED)

    def due_to_send(self, now: Moment) -> Self:
        """Queued, due, complete, and its organization not on hold; oldest first."""
        return self.filter(self.SENDABLE, state=CallState.QUEUED, next_attempt_at__lte=now).order_by("next_attempt_at", "ordinal")

    def due_to_look(self, now: Moment) -> Self:
        """Of unknown outcome, and time to look for them in Adobe's list."""
        return self.filter(self.SENDABLE, state=CallState.UNKNOWN, person_reason="", next_look_at__lte=now).order_by(
            "next_look_at"
        )

    def due_to_edit(self, now: Moment) -> Self:
        """At Adobe, and a new name is to be sent there."""
        at_adobe = self.filter(state=CallState.SENT, adobe_work_order_id__isnull=False, organization__held_at=None)
        return at_adobe.filter(edit_due_at__lte=now).order_by("edit_due_at")

    def in_recall(self, now: Moment) -> Self:
        """Their recall period is not over."""
        return self.filter(self.NEVER_TRIED, next_attempt_at__gt=now)

    def recalled(self) -> Self:
        """Cancelled by an officer before they were sent."""
        return self.filter(self.TAKEN_BACK)

    def due_for_detail(self, now: Moment) -> Self:
        """Time to ask Adobe for the work order itself; organizations on hold wait."""
        return self.filter(next_poll_at__lte=now, organization__held_at=None).order_by("next_poll_at")


class ExpirationOrderQuerySet(OfOrganization):
    """Changes of dataset expirations that are to be sent."""

    SENDABLE = Q(organization__held_at=None)

    def due_to_send(self, now: Moment) -> Self:
        """Queued and due; oldest first."""
        return self.filter(self.SENDABLE, state=CallState.QUEUED, next_attempt_at__lte=now).order_by("next_attempt_at")

    def due_to_look(self, now: Moment) -> Self:
        """Of unknown outcome, and time to ask Adobe what became of it."""
        return self.filter(self.SENDABLE, state=CallState.UNKNOWN, person_reason="", next_look_at__lte=now).order_by(
            "next_look_at"
        )
