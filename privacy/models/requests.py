"""Privacy requests and the people in them."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import crypto
from portal.ids import new_id
from portal.models import DataKey, Organization, User
from privacy import querysets
from privacy.models.uploads import Upload
from privacy.statuses import REQUEST_CLOSED, REQUEST_ENDED, REQUEST_TONES, Origin, Outcome, RequestStatus


class PrivacyRequest(models.Model):
    """One request as an officer speaks of it: the people of one file, one law, one set of products."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=20, unique=True)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="privacy_requests", db_index=False)
    upload = models.ForeignKey(Upload, null=True, on_delete=models.PROTECT, related_name="requests")
    data_key = models.ForeignKey(DataKey, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    origin = models.CharField(max_length=12, choices=Origin.choices, default=Origin.UPLOAD)
    # The request whose failed people or products this one asks for again.
    resubmission_of = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="resubmissions")
    # Of a request made elsewhere: what Adobe calls it.
    adobe_request_id = models.CharField(max_length=255, null=True)
    opt_out = models.BooleanField(default=False)
    regulation = models.CharField(max_length=40)
    products = models.JSONField(default=list)
    envelope_sealed = crypto.SealedField(null=True)
    # schema.Envelope as a dict: extra company contexts and options, as they are sent.
    envelope = crypto.SealedJSON("envelope_sealed")
    received_on = models.DateField()
    # As it stands now, after extensions and pauses. None: the law gives no number, or the clock is paused.
    due_on = models.DateField(null=True)
    # On since then: the clock does not run.
    paused_on = models.DateField(null=True)
    # The clock stops when the person is answered, not when Adobe is done.
    acknowledged_on = models.DateField(null=True)
    answered_on = models.DateField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True, db_default="")
    # Its index is below: only of rows that have one.
    assignee = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="assigned_requests", db_index=False)
    status = models.CharField(max_length=12, choices=RequestStatus.choices, default=RequestStatus.PREPARING)
    people = models.PositiveIntegerField(default=0)
    people_prepared = models.PositiveIntegerField(default=0)
    jobs_total = models.PositiveIntegerField(default=0)
    jobs_done = models.PositiveIntegerField(default=0)
    jobs_failed = models.PositiveIntegerField(default=0)
    # Nobody: a request that was made elsewhere.
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="privacy_requests")
    # Nothing is sent before; until then it can be cancelled.
    recall_until = models.DateTimeField(null=True)
    # Deletes wait until every access result is safe in the archive.
    access_first = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=0)
    lease = models.UUIDField(null=True, editable=False)
    # A backup was restored while it was being prepared: its calls may have gone out since, so they start as UNKNOWN.
    restored = models.BooleanField(default=False, editable=False)
    finished_at = models.DateTimeField(null=True)
    shredded_at = models.DateTimeField(null=True)
    # When its people get the digests that the search box needs. None: they have them. Set by the database for rows of older code.
    to_index_at = models.DateTimeField(null=True, default=None, db_default=Now(), editable=False)

    objects = querysets.PrivacyRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        permissions = [
            ("reveal_identities", "Can see identities unmasked"),
            ("shred_privacyrequest", "Can remove the personal data of a request"),
            ("decide_submission", "Can decide what happens to a call of unknown outcome"),
            ("cancel_privacyrequest", "Can cancel a request of which nothing was sent"),
            ("resubmit_privacyrequest", "Can ask Adobe again for what failed"),
            ("handle_privacyrequest", "Can answer, assign, extend, pause and annotate requests"),
            ("export_privacyrequest", "Can export lists as CSV"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["organization", "adobe_request_id"], name="request_made_elsewhere_once"),
        ]
        indexes = [
            # The list, newest first, of one person's organizations.
            models.Index(fields=["organization", "-created_at", "-id"], name="request_list"),
            # The prepare step.
            models.Index(fields=["status", "next_attempt_at"], name="request_due"),
            # Of one officer.
            models.Index(fields=["assignee"], name="request_by_assignee", condition=models.Q(assignee__isnull=False)),
            # What is not answered yet, by due date: the home page, reminders, the calendar.
            models.Index(
                fields=["organization", "due_on"], name="request_unanswered", condition=models.Q(answered_on__isnull=True)
            ),
            # The same of all organizations, nearest first.
            models.Index(fields=["due_on", "id"], name="request_next_due", condition=models.Q(answered_on__isnull=True)),
            # The list by due date.
            models.Index(fields=["due_on", "id"], name="request_by_due", condition=models.Q(due_on__isnull=False)),
            # The index step.
            models.Index(fields=["to_index_at"], name="request_to_index", condition=models.Q(to_index_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def awaits_answer(self) -> bool:
        """Whether Adobe is done and the person was not told: the law's clock still runs."""
        return self.has_ended and self.is_unanswered

    @property
    def has_ended(self) -> bool:
        """Whether Adobe is done with it, well or not."""
        return self.status in REQUEST_ENDED

    @property
    def status_words(self) -> str:
        """For the status pill: what an officer has to know first."""
        if self.awaits_answer and self.status == RequestStatus.COMPLETE:
            return _("Adobe is done: answer the person")
        return str(RequestStatus(self.status).label)

    @property
    def tone(self) -> str:
        """For the status pill."""
        return "warning" if self.awaits_answer and self.status == RequestStatus.COMPLETE else self.adobe_tone

    @property
    def adobe_tone(self) -> str:
        """For a pill that speaks of Adobe's work alone."""
        return REQUEST_TONES[RequestStatus(self.status)]

    @property
    def is_unanswered(self) -> bool:
        """Whether the law's clock runs, or is paused (as PrivacyRequestQuerySet.unanswered)."""
        is_first = self.origin != Origin.RESUBMISSION
        return is_first and self.answered_on is None and self.status not in REQUEST_CLOSED

    @property
    def answered_in(self) -> PrivacyRequest | None:
        """The request that a resubmission is part of: its people are answered once, there. None: they are answered here.

        What was written down here nevertheless stays here.
        """
        first = self
        while first.origin == Origin.RESUBMISSION and first.resubmission_of is not None:
            first = first.resubmission_of
        kept_here = self.answered_on is not None or self.acknowledged_on is not None
        return None if first is self or kept_here else first

    @property
    def is_open(self) -> bool:
        """Whether anything of it still moves or waits for a person."""
        return self.finished_at is None and self.shredded_at is None


class SealedUnderRequest:
    """Rows whose sealed columns open with their request's key, and with it no more."""

    @property
    def data_key(self) -> DataKey:
        """The request's. Raises CannotDecrypt when it is shredded."""
        # A foreign key of each of them.
        request: PrivacyRequest = self.request  # type: ignore[attr-defined]
        key: DataKey | None = request.data_key
        if key is None:
            raise crypto.CannotDecrypt("the personal data of this request was removed")
        return key


class DataSubject(SealedUnderRequest, models.Model):
    """One person as named in one request. We merge nobody across requests."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    request = models.ForeignKey(PrivacyRequest, on_delete=models.CASCADE, related_name="subjects", db_index=False)
    position = models.PositiveIntegerField(help_text="1-based place in the file.")
    # The officer's own key, as in the file; none when the file had none.
    officer_key_sealed = crypto.SealedField(null=True)
    officer_key = crypto.SealedText("officer_key_sealed")
    # `<officer's key>#<80 random bits>`: made once, the same on every re-send, never parsed.
    wire_key_sealed = crypto.SealedField(null=True)
    wire_key = crypto.SealedText("wire_key_sealed")
    wire_key_digest = models.BinaryField(null=True, editable=False)
    # Blind index of the officer's own key: found by the search box.
    officer_key_digest = models.BinaryField(null=True, editable=False)
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
        indexes = [
            models.Index(
                fields=["officer_key_digest"], name="subject_by_officer_key", condition=models.Q(officer_key_digest__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"data subject {self.id}"


class IdentityDigest(models.Model):
    """A blind index entry: lets an exact identity be found without storing it."""

    subject = models.ForeignKey(DataSubject, on_delete=models.CASCADE, related_name="identity_digests")
    digest = models.BinaryField()
    namespace = models.CharField(max_length=200, help_text="Canonical namespace; never the value.")
    # Of the value alone, where the namespace is none of Adobe's own: the search box does not ask for one, and cannot guess it.
    value_digest = models.BinaryField(null=True, editable=False)

    class Meta:
        indexes = [
            # Duplicates at check, and exact search.
            models.Index(fields=["digest"], name="identity_by_digest"),
            models.Index(fields=["value_digest"], name="identity_by_value", condition=models.Q(value_digest__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"identity digest {self.pk}"
