"""Record deletes as an officer speaks of them: identities to be removed from datasets."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils import timezone

from hygiene import querysets
from hygiene.statuses import RECORD_DELETE_TONES, RecordDeleteStatus
from portal import crypto
from portal.ids import new_id
from portal.models import DataKey, Organization, User


class RecordDelete(models.Model):
    """One record delete: a file (or what was typed, kept as one), the datasets it is for, and the work orders made of it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=20, unique=True)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="record_deletes", db_index=False)
    data_key = models.ForeignKey(DataKey, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    # Free text may name a person.
    name_sealed = crypto.SealedField(null=True)
    name = crypto.SealedText("name_sealed")
    description_sealed = crypto.SealedField(null=True)
    description = crypto.SealedText("description_sealed")
    file_name_sealed = crypto.SealedField(null=True)
    file_name = crypto.SealedText("file_name_sealed")
    # The dataset ids, or the one word ALL.
    datasets = models.JSONField(default=list)
    # Profile, Identity Service and Journey Optimizer only; then the dataset is ALL.
    profile_only = models.BooleanField(default=False)
    path = models.CharField(max_length=200, blank=True, editable=False)
    size = models.PositiveBigIntegerField(default=0)
    bytes_checked = models.PositiveBigIntegerField(default=0)
    error_count = models.PositiveIntegerField(default=0)
    warning_count = models.PositiveIntegerField(default=0)
    # What the check found: findings, and counts for the preview.
    result_sealed = crypto.SealedField(null=True)
    result = crypto.SealedJSON("result_sealed")
    # How many identities of each namespace, duplicates removed.
    counts = models.JSONField(default=dict)
    identities = models.PositiveIntegerField(default=0)
    identities_prepared = models.PositiveIntegerField(default=0)
    orders_total = models.PositiveIntegerField(default=0)
    orders_done = models.PositiveIntegerField(default=0)
    orders_failed = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=12, choices=RecordDeleteStatus.choices, default=RecordDeleteStatus.WAITING)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="record_deletes")
    created_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    shredded_at = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=0)
    lease = models.UUIDField(null=True, editable=False)
    # A backup was restored while it was being prepared: its work orders may have gone out since, so they start as UNKNOWN.
    restored = models.BooleanField(default=False, editable=False)

    objects = querysets.RecordDeleteQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        permissions = [
            ("confirm_recorddelete", "Can confirm a record delete, which sends it to Adobe"),
            ("shred_recorddelete", "Can remove the personal data of a record delete"),
        ]
        indexes = [
            # The list, newest first, of one person's organizations.
            models.Index(fields=["organization", "-created_at", "-id"], name="record_delete_list"),
            # The check and prepare steps.
            models.Index(fields=["status", "next_attempt_at"], name="record_delete_due"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def tone(self) -> str:
        """For the status pill."""
        return RECORD_DELETE_TONES[RecordDeleteStatus(self.status)]

    @property
    def file_path(self) -> Path:
        """Where the encrypted bytes are."""
        return Path(settings.MEDIA_ROOT) / self.path
