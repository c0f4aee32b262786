"""What figures of both apps need: the lists of the admin that they count, and calls of unknown outcome of whichever kind."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Model, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.outbound import CallState
from portal.registry import Figure

NAME = "portal_calls_of_unknown_outcome"


def rows_in_admin(model: type[Model], **lookups: str) -> str:
    """The address of the admin's list of a model, narrowed by lookups on its own fields (the values of `__in` with commas)."""
    return f"{reverse(f'admin:{model._meta.app_label}_{model._meta.model_name}_changelist')}?{urlencode(lookups)}"


def unknown_outcomes(kind: str, words: str, calls: QuerySet[Any, Any]) -> list[Figure]:
    """How many of `calls` are still looked for, and how many wait for a person. `words`: what they are, in the plural."""
    unknown = calls.filter(state=CallState.UNKNOWN).order_by()
    counts = unknown.aggregate(look=Count("pk", filter=Q(person_reason="")), person=Count("pk", filter=~Q(person_reason="")))
    labels, unknown_state = {"kind": kind}, {"state__exact": CallState.UNKNOWN.value}
    return [
        Figure(
            NAME,
            _("Outcome unknown, to be looked for: %(words)s") % {"words": words},
            counts["look"],
            labels | {"waits_for": "look"},
            rows=rows_in_admin(calls.model, **unknown_state, person_reason__exact=""),
            in_admin=True,
        ),
        Figure(
            NAME,
            _("Outcome unknown, waiting for a person: %(words)s") % {"words": words},
            counts["person"],
            labels | {"waits_for": "person"},
            needs_person=True,
            rows=rows_in_admin(calls.model, **unknown_state, person_reason__gt=""),
            in_admin=True,
        ),
    ]
