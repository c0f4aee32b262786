"""What people do with a request beside Adobe: answering the person, moving the due date, notes, other systems."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from portal import crypto
from portal.ids import new_id
from portal.models import Organization, User
from privacy.models.requests import PrivacyRequest, SealedUnderRequest
from privacy.statuses import AnswerChannel, DeadlineChangeKind, VerifiedHow


class RequestAnswer(SealedUnderRequest, models.Model):
    """How the person who asked was verified and answered. The days themselves stand on the request: lists read them."""

    request = models.OneToOneField(PrivacyRequest, on_delete=models.CASCADE, primary_key=True, related_name="answer")
    verified_how = models.CharField(max_length=20, choices=VerifiedHow.choices, blank=True)
    verified_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    verified_on = models.DateField(null=True)
    # An agent asks in the person's name.
    by_agent = models.BooleanField(default=False)
    agent_sealed = crypto.SealedField(null=True)
    # Who the agent is and how the authority was shown.
    agent = crypto.SealedText("agent_sealed")
    acknowledged_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    answered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=20, choices=AnswerChannel.choices, blank=True)
    answered_with_sealed = crypto.SealedField(null=True)
    # What was sent: a letter, a file, a link.
    answered_with = crypto.SealedText("answered_with_sealed")
    # Of a refusal, in full or in part: the ground in the law.
    legal_ground = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"answer of {self.request_id}"


class DeadlineChange(SealedUnderRequest, models.Model):
    """One move of a request's due date: an extension, a pause, or the end of one. Written once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    request = models.ForeignKey(PrivacyRequest, on_delete=models.CASCADE, related_name="deadline_changes")
    kind = models.CharField(max_length=10, choices=DeadlineChangeKind.choices)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    due_before = models.DateField(null=True)
    due_after = models.DateField(null=True)
    reason_sealed = crypto.SealedField(null=True)
    # A person's words; they may name somebody.
    reason = crypto.SealedText("reason_sealed")

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.kind} of {self.request_id}"


class RequestNote(SealedUnderRequest, models.Model):
    """What one member of staff wrote about a request for the others."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    request = models.ForeignKey(PrivacyRequest, on_delete=models.CASCADE, related_name="notes")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    text_sealed = crypto.SealedField(null=True)
    text = crypto.SealedText("text_sealed")

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"note {self.id}"


class OtherSystem(models.Model):
    """A system of the organization that Adobe does not cover, and that each request must be seen to in as well."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="other_systems", db_index=False)
    name = models.CharField(max_length=120)
    advice = models.CharField(max_length=300, blank=True, help_text="Whom to ask, or what to do there.")
    is_used = models.BooleanField("In use", default=True, help_text="Off: new requests do not list it any more.")

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="other_system_once")]

    def __str__(self) -> str:
        return self.name


class SystemDone(models.Model):
    """A request was seen to in a system that Adobe does not cover."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    request = models.ForeignKey(PrivacyRequest, on_delete=models.CASCADE, related_name="systems_done", db_index=False)
    system = models.ForeignKey(OtherSystem, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "system"], name="system_done_once")]

    def __str__(self) -> str:
        return f"{self.system_id} of {self.request_id}"
