"""Numbers of past days, counted once: charts and forecasts read these rows instead of a million jobs."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from portal.models import Organization
from privacy import querysets
from privacy.statuses import DayKind


class DayFigure(models.Model):
    """How many jobs, or parts of jobs at one product, of one law were sent, completed or failed on one day (UTC).

    `product_code`: empty for whole jobs. `hours`: how long they took at Adobe (of open ones: how old they are), in a class of
    `privacy.history`; None where that says nothing.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="day_figures", db_index=False)
    regulation = models.CharField(max_length=40)
    product_code = models.CharField(max_length=60, blank=True, default="")
    day = models.DateField()
    kind = models.CharField(max_length=12, choices=DayKind.choices)
    hours = models.PositiveIntegerField(null=True)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["organization", "day"], name="day_figure_by_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.kind} {self.count}"


class CountedDay(models.Model):
    """A day whose figures were counted, and when: a day counted after its end is final."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="counted_days", db_index=False)
    day = models.DateField()
    counted_at = models.DateTimeField(default=timezone.now)
    # When it is counted, for the first time or anew. None: what stands there is final.
    next_count_at = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True, editable=False)

    objects = querysets.CountedDayQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "day"], name="day_counted_once")]
        # The figures step.
        indexes = [models.Index(fields=["next_count_at"], name="day_to_count", condition=models.Q(next_count_at__isnull=False))]

    def __str__(self) -> str:
        return f"{self.day} of {self.organization_id}"
