"""What Adobe said about an organization's quotas."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from portal.ids import new_id
from portal.models import Organization


class QuotaReading(models.Model):
    """One answer of `GET /quota`: the last one of an organization counts."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="quota_readings", db_index=False)
    read_at = models.DateTimeField(default=timezone.now)
    # [{"name", "description", "consumed", "quota"}], as Adobe names them.
    quotas = models.JSONField(default=list)

    class Meta:
        ordering = ["-read_at"]
        permissions = [("refresh_quotareading", "Can read the quotas at Adobe now")]
        # The newest of an organization.
        indexes = [models.Index(fields=["organization", "-read_at"], name="quota_newest")]

    def __str__(self) -> str:
        return f"quotas of {self.organization_id} at {self.read_at:%Y-%m-%d %H:%M}"
