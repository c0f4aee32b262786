"""Filters that refuse what no database can compare with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import DateTimeField
from django_filters import Filter


class MomentField(DateTimeField):
    """A time, of which UTC must have the like. Without a zone it is in UTC."""

    def to_python(self, value: Any) -> datetime | None:
        """Raises ValidationError, also for a time in the first or the last hours of the calendar."""
        try:
            moment = super().to_python(value)
            return moment.astimezone(UTC) if moment else None
        except OverflowError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None


class MomentFilter(Filter):
    """A time, as ISO 8601 writes it."""

    field_class: Any = MomentField
