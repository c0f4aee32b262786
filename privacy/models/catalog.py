"""Laws and products: data that ships with the portal and that an administrator can add to, since Adobe adds some every year."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models

from privacy.statuses import Action

_CODE = RegexValidator(r"\A[A-Za-z0-9_]+\Z", "Letters, digits and underscores, as Adobe writes it.")


class Law(models.Model):
    """One law, as Adobe codes it in `regulation`."""

    code = models.CharField(max_length=40, primary_key=True, validators=[_CODE])
    name = models.CharField(max_length=200)
    aliases = models.JSONField("Older codes", default=list, blank=True, help_text="Adobe still takes them for this law.")
    misspellings = models.JSONField(
        default=list, blank=True, help_text="Written in samples or files, and refused by Adobe: they are answered with a hint."
    )
    is_offered = models.BooleanField(default=True, help_text="Off: no new request can be made under it.")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class LawDeadline(models.Model):
    """By when an answer is due under one law, for one action."""

    class Unit(models.TextChoices):
        """What is counted."""

        DAYS = "days", "days"
        WORKING_DAYS = "working days", "working days"
        MONTHS = "months", "months"

    law = models.ForeignKey(Law, on_delete=models.CASCADE, related_name="deadlines", db_index=False)
    action = models.CharField(max_length=20, choices=Action.choices)
    amount = models.PositiveIntegerField()
    unit = models.CharField(max_length=12, choices=Unit.choices, default=Unit.DAYS)
    extension = models.CharField(max_length=200, blank=True, help_text="How far the law lets the date be moved, in words.")
    # None: the law lets nobody move the date, or gives no number.
    extension_amount = models.PositiveIntegerField("Extension", null=True, blank=True, help_text="At most so much later.")
    extension_unit = models.CharField(
        max_length=12, choices=Unit.choices, default=Unit.DAYS, db_default=Unit.DAYS.value, blank=True
    )
    pause = models.CharField(
        "Pause", max_length=200, blank=True, db_default="", help_text="When the law stops the clock, in words. Empty: never."
    )
    source = models.CharField(max_length=300, help_text="Where the number comes from.")

    class Meta:
        ordering = ["law", "action"]
        constraints = [models.UniqueConstraint(fields=["law", "action"], name="deadline_once_a_law_and_action")]

    def __str__(self) -> str:
        return f"{self.law_id} {self.action}"


class AdobeProduct(models.Model):
    """One product, as Adobe codes it in `include`, and what it does with a request."""

    code = models.CharField(max_length=60, primary_key=True, validators=[_CODE])
    name = models.CharField(max_length=200)
    older_codes = models.JSONField(default=list, blank=True)
    answer_names = models.JSONField("Names in answers", default=list, blank=True)
    namespaces = models.JSONField(
        "Identities it takes", default=list, blank=True, help_text="Patterns `namespace/type`; * stands for any."
    )
    supports_opt_out = models.BooleanField("Takes opt-outs of sale", null=True, help_text="Unknown where Adobe does not say.")
    access_returns = models.CharField(max_length=300, blank=True)
    delete_does = models.CharField(max_length=300, blank=True)
    is_offered = models.BooleanField(default=True, help_text="Off: no new request can name it.")

    class Meta:
        ordering = ["name"]
        verbose_name = "Adobe product"

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"
