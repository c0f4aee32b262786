"""Uploaded files, before they become requests."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal import crypto
from portal.ids import new_id
from portal.models import DataKey, Organization, User
from privacy import querysets
from privacy.statuses import UPLOAD_TONES, Origin, UploadStatus


class Upload(models.Model):
    """One uploaded file, kept encrypted until it is confirmed or discarded."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="uploads")
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="uploads")
    data_key = models.ForeignKey(DataKey, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    # A file name is chosen by a person and may name another.
    file_name_sealed = crypto.SealedField(null=True)
    file_name = crypto.SealedText("file_name_sealed")
    path = models.CharField(max_length=200, blank=True, editable=False)
    size = models.PositiveBigIntegerField(default=0)
    received_on = models.DateField()
    status = models.CharField(max_length=12, choices=UploadStatus.choices, default=UploadStatus.WAITING)
    bytes_checked = models.PositiveBigIntegerField(default=0)
    error_count = models.PositiveIntegerField(default=0)
    warning_count = models.PositiveIntegerField(default=0)
    result_sealed = crypto.SealedField(null=True)
    # checking.CheckResult.to_dict(): findings name path, row and the officer's key.
    result = crypto.SealedJSON("result_sealed")
    # How it came; the request keeps it.
    origin = models.CharField(max_length=12, choices=Origin.choices, default=Origin.UPLOAD, db_default=Origin.UPLOAD.value)
    created_at = models.DateTimeField(auto_now_add=True)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=0)
    lease = models.UUIDField(null=True, editable=False)

    objects = querysets.UploadQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        permissions = [("confirm_upload", "Can confirm an upload, which sends it to Adobe")]
        # The check step: waiting files that are due.
        indexes = [models.Index(fields=["status", "next_attempt_at"], name="upload_due")]

    def __str__(self) -> str:
        return f"upload {self.id}"

    @property
    def tone(self) -> str:
        """For the status pill."""
        return UPLOAD_TONES[UploadStatus(self.status)]

    @property
    def is_of_table(self) -> bool:
        """Whether its file was made here of a table: then people are named by the rows of that."""
        return self.origin == Origin.TABLE

    @property
    def file_path(self) -> Path:
        """Where the encrypted bytes are."""
        return Path(settings.MEDIA_ROOT) / self.path


class Duplicate(models.Model):
    """One person of an upload who has an open request of the same action already: an officer says whether they are left out."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="duplicates", db_index=False)
    # The place in `users`, from 1; of a file made of a table, the row of that.
    row = models.PositiveIntegerField()
    found_sealed = crypto.SealedField(null=True)
    # {"key", "identities": [masked], "open": [[action, number of the request]]}
    found = crypto.SealedJSON("found_sealed")
    # None: nobody has chosen yet, and the upload cannot be confirmed on its page.
    left_out = models.BooleanField(null=True)

    objects = querysets.DuplicateQuerySet.as_manager()

    class Meta:
        ordering = ["row"]
        # Its index gives the pages of an upload's duplicates, in the order of the file.
        constraints = [models.UniqueConstraint(fields=["upload", "row"], name="duplicate_row")]

    def __str__(self) -> str:
        return f"row {self.row} of {self.upload_id}"

    @property
    def data_key(self) -> DataKey:
        """Sealed under the upload's key."""
        key = self.upload.data_key
        if key is None:
            raise crypto.CannotDecrypt("the upload was discarded")
        return key
