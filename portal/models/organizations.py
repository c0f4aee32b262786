"""IMS organizations, and the access token that all processes share for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from portal import crypto
from portal.ids import new_id
from portal.models.keys import DataKey

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from portal.models.people import User

ADOBE_GATEWAY = "https://platform.adobe.io"
ADOBE_IMS = "https://ims-na1.adobelogin.com"
ADOBE_SCOPES = "openid,AdobeID,read_organizations,additional_info.projectedProductContext,session"


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
    recall_minutes = models.PositiveIntegerField(
        "Recall period (minutes)",
        default=0,
        validators=[MaxValueValidator(7 * 24 * 60)],
        help_text="How long a confirmed request waits before its first call to Adobe, so that it can still be cancelled.",
    )
    access_before_delete = models.BooleanField(
        "Access before delete",
        default=False,
        help_text=(
            "Where both are asked for, hold the deletes back until every access result is safe in the archive. "
            "Can be chosen anew for each request."
        ),
    )
    # At most so many leave in any minute, whichever process makes them.
    calls_per_minute = models.PositiveIntegerField(
        default=600,
        db_default=600,
        validators=[MaxValueValidator(60_000)],
        help_text="Calls to Adobe that all workers together make in a minute at most. 0: no limit. Adobe watches the rate.",
    )
    jobs_per_day = models.PositiveIntegerField(
        default=0,
        db_default=0,
        validators=[MaxValueValidator(100_000_000)],
        help_text=(
            "Jobs that are sent to Adobe in a day (UTC) at most; the rest goes on the days after, the nearest due date first. "
            "0: no limit. Adobe has a daily limit and publishes no number."
        ),
    )
    sandbox_name = models.CharField(
        "Sandbox",
        max_length=80,
        default="prod",
        validators=[RegexValidator(r"\A[a-z0-9][a-z0-9-]*\Z", "Lower-case letters, digits and hyphens.")],
        help_text="Of Adobe Experience Platform, for record deletes and dataset expirations.",
    )
    max_identities_per_work_order = models.PositiveIntegerField(
        default=100_000,
        validators=[MinValueValidator(1), MaxValueValidator(100_000)],
        help_text="Adobe takes at most 100,000 in one record delete work order.",
    )
    held_at = models.DateTimeField(null=True, blank=True, editable=False)
    hold_reason = models.CharField(max_length=40, blank=True, editable=False)
    hold_words_sealed = crypto.SealedField(null=True)
    hold_words = crypto.SealedText("hold_words_sealed")
    members = models.ManyToManyField("portal.User", related_name="organizations", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OrganizationQuerySet.as_manager()

    HOLD_WORDS = {
        "credentials": noop("Adobe refuses the credentials. Check the client id and secret, then resume."),
        "unauthorized": noop(
            "Adobe refuses the access token, also a fresh one. Check the credential in Developer Console, then resume."
        ),
        "forbidden": noop(
            "Adobe says this credential may not do that. Give its product profile the permissions of Privacy Service and, for "
            "record deletes and dataset expirations, of Data Hygiene; then resume."
        ),
        "missing_org_header": noop("Adobe missed the organization header. Check the IMS organization id, then resume."),
        "wrong_address": noop("Adobe's gateway does not know the address. Check the gateway address, then resume."),
        "limit": noop("Adobe says a limit is reached. Resume when Adobe takes requests again."),
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
        known = self.HOLD_WORDS.get(self.hold_reason)
        words = _(known) if known else self.hold_reason
        return _("%(why)s Adobe's words: %(words)s") % {"why": words, "words": self.hold_words} if self.hold_words else words

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
