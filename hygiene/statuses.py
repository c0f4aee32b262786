"""Status words of data hygiene, each in one place with its label and its tone."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class RecordDeleteStatus(models.TextChoices):
    """Where one record delete is, as its officer would say it."""

    WAITING = "waiting", _("Waiting to be checked")
    CHECKING = "checking", _("Being checked")
    REFUSED = "refused", _("Has errors")
    READY = "ready", _("Ready to confirm")
    DISCARDED = "discarded", _("Discarded")
    PREPARING = "preparing", _("Preparing")
    SENDING = "sending", _("Sending to Adobe")
    IN_PROGRESS = "in_progress", _("Adobe is working")
    ATTENTION = "attention", _("Needs a person")
    COMPLETE = "complete", _("Complete")
    FAILED = "failed", _("Finished with errors")
    CANCELLED = "cancelled", _("Cancelled")
    SHREDDED = "shredded", _("Personal data removed")


RECORD_DELETE_DRAFTS = (
    RecordDeleteStatus.WAITING,
    RecordDeleteStatus.CHECKING,
    RecordDeleteStatus.REFUSED,
    RecordDeleteStatus.READY,
)
RECORD_DELETE_OPEN = (
    RecordDeleteStatus.PREPARING,
    RecordDeleteStatus.SENDING,
    RecordDeleteStatus.IN_PROGRESS,
    RecordDeleteStatus.ATTENTION,
)
RECORD_DELETE_TONES = {
    RecordDeleteStatus.WAITING: "info",
    RecordDeleteStatus.CHECKING: "info",
    RecordDeleteStatus.REFUSED: "bad",
    RecordDeleteStatus.READY: "good",
    RecordDeleteStatus.DISCARDED: "unknown",
    RecordDeleteStatus.PREPARING: "info",
    RecordDeleteStatus.SENDING: "info",
    RecordDeleteStatus.IN_PROGRESS: "info",
    RecordDeleteStatus.ATTENTION: "warning",
    RecordDeleteStatus.COMPLETE: "good",
    RecordDeleteStatus.FAILED: "bad",
    RecordDeleteStatus.CANCELLED: "unknown",
    RecordDeleteStatus.SHREDDED: "unknown",
}


class WorkOrderStatus(models.TextChoices):
    """Where one work order is at Adobe (Data Hygiene API, record delete work orders). Adobe's own word is kept beside it."""

    WAITING = "waiting", _("Not sent yet")
    RECEIVED = "received", _("Received")
    VALIDATED = "validated", _("Validated")
    SUBMITTED = "submitted", _("Submitted")
    INGESTED = "ingested", _("Ingested")
    COMPLETED = "completed", _("Completed")
    FAILED = "failed", _("Failed")
    OTHER = "other", _("Other")
    GONE = "gone", _("No longer at Adobe")
    NOT_SENT = "not_sent", _("Not sent")


WORK_ORDER_AT_ADOBE_OPEN = (
    WorkOrderStatus.RECEIVED,
    WorkOrderStatus.VALIDATED,
    WorkOrderStatus.SUBMITTED,
    WorkOrderStatus.INGESTED,
    WorkOrderStatus.OTHER,
)
WORK_ORDER_DONE = (
    WorkOrderStatus.COMPLETED,
    WorkOrderStatus.FAILED,
    WorkOrderStatus.GONE,
    WorkOrderStatus.NOT_SENT,
)
WORK_ORDER_TONES = {
    WorkOrderStatus.WAITING: "unknown",
    WorkOrderStatus.RECEIVED: "info",
    WorkOrderStatus.VALIDATED: "info",
    WorkOrderStatus.SUBMITTED: "info",
    WorkOrderStatus.INGESTED: "info",
    WorkOrderStatus.COMPLETED: "good",
    WorkOrderStatus.FAILED: "bad",
    WorkOrderStatus.OTHER: "unknown",
    WorkOrderStatus.GONE: "warning",
    WorkOrderStatus.NOT_SENT: "bad",
}


class ExpirationStatus(models.TextChoices):
    """Where one dataset expiration is (Data Hygiene API, dataset expiration). `executed` is an older word for completed."""

    SENDING = "sending", _("Being sent to Adobe")
    PENDING = "pending", _("Pending")
    EXECUTING = "executing", _("Executing")
    COMPLETED = "completed", _("Completed")
    CANCELLED = "cancelled", _("Cancelled")
    REJECTED = "rejected", _("Refused by Adobe")
    OTHER = "other", _("Other")


EXPIRATION_TONES = {
    ExpirationStatus.SENDING: "info",
    ExpirationStatus.PENDING: "info",
    ExpirationStatus.EXECUTING: "info",
    ExpirationStatus.COMPLETED: "good",
    ExpirationStatus.CANCELLED: "unknown",
    ExpirationStatus.REJECTED: "bad",
    ExpirationStatus.OTHER: "unknown",
}
