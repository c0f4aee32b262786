"""How fast calls to Adobe go out, how many jobs went today, what came back, and which processes are alive."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from portal.models.organizations import Organization


class Pace(models.Model):
    """The rate of one organization's calls to Adobe, shared by all processes."""

    organization = models.OneToOneField(Organization, on_delete=models.CASCADE, primary_key=True, related_name="pace")
    # Seconds since 1970: when the next call would go if calls went evenly (generic cell rate algorithm).
    free_at = models.FloatField(default=0, db_default=0)
    # Whose turn it is: the organization that has waited longest since its last outbound call comes first.
    last_turn_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"pace of {self.organization_id}"


class JobDay(models.Model):
    """Jobs of one organization that went to Adobe on one day (UTC): counted before the first byte, given back when none left."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="job_days", db_index=False)
    day = models.DateField()
    jobs = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "day"], name="job_day_once")]

    def __str__(self) -> str:
        return f"{self.jobs} jobs of {self.organization_id} on {self.day}"


class CallTally(models.Model):
    """How many calls to Adobe ended in one way within one minute."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="call_tallies", db_index=False)
    minute = models.DateTimeField()
    route = models.CharField(max_length=80, help_text="The path without anything of a person in it.")
    # An HTTP status, or why there was none.
    outcome = models.CharField(max_length=30)
    calls = models.PositiveIntegerField(default=0, db_default=0)
    milliseconds = models.PositiveBigIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "minute", "route", "outcome"], name="tally_once")]
        # The newest minutes, and those to be tidied away.
        indexes = [models.Index(fields=["minute"], name="tally_by_minute")]

    def __str__(self) -> str:
        return f"{self.route} {self.outcome} {self.calls}"


class ProcessKind(models.TextChoices):
    """What a process does."""

    WORKER = "worker", "Worker"
    BEAT = "beat", "Beat"


class Heartbeat(models.Model):
    """When a process was last seen alive. One row a process name; old rows are tidied away."""

    name = models.CharField(max_length=200, primary_key=True)
    kind = models.CharField(max_length=10, choices=ProcessKind.choices)
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    # How far its clock was from the database's, in milliseconds.
    clock_skew = models.IntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return self.name
