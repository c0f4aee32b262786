"""Opt-outs of sale through Adobe's consent endpoint: a call that Adobe takes and never speaks of again."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from portal import crypto
from portal.ids import new_id
from portal.models import DataKey, Organization, User
from portal.outbound import OutboundCall
from privacy import querysets
from privacy.statuses import OPT_OUT_TONES, OptOutStatus


class OptOut(models.Model):
    """One opt-out (or its withdrawal) of one or many identities, as an officer speaks of it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=20, unique=True)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="opt_outs", db_index=False)
    data_key = models.ForeignKey(DataKey, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    # What `false` does Adobe does not say; it is sent as it was asked for.
    opt_out_of_sale = models.BooleanField(default=True)
    # Of the draft only; each call keeps its own part. [{"nameSpace", "values"}]
    entities_sealed = crypto.SealedField(null=True)
    entities = crypto.SealedJSON("entities_sealed")
    # How many values of each namespace.
    counts = models.JSONField(default=dict)
    values_total = models.PositiveIntegerField(default=0)
    received_on = models.DateField()
    due_on = models.DateField(null=True)
    status = models.CharField(max_length=12, choices=OptOutStatus.choices, default=OptOutStatus.DRAFT)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="opt_outs")
    created_at = models.DateTimeField(default=timezone.now)
    recall_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    shredded_at = models.DateTimeField(null=True)
    # When its identities get their digests. None: nothing is to be done.
    to_index_at = models.DateTimeField(null=True, default=None, db_default=Now(), editable=False)

    objects = querysets.OptOutQuerySet.as_manager()

    class Meta:
        verbose_name = "opt-out"
        ordering = ["-created_at", "-id"]
        permissions = [
            ("confirm_optout", "Can confirm an opt-out, which sends it to Adobe"),
            ("decide_consentcall", "Can decide what happens to an opt-out of unknown outcome"),
        ]
        indexes = [
            # The list, newest first, of one person's organizations.
            models.Index(fields=["organization", "-created_at", "-id"], name="opt_out_list"),
            # The index step.
            models.Index(fields=["to_index_at"], name="opt_out_to_index", condition=models.Q(to_index_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def tone(self) -> str:
        """For the status pill."""
        return OPT_OUT_TONES[OptOutStatus(self.status)]


class OptOutDigest(models.Model):
    """A blind index entry of one identity of an opt-out, made as those of privacy requests: the two find each other."""

    opt_out = models.ForeignKey(OptOut, on_delete=models.CASCADE, related_name="digests")
    digest = models.BinaryField()

    class Meta:
        # Exact search, and a person's page.
        indexes = [models.Index(fields=["digest"], name="opt_out_by_digest")]

    def __str__(self) -> str:
        return f"opt-out digest {self.pk}"


class ConsentCall(OutboundCall):
    """One POST to the consent endpoint. Adobe answers 202 with nothing, and no list shows it: UNKNOWN waits for a person."""

    opt_out = models.ForeignKey(OptOut, on_delete=models.PROTECT, related_name="calls", db_index=False)
    ordinal = models.PositiveIntegerField()
    values = models.PositiveIntegerField()
    entities_sealed = crypto.SealedField(null=True)
    entities = crypto.SealedJSON("entities_sealed")

    objects = querysets.ConsentCallQuerySet.as_manager()

    class Meta:
        ordering = ["opt_out", "ordinal"]
        constraints = [models.UniqueConstraint(fields=["opt_out", "ordinal"], name="consent_place_is_single")]
        # The send step and the sweep.
        indexes = [models.Index(fields=["state", "next_attempt_at"], name="consent_to_send")]

    def __str__(self) -> str:
        return f"consent call {self.id}"

    @property
    def data_key(self) -> DataKey:
        """Sealed under the opt-out's key."""
        key = self.opt_out.data_key
        if key is None:
            raise crypto.CannotDecrypt("the personal data of this opt-out was removed")
        return key
