"""The calls that carry requests to Adobe."""

from __future__ import annotations

from django.db import models

from portal import crypto
from portal.outbound import OutboundCall
from privacy import querysets
from privacy.models.requests import PrivacyRequest, SealedUnderRequest


class Submission(SealedUnderRequest, OutboundCall):
    """One POST that creates jobs at Adobe: at most 1,000 people and 1,000 identities."""

    request = models.ForeignKey(PrivacyRequest, on_delete=models.PROTECT, related_name="submissions", db_index=False)
    ordinal = models.PositiveIntegerField()
    people = models.PositiveIntegerField()
    expected_jobs = models.PositiveIntegerField()
    has_deletes = models.BooleanField(help_text="Deletes or opt-outs: what cannot be taken back.")
    # Deletes of a request that wants its access results first.
    waits_for_access = models.BooleanField(default=False)
    adobe_request_id = models.CharField(max_length=255, blank=True)
    answer_sealed = crypto.SealedField(null=True)
    answer = crypto.SealedBytes("answer_sealed")

    objects = querysets.SubmissionQuerySet.as_manager()

    class Meta:
        ordering = ["request", "ordinal"]
        constraints = [models.UniqueConstraint(fields=["request", "ordinal"], name="submission_place_is_single")]
        indexes = [
            # The submit step and the sweep.
            models.Index(fields=["state", "next_attempt_at"], name="submission_to_send"),
            models.Index(fields=["state", "next_look_at"], name="submission_to_look"),
            # Figures of a day: what Adobe took on it.
            models.Index(fields=["settled_at"], name="submission_taken", condition=models.Q(state="sent")),
            # The search box.
            models.Index(fields=["adobe_request_id"], name="submission_by_adobe_id", condition=~models.Q(adobe_request_id="")),
        ]

    def __str__(self) -> str:
        return f"submission {self.id}"
