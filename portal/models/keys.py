"""Data keys: what each owner's personal data is encrypted with."""

from __future__ import annotations

import uuid

from django.db import models

from portal import crypto
from portal.ids import new_id


class DataKeyQuerySet(models.QuerySet["DataKey"]):
    """Making data keys."""

    def make(self, owner_kind: str, owner_id: uuid.UUID) -> DataKey:
        """A new saved key for one owner."""
        key = DataKey.new(owner_kind, owner_id)
        key.save(force_insert=True)
        return key


class DataKey(models.Model):
    """The key that one owner's personal data is encrypted with, itself wrapped by a master key.

    Deleting the row makes everything under it unreadable: that is how data is shredded.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner_kind = models.CharField(max_length=32)
    owner_id = models.UUIDField()
    master_key_id = models.CharField(max_length=64)
    wrapped = models.BinaryField(editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DataKeyQuerySet.as_manager()

    class Meta:
        indexes = [
            # Rotation: every key that is not yet under the newest master key.
            models.Index(fields=["master_key_id", "id"], name="datakey_by_master"),
            models.Index(fields=["owner_kind", "owner_id"], name="datakey_by_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.owner_kind} {self.id}"

    @classmethod
    def new(cls, owner_kind: str, owner_id: uuid.UUID) -> DataKey:
        """A new key, not yet saved."""
        key_id = new_id()
        wrapped = crypto.wrap_new(key_id)
        return cls(
            id=key_id,
            owner_kind=owner_kind,
            owner_id=owner_id,
            master_key_id=wrapped.master_key_id,
            wrapped=wrapped.wrapped,
        )

    def destroy(self) -> None:
        """Make all that was encrypted under this key unreadable, for good."""
        key_id = self.pk
        super().delete()
        crypto.forget(key_id)
