"""What background work needs beside its own rows: counters and wake-ups."""

from __future__ import annotations

from django.db import models, transaction


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

    def __str__(self) -> str:
        return self.step


class StepRun(models.Model):
    """When a step of background work last began and ended. A row for the administrators' page; no work depends on it."""

    step = models.CharField(max_length=40, primary_key=True)
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # How many rows it did then; None when it broke off.
    done = models.PositiveIntegerField(null=True)

    def __str__(self) -> str:
        return self.step
