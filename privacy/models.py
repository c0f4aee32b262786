"""Uploads, privacy requests, the people in them, the calls that carry them to Adobe, and what came back."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal import crypto
from portal.ids import new_id
from portal.models import DataKey, Organization, User
from portal.outbound import CallState, OutboundCall
from privacy import querysets
from privacy.statuses import (
    ARCHIVE_TONES,
    JOB_DONE,
    JOB_TONES,
    REQUEST_TONES,
    UPLOAD_TONES,
    Action,
    ArchiveStatus,
    JobStatus,
    RequestStatus,
    UploadStatus,
)


class Upload(models.Model):
    """One uploaded file, kept encrypted until it is confirmed or discarded."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="uploads")
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="uploads")
    data_key = models.ForeignKey(DataKey, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    # A file name is chosen by a person and may name another.
    file_name_sealed = crypto.SealedField(null=True)
    file_name = crypto.SealedText("file_name_sealed")
    path = models.CharField(max_length=200, blank=True, editable=False)
    size = models.PositiveBigIntegerField(default=0)
    received_on = models.DateField()
    status = models.CharField(max_length=12, choices=UploadStatus.choices, default=UploadStatus.WAITING)
    bytes_checked = models.PositiveBigIntegerField(default=0)
    error_count = models.PositiveIntegerField(default=0)
    warning_count = models.PositiveIntegerField(default=0)
    result_sealed = crypto.SealedField(null=True)
    # checking.CheckResult.to_dict(): findings name path, row and the officer's key.
    result = crypto.SealedJSON("result_sealed")
    created_at = models.DateTimeField(auto_now_add=True)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=0)
    lease = models.UUIDField(null=True, editable=False)

    objects = querysets.UploadQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        permissions = [("confirm_upload", "Can confirm an upload, which sends it to Adobe")]
        # The check step: waiting files that are due.
        indexes = [models.Index(fields=["status", "next_attempt_at"], name="upload_due")]

    def __str__(self) -> str:
        return f"upload {self.id}"

    @property
    def tone(self) -> str:
        """For the status pill."""
        return UPLOAD_TONES[UploadStatus(self.status)]

    @property
    def file_path(self) -> Path:
        """Where the encrypted bytes are."""
        return Path(settings.MEDIA_ROOT) / self.path


class PrivacyRequest(models.Model):
    """One request as an officer speaks of it: the people of one file, one law, one set of products."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=20, unique=True)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="privacy_requests")
    upload = models.ForeignKey(Upload, null=True, on_delete=models.PROTECT, related_name="requests")
    data_key = models.ForeignKey(DataKey, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    opt_out = models.BooleanField(default=False)
    regulation = models.CharField(max_length=40)
    products = models.JSONField(default=list)
    envelope_sealed = crypto.SealedField(null=True)
    # schema.Envelope as a dict: extra company contexts and options, as they are sent.
    envelope = crypto.SealedJSON("envelope_sealed")
    received_on = models.DateField()
    due_on = models.DateField(null=True)
    status = models.CharField(max_length=12, choices=RequestStatus.choices, default=RequestStatus.PREPARING)
    people = models.PositiveIntegerField(default=0)
    people_prepared = models.PositiveIntegerField(default=0)
    jobs_total = models.PositiveIntegerField(default=0)
    jobs_done = models.PositiveIntegerField(default=0)
    jobs_failed = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="privacy_requests")
    created_at = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=0)
    lease = models.UUIDField(null=True, editable=False)
    # A backup was restored while it was being prepared: its calls may have gone out since, so they start as UNKNOWN.
    restored = models.BooleanField(default=False, editable=False)
    finished_at = models.DateTimeField(null=True)
    shredded_at = models.DateTimeField(null=True)

    objects = querysets.PrivacyRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        permissions = [
            ("reveal_identities", "Can see identities unmasked"),
            ("shred_privacyrequest", "Can remove the personal data of a request"),
            ("decide_submission", "Can decide what happens to a call of unknown outcome"),
        ]
        indexes = [
            # The list, newest first, of one person's organizations.
            models.Index(fields=["organization", "-created_at", "-id"], name="request_list"),
            # The prepare step.
            models.Index(fields=["status", "next_attempt_at"], name="request_due"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def tone(self) -> str:
        """For the status pill."""
        return REQUEST_TONES[RequestStatus(self.status)]

    @property
    def is_open(self) -> bool:
        """Whether anything of it still moves or waits for a person."""
        return self.finished_at is None and self.shredded_at is None


class DataSubject(models.Model):
    """One person as named in one request. We merge nobody across requests."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    request = models.ForeignKey(PrivacyRequest, on_delete=models.CASCADE, related_name="subjects")
    position = models.PositiveIntegerField(help_text="1-based place in the file.")
    # The officer's own key, as in the file; none when the file had none.
    officer_key_sealed = crypto.SealedField(null=True)
    officer_key = crypto.SealedText("officer_key_sealed")
    # `<officer's key>#<80 random bits>`: made once, the same on every re-send, never parsed.
    wire_key_sealed = crypto.SealedField(null=True)
    wire_key = crypto.SealedText("wire_key_sealed")
    wire_key_digest = models.BinaryField(null=True, editable=False)
    actions = models.JSONField(default=list)
    identities_sealed = crypto.SealedField(null=True)
    # A list of {namespace, value, type, namespaceId?, isDeletedClientSide?}.
    identities = crypto.SealedJSON("identities_sealed")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "position"], name="subject_place_is_single"),
            # A key of ours names one person: a look at Adobe's list finds the person by it.
            models.UniqueConstraint(fields=["wire_key_digest"], name="wire_key_is_single"),
        ]

    def __str__(self) -> str:
        return f"data subject {self.id}"

    @property
    def data_key(self) -> DataKey:
        """People are sealed under their request's key. Raises CannotDecrypt's cause when it is shredded."""
        key = self.request.data_key
        if key is None:
            raise crypto.CannotDecrypt("the personal data of this request was removed")
        return key


class IdentityDigest(models.Model):
    """A blind index entry: lets an exact identity be found without storing it."""

    subject = models.ForeignKey(DataSubject, on_delete=models.CASCADE, related_name="identity_digests")
    digest = models.BinaryField()
    namespace = models.CharField(max_length=200, help_text="Canonical namespace; never the value.")

    class Meta:
        # Duplicates at check, and exact search.
        indexes = [models.Index(fields=["digest"], name="identity_by_digest")]

    def __str__(self) -> str:
        return f"identity digest {self.pk}"


class Submission(OutboundCall):
    """One POST that creates jobs at Adobe: at most 1,000 people and 1,000 identities."""

    request = models.ForeignKey(PrivacyRequest, on_delete=models.PROTECT, related_name="submissions")
    ordinal = models.PositiveIntegerField()
    people = models.PositiveIntegerField()
    expected_jobs = models.PositiveIntegerField()
    has_deletes = models.BooleanField(help_text="Deletes or opt-outs: what cannot be taken back.")
    adobe_request_id = models.CharField(max_length=255, blank=True)
    answer_sealed = crypto.SealedField(null=True)
    answer = crypto.SealedBytes("answer_sealed")
    words_sealed = crypto.SealedField(null=True)
    # Adobe's own words about a refusal.
    words = crypto.SealedText("words_sealed")

    objects = querysets.SubmissionQuerySet.as_manager()

    class Meta:
        ordering = ["request", "ordinal"]
        constraints = [models.UniqueConstraint(fields=["request", "ordinal"], name="submission_place_is_single")]
        indexes = [
            # The submit step and the sweep.
            models.Index(fields=["state", "next_attempt_at"], name="submission_to_send"),
            models.Index(fields=["state", "next_look_at"], name="submission_to_look"),
        ]

    def __str__(self) -> str:
        return f"submission {self.id}"

    @property
    def data_key(self) -> DataKey:
        """Sealed under the request's key."""
        key = self.request.data_key
        if key is None:
            raise crypto.CannotDecrypt("the personal data of this request was removed")
        return key

    @property
    def is_settled(self) -> bool:
        """Whether its outcome is known."""
        return self.state not in (CallState.QUEUED, CallState.SENDING, CallState.UNKNOWN)


class Job(models.Model):
    """One action for one data subject. It exists from preparation on; Adobe's id comes with the answer to its call."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="jobs")
    request = models.ForeignKey(PrivacyRequest, on_delete=models.PROTECT, related_name="jobs")
    subject = models.ForeignKey(DataSubject, null=True, on_delete=models.SET_NULL, related_name="jobs")
    submission = models.ForeignKey(Submission, null=True, on_delete=models.PROTECT, related_name="jobs")
    action = models.CharField(max_length=20, choices=Action.choices)
    status = models.CharField(max_length=12, choices=JobStatus.choices, default=JobStatus.WAITING)
    adobe_job_id = models.CharField(max_length=255, null=True)
    # More than one job at Adobe for this person and action: an alarm.
    extra_adobe_job_ids = models.JSONField(default=list)
    adobe_status = models.CharField("Adobe's word", max_length=60, blank=True)
    adobe_created_at = models.DateTimeField(null=True)
    adobe_modified_at = models.DateTimeField(null=True)
    has_result = models.BooleanField(default=False)
    detail_at = models.DateTimeField("Last looked at", null=True)
    next_poll_at = models.DateTimeField(null=True)
    quiet_polls = models.PositiveIntegerField(default=0, help_text="Looks in a row that saw nothing new.")
    lease = models.UUIDField(null=True, editable=False)
    last_error = models.CharField(max_length=60, blank=True)
    finished_at = models.DateTimeField(null=True)
    raw_sealed = crypto.SealedField(null=True)
    raw = crypto.SealedBytes("raw_sealed")

    objects = querysets.JobQuerySet.as_manager()

    class Meta:
        ordering = ["request", "id"]
        permissions = [("refresh_job", "Can ask Adobe for the state of a job now")]
        constraints = [
            models.UniqueConstraint(fields=["subject", "action"], name="job_once_a_person_and_action"),
            models.UniqueConstraint(fields=["organization", "adobe_job_id"], name="adobe_job_once"),
        ]
        indexes = [
            # The detail step.
            models.Index(fields=["next_poll_at"], name="job_due", condition=models.Q(next_poll_at__isnull=False)),
            # A request's jobs by state: its page and its counts.
            models.Index(fields=["request", "status"], name="job_by_request"),
            # A lease is read back after it is taken.
            models.Index(fields=["lease"], name="job_by_lease", condition=models.Q(lease__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.adobe_job_id or f"job {self.id}"

    @property
    def data_key(self) -> DataKey:
        """Sealed under the request's key."""
        key = self.request.data_key
        if key is None:
            raise crypto.CannotDecrypt("the personal data of this request was removed")
        return key

    @property
    def tone(self) -> str:
        """For the status pill."""
        return JOB_TONES[JobStatus(self.status)]

    @property
    def status_words(self) -> str:
        """Our label; for a word that we do not know, Adobe's word as it came."""
        return self.adobe_status if self.status == JobStatus.OTHER else JobStatus(self.status).label

    @property
    def is_done(self) -> bool:
        """Whether nothing more is expected of it."""
        return self.status in JOB_DONE


class ProductResponse(models.Model):
    """What one product said about one job."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="product_responses")
    request = models.ForeignKey(PrivacyRequest, on_delete=models.PROTECT, related_name="product_responses")
    product = models.CharField(max_length=100, help_text="As Adobe wrote it.")
    product_code = models.CharField(max_length=60, help_text="Our code for it, or Adobe's name when it is unknown to us.")
    status = models.CharField(max_length=12, choices=JobStatus.choices)
    adobe_status = models.CharField("Adobe's word", max_length=60, blank=True)
    code = models.CharField("Adobe's code", max_length=40, blank=True)
    retry_count = models.PositiveIntegerField(default=0)
    processed_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(default=timezone.now)
    answer_sealed = crypto.SealedField(null=True)
    # {message, detail, results}: free text and free JSON that may hold identities.
    answer = crypto.SealedJSON("answer_sealed")

    class Meta:
        ordering = ["product"]
        constraints = [models.UniqueConstraint(fields=["job", "product"], name="product_once_a_job")]
        # A request's progress by product.
        indexes = [models.Index(fields=["request", "product_code", "status"], name="product_by_request")]

    def __str__(self) -> str:
        return f"{self.product} {self.status}"

    @property
    def data_key(self) -> DataKey:
        """Sealed under the request's key."""
        return self.job.data_key

    @property
    def tone(self) -> str:
        """For the status pill."""
        return JOB_TONES[JobStatus(self.status)]

    @property
    def status_words(self) -> str:
        """Our label; for a word that we do not know, Adobe's word as it came."""
        return self.adobe_status if self.status == JobStatus.OTHER else JobStatus(self.status).label


class ResultArchive(models.Model):
    """The ZIP of an access job, fetched from Adobe and kept encrypted."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="archive")
    request = models.ForeignKey(PrivacyRequest, on_delete=models.PROTECT, related_name="archives")
    status = models.CharField(max_length=12, choices=ArchiveStatus.choices, default=ArchiveStatus.WAITING)
    address_sealed = crypto.SealedField(null=True)
    address = crypto.SealedText("address_sealed")
    path = models.CharField(max_length=200, blank=True, editable=False)
    size = models.PositiveBigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    file_count = models.PositiveIntegerField(null=True)
    stored_at = models.DateTimeField(null=True)
    adobe_expires_at = models.DateTimeField("Adobe keeps it until", null=True)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=0)
    lease = models.UUIDField(null=True, editable=False)
    last_error = models.CharField(max_length=60, blank=True)

    objects = querysets.ResultArchiveQuerySet.as_manager()

    class Meta:
        permissions = [("download_results", "Can download results")]
        # The fetch step.
        indexes = [models.Index(fields=["status", "next_attempt_at"], name="archive_due")]

    def __str__(self) -> str:
        return f"result of {self.job_id}"

    @property
    def data_key(self) -> DataKey:
        """Sealed under the request's key."""
        return self.job.data_key

    @property
    def tone(self) -> str:
        """For the status pill."""
        return ARCHIVE_TONES[ArchiveStatus(self.status)]

    @property
    def file_path(self) -> Path:
        """Where the encrypted bytes are."""
        return Path(settings.MEDIA_ROOT) / self.path


class JobListing(models.Model):
    """When the jobs of one organization and one law are listed next; a row exists for laws in use only."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="job_listings")
    regulation = models.CharField(max_length=40)
    next_list_at = models.DateTimeField(default=timezone.now)
    listed_at = models.DateTimeField(null=True)
    page_size = models.PositiveIntegerField(default=1000)
    lease = models.UUIDField(null=True, editable=False)
    failures = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=60, blank=True)

    objects = querysets.JobListingQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "regulation"], name="listing_once_a_law")]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.regulation}"
