"""Requests on their way to an upload: drafts of the builder, and tables (CSV, XLSX) with what people say of their columns."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal import crypto
from portal.ids import new_id
from portal.models import DataKey, Organization, User
from privacy import querysets
from privacy.models.uploads import Upload
from privacy.statuses import TABLE_TONES, TableKind, TableStatus


class Draft(models.Model):
    """A request that somebody is building on screen; it is saved as it grows, and becomes an upload."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="drafts")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="drafts")
    data_key = models.ForeignKey(DataKey, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    content_sealed = crypto.SealedField(null=True)
    # {"law", "products", "actions", "received_on", "people": [{"key", "identities": [{"namespace", "value", "type"}]}]}
    content = crypto.SealedJSON("content_sealed")
    # Grows with each save: a page that stood open elsewhere does not overwrite what is newer.
    version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    saved_at = models.DateTimeField(default=timezone.now)
    # What it became.
    upload = models.OneToOneField(Upload, null=True, on_delete=models.SET_NULL, related_name="draft")

    objects = querysets.DraftQuerySet.as_manager()

    class Meta:
        ordering = ["-saved_at", "-id"]

    def __str__(self) -> str:
        return f"draft {self.id}"


class TableImport(models.Model):
    """One CSV or XLSX file, kept encrypted until its columns are mapped and a worker has made an upload of it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="table_imports")
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="table_imports")
    data_key = models.ForeignKey(DataKey, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    file_name_sealed = crypto.SealedField(null=True)
    file_name = crypto.SealedText("file_name_sealed")
    path = models.CharField(max_length=200, blank=True, editable=False)
    size = models.PositiveBigIntegerField(default=0)
    kind = models.CharField(max_length=8, choices=TableKind.choices)
    encoding = models.CharField(max_length=20, blank=True)
    separator = models.CharField(max_length=4, blank=True)
    status = models.CharField(max_length=12, choices=TableStatus.choices, default=TableStatus.MAPPING)
    head_sealed = crypto.SealedField(null=True)
    # {"columns": [names], "rows": [the first ten rows], "sheets": [names], "reading": how, "found": what the last reading found,
    # "remembered": when the columns were chosen that the guess repeats}
    head = crypto.SealedJSON("head_sealed")
    # What each column is, the form, and the law, products, actions and day of receipt. Column names may name a person.
    mapping_sealed = crypto.SealedField(null=True)
    mapping = crypto.SealedJSON("mapping_sealed")
    received_on = models.DateField(null=True)
    rows_read = models.PositiveIntegerField(default=0)
    bytes_read = models.PositiveBigIntegerField(default=0)
    bad_rows = models.PositiveIntegerField(default=0)
    # The bad rows alone, each with its reason, as a file of the same kind.
    bad_path = models.CharField(max_length=200, blank=True, editable=False)
    last_error = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=0)
    lease = models.UUIDField(null=True, editable=False)
    # What it became.
    upload = models.OneToOneField(Upload, null=True, on_delete=models.SET_NULL, related_name="table")

    objects = querysets.TableImportQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        # The convert step.
        indexes = [models.Index(fields=["status", "next_attempt_at"], name="table_due")]

    def __str__(self) -> str:
        return f"table {self.id}"

    @property
    def tone(self) -> str:
        """For the status pill."""
        return TABLE_TONES[TableStatus(self.status)]

    @property
    def file_path(self) -> Path:
        """Where the encrypted bytes are."""
        return Path(settings.MEDIA_ROOT) / self.path


class RememberedMapping(models.Model):
    """What the columns were of the last table of an organization with one header: the guess for the next one."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="remembered_mappings", db_index=False)
    # Blind index of the names of the columns.
    header_digest = models.BinaryField(editable=False)
    mapping_sealed = crypto.SealedField(null=True)
    # As TableImport.mapping, without what is asked for everybody.
    mapping = crypto.SealedJSON("mapping_sealed")
    chosen_at = models.DateTimeField(default=timezone.now)
    # For which it was chosen last: it is forgotten with the personal data of the request that came of that table.
    table = models.ForeignKey(TableImport, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-chosen_at", "-id"]
        # Its index answers the one question: what was it for this header.
        constraints = [models.UniqueConstraint(fields=["organization", "header_digest"], name="mapping_of_header_once")]

    def __str__(self) -> str:
        return f"remembered mapping {self.id}"

    @property
    def data_key(self) -> DataKey:
        """Sealed under the organization's key."""
        key: DataKey = self.organization.data_key
        return key
