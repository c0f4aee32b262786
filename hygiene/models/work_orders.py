"""The calls that carry record deletes to Adobe, and what its services said."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from hygiene import querysets
from hygiene.models.record_deletes import RecordDelete
from hygiene.statuses import WORK_ORDER_TONES, WorkOrderStatus
from portal import crypto
from portal.ids import new_id
from portal.models import DataKey, Organization
from portal.outbound import CallState, OutboundCall

_NOT_TAKEN = {
    (WorkOrderStatus.WAITING.value, CallState.SENDING.value): noop("Being sent"),
    (WorkOrderStatus.WAITING.value, CallState.UNKNOWN.value): noop("Not known"),
    (WorkOrderStatus.NOT_SENT.value, CallState.REJECTED.value): noop("Refused"),
}


class WorkOrder(OutboundCall):
    """One POST that creates a work order: at most 100,000 identities, for one dataset, several, or ALL."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="work_orders", db_index=False)
    record_delete = models.ForeignKey(RecordDelete, on_delete=models.PROTECT, related_name="work_orders", db_index=False)
    ordinal = models.PositiveIntegerField()
    identities = models.PositiveIntegerField()
    # An encrypted file under MEDIA_ROOT with the identities of this order, in the order they are sent.
    path = models.CharField(max_length=200, blank=True, editable=False)
    # `[PP-<80 random bits, base32>]`, the end of the displayName that is sent: Adobe's list is searched for it.
    reference = models.CharField(max_length=40, unique=True)
    # It does not fit into today's quota: when it may go, and why it waits.
    waits_for_quota_until = models.DateTimeField(null=True)
    status = models.CharField(max_length=12, choices=WorkOrderStatus.choices, default=WorkOrderStatus.WAITING)
    adobe_status = models.CharField("Adobe's word", max_length=60, blank=True)
    adobe_work_order_id = models.CharField(max_length=255, null=True)
    # More than one work order at Adobe with this reference: an alarm.
    extra_adobe_ids = models.JSONField(default=list)
    adobe_bundle_id = models.CharField(max_length=255, blank=True)
    adobe_created_at = models.DateTimeField(null=True)
    adobe_updated_at = models.DateTimeField(null=True)
    detail_at = models.DateTimeField("Last looked at", null=True)
    next_poll_at = models.DateTimeField(null=True)
    quiet_polls = models.PositiveIntegerField(default=0, help_text="Looks in a row that saw nothing new.")
    lease = models.UUIDField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True)
    # A new name and description that Adobe does not have yet: {"name", "description"}.
    edit_sealed = crypto.SealedField(null=True)
    edit = crypto.SealedJSON("edit_sealed")
    edit_due_at = models.DateTimeField(null=True)
    edit_attempts = models.PositiveIntegerField(default=0)
    edit_error = models.CharField(max_length=60, blank=True)
    answer_sealed = crypto.SealedField(null=True)
    # Adobe's last answer, as it came.
    answer = crypto.SealedBytes("answer_sealed")

    objects = querysets.WorkOrderQuerySet.as_manager()

    class Meta:
        ordering = ["record_delete", "ordinal"]
        permissions = [
            ("decide_workorder", "Can decide what happens to a work order of unknown outcome"),
            ("refresh_workorder", "Can ask Adobe for the state of a work order now"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["record_delete", "ordinal"], name="work_order_place_is_single"),
            models.UniqueConstraint(fields=["organization", "adobe_work_order_id"], name="adobe_work_order_once"),
        ]
        indexes = [
            # The submit step and the sweep.
            models.Index(fields=["state", "next_attempt_at"], name="work_order_to_send"),
            models.Index(fields=["state", "next_look_at"], name="work_order_to_look"),
            # The detail step.
            models.Index(fields=["next_poll_at"], name="work_order_due", condition=models.Q(next_poll_at__isnull=False)),
            # The edit step.
            models.Index(fields=["edit_due_at"], name="work_order_edit", condition=models.Q(edit_due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.adobe_work_order_id or f"work order {self.id}"

    @property
    def data_key(self) -> DataKey:
        """Sealed under the record delete's key."""
        key = self.record_delete.data_key
        if key is None:
            raise crypto.CannotDecrypt("the personal data of this record delete was removed")
        return key

    @property
    def file_path(self) -> Path:
        """Where the encrypted identities are."""
        return Path(settings.MEDIA_ROOT) / self.path

    @property
    def tone(self) -> str:
        """For the status pill."""
        return WORK_ORDER_TONES[WorkOrderStatus(self.status)]

    @property
    def status_words(self) -> str:
        """Our label; for a word that we do not know, Adobe's word as it came. Of what it has not taken only the certain."""
        if self.status == WorkOrderStatus.OTHER:
            return self.adobe_status
        known = _NOT_TAKEN.get((self.status, self.state))
        return _(known) if known else str(WorkOrderStatus(self.status).label)


class ServiceProgress(models.Model):
    """What one of Adobe's services said about one work order (`productStatusDetails`)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    work_order = models.ForeignKey(WorkOrder, on_delete=models.CASCADE, related_name="services", db_index=False)
    service = models.CharField(max_length=100, help_text="As Adobe wrote it.")
    # `waiting` and `success` are known; the word of a failure is published nowhere, so any word is kept and shown.
    status = models.CharField("Adobe's word", max_length=60)
    at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "service progress"
        ordering = ["service"]
        constraints = [models.UniqueConstraint(fields=["work_order", "service"], name="service_once_a_work_order")]

    def __str__(self) -> str:
        return f"{self.service} {self.status}"
