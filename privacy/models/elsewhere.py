"""Searches for jobs that were not made by the portal."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from portal.ids import new_id
from portal.models import Organization, User
from privacy import querysets
from privacy.statuses import SYNC_TONES, SyncStatus


class JobSync(models.Model):
    """One pass through Adobe's lists of one organization: every law, in windows of 30 days, 45 days back."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="job_syncs")
    # Nobody: the nightly one.
    asked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    status = models.CharField(max_length=12, choices=SyncStatus.choices, default=SyncStatus.WAITING)
    listings_total = models.PositiveIntegerField(default=0)
    # How many (law, window) are through: where a crash goes on from.
    listings_done = models.PositiveIntegerField(default=0)
    jobs_seen = models.PositiveIntegerField(default=0)
    jobs_added = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=0)
    lease = models.UUIDField(null=True, editable=False)
    last_error = models.CharField(max_length=60, blank=True)

    objects = querysets.JobSyncQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        permissions = [("start_jobsync", "Can look for jobs made outside the portal")]
        # The sync step.
        indexes = [models.Index(fields=["status", "next_attempt_at"], name="sync_due")]

    def __str__(self) -> str:
        return f"job sync {self.id}"

    @property
    def tone(self) -> str:
        """For the status pill."""
        return SYNC_TONES[SyncStatus(self.status)]
