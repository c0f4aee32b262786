"""Status words, each in one place with its label and its tone; the sets that queries and pages use stand beside them."""

from __future__ import annotations

from django.db import models


class JobStatus(models.TextChoices):
    """Where one privacy job, or one product's part of it, is. Adobe's own word is kept beside it."""

    WAITING = "waiting", "Not sent yet"
    SUBMITTED = "submitted", "Submitted"
    PROCESSING = "processing", "Processing"
    COMPLETE = "complete", "Complete"
    ERROR = "error", "Error"
    OTHER = "other", "Other"
    GONE = "gone", "No longer at Adobe"
    NOT_SENT = "not_sent", "Not sent"


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

    PREPARING = "preparing", "Preparing"
    SENDING = "sending", "Sending to Adobe"
    IN_PROGRESS = "in_progress", "Adobe is working"
    ATTENTION = "attention", "Needs a person"
    COMPLETE = "complete", "Complete"
    FAILED = "failed", "Finished with errors"
    CANCELLED = "cancelled", "Cancelled"
    SHREDDED = "shredded", "Personal data removed"


class Origin(models.TextChoices):
    """Where a request was made."""

    UPLOAD = "upload", "Uploaded"
    TABLE = "table", "Uploaded as a table"
    BUILDER = "builder", "Built in the portal"
    API = "api", "Made through the API"
    RESUBMISSION = "resubmission", "Resubmitted"
    ELSEWHERE = "elsewhere", "Created outside the portal"


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

    WAITING = "waiting", "Waiting to be checked"
    CHECKING = "checking", "Being checked"
    REFUSED = "refused", "Has errors"
    READY = "ready", "Ready to confirm"
    CONFIRMED = "confirmed", "Confirmed"
    DISCARDED = "discarded", "Discarded"


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

    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Looking through Adobe's list"
    DONE = "done", "Done"
    FAILED = "failed", "Could not be finished"


SYNC_OPEN = (SyncStatus.WAITING, SyncStatus.RUNNING)
SYNC_TONES = {
    SyncStatus.WAITING: "info",
    SyncStatus.RUNNING: "info",
    SyncStatus.DONE: "good",
    SyncStatus.FAILED: "bad",
}


class OptOutStatus(models.TextChoices):
    """Where one opt-out of sale through the consent endpoint is."""

    DRAFT = "draft", "Ready to confirm"
    SENDING = "sending", "Sending to Adobe"
    SENT = "sent", "Accepted by Adobe"
    ATTENTION = "attention", "Needs a person"
    REJECTED = "rejected", "Refused by Adobe"
    CANCELLED = "cancelled", "Not sent"
    SHREDDED = "shredded", "Personal data removed"


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

    WAITING = "waiting", "Waiting to be fetched"
    STORED = "stored", "Stored"
    FAILED = "failed", "Could not be fetched"
    EXPIRED = "expired", "No longer at Adobe"
    REMOVED = "removed", "Removed"


ARCHIVE_TONES = {
    ArchiveStatus.WAITING: "info",
    ArchiveStatus.STORED: "good",
    ArchiveStatus.FAILED: "bad",
    ArchiveStatus.EXPIRED: "warning",
    ArchiveStatus.REMOVED: "unknown",
}


class Action(models.TextChoices):
    """What a data subject asks for, in Adobe's words (Privacy Service API, create a privacy job)."""

    ACCESS = "access", "Access"
    DELETE = "delete", "Delete"
    OPT_OUT = "opt-out-of-sale", "Opt-out of sale"


# --- What people do beside Adobe ---


class Outcome(models.TextChoices):
    """What the person who asked was told."""

    GRANTED = "granted", "Answered in full"
    PARTLY = "partly", "Partly refused"
    REFUSED = "refused", "Refused"


class AnswerChannel(models.TextChoices):
    """How the answer went to the person."""

    EMAIL = "email", "E-mail"
    POST = "post", "Letter"
    PORTAL = "portal", "Customer portal"
    PHONE = "phone", "Telephone"
    IN_PERSON = "in_person", "In person"
    OTHER = "other", "Another way"


class VerifiedHow(models.TextChoices):
    """How it was made sure that the person is who they say."""

    ACCOUNT = "account", "Signed in to their account"
    EMAIL = "email", "Confirmed by e-mail"
    DOCUMENT = "document", "Identity document"
    DETAILS = "details", "Details that only the person knows"
    OTHER = "other", "Another way"


class DeadlineChangeKind(models.TextChoices):
    """How a due date moved."""

    EXTENDED = "extended", "Extended"
    PAUSED = "paused", "Paused"
    RESUMED = "resumed", "Resumed"


# --- Tables on their way to an upload ---


class TableKind(models.TextChoices):
    """The kind of a table's file."""

    CSV = "csv", "CSV"
    XLSX = "xlsx", "Excel (XLSX)"


class TableStatus(models.TextChoices):
    """Where a table is before it becomes an upload."""

    MAPPING = "mapping", "Columns to be chosen"
    WAITING = "waiting", "Waiting to be read"
    READING = "reading", "Being read"
    REFUSED = "refused", "Has errors"
    DONE = "done", "Read"
    DISCARDED = "discarded", "Discarded"


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

    SUBMITTED = "submitted", "Submitted"
    COMPLETE = "complete", "Completed"
    FAILED = "failed", "Finished with errors"
    # Of the last day counted only; `hours` says how old they are.
    OPEN = "open", "Open now"


# --- Events of Adobe ---


class EventWay(models.TextChoices):
    """How Adobe's events come to us."""

    OFF = "off", "Not used"
    WEBHOOK = "webhook", "Adobe calls our address"
    JOURNAL = "journal", "We read the journal"


class EventState(models.TextChoices):
    """What became of an event."""

    WAITING = "waiting", "Waiting"
    DONE = "done", "Job asked about"
    NO_JOB = "no_job", "No job of ours"
    UNKNOWN = "unknown", "Kind not known"


EVENT_TONES = {
    EventState.WAITING: "info",
    EventState.DONE: "good",
    EventState.NO_JOB: "unknown",
    EventState.UNKNOWN: "unknown",
}
