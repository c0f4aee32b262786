"""Status words, each in one place with its label and its tone; the sets that queries and pages use stand beside them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class JobStatus(models.TextChoices):
    """Where one privacy job, or one product's part of it, is. Adobe's own word is kept beside it."""

    WAITING = "waiting", _("Not sent yet")
    SUBMITTED = "submitted", _("Submitted")
    PROCESSING = "processing", _("Processing")
    COMPLETE = "complete", _("Complete")
    ERROR = "error", _("Error")
    OTHER = "other", _("Other")
    GONE = "gone", _("No longer at Adobe")
    NOT_SENT = "not_sent", _("Not sent")


JOB_AT_ADOBE_OPEN = (JobStatus.SUBMITTED, JobStatus.PROCESSING, JobStatus.OTHER)
JOB_OPEN = (JobStatus.WAITING, *JOB_AT_ADOBE_OPEN)
JOB_DONE = (JobStatus.COMPLETE, JobStatus.ERROR, JobStatus.GONE, JobStatus.NOT_SENT)
JOB_FAILED = (JobStatus.ERROR, JobStatus.GONE, JobStatus.NOT_SENT)

# Over, and no product will say a word about them any more.
JOB_LOST = (JobStatus.GONE, JobStatus.NOT_SENT)

JOB_TONES = {
    JobStatus.WAITING: "unknown",
    JobStatus.SUBMITTED: "info",
    JobStatus.PROCESSING: "info",
    JobStatus.COMPLETE: "good",
    JobStatus.ERROR: "bad",
    JobStatus.OTHER: "unknown",
    JobStatus.GONE: "warning",
    JobStatus.NOT_SENT: "bad",
}


class RequestStatus(models.TextChoices):
    """Where one privacy request is, as its officer would say it."""

    PREPARING = "preparing", _("Preparing")
    SENDING = "sending", _("Sending to Adobe")
    IN_PROGRESS = "in_progress", _("Adobe is working")
    ATTENTION = "attention", _("Needs a person")
    COMPLETE = "complete", _("Complete")
    FAILED = "failed", _("Finished with errors")
    CANCELLED = "cancelled", _("Cancelled")
    SHREDDED = "shredded", _("Personal data removed")


class Origin(models.TextChoices):
    """Where a request was made."""

    UPLOAD = "upload", _("Uploaded")
    TABLE = "table", _("Uploaded as a table")
    BUILDER = "builder", _("Built in the portal")
    API = "api", _("Made through the API")
    RESUBMISSION = "resubmission", _("Resubmitted")
    ELSEWHERE = "elsewhere", _("Created outside the portal")


REQUEST_OPEN = (RequestStatus.PREPARING, RequestStatus.SENDING, RequestStatus.IN_PROGRESS, RequestStatus.ATTENTION)
# Adobe is done, well or not.
REQUEST_ENDED = (RequestStatus.COMPLETE, RequestStatus.FAILED)
# There is nobody to answer any more.
REQUEST_CLOSED = (RequestStatus.CANCELLED, RequestStatus.SHREDDED)
REQUEST_TONES = {
    RequestStatus.PREPARING: "info",
    RequestStatus.SENDING: "info",
    RequestStatus.IN_PROGRESS: "info",
    RequestStatus.ATTENTION: "warning",
    RequestStatus.COMPLETE: "good",
    RequestStatus.FAILED: "bad",
    RequestStatus.CANCELLED: "unknown",
    RequestStatus.SHREDDED: "unknown",
}


class UploadStatus(models.TextChoices):
    """Where an uploaded file is before it becomes a request."""

    WAITING = "waiting", _("Waiting to be checked")
    CHECKING = "checking", _("Being checked")
    REFUSED = "refused", _("Has errors")
    READY = "ready", _("Ready to confirm")
    CONFIRMED = "confirmed", _("Confirmed")
    DISCARDED = "discarded", _("Discarded")


UPLOAD_OPEN = (UploadStatus.WAITING, UploadStatus.CHECKING, UploadStatus.REFUSED, UploadStatus.READY)
UPLOAD_TONES = {
    UploadStatus.WAITING: "info",
    UploadStatus.CHECKING: "info",
    UploadStatus.REFUSED: "bad",
    UploadStatus.READY: "good",
    UploadStatus.CONFIRMED: "good",
    UploadStatus.DISCARDED: "unknown",
}


class SyncStatus(models.TextChoices):
    """Where a search for jobs made elsewhere is."""

    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Looking through Adobe's list")
    DONE = "done", _("Done")
    FAILED = "failed", _("Could not be finished")


SYNC_OPEN = (SyncStatus.WAITING, SyncStatus.RUNNING)
SYNC_TONES = {
    SyncStatus.WAITING: "info",
    SyncStatus.RUNNING: "info",
    SyncStatus.DONE: "good",
    SyncStatus.FAILED: "bad",
}


class OptOutStatus(models.TextChoices):
    """Where one opt-out of sale through the consent endpoint is."""

    DRAFT = "draft", _("Ready to confirm")
    SENDING = "sending", _("Sending to Adobe")
    SENT = "sent", _("Accepted by Adobe")
    ATTENTION = "attention", _("Needs a person")
    REJECTED = "rejected", _("Refused by Adobe")
    CANCELLED = "cancelled", _("Not sent")
    SHREDDED = "shredded", _("Personal data removed")


OPT_OUT_TONES = {
    OptOutStatus.DRAFT: "info",
    OptOutStatus.SENDING: "info",
    OptOutStatus.SENT: "good",
    OptOutStatus.ATTENTION: "warning",
    OptOutStatus.REJECTED: "bad",
    OptOutStatus.CANCELLED: "unknown",
    OptOutStatus.SHREDDED: "unknown",
}


class ArchiveStatus(models.TextChoices):
    """Where the result of an access job is."""

    WAITING = "waiting", _("Waiting to be fetched")
    STORED = "stored", _("Stored")
    FAILED = "failed", _("Could not be fetched")
    EXPIRED = "expired", _("No longer at Adobe")
    REMOVED = "removed", _("Removed")


ARCHIVE_TONES = {
    ArchiveStatus.WAITING: "info",
    ArchiveStatus.STORED: "good",
    ArchiveStatus.FAILED: "bad",
    ArchiveStatus.EXPIRED: "warning",
    ArchiveStatus.REMOVED: "unknown",
}


class Action(models.TextChoices):
    """What a data subject asks for, in Adobe's words (Privacy Service API, create a privacy job)."""

    ACCESS = "access", _("Access")
    DELETE = "delete", _("Delete")
    OPT_OUT = "opt-out-of-sale", _("Opt-out of sale")


# --- What people do beside Adobe ---


class Outcome(models.TextChoices):
    """What the person who asked was told."""

    GRANTED = "granted", _("Answered in full")
    PARTLY = "partly", _("Partly refused")
    REFUSED = "refused", _("Refused")


class AnswerChannel(models.TextChoices):
    """How the answer went to the person."""

    EMAIL = "email", _("E-mail")
    POST = "post", _("Letter")
    PORTAL = "portal", _("Customer portal")
    PHONE = "phone", _("Telephone")
    IN_PERSON = "in_person", _("In person")
    OTHER = "other", _("Another way")


class VerifiedHow(models.TextChoices):
    """How it was made sure that the person is who they say."""

    ACCOUNT = "account", _("Signed in to their account")
    EMAIL = "email", _("Confirmed by e-mail")
    DOCUMENT = "document", _("Identity document")
    DETAILS = "details", _("Details that only the person knows")
    OTHER = "other", _("Another way")


class DeadlineChangeKind(models.TextChoices):
    """How a due date moved."""

    EXTENDED = "extended", _("Extended")
    PAUSED = "paused", _("Paused")
    RESUMED = "resumed", _("Resumed")


# --- Tables on their way to an upload ---


class TableKind(models.TextChoices):
    """The kind of a table's file."""

    CSV = "csv", _("CSV")
    XLSX = "xlsx", _("Excel (XLSX)")


class TableStatus(models.TextChoices):
    """Where a table is before it becomes an upload."""

    MAPPING = "mapping", _("Columns to be chosen")
    WAITING = "waiting", _("Waiting to be read")
    READING = "reading", _("Being read")
    REFUSED = "refused", _("Has errors")
    DONE = "done", _("Read")
    DISCARDED = "discarded", _("Discarded")


TABLE_OPEN = (TableStatus.MAPPING, TableStatus.WAITING, TableStatus.READING, TableStatus.REFUSED)
TABLE_TONES = {
    TableStatus.MAPPING: "info",
    TableStatus.WAITING: "info",
    TableStatus.READING: "info",
    TableStatus.REFUSED: "bad",
    TableStatus.DONE: "good",
    TableStatus.DISCARDED: "unknown",
}


class DayKind(models.TextChoices):
    """What is counted of a day."""

    SUBMITTED = "submitted", _("Submitted")
    COMPLETE = "complete", _("Completed")
    FAILED = "failed", _("Finished with errors")
    # Of the last day counted only; `hours` says how old they are.
    OPEN = "open", _("Open now")


# --- Events of Adobe ---


class EventWay(models.TextChoices):
    """How Adobe's events come to us."""

    OFF = "off", _("Not used")
    WEBHOOK = "webhook", _("Adobe calls our address")
    JOURNAL = "journal", _("We read the journal")


class EventState(models.TextChoices):
    """What became of an event."""

    WAITING = "waiting", _("Waiting")
    DONE = "done", _("Job asked about")
    NO_JOB = "no_job", _("No job of ours")
    UNKNOWN = "unknown", _("Kind not known")


EVENT_TONES = {
    EventState.WAITING: "info",
    EventState.DONE: "good",
    EventState.NO_JOB: "unknown",
    EventState.UNKNOWN: "unknown",
}
