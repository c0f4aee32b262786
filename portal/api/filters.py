"""Filters that refuse what no database can compare with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django_filters import filters
from django_filters.fields import IsoDateTimeField


class MomentField(IsoDateTimeField):
    """A time with its zone, of which UTC must have the like."""

    def strptime(self, value: str, format: str) -> datetime:  # noqa: A002 - django-filter's signature
        """Raises ValidationError for a time in the first or the last hours of the calendar."""
        moment: datetime = super().strptime(value, format)
        try:
            return moment.astimezone(UTC)
        except OverflowError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None


class MomentFilter(filters.Filter):
    """A time, as ISO 8601 writes it."""

    field_class: Any = MomentField
