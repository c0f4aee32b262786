"""Organizations, people, data keys and the audit trail: what both apps build on."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, NoReturn, Self

from django.contrib.auth.models import AbstractUser
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models, transaction
from django.utils import timezone

from portal import crypto
from portal.ids import new_id

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

ADOBE_GATEWAY = "https://platform.adobe.io"
ADOBE_IMS = "https://ims-na1.adobelogin.com"
ADOBE_SCOPES = "openid,AdobeID,read_organizations,additional_info.projectedProductContext,session"


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


class OrganizationQuerySet(models.QuerySet["Organization"]):
    """Which organizations a person may see."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The organizations this person was given; a superuser sees all."""
        if not user.is_authenticated:
            return self.none()
        return self if user.is_superuser else self.filter(members=user)

    def not_on_hold(self) -> Self:
        """Organizations whose calls may go out."""
        return self.filter(held_at=None)


class Organization(models.Model):
    """One IMS organization: its credentials, its limits, and whether its calls are on hold."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    ims_org_id = models.CharField(
        "IMS organization",
        max_length=80,
        unique=True,
        validators=[RegexValidator(r"\A[0-9A-Za-z]{10,40}@AdobeOrg\Z", "It looks like 24 letters and digits, then @AdobeOrg.")],
        help_text="24 letters and digits followed by @AdobeOrg. Adobe Admin Console shows it under Organizations.",
    )
    client_id = models.CharField(
        max_length=200, help_text="Of the OAuth Server-to-Server credential in Adobe Developer Console (the API key)."
    )
    data_key = models.ForeignKey(DataKey, on_delete=models.PROTECT, editable=False, related_name="+")
    client_secret_sealed = crypto.SealedField(null=True)
    client_secret = crypto.SealedText("client_secret_sealed")
    scopes = models.CharField(max_length=500, default=ADOBE_SCOPES, help_text="Parted by commas.")
    gateway_url = models.URLField("Gateway address", default=ADOBE_GATEWAY)
    ims_url = models.URLField("IMS address", default=ADOBE_IMS)
    download_hosts = models.JSONField(
        default=list,
        blank=True,
        help_text=(
            "Hosts beside the gateway that results may be fetched from (old answers name Azure storage). "
            "The token never goes there."
        ),
    )
    product_codes = models.JSONField("Products", default=list, blank=True, help_text="Codes the organization is provisioned for.")
    time_zone = models.CharField(max_length=64, default="UTC", help_text="Due dates are counted in it.")
    max_people_per_call = models.PositiveIntegerField(default=1000, validators=[MinValueValidator(1), MaxValueValidator(1000)])
    # At least what one person may have, or that person would fit into no call.
    max_identities_per_call = models.PositiveIntegerField(
        default=1000, validators=[MinValueValidator(9), MaxValueValidator(1000)]
    )
    resend_deletes = models.BooleanField(
        "Send deletes again without asking",
        default=False,
        help_text=(
            "When a call with deletes or opt-outs got no answer and three looks at Adobe's list did not find it: "
            "send it again by itself (on), or wait for a person (off)."
        ),
    )
    held_at = models.DateTimeField(null=True, blank=True, editable=False)
    hold_reason = models.CharField(max_length=40, blank=True, editable=False)
    hold_words_sealed = crypto.SealedField(null=True)
    hold_words = crypto.SealedText("hold_words_sealed")
    members = models.ManyToManyField("portal.User", related_name="organizations", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OrganizationQuerySet.as_manager()

    HOLD_WORDS = {
        "credentials": "Adobe refuses the credentials. Check the client id and secret, then resume.",
        "unauthorized": (
            "Adobe refuses the access token, also a fresh one. Check the credential in Developer Console, then resume."
        ),
        "forbidden": (
            "Adobe says this credential may not do that. Give its product profile the Privacy Service permissions, then resume."
        ),
        "missing_org_header": "Adobe missed the organization header. Check the IMS organization id, then resume.",
        "wrong_address": "Adobe's gateway does not know the address. Check the gateway address, then resume.",
        "limit": "Adobe says a limit is reached. Resume when Adobe takes requests again.",
        "by_hand": "An administrator put the organization on hold.",
    }

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a new organization gets its data key first."""
        if self.data_key_id is None:
            self.ensure_data_key()
        super().save(*args, **kwargs)

    def ensure_data_key(self) -> None:
        """Give a new organization the key that its secrets and its blind index hang on."""
        if self.data_key_id is None:
            self.data_key = DataKey.objects.make("organization", self.pk)

    @property
    def is_on_hold(self) -> bool:
        """Whether nothing may be sent to Adobe for it now."""
        return self.held_at is not None

    @property
    def hold_reason_words(self) -> str:
        """Why it is on hold and what to do, for a person."""
        words = self.HOLD_WORDS.get(self.hold_reason, self.hold_reason)
        return f"{words} Adobe's words: {self.hold_words}" if self.hold_words else words

    def hold(self, reason: str, adobe_words: str = "") -> bool:
        """Stop all sending for this organization until a person resumes. False when it was on hold already."""
        self.hold_words = adobe_words or None
        changed = (
            Organization.objects.not_on_hold()
            .filter(pk=self.pk)
            .update(held_at=timezone.now(), hold_reason=reason, hold_words_sealed=self.hold_words_sealed)
        )
        return bool(changed)

    def resume(self) -> None:
        """Let the queue go on."""
        self.held_at, self.hold_reason, self.hold_words_sealed = None, "", None
        self.save(update_fields=["held_at", "hold_reason", "hold_words_sealed"])


class User(AbstractUser):
    """A member of staff. Rights come from groups; what they reach comes from their organizations."""

    def may(self, permission: str) -> bool:
        """Whether this person has a permission named as app.codename."""
        return self.is_active and self.has_perm(permission)


class AccessToken(models.Model):
    """The IMS access token that all processes share for one organization."""

    organization = models.OneToOneField(Organization, on_delete=models.CASCADE, primary_key=True, related_name="access_token")
    value_sealed = crypto.SealedField()
    value = crypto.SealedText("value_sealed")
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"token of {self.organization_id}"

    @property
    def data_key(self) -> DataKey:
        """Tokens are sealed under the organization's key."""
        return self.organization.data_key


class Counter(models.Model):
    """A named number that only grows: request numbers come from one (gaps are allowed)."""

    name = models.CharField(max_length=40, primary_key=True)
    value = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} {self.value}"

    @classmethod
    def next(cls, name: str) -> int:
        """The next value, never given twice. The row is locked until the caller's transaction ends."""
        with transaction.atomic():
            cls.objects.get_or_create(name=name)
            cls.objects.filter(name=name).update(value=models.F("value") + 1)
            return int(cls.objects.values_list("value", flat=True).get(name=name))


class Wakeup(models.Model):
    """Whether a wake-up message of a step is on its way: messages are coalesced, at most one a step waits."""

    step = models.CharField(max_length=40, primary_key=True)
    published_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.step


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
    seal = models.ForeignKey(AuditSeal, on_delete=models.PROTECT, related_name="leaves")
    position = models.PositiveIntegerField()
    leaf_hash = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["seal", "position"], name="leaf_place_is_single")]

    def __str__(self) -> str:
        return f"{self.seal_id}/{self.position}"
