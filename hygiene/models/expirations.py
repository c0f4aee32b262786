"""Dataset expirations: what Adobe has, and the changes that are on their way there."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from hygiene import querysets
from hygiene.statuses import EXPIRATION_TONES, ExpirationStatus
from portal import crypto
from portal.ids import new_id
from portal.models import DataKey, Organization, User
from portal.outbound import OutboundCall


class DatasetExpiration(models.Model):
    """When one dataset is to be removed whole. A mirror of Adobe's list; also those that were made elsewhere."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="dataset_expirations", db_index=False)
    sandbox_name = models.CharField(max_length=80)
    ttl_id = models.CharField(max_length=255, null=True)
    dataset_id = models.CharField(max_length=255)
    # Free text may name a person: under the organization's key.
    dataset_name_sealed = crypto.SealedField(null=True)
    dataset_name = crypto.SealedText("dataset_name_sealed")
    name_sealed = crypto.SealedField(null=True)
    name = crypto.SealedText("name_sealed")
    description_sealed = crypto.SealedField(null=True)
    description = crypto.SealedText("description_sealed")
    expires_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=12, choices=ExpirationStatus.choices, default=ExpirationStatus.SENDING)
    adobe_status = models.CharField("Adobe's word", max_length=60, blank=True)
    adobe_updated_at = models.DateTimeField(null=True)
    # Adobe's history, as it came: [{"status", "expiry", "updatedAt", "updatedBy"}].
    history_sealed = crypto.SealedField(null=True)
    history = crypto.SealedJSON("history_sealed")
    made_here = models.BooleanField(default=False)
    seen_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = querysets.OfOrganization.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["organization", "ttl_id"], name="expiration_once")]
        # The list, and the expiration of one dataset.
        indexes = [models.Index(fields=["organization", "dataset_id"], name="expiration_of_dataset")]

    def __str__(self) -> str:
        return self.ttl_id or f"dataset expiration {self.id}"

    @property
    def data_key(self) -> DataKey:
        """Sealed under the organization's key."""
        return self.organization.data_key

    @property
    def tone(self) -> str:
        """For the status pill."""
        return EXPIRATION_TONES[ExpirationStatus(self.status)]


class ExpirationOrder(OutboundCall):
    """One change that Adobe is to make: create, change or cancel. Its outcome is found by asking for the dataset's expiration."""

    class Kind(models.TextChoices):
        """What is to be done."""

        CREATE = "create", "Create"
        CHANGE = "change", "Change"
        CANCEL = "cancel", "Cancel"

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="expiration_orders")
    expiration = models.ForeignKey(DatasetExpiration, on_delete=models.PROTECT, related_name="orders")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    expires_at = models.DateTimeField(null=True)
    name_sealed = crypto.SealedField(null=True)
    name = crypto.SealedText("name_sealed")
    description_sealed = crypto.SealedField(null=True)
    description = crypto.SealedText("description_sealed")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = querysets.ExpirationOrderQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        permissions = [("decide_expirationorder", "Can decide what happens to a change of unknown outcome")]
        indexes = [
            models.Index(fields=["state", "next_attempt_at"], name="expiration_to_send"),
            models.Index(fields=["state", "next_look_at"], name="expiration_to_look"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.expiration_id}"

    @property
    def data_key(self) -> DataKey:
        """Sealed under the organization's key."""
        return self.organization.data_key
