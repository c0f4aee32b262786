"""Results of access jobs."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal import crypto
from portal.ids import new_id
from portal.models import DataKey
from privacy import querysets
from privacy.models.jobs import Job
from privacy.models.requests import PrivacyRequest
from privacy.statuses import ARCHIVE_TONES, ArchiveStatus


class ResultArchive(models.Model):
    """The ZIP of an access job, fetched from Adobe and kept encrypted."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="archive")
    request = models.ForeignKey(PrivacyRequest, on_delete=models.PROTECT, related_name="archives")
    status = models.CharField(max_length=12, choices=ArchiveStatus.choices, default=ArchiveStatus.WAITING)
    address_sealed = crypto.SealedField(null=True)
    address = crypto.SealedText("address_sealed")
    path = models.CharField(max_length=200, blank=True, editable=False)
    size = models.PositiveBigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    file_count = models.PositiveIntegerField(null=True)
    stored_at = models.DateTimeField(null=True)
    adobe_expires_at = models.DateTimeField("Adobe keeps it until", null=True)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=0)
    lease = models.UUIDField(null=True, editable=False)
    last_error = models.CharField(max_length=60, blank=True)

    objects = querysets.ResultArchiveQuerySet.as_manager()

    class Meta:
        permissions = [("download_results", "Can download results")]
        # The fetch step.
        indexes = [models.Index(fields=["status", "next_attempt_at"], name="archive_due")]

    def __str__(self) -> str:
        return f"result of {self.job_id}"

    @property
    def data_key(self) -> DataKey:
        """Sealed under the request's key."""
        return self.job.data_key

    @property
    def tone(self) -> str:
        """For the status pill."""
        return ARCHIVE_TONES[ArchiveStatus(self.status)]

    @property
    def file_path(self) -> Path:
        """Where the encrypted bytes are."""
        return Path(settings.MEDIA_ROOT) / self.path
