"""What background work needs beside its own rows: counters and wake-ups."""

from __future__ import annotations

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _


class Counter(models.Model):
    """A named number that only grows: request numbers come from one (gaps are allowed)."""

    name = models.CharField(max_length=40, primary_key=True)
    value = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} {self.value}"

    @classmethod
    def next(cls, name: str) -> int:
        """The next value, never given twice. The row is locked until the caller's transaction ends."""
        with transaction.atomic():
            cls.objects.get_or_create(name=name)
            cls.objects.filter(name=name).update(value=models.F("value") + 1)
            return int(cls.objects.values_list("value", flat=True).get(name=name))


class Wakeup(models.Model):
    """Whether a wake-up message of a step is on its way: messages are coalesced, at most one a step waits."""

    step = models.CharField(max_length=40, primary_key=True)
    published_at = models.DateTimeField(null=True)
    # When a pass last found something due. It stands here and not with its end (StepRun), because the statement that marks the
    # wake-up of the next worker writes it too.
    began_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.step


class StepRun(models.Model):
    """The last passes of a step of background work, or of a task that runs by the clock. For the administrators' page: no work
    depends on it. Written by `portal.passes`.
    """

    step = models.CharField(max_length=40, primary_key=True)
    # Of the pass that ended last. A task that runs by the clock writes when it begins; when a pass of a step began last stands
    # in its Wakeup.
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # How many rows were done, by the last pass that did any.
    done = models.PositiveIntegerField(null=True)
    done_at = models.DateTimeField(null=True)
    # When a worker was woken and found nothing due. Not written more often than once a minute and process.
    idle_at = models.DateTimeField(null=True)
    # The last pass that raised something, and the name of what it raised.
    failed_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=60, blank=True, db_default="")

    class Meta:
        verbose_name = _("periodic task")
        verbose_name_plural = _("periodic tasks")

    def __str__(self) -> str:
        return self.step
