"""Jobs at Adobe, what each product said, and when they are listed."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from portal import crypto
from portal.ids import new_id
from portal.models import DataKey, Organization
from privacy import querysets
from privacy.models.requests import DataSubject, PrivacyRequest, SealedUnderRequest
from privacy.models.submissions import Submission
from privacy.statuses import JOB_DONE, JOB_TONES, Action, JobStatus


class Job(SealedUnderRequest, models.Model):
    """One action for one data subject. It exists from preparation on; Adobe's id comes with the answer to its call."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="jobs", db_index=False)
    request = models.ForeignKey(PrivacyRequest, on_delete=models.PROTECT, related_name="jobs", db_index=False)
    subject = models.ForeignKey(DataSubject, null=True, on_delete=models.SET_NULL, related_name="jobs", db_index=False)
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
            # Lists of open and of failed jobs across requests. Most are complete, and need no index of their own.
            models.Index(
                fields=["organization", "status", "-id"], name="job_not_complete", condition=~models.Q(status="complete")
            ),
            # Figures of a day.
            models.Index(
                fields=["organization", "finished_at"], name="job_finished", condition=models.Q(finished_at__isnull=False)
            ),
            # The search box looks through these few for an id.
            models.Index(fields=["organization"], name="job_doubled", condition=~models.Q(extra_adobe_job_ids=[])),
            # A lease is read back after it is taken.
            models.Index(fields=["lease"], name="job_by_lease", condition=models.Q(lease__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.adobe_job_id or f"job {self.id}"

    @property
    def tone(self) -> str:
        """For the status pill."""
        return JOB_TONES[JobStatus(self.status)]

    @property
    def status_words(self) -> str:
        """Our label; for a word that we do not know, Adobe's word as it came."""
        return self.adobe_status if self.status == JobStatus.OTHER else str(JobStatus(self.status).label)

    @property
    def is_done(self) -> bool:
        """Whether nothing more is expected of it."""
        return self.status in JOB_DONE


class ProductResponse(models.Model):
    """What one product said about one job."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="product_responses", db_index=False)
    request = models.ForeignKey(PrivacyRequest, on_delete=models.PROTECT, related_name="product_responses", db_index=False)
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
        indexes = [
            # A request's progress by product.
            models.Index(fields=["request", "product_code", "status"], name="product_by_request"),
            # What one product did not do, across requests: most of them are complete.
            models.Index(
                fields=["product_code", "status", "-job"], name="product_not_complete", condition=~models.Q(status="complete")
            ),
        ]

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
        return self.adobe_status if self.status == JobStatus.OTHER else str(JobStatus(self.status).label)


class JobListing(models.Model):
    """When the jobs of one organization and one law are listed next; a row exists for laws in use only."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="job_listings", db_index=False)
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
