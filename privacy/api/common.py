"""What the resources of this app share."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import date

from rest_framework.exceptions import ValidationError

from portal.api.common import conflict_on
from portal.models import Organization
from privacy import elsewhere, intake, reconciling, shredding
from privacy.forms import OLDEST_RECEIPT_DAYS, today_of


def refusals_as_conflicts() -> AbstractContextManager[None]:
    """What this app refuses because of how things stand is a 409."""
    return conflict_on(intake.NotPossible, elsewhere.NotPossible, reconciling.CannotDecide, shredding.NotShreddable)


def day_of_receipt(organization: Organization, day: date | None) -> date:
    """By the rule of the upload form; today, when it is not said. Raises ValidationError."""
    today = today_of([organization])
    if day is None:
        return today
    if not 0 <= (today - day).days <= OLDEST_RECEIPT_DAYS:
        words = f"Not in the future, and not more than {OLDEST_RECEIPT_DAYS} days ago."
        raise ValidationError({"received_on": [words]}, code="out-of-range")
    return day
