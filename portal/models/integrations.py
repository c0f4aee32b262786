"""Internal systems that use the API: their tokens, the answers they got, and the webhooks they are told through."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from knox.models import AbstractAuthToken, AuthTokenManager

from portal import crypto
from portal.ids import new_id
from portal.models.keys import DataKey
from portal.models.organizations import Organization
from portal.models.people import User


class Scope(models.TextChoices):
    """What a token may do."""

    READ = "read", "Read requests, jobs, work orders"
    SUBMIT = "submit", "Make, confirm and cancel requests"
    REVEAL = "reveal", "See identities unmasked"
    DOWNLOAD = "download", "Download results"


class ApiTokenManager(AuthTokenManager):
    """Making tokens."""

    def make(self, *, lifetime: timedelta | None, **fields: Any) -> tuple[ApiToken, str]:
        """A saved token, and its text, which is kept nowhere. It expires after `lifetime`, or never."""
        made: tuple[ApiToken, str] = self.create(expiry=lifetime, **fields)  # type: ignore[no-untyped-call]
        return made


class ApiToken(AbstractAuthToken):
    """One token of one integration. Its service user has the rights of its scopes and belongs to its organization alone.

    Only the digest of the token is kept; the token itself is shown once, when it is made.
    """

    name = models.CharField(max_length=100, help_text="Which system uses it.")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="api_tokens")
    scopes = models.JSONField(default=list)
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[ApiTokenManager] = ApiTokenManager()

    class Meta:
        verbose_name = "API token"
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_live(self) -> bool:
        """Whether it is taken now."""
        return self.revoked_at is None and (self.expiry is None or self.expiry > timezone.now())


class IdempotencyKey(models.Model):
    """The first answer to a POST under an Idempotency-Key: the same key and body get it again, for seven days."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    data_key = models.ForeignKey(DataKey, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    # Of the caller's key and the path: a key is the caller's text and may name a person.
    key_digest = models.BinaryField()
    body_digest = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    # None while the first call is still at work.
    answered_at = models.DateTimeField(null=True)
    status = models.PositiveIntegerField(null=True)
    answer_sealed = crypto.SealedField(null=True)
    # {"headers": {name: value}, "body": text}
    answer = crypto.SealedJSON("answer_sealed")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key_digest"], name="idempotency_key_once_a_user")]
        # The tidying.
        indexes = [models.Index(fields=["created_at"], name="idempotency_by_age")]

    def __str__(self) -> str:
        return f"idempotency key {self.id}"


class WebhookEndpoint(models.Model):
    """An address of an internal system that wants to be told what happens."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="webhooks")
    url = models.URLField("Address", max_length=500)
    event_types = models.JSONField(default=list)
    secret_sealed = crypto.SealedField(null=True)
    secret = crypto.SealedText("secret_sealed")
    is_active = models.BooleanField(default=True)
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"webhook {self.id}"

    @property
    def data_key(self) -> DataKey:
        """Sealed under the organization's key."""
        return self.organization.data_key


class DeliveryStatus(models.TextChoices):
    """Where one delivery is."""

    WAITING = "waiting", "Waiting"
    DELIVERED = "delivered", "Delivered"
    GIVEN_UP = "given_up", "Given up"


class WebhookDelivery(models.Model):
    """One event for one endpoint: delivered at least once, and in order within one request."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    event_id = models.UUIDField(help_text="The same for every endpoint and every attempt.")
    event_type = models.CharField(max_length=40)
    # What must stay in order: the request that the event belongs to.
    root_id = models.UUIDField()
    payload = models.JSONField(help_text="Ids, numbers and codes; never personal data.")
    status = models.CharField(max_length=12, choices=DeliveryStatus.choices, default=DeliveryStatus.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    # Since when it is tried: a replay begins anew.
    waiting_since = models.DateTimeField(default=timezone.now)
    lease = models.UUIDField(null=True, editable=False)
    http_status = models.PositiveIntegerField(null=True)
    last_error = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        # Ids grow with time, so they are the order.
        ordering = ["-id"]
        indexes = [
            # The deliver step.
            models.Index(fields=["status", "next_attempt_at"], name="delivery_due"),
            # Whether an older one of the same request still waits.
            models.Index(fields=["endpoint", "root_id", "status", "id"], name="delivery_in_order"),
        ]

    def __str__(self) -> str:
        return f"delivery {self.id}"
