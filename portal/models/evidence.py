"""The audit trail and its seals: rows that are written once."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models

from portal.ids import new_id


class AppendOnly(RuntimeError):
    """Somebody tried to change or delete evidence."""


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """Rows that are written once."""

    def update(self, **_: Any) -> NoReturn:
        """Refused."""
        raise AppendOnly(f"{self.model._meta.label} rows are written once")

    def delete(self) -> NoReturn:
        """Refused."""
        raise AppendOnly(f"{self.model._meta.label} rows are written once")


class AppendOnlyModel(models.Model):
    """A row that can be added, and never changed or deleted through the application."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row; saving it a second time is refused."""
        if not self._state.adding:
            raise AppendOnly(f"{self._meta.label} rows are written once")
        # Django tries an UPDATE first when a key is given, and that would overwrite the row of that key.
        super().save(*args, **(kwargs | {"force_insert": True}))

    def delete(self, *_: Any, **__: Any) -> NoReturn:
        """Refused."""
        raise AppendOnly(f"{self._meta.label} rows are written once")


class AuditEvent(AppendOnlyModel):
    """Who did what, on which object, when. Written by `audit.record` only, never changed. Holds ids, never personal data."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField()
    action = models.CharField(max_length=60)
    # Text copies: the trail must read the same after a user or an object is gone.
    actor_id = models.CharField(max_length=40, blank=True)
    actor_name = models.CharField(max_length=150, blank=True)
    organization_id = models.CharField(max_length=40, blank=True)
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    # The request or upload that this belongs to; its page shows these events as a timeline.
    root_id = models.CharField(max_length=40, blank=True)
    correlation_id = models.CharField(max_length=64, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            # A request's timeline.
            models.Index(fields=["root_id", "at"], name="audit_by_root"),
            # The admin's list, newest first.
            models.Index(fields=["-at", "-id"], name="audit_by_time"),
            # The admin's search. What belongs to a request is found by that, so these two stay small.
            models.Index(fields=["object_id"], name="audit_by_object", condition=models.Q(root_id="")),
            models.Index(fields=["action"], name="audit_by_action", condition=models.Q(root_id="")),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.action}"


class AuditSeal(AppendOnlyModel):
    """One link of the chain: the Merkle root over the events sealed with it, and the hash of the seal before."""

    sequence = models.PositiveBigIntegerField(primary_key=True)
    sealed_at = models.DateTimeField()
    event_count = models.PositiveIntegerField()
    merkle_root = models.BinaryField()
    previous_hash = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        ordering = ["-sequence"]

    def __str__(self) -> str:
        return f"seal {self.sequence}"


class AuditLeaf(AppendOnlyModel):
    """Which event stands at which place under which seal. The event's id is a plain value: the leaf outlives a deleted event."""

    event_id = models.UUIDField(primary_key=True)
    seal = models.ForeignKey(AuditSeal, on_delete=models.PROTECT, related_name="leaves", db_index=False)
    position = models.PositiveIntegerField()
    leaf_hash = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["seal", "position"], name="leaf_place_is_single")]

    def __str__(self) -> str:
        return f"{self.seal_id}/{self.position}"
