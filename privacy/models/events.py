"""Adobe I/O Events: where they come from, and each of them (Adobe I/O Events; provider "Privacy Service Events")."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from portal import crypto
from portal.ids import new_id
from portal.models import DataKey, Organization
from privacy import querysets
from privacy.statuses import EVENT_TONES, EventState, EventWay


class EventSource(models.Model):
    """One registration of an organization at Adobe: a webhook that Adobe calls, or a journal that we read.

    Its id is part of our address, so that each registration has one of its own.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.OneToOneField(Organization, on_delete=models.CASCADE, related_name="event_source")
    way = models.CharField("How they come", max_length=10, choices=EventWay.choices, default=EventWay.OFF)
    journal_url = models.URLField(
        "Journal address",
        max_length=1000,
        blank=True,
        help_text="Developer Console shows it with the registration.",
    )
    journal_position = models.CharField(max_length=500, blank=True, editable=False)
    # The next page as Adobe's Link header named it; empty: from the position on.
    journal_next = models.CharField(max_length=2000, blank=True, editable=False)
    next_read_at = models.DateTimeField(default=timezone.now)
    lease = models.UUIDField(null=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    last_error = models.CharField(max_length=60, blank=True, editable=False)
    # When Adobe last proved that it knows our address, or we last read the journal to its end.
    confirmed_at = models.DateTimeField(null=True, editable=False)
    last_event_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = querysets.EventSourceQuerySet.as_manager()

    class Meta:
        ordering = ["organization"]

    def __str__(self) -> str:
        return f"events of {self.organization}"


class AdobeEvent(models.Model):
    """One event as Adobe sent it, stored before anything is done about it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source = models.ForeignKey(EventSource, on_delete=models.CASCADE, related_name="events", db_index=False)
    event_id = models.CharField("Adobe's event id", max_length=255)
    event_type = models.CharField(max_length=200, blank=True)
    adobe_job_id = models.CharField("Adobe's job id", max_length=255, blank=True)
    state = models.CharField(max_length=12, choices=EventState.choices, default=EventState.WAITING)
    received_at = models.DateTimeField(default=timezone.now)
    handled_at = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    lease = models.UUIDField(null=True, editable=False)
    raw_sealed = crypto.SealedField(null=True)
    raw = crypto.SealedBytes("raw_sealed")

    objects = querysets.AdobeEventQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["source", "event_id"], name="event_once")]
        indexes = [
            # The events step.
            models.Index(fields=["next_attempt_at"], name="event_due", condition=models.Q(state="waiting")),
            # The last ones of a source, and those to be tidied away.
            models.Index(fields=["source", "-received_at"], name="event_newest"),
            # A lease is read back after it is taken.
            models.Index(fields=["lease"], name="event_by_lease", condition=models.Q(lease__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"event {self.id}"

    @property
    def data_key(self) -> DataKey:
        """Sealed under the organization's key."""
        return self.source.organization.data_key

    @property
    def tone(self) -> str:
        """For the status pill."""
        return EVENT_TONES[EventState(self.state)]
