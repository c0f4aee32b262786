"""Filters that refuse what no database can compare with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import DateTimeField, NullBooleanField, TextInput
from django_filters import BooleanFilter, Filter


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


class YesNoField(NullBooleanField):
    """`true` or `false`; Django's own takes anything else for not said."""

    def to_python(self, value: Any) -> bool | None:  # type: ignore[override]  # as NullBooleanField's own does
        """Raises ValidationError."""
        if value in (None, ""):
            return None
        if str(value).lower() not in ("true", "false"):
            raise ValidationError("Write true or false.", code="invalid")
        return str(value).lower() == "true"


class YesNoFilter(BooleanFilter):
    """Yes or no."""

    field_class: Any = YesNoField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"widget": TextInput} | kwargs)
